"""What the worker does for each kind of request. No pipes, no threads: requests in, events out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import msgspec

from cqa_desktop.engine.cache import ScoreCache
from cqa_desktop.engine.calibrations import find_calibration
from cqa_desktop.engine.errors import ModelError
from cqa_desktop.engine.expectations import explain_word
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.messages import (
    ExplainToken,
    LoadModel,
    ModelInfo,
    ModelLoaded,
    ParagraphScores,
    Request,
    ScoreDocument,
    ScoresReady,
    TokenExplained,
)
from cqa_desktop.engine.scorer import ScoredParagraph, Scorer
from cqa_desktop.engine.scoring_model import Stop

Send = Callable[[msgspec.Struct], None]


class Handler(Protocol):
    """Answers one kind of request. It may be stopped and called again with the same request: it then goes on."""

    def run(self, scorer: Scorer[LlamaModel], request: Any, send: Send, stop: Stop) -> None:
        """Do it and send its events.

        Raises:
            CancelledError: once `stop()` is true.
            EngineError: if it cannot be done.
        """

    def forget(self, job: int) -> None:
        """The job will not be called again."""

    def model_changed(self) -> None:
        """What was kept for the model before is of no use any more."""


Handlers = Mapping[type[Request], Handler]


class JobRunner:
    """Holds the model in use and runs one request at a time."""

    def __init__(self, cache: Path | None, handlers: Handlers | None = None) -> None:
        self._handlers = dict(handlers or {})
        self._cache = ScoreCache(cache)
        self._scorer: Scorer[LlamaModel] | None = None

    def run(self, request: Request, send: Send, stop: Stop) -> None:
        """Do what is asked and send its events; `JobDone` is the caller's to send.

        Raises:
            CancelledError: once `stop()` is true.
            EngineError: if it cannot be done.
        """
        if isinstance(request, LoadModel):
            self._load(request, send)
        elif isinstance(request, ScoreDocument):
            self._score(request, send, stop)
        elif isinstance(request, ExplainToken):
            self._explain(request, send, stop)
        elif (handler := self._handlers.get(type(request))) is not None:
            handler.run(self._need_model(), request, send, stop)

    def forget(self, job: int) -> None:
        """The job has ended: nothing need be kept for it."""
        for handler in self._handlers.values():
            handler.forget(job)

    def close(self) -> None:
        for handler in self._handlers.values():
            handler.model_changed()
        self._cache.close()
        if self._scorer is not None:
            self._scorer.model.close()

    def _load(self, request: LoadModel, send: Send) -> None:
        adapter = Path(request.adapter) if request.adapter else None
        # The old model goes only when the new one stands: a bad file leaves the writer with what worked.
        model = LlamaModel(Path(request.path), adapter=adapter, gpu=request.gpu)
        calibration, own = find_calibration(model)
        for handler in self._handlers.values():
            handler.model_changed()
        if self._scorer is not None:
            self._scorer.model.close()
        self._scorer = Scorer(model, calibration, self._cache)
        send(ModelLoaded(request.job, model_info(model, calibrated=own), model.notice))

    def _score(self, request: ScoreDocument, send: Send, stop: Stop) -> None:
        scorer = self._need_model()
        known = dict(request.known)

        def hand_over(paragraphs: list[ScoredParagraph], done: int, total: int) -> None:
            messages = [_paragraph_scores(paragraph) for paragraph in paragraphs]
            # If this job steps aside and comes again, what was sent need not be sent again.
            request.known.update({message.start: message.key for message in messages})
            send(ScoresReady(request.job, request.document, request.revision, messages, done, total))

        scorer.score(request.text, request.brief, focus=request.focus, known=known, stop=stop, on_paragraphs=hand_over)

    def _explain(self, request: ExplainToken, send: Send, stop: Stop) -> None:
        scorer = self._need_model()
        found = explain_word(scorer, request.text, request.offset, request.brief, top=request.top, stop=stop)
        if found is not None:
            send(
                TokenExplained(
                    request.job,
                    request.document,
                    request.revision,
                    found.start,
                    found.end,
                    found.bits,
                    2.0**-found.bits,
                    found.expected,
                )
            )

    def _need_model(self) -> Scorer[LlamaModel]:
        if self._scorer is None:
            raise ModelError("No model is loaded - choose one with Open model.")
        return self._scorer


def model_info(model: LlamaModel, *, calibrated: bool) -> ModelInfo:
    """What status bars and reports say of a model."""
    return ModelInfo(
        name=model.file.name,
        path=str(model.file.path),
        sha256=model.sha256,
        parameters=model.file.parameters,
        quantization=model.file.quantization,
        context=model.file.context,
        device=model.device,
        adapter=model.adapter_file.name if model.adapter_file else "",
        calibrated=calibrated,
    )


def _paragraph_scores(paragraph: ScoredParagraph) -> ParagraphScores:
    return ParagraphScores(paragraph.span.start, paragraph.span.end, paragraph.key, list(paragraph.measures))

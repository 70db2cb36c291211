"""What the worker does for critiques, comparisons and questions: requests in, events out."""

from __future__ import annotations

from typing import Any, Final

from cqa_desktop.annotations.critique import Ending, Point
from cqa_desktop.critique.choose import choose
from cqa_desktop.critique.compare import compare
from cqa_desktop.critique.question_evidence import gather
from cqa_desktop.critique.questions import pose
from cqa_desktop.critique.session import Session, Task, Words
from cqa_desktop.engine.jobs import Handlers, Send
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.messages import (
    AskQuestions,
    CompareVersions,
    CritiqueEnded,
    CritiqueStarted,
    CritiqueText,
    PointReady,
    QuestionsReady,
    VersionsCompared,
    WriteCritique,
)
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.engine.scoring_model import Stop

CHANGED: Final = "Another model was opened while this was being written. What was written is kept; ask again."


class CritiqueHandler:
    """Keeps each unfinished critique, so that it goes on where it stepped aside."""

    def __init__(self) -> None:
        self._sessions: dict[int, Session] = {}
        self._points: dict[int, int] = {}
        """How many came of each unfinished critique."""
        self._lost: set[int] = set()
        """Those whose model went while they had stepped aside."""

    def run(self, scorer: Scorer[LlamaModel], request: WriteCritique, send: Send, stop: Stop) -> None:
        """Begin the critique, or go on with it.

        Raises:
            CancelledError: once `stop()` is true.
            EngineError: if it cannot be written.
        """
        if request.job in self._lost:
            ending = Ending(self._points.get(request.job, 0), fault=CHANGED)
            send(CritiqueEnded(request.job, request.document, request.revision, ending))
            return
        session = self._sessions.get(request.job)
        if session is None:
            task = Task(request.text, request.start, request.end, request.brief, request.seed)
            session = choose(request.critic, scorer).begin(scorer, task, stop)
            self._sessions[request.job] = session
            send(
                CritiqueStarted(
                    request.job,
                    request.document,
                    request.revision,
                    session.critic,
                    session.notice,
                    session.prompt,
                    session.trimmed,
                )
            )
        if request.preview:
            return
        for output in session.advance(stop):
            match output:
                case Words():
                    send(CritiqueText(request.job, output.text))
                case Point():
                    self._points[request.job] = self._points.get(request.job, 0) + 1
                    send(PointReady(request.job, request.document, request.revision, output))
                case Ending():
                    send(CritiqueEnded(request.job, request.document, request.revision, output))

    def forget(self, job: int) -> None:
        session = self._sessions.pop(job, None)
        self._points.pop(job, None)
        self._lost.discard(job)
        if session is not None:
            session.close()

    def model_changed(self) -> None:
        self._lost.update(self._sessions)
        for session in self._sessions.values():
            session.close()
        self._sessions.clear()


class _Answer:
    """What is answered at once keeps nothing: stopped, it is asked for again from the beginning."""

    def forget(self, job: int) -> None:
        """Nothing is kept."""

    def model_changed(self) -> None:
        """Nothing is kept."""


class CompareHandler(_Answer):
    """Scores two versions."""

    def run(self, scorer: Scorer[LlamaModel], request: CompareVersions, send: Send, stop: Stop) -> None:
        """Compare them.

        Raises:
            CancelledError: once `stop()` is true.
            EngineError: if they cannot be compared.
        """
        found = compare(scorer, request.text, request.start, request.end, request.alternative, request.brief, stop=stop)
        send(
            VersionsCompared(
                request.job,
                request.document,
                request.revision,
                found.views,
                found.first,
                found.second,
                found.summary,
            )
        )


class QuestionsHandler(_Answer):
    """Asks what a knowledge engineer would ask."""

    def run(self, scorer: Scorer[LlamaModel], request: AskQuestions, send: Send, stop: Stop) -> None:
        """Look at the passage and ask; no question at all where all were put.

        Raises:
            CancelledError: once `stop()` is true.
            EngineError: if there are no words to ask about.
        """
        evidence = gather(scorer, request.text, request.start, request.end, request.brief, stop=stop)
        questions = pose(evidence, request.counts, request.asked, request.skipped)
        send(QuestionsReady(request.job, request.document, request.revision, questions))


def handlers() -> Handlers:
    """A handler for each kind of request that the engine leaves to us."""
    found: dict[Any, Any] = {
        WriteCritique: CritiqueHandler(),
        CompareVersions: CompareHandler(),
        AskQuestions: QuestionsHandler(),
    }
    return found

"""The model critic: a model's judgments, under a grammar, its quotes tied to the draft."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Final

import numpy as np

from cqa_desktop.annotations.critique import CriticName, Ending, Point
from cqa_desktop.annotations.prompt import BREAK, Request, fit_request, request_text
from cqa_desktop.annotations.types import Judgment
from cqa_desktop.critique.ability import Ability
from cqa_desktop.critique.anchors import Anchor, find_quote
from cqa_desktop.critique.evidence import evidence_lines
from cqa_desktop.critique.grammar import answer_grammar, forced
from cqa_desktop.critique.session import Output, Task, Words
from cqa_desktop.critique.stream import AnswerStream, Quoted, Said
from cqa_desktop.engine.errors import CancelledError, EngineError
from cqa_desktop.engine.generate import Generation, Sampling, context_size
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.engine.scoring_model import Stop, never
from cqa_desktop.measure.types import Ints
from cqa_desktop.text.paragraphs import paragraphs

TEMPERATURE: Final = 0.3
TOP_P: Final = 0.9
"""A judgment is to be what the model holds likeliest; a little freedom lets another seed bring another view."""
ANSWER: Final = 1200
"""Tokens that are kept free for the answer: six points of the usual length."""
ANSWER_SHARE: Final = 1 / 3
"""Of a small context, at most so much is."""
ALIKE: Final = 0.9
"""How alike (difflib's ratio) the reasoning of two points on the same words is, if the second repeats the first."""
REPEATED: Final = "The model began to repeat itself and was stopped; what came before is kept."
NEVER_SAID: Final = "The model began to repeat itself before it had made a point, and was stopped."


@dataclass(frozen=True, slots=True)
class ModelCritic:
    """Begins critiques that the model in use writes."""

    ability: Ability

    def begin(self, scorer: Scorer[LlamaModel], task: Task, stop: Stop = never) -> ModelSession:
        """Gather the evidence and fit the prompt; see `Critic.begin`.

        Raises:
            CancelledError: once `stop()` is true.
            EngineError: if the passage holds no words, or does not fit the context even by itself.
        """
        model, task = scorer.model, _stripped(task)
        room = context_size(model) - min(ANSWER, int(context_size(model) * ANSWER_SHARE))
        excess = len(self._prompt(model, Request(task.passage, "", task.brief)).tokens) - room
        if excess > 0:
            raise EngineError(
                f"The passage and its brief are {excess:,} tokens too long for {model.name}, which reads "
                f"{context_size(model):,} at once, with room for its answer - choose a shorter passage."
            )
        request, trimmed = self._fitted(model, task, evidence_lines(scorer, task, stop), room)
        return ModelSession(model, task, self.ability, self._prompt(model, request), trimmed)

    def _fitted(self, model: LlamaModel, task: Task, evidence: Sequence[str], room: int) -> tuple[Request, int]:
        """What is left out, in this order, until the rest fits: the draft before the passage, from its start and by
        whole paragraphs; then the evidence, the weakest first.
        """
        frame = self.ability.frame
        around = len(self._around(model, "")) if frame else 1
        context, before = _near(model, task.text[: task.start], room)
        request = Request(task.passage, context, task.brief, tuple(evidence))

        def count(text: str) -> int:
            return len(model.tokenize(text)) + around

        request, trimmed = fit_request(request, self.ability.prompt_format, room, count)
        while request.evidence and count(request_text(request, self.ability.prompt_format)) > room:
            request = Request(request.passage, request.context, request.brief, request.evidence[:-1])
        return request, before + trimmed

    def _prompt(self, model: LlamaModel, request: Request) -> Prompt:
        frame, text = self.ability.frame, request_text(request, self.ability.prompt_format)
        bos = model.token_name(model.bos) if self.ability.bos else ""
        whole = bos + (f"{frame.before}{text}{frame.after}" if frame else text)
        return Prompt(self._around(model, text), whole)

    def _around(self, model: LlamaModel, text: str) -> Ints:
        """The tokens of a request and of what stands around it, each part by itself: as in training."""
        frame = self.ability.frame
        parts = [np.array([model.bos] if self.ability.bos else [], np.int32)]
        if frame:
            parts.append(model.tokenize(frame.before, special=True))
        parts.append(model.tokenize(text))
        if frame:
            parts.append(model.tokenize(frame.after, special=True))
        return np.concatenate(parts)


@dataclass(frozen=True)
class Prompt:
    """What the model sees, as tokens and as text."""

    tokens: Ints
    text: str


class ModelSession:
    """One critique by the model."""

    critic: CriticName = "model"

    def __init__(self, model: LlamaModel, task: Task, ability: Ability, prompt: Prompt, trimmed: int) -> None:
        self.notice = ""
        self.prompt = prompt.text
        self.trimmed = trimmed
        self._model = model
        self._task = task
        self._adapter = ability.tuned
        self._tokens = prompt.tokens
        self._generation: Generation | None = None
        self._answer = AnswerStream()
        self._ready: deque[Output] = deque()
        self._anchor: Anchor | None = None
        """Of the point that is being written; None where its quote is not in the passage."""
        self._said = ""
        """The words of that point so far."""
        self._shown = 0
        """How many of their characters were given."""
        self._points: list[Point] = []
        self._dropped = 0
        self._ended = False

    @property
    def answer(self) -> str:
        """What the model has written, as it wrote it."""
        return self._answer.text

    def advance(self, stop: Stop) -> Iterator[Output]:
        """Go on, until the end or until stopped; see `Session.advance`."""
        while True:
            # Taken one by one: what was not yet given when a caller leaves off is given to the next.
            while self._ready:
                yield self._ready.popleft()
            if self._ended:
                return
            try:
                self._step(stop)
            except CancelledError:
                raise
            except EngineError as error:
                self._end(str(error))

    def close(self) -> None:
        """Free the context; a second call does nothing."""
        self._ended = True
        self._ready.clear()
        if self._generation is not None:
            self._generation.close()

    def _step(self, stop: Stop) -> None:
        """One more token."""
        generation = self._generation
        if generation is None:
            generation = self._generation = Generation(
                self._model,
                self._tokens,
                grammar=answer_grammar(),
                sampling=Sampling(TEMPERATURE, TOP_P, self._task.seed),
                adapter=self._adapter,
            )
        label = forced(self._answer.text)
        if label:
            generation.force(label)
            self._take(label)
        self._take(generation.advance(stop))
        if generation.ended and not self._ended:
            self._end()

    def _take(self, piece: str) -> None:
        for found in self._answer.feed(piece):
            if self._ended:
                return
            match found:
                case Quoted(quote):
                    self._anchor, self._said, self._shown = _place(self._task.passage, quote), "", 0
                case Said(text):
                    self._said += text
                    # What may turn out to be an earlier point over again is held back until it differs.
                    if not any(_whole(point).startswith(self._said) for point in self._points):
                        self._show()
                case Judgment():
                    self._judge(found)

    def _show(self) -> None:
        """Give the words that came; of a point that will be dropped, none."""
        if self._anchor is not None and self._shown < len(self._said):
            self._ready.append(Words(self._said[self._shown :]))
            self._shown = len(self._said)

    def _judge(self, judgment: Judgment) -> None:
        if self._anchor is None:
            self._dropped += 1
            return
        point = _point(self._task, judgment, self._anchor)
        if any(_repeats(point, other) for other in self._points):
            self._end(REPEATED)
            return
        self._show()
        self._points.append(point)
        self._ready.append(point)

    def _end(self, fault: str = "") -> None:
        if self._generation is not None:
            self._generation.close()
        moved = sum(point.similarity < 1 for point in self._points)
        if fault == REPEATED and not self._points:
            fault = NEVER_SAID
        if not self._points and not fault:
            fault = "The model wrote nothing that could be used" + (
                ": the words it quotes are not in the passage." if self._dropped else "."
            )
        self._ready.append(Ending(len(self._points), self._dropped, moved, fault))
        self._ended = True


def _stripped(task: Task) -> Task:
    """Without the white space around the passage."""
    passage = task.passage
    start = task.start + len(passage) - len(passage.lstrip())
    return replace(task, start=start, end=start + len(passage.strip()))


def _place(passage: str, quote: str | None) -> Anchor | None:
    return Anchor(0, len(passage), 1.0) if quote is None else find_quote(passage, quote)


def _point(task: Task, judgment: Judgment, anchor: Anchor) -> Point:
    start, end = task.start + anchor.start, task.start + anchor.end
    return Point(
        start=start,
        end=end,
        quote=task.text[start:end],
        dimension=judgment.dimension,
        constraint=judgment.constraint,
        verdict=judgment.verdict,
        reasoning=judgment.reasoning,
        counterfactual=judgment.counterfactual,
        suggestion=judgment.suggestion,
        whole=judgment.quote is None,
        similarity=anchor.similarity,
    )


def _whole(point: Point) -> str:
    """All that is said in a point while it is written."""
    return f"{point.reasoning} {point.counterfactual}".strip()


def _repeats(point: Point, other: Point) -> bool:
    mine, theirs = point.reasoning.casefold(), other.reasoning.casefold()
    if mine == theirs:
        return True
    same_words = (point.start, point.end) == (other.start, other.end)
    return same_words and SequenceMatcher(None, mine, theirs, autojunk=False).ratio() >= ALIKE


def _near(model: LlamaModel, before: str, room: int) -> tuple[str, int]:
    """The end of a draft, a little more than fits, by whole paragraphs, and how many stand before it: to count the
    tokens of a novel again and again would take minutes.
    """
    spans = paragraphs(before)
    used, first = 0, len(spans)
    while first > 0 and used <= room:
        first -= 1
        used += len(model.tokenize(spans[first].of(before)))
    return BREAK.join(span.of(before) for span in spans[first:]), first

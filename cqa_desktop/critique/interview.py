"""One annotation in the making: the passage, the questions put about it, what was answered, and what is judged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from cqa_desktop.annotations.types import ENGINEER, EXPERT, Annotation, Constraint, Dimension, Turn
from cqa_desktop.documents.teaching import Sketch
from cqa_desktop.engine.messages import Question
from cqa_desktop.measure.types import Brief
from cqa_desktop.text.paragraphs import paragraphs
from cqa_desktop.text.spans import Span
from cqa_desktop.text.words import words

BREAK: Final = "\n\n"
MOST_CONTEXT: Final = 12_000
"""Characters of the draft that are kept before a passage, in whole paragraphs: more than any window for training."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it is put: by the app, or by whoever sits beside the expert."""

    text: str
    dimension: Dimension | None = None
    constraint: Constraint | None = None
    span: Span | None = None
    """The words it is about, in code points of the passage; None for the passage as a whole."""
    depth: int = 1


class Interview:
    """Questions, answers and judgments of one passage. Nothing here is saved: see `annotation` and `unfinished`."""

    def __init__(self, annotation: Annotation, sketches: Iterable[Sketch] = ()) -> None:
        self._given = annotation
        self.turns: list[Turn] = list(annotation.dialogue)
        self.sketches: list[Sketch] = [*map(Sketch.of, annotation.judgments), *sketches]
        self.current: Asked | None = None
        self.answer = ""
        """To the current question, as far as it is written; it counts as said."""
        self.skipped: list[str] = []
        self._waiting: list[Asked] = []
        self._about: dict[str, Asked] = {}

    @property
    def name(self) -> str:
        """The annotation's id."""
        return self._given.id

    @property
    def passage(self) -> str:
        return self._given.passage

    @property
    def context(self) -> str:
        return self._given.context

    @property
    def begun(self) -> bool:
        """Whether anything was said or judged: before that there is nothing to keep."""
        return bool(self.turns or self.sketches or self.answer.strip())

    @property
    def asked(self) -> tuple[str, ...]:
        """The questions that were put and answered."""
        return tuple(turn.text for turn in self.dialogue() if turn.role == ENGINEER)

    def change(self, **fields: str | Brief | tuple[object, ...]) -> None:
        """Set fields of the annotation other than dialogue and judgments."""
        if "passage" in fields and fields["passage"] != self.passage:
            # What was to be asked was about other words.
            self._waiting.clear()
            self.current = None
        self._given = msgspec.structs.replace(self._given, **fields)

    def annotation(self) -> Annotation:
        """As it stands now, with the judgments that lack nothing."""
        judged = tuple(found for one in self.sketches if (found := one.judgment()) is not None)
        return msgspec.structs.replace(self._given, dialogue=tuple(self.dialogue()), judgments=judged)

    def unfinished(self) -> tuple[Sketch, ...]:
        """The judgments that lack something."""
        return tuple(one for one in self.sketches if one.judgment() is None)

    def source(self) -> tuple[str, int, int]:
        """The text to ask about: context and passage, and where the passage begins and ends in it."""
        before = self.context.rstrip() + BREAK if self.context.strip() else ""
        return before + self.passage, len(before), len(before) + len(self.passage)

    # --- questions ------------------------------------------------------------------------------------------------

    @property
    def needs_questions(self) -> bool:
        """Whether there is none to go on with."""
        return self.current is None and not self._waiting

    def supply(self, questions: Sequence[Question]) -> None:
        """More questions, with offsets of `source`; the first is put if none is."""
        _, start, _ = self.source()
        for one in questions:
            span = Span(max(0, one.start - start), max(0, one.end - start))
            whole = len(span) >= len(self.passage.strip())
            self._waiting.append(
                Asked(one.text, one.dimension, one.constraint, None if whole else span, depth=one.depth)
            )
        if self.current is None:
            self._put_next()

    def put_own(self, text: str) -> None:
        """A question of somebody in the room; the one that was put waits, if it is not answered."""
        if self.answer.strip():
            self.go_on()
        if self.current is not None:
            self._waiting.insert(0, self.current)
        known = self.current
        self.current = Asked(text, span=known.span if known else None)

    def go_on(self) -> None:
        """The answer, if there is one, is said; the next question is put, if there is one."""
        self.turns = self.dialogue()
        if self.current is not None and self.answer.strip():
            self._about[self.current.text] = self.current
        elif self.current is not None:
            self._leave_out(self.current)
        self.answer = ""
        self.current = None
        self._put_next()

    def _leave_out(self, asked: Asked) -> None:
        """Not answered: neither it nor what goes on from it is asked again."""
        self.skipped.append(asked.text)
        self._waiting = [one for one in self._waiting if one.depth == 1 or one.span != asked.span]

    def _put_next(self) -> None:
        self.current = self._waiting.pop(0) if self._waiting else None

    # --- what was said --------------------------------------------------------------------------------------------

    def dialogue(self) -> list[Turn]:
        """All turns, the answer that is being written among them."""
        if not self.answer.strip():
            return list(self.turns)
        said = [Turn(role=EXPERT, text=self.answer.strip())]
        if self.current is not None:
            said.insert(0, Turn(role=ENGINEER, text=self.current.text))
        return [*self.turns, *said]

    def reword(self, at: int, text: str) -> None:
        """Change a turn; without words it is removed."""
        if not text.strip():
            self.remove_turns(at, at + 1)
        else:
            before = self.turns[at].text
            self.turns[at] = msgspec.structs.replace(self.turns[at], text=text)
            if before in self._about:
                self._about[text] = replace(self._about[before], text=text)

    def remove_turns(self, start: int, end: int) -> None:
        del self.turns[start:end]

    def judge_answer(self, at: int | None = None) -> int:
        """Turn an answer into a judgment in its words, about the words that were asked about; returns its place.

        Args:
            at: the expert's turn; None for the answer that is being written, which is said with this.
        """
        if at is None:
            asked, text = self.current, self.answer.strip()
            self.go_on()
        else:
            text = self.turns[at].text
            before = next((one for one in reversed(self.turns[:at]) if one.role == ENGINEER), None)
            asked = self._about.get(before.text) if before else None
        sketch = Sketch(reasoning=text)
        if asked is not None:
            quote = asked.span.of(self.passage).strip() if asked.span else None
            sketch = Sketch(quote=quote or None, dimension=asked.dimension, constraint=asked.constraint, reasoning=text)
        return self.judge(sketch)

    def judge(self, sketch: Sketch) -> int:
        """Begin a judgment; returns its place."""
        self.sketches.append(sketch)
        return len(self.sketches) - 1


def taken(text: str, start: int, end: int) -> tuple[str, str]:
    """Passage and context from a draft: text[start:end], or the paragraph at `start` if that is empty.

    The passage is widened to whole words; the context is what stands before it, as many whole paragraphs as are kept.
    """
    spans = paragraphs(text)
    if not text[start:end].strip():
        here = next((one for one in spans if one.end >= start), spans[-1] if spans else Span(0, 0))
        start, end = here.start, here.end
    span = whole_words(text, Span(start, end))
    kept: list[str] = []
    used = 0
    for one in reversed([one for one in spans if one.start < span.start]):
        part = text[one.start : min(one.end, span.start)].strip()
        used += len(part)
        if kept and used > MOST_CONTEXT:
            break
        kept.append(part[-MOST_CONTEXT:])
    return span.of(text), BREAK.join(reversed(kept))


def whole_words(text: str, span: Span) -> Span:
    """A stretch without space at its ends, and with the words that it cuts made whole."""
    start, end = span.start, span.end
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    near = words(text, max(0, start - 60), min(len(text), end + 60))
    for one in near:
        if one.start < start < one.end:
            start = one.start
        if one.start < end < one.end:
            end = one.end
    return Span(start, end)

"""Critiques as lines for a terminal, as they are written; as JSON (`resources/schemas/critique.schema.json`); and as
notes, whose Markdown is `report/notes.py`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cqa_desktop.annotations.critique import CriticName, Ending, Point
from cqa_desktop.documents.notes import Note
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.report.notes import SIGNS, VERDICTS, about
from cqa_desktop.report.records import model_record
from cqa_desktop.text.line_breaks import UnifiedText

SCHEMA: Final = 1
SHOWN: Final = 72
"""Characters of a quote that are shown in a line."""
MARGIN: Final = "  "
DEEPER: Final = "    "
_JOINERS: Final = "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"
"""They steer nothing: families of emoji and Persian words are made with them."""


@dataclass
class Critique:
    """One critique, as far as it was written. Offsets are code points of the text with `\\n` for every line break."""

    start: int
    end: int
    number: int | None
    """Of the passage, from 1, if it is one."""
    critic: CriticName
    notice: str
    prompt: str
    trimmed: int
    points: list[Point] = field(default_factory=list)
    words: str = ""
    """Of a point that did not come to its end."""
    ending: Ending | None = None
    """None if it was stopped."""


# --- for a terminal -------------------------------------------------------------------------------------------------


class CritiqueText:
    """Writes critiques as they come, wrapped to a width. A word is written once its end has come."""

    def __init__(self, write: Callable[[str], None], text: str, width: int) -> None:
        self._write = write
        self._text = text
        self._width = max(width, 20)
        self._column = 0
        self._indent = MARGIN
        self._word = ""
        self._notice = ""
        self._said = ""

    def begin(self, critique: Critique, name: str) -> None:
        """Say which passage it is about and, where that is new, why this critic writes."""
        line = self._text.count("\n", 0, critique.start) + 1
        passage = f", passage {critique.number}" if critique.number is not None else ""
        self._line(f"{name}, line {line}{passage}: {_quoted(self._text[critique.start : critique.end])}")
        if critique.notice and critique.notice != self._notice:
            self._line(critique.notice, MARGIN)
            self._notice = critique.notice
        if critique.trimmed:
            some = "The first paragraph" if critique.trimmed == 1 else f"The first {critique.trimmed:,} paragraphs"
            was = "was" if critique.trimmed == 1 else "were"
            self._line(f"{some} of the draft did not fit the model's context and {was} left out.", MARGIN)
        self._write("\n")

    def words(self, text: str) -> None:
        """More words of a point."""
        self._said += text
        self._flow(text, MARGIN)

    def point(self, point: Point) -> None:
        """The point whose words came is whole: what it comes to, and what it is about."""
        if not self._said.strip():
            self._flow(f"{point.reasoning} {point.counterfactual}".strip(), MARGIN)
        self._break()
        line = self._text.count("\n", 0, point.start) + 1
        quote = "the whole passage" if point.whole else f"line {line}: {_quoted(point.quote)}"
        self._line(f"{SIGNS[point.verdict]} {VERDICTS[point.verdict]} · {about(point).capitalize()} · {quote}", DEEPER)
        if point.suggestion:
            self._line(f"To consider: {point.suggestion}", DEEPER)
        self._write("\n")

    def end(self, ending: Ending | None) -> None:
        """Say what became of the rest; None: it was stopped."""
        self._break()
        if ending is None:
            self._line("Stopped here.", MARGIN)
            self._write("\n")
            return
        told = ending_words(ending)
        for line in told:
            self._line(line, MARGIN)
        if not ending.points and not told:
            self._line("There is nothing to say about it.", MARGIN)
            told = [""]
        if told:
            self._write("\n")

    def _line(self, text: str, indent: str = "") -> None:
        self._flow(text, indent)
        self._break()

    def _flow(self, text: str, indent: str) -> None:
        for character in _shown(text):
            if not character.isspace():
                self._word += character
                continue
            self._put(indent)
        self._indent = indent

    def _put(self, indent: str) -> None:
        if not self._word:
            return
        if self._column == 0:
            self._write(indent + self._word)
            self._column = len(indent) + len(self._word)
        elif self._column + 1 + len(self._word) > self._width:
            self._write("\n" + indent + self._word)
            self._column = len(indent) + len(self._word)
        else:
            self._write(" " + self._word)
            self._column += 1 + len(self._word)
        self._word = ""

    def _break(self) -> None:
        self._put(self._indent)
        if self._column:
            self._write("\n")
        self._column, self._said = 0, ""


def ending_words(ending: Ending) -> list[str]:
    """What a reader should know of how a critique ended, a line each."""
    lines = []
    if ending.moved:
        were, are = ("quotation was", "is") if ending.moved == 1 else ("quotations were", "are")
        lines.append(f"{ending.moved} {were} not exact, and {are} tied to the nearest words.")
    if ending.dropped:
        were, quote = ("point was", "it quotes") if ending.dropped == 1 else ("points were", "they quote")
        lines.append(f"{ending.dropped} {were} dropped: {quote} words that are not in the passage.")
    if ending.fault:
        lines.append(ending.fault)
    return lines


def _quoted(text: str) -> str:
    """In quote marks, unless it brings its own."""
    line = " ".join(text.split())
    if len(line) > SHOWN:
        cut = line.rfind(" ", SHOWN // 2, SHOWN)  # between words, if they are not too long
        line = line[: cut if cut > 0 else SHOWN - 1].rstrip(" ,;:") + "…"
    return line if any(mark in line for mark in '"“”„«»') else f"“{line}”"


def _shown(text: str) -> str:
    """Without what would steer a terminal."""
    return "".join(
        one if one.isprintable() or one.isspace() or one in _JOINERS else "\N{REPLACEMENT CHARACTER}" for one in text
    )


# --- for programs ---------------------------------------------------------------------------------------------------


def critique_record(
    name: str, source: UnifiedText, model: LlamaModel, critiques: Sequence[Critique], *, marked: int | None = None
) -> dict[str, Any]:
    """The record of what was asked about one draft. Offsets are code points of the text as it was given.

    Args:
        marked: how many passages of the draft are marked, if it was not said which to write about.
    """
    record: dict[str, Any] = {
        "schema": SCHEMA,
        "file": name,
        "model": model_record(model),
        "critiques": [_critique(one, source) for one in critiques],
    }
    if marked is not None:
        record["marked"] = marked
    return record


def _critique(critique: Critique, source: UnifiedText) -> dict[str, Any]:
    ending = critique.ending
    return {
        **_span(critique.start, critique.end, source),
        "passage": critique.number,
        "critic": critique.critic,
        "notice": critique.notice,
        "prompt": critique.prompt,
        "trimmed": critique.trimmed,
        "points": [_point(point, source) for point in critique.points],
        "dropped": ending.dropped if ending else 0,
        "moved": ending.moved if ending else sum(point.similarity < 1 for point in critique.points),
        "stopped": ending is None,
        "fault": ending.fault if ending else "",
        "unfinished": critique.words.strip(),
    }


def _point(point: Point, source: UnifiedText) -> dict[str, Any]:
    return {
        **_span(point.start, point.end, source),
        "quote": point.quote,
        "whole": point.whole,
        "similarity": round(point.similarity, 3),
        "dimension": point.dimension,
        "constraint": point.constraint,
        "verdict": point.verdict,
        "reasoning": point.reasoning,
        "counterfactual": point.counterfactual,
        "suggestion": point.suggestion,
        "figures": [{"label": one.label, "value": round(one.value, 4), "unit": one.unit} for one in point.figures],
    }


def _span(start: int, end: int, source: UnifiedText) -> dict[str, int]:
    return {"start": source.given(start), "end": source.given(end)}


def critique_notes(text: str, critiques: Sequence[Critique], model: LlamaModel) -> list[Note]:
    """The points as notes, an unfinished one as an unfinished note."""
    name = model.adapter_file.name if model.adapter_file else model.file.name
    notes: list[Note] = []
    for critique in critiques:
        passage = text[critique.start : critique.end]
        points = [(point, False) for point in critique.points]
        if critique.words.strip():
            points.append((_unfinished(critique, passage), True))
        for point, broken in points:
            number = str(len(notes) + 1)
            note = Note(id=number, point=point, critic=critique.critic, model=name, passage=passage, unfinished=broken)
            notes.append(note)
    return notes


def _unfinished(critique: Critique, passage: str) -> Point:
    return Point(
        start=critique.start,
        end=critique.end,
        quote=passage,
        dimension="craft",
        verdict="asks",
        reasoning=f"{critique.words.strip()} …",
        whole=True,
    )

"""Notes as Markdown and as one self-contained HTML page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from jinja2 import Environment, StrictUndefined

from cqa_desktop.annotations.critique import Figure, Point, PointVerdict
from cqa_desktop.annotations.types import Constraint
from cqa_desktop.documents.notes import Note, NoteState, Reading
from cqa_desktop.text.printable import printable

TEMPLATE = Path(__file__).with_name("notes.html.jinja")
VERDICTS: Final[dict[PointVerdict, str]] = {"works": "Works", "fails": "Falls short", "asks": "A question"}
SIGNS: Final[dict[PointVerdict, str]] = {"works": "●", "fails": "▲", "asks": "○"}
ABOUT: Final[dict[Constraint, str]] = {
    "ethos": "character",
    "mythos": "plot",
    "lexis": "style",
    "dianoia": "thought",
}
STATES: Final[dict[NoteState, str]] = {"open": "Open", "accepted": "Accepted", "dismissed": "Dismissed"}
_SPECIAL = re.compile(r"([\\`*_\[\]<>~|])")
_LINE_START = re.compile(r"^(\s*)(#|[-+]|\d+[.)])", re.MULTILINE)


def about(point: Point) -> str:
    """What a point is about, in plain words."""
    return f"{point.dimension.capitalize()}, {ABOUT[point.constraint]}" if point.constraint else str(point.dimension)


def verdict_words(note: Note) -> str:
    """What a note comes to, in a word or two."""
    return "Unfinished" if note.unfinished else VERDICTS[note.point.verdict]


def figure_words(figure: Figure) -> str:
    """A figure with its unit."""
    value = f"{figure.value:,.0f}" if figure.value == int(figure.value) else f"{figure.value:,.1f}"
    if figure.unit == "%":
        return f"{value}%"
    return f"{value} {figure.unit}".rstrip()


def reading_words(reading: Reading) -> str:
    """How surprising a passage was, as a clause."""
    return f"{reading.bare:.1f} bits a word on its own, {reading.informed:.1f} with all that came before"


def comparable(note: Note) -> bool:
    """Whether there are two readings, of one model."""
    return note.before is not None and note.after is not None and note.before.model == note.after.model


def writer_of(note: Note) -> str:
    """Who wrote a note."""
    if note.critic == "measured":
        return f"from the measure, by {note.model}" if note.model else "from the measure"
    return f"by {note.model}" if note.model else "by a model"


def in_order(notes: Sequence[Note]) -> list[Note]:
    """Pinned ones first, then as they stand in the draft."""
    return sorted(notes, key=lambda note: (not note.pinned, note.point.start))


def note_markdown(note: Note) -> str:
    """One note as Markdown."""
    point = note.point
    lines = [f"**{verdict_words(note)}** ({about(point).capitalize()})"]
    if point.quote:
        lines.append("\n".join(f"> {_plain(line)}".rstrip() for line in point.quote.split("\n")))
    lines.append(_plain(point.reasoning))
    lines += [f"{label}: {_plain(words)}" for label, words in _asides(point) if words]
    if note.changed:
        lines.append("*You changed this.*" + (f" Now: {_plain(' '.join(note.now.split()))}" if note.now else ""))
        if comparable(note) and note.before and note.after:
            lines.append(f"Before: {reading_words(note.before)}. Now: {reading_words(note.after)}.")
    return "\n\n".join(line for line in lines if line)


def _asides(point: Point) -> list[tuple[str, str]]:
    return [("Another choice", point.counterfactual), ("To consider", point.suggestion)]


def markdown_notes(name: str, notes: Sequence[Note]) -> str:
    """The notes of a draft as one Markdown text."""
    parts = [f"# Notes on {_plain(name)}"]
    for state, title in STATES.items():
        those = in_order([note for note in notes if note.state == state])
        if those:
            parts.append(f"## {title}")
            parts += [f"{note_markdown(note)}\n\n*Written {_plain(writer_of(note))}.*" for note in those]
    if not notes:
        parts.append("There are none.")
    return "\n\n".join(parts) + "\n"


def html_notes(name: str, notes: Sequence[Note]) -> str:
    """The notes of a draft as one HTML page that needs nothing else."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.globals.update(
        about=about,
        comparable=comparable,
        figure_words=figure_words,
        reading_words=reading_words,
        writer_of=writer_of,
        asides=_asides,
        signs=SIGNS,
        verdict_words=verdict_words,
    )
    groups = [(title, in_order([note for note in notes if note.state == state])) for state, title in STATES.items()]
    page = environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        name=name, groups=[group for group in groups if group[1]]
    )
    return printable(page)


def _plain(text: str) -> str:
    """Words that Markdown leaves as they are."""
    return _LINE_START.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", text.strip()))

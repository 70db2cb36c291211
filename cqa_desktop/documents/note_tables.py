"""Notes as tables of a TOML file that a person can read."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from cqa_desktop.annotations.critique import CriticName, Figure, Point, PointVerdict
from cqa_desktop.annotations.types import Constraint, Dimension
from cqa_desktop.documents.notes import Note, NoteState, Reading


class _Reading(msgspec.Struct):
    bare: float
    informed: float
    model: str = ""


class _Row(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a note is in the file, in the order in which it is read."""

    id: str
    state: NoteState = "open"
    pinned: bool = False
    changed: bool = False
    unfinished: bool = False
    verdict: PointVerdict
    dimension: Dimension
    constraint: Constraint | None = None
    quote: str = ""
    now: str = ""
    reasoning: str
    counterfactual: str = ""
    suggestion: str = ""
    whole: bool = False
    similarity: float = 1.0
    critic: CriticName
    model: str = ""
    passage: str = ""
    start: int = 0
    end: int = 0
    before_words: str = ""
    after_words: str = ""
    before: _Reading | None = None
    after: _Reading | None = None
    figures: list[Figure] = []


_POINT: Final = (
    "verdict", "dimension", "constraint", "quote", "reasoning", "counterfactual", "suggestion", "whole", "similarity",
    "start", "end",
)  # fmt: skip
_NOTE: Final = (
    "id", "state", "pinned", "changed", "unfinished", "now", "critic", "model", "passage", "before_words",
    "after_words",
)  # fmt: skip
_KINDS: Final = {
    "str": "a text",
    "float": "a number",
    "int": "a whole number",
    "bool": "true or false",
    "array": "a list",
}
_EXPECTED = re.compile(r"Expected `(?P<kind>\w+)(?: \| null)?`, got `\w+`")
_PATH = re.compile(r" - at `\$\.?(?P<key>[^`]*)`")


def tables_of(notes: Sequence[Note]) -> list[dict[str, Any]]:
    """One table for each note; what says nothing is left out."""
    return [_table(note) for note in notes]


def _table(note: Note) -> dict[str, Any]:
    row = _Row(
        **{name: getattr(note.point, name) for name in _POINT},
        **{name: getattr(note, name) for name in _NOTE},
        before=_row_reading(note.before),
        after=_row_reading(note.after),
        figures=list(note.point.figures),
    )
    table: dict[str, Any] = msgspec.to_builtins(row)
    if row.similarity == 1:
        table.pop("similarity", None)
    return {**table, **note.other}


def _row_reading(reading: Reading | None) -> _Reading | None:
    return _Reading(reading.bare, reading.informed, reading.model) if reading is not None else None


def notes_from(tables: object) -> tuple[Note, ...]:
    """Notes from what a file holds.

    Raises:
        ValueError: naming the note, counted from 1, and what is wrong with it.
    """
    if not isinstance(tables, list):
        raise ValueError("'notes' must be a list of tables - write [[notes]] on a line of its own")
    return tuple(_note(table, number) for number, table in enumerate(tables, start=1))


def _note(table: object, number: int) -> Note:
    try:
        row = msgspec.convert(table, _Row)
    except msgspec.ValidationError as error:
        told = str(error)
        key = found["key"] if (found := _PATH.search(told)) else ""
        where = f"'{key}' of note {number}" if key else f"note {number}"
        told = _EXPECTED.sub(lambda match: f"is not {_KINDS.get(match['kind'], 'a table')}", _PATH.sub("", told))
        raise ValueError(f"{where}: {told}") from error
    figures = [row.similarity, *(one.value for one in row.figures)]
    readings = [one for one in (row.before, row.after) if one is not None]
    figures += [value for one in readings for value in (one.bare, one.informed)]
    if not all(map(math.isfinite, figures)):
        raise ValueError(f"note {number}: holds a figure that is no number")
    assert isinstance(table, Mapping)
    return Note(
        **{name: getattr(row, name) for name in _NOTE},
        point=Point(**{name: getattr(row, name) for name in _POINT}, figures=tuple(row.figures)),
        before=Reading(row.before.bare, row.before.informed, row.before.model) if row.before else None,
        after=Reading(row.after.bare, row.after.informed, row.after.model) if row.after else None,
        other={key: value for key, value in table.items() if key not in _Row.__struct_fields__},
    )

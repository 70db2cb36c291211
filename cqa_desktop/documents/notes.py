"""Notes: the points of critiques, kept with a draft, and what becomes of them while it is written on.

A `Note` counts code points, as files do. `Notes` follows the edits of an editor, and counts UTF-16 units, as Qt does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, get_args

import msgspec

from cqa_desktop.annotations.critique import CriticName, Point
from cqa_desktop.documents.anchors import around, find_again, plain
from cqa_desktop.text.offsets import Utf16Map
from cqa_desktop.text.spans import Span

NoteState = Literal["open", "accepted", "dismissed"]
STATES: Final[tuple[NoteState, ...]] = get_args(NoteState)
MOST_STEPS: Final = 200


@dataclass(frozen=True, slots=True)
class Reading:
    """How surprising a note's passage was, bits a word."""

    bare: float
    """On its own."""
    informed: float
    """With all that the model was told."""
    model: str = ""
    """What measured it: readings of two models cannot be compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One point of a critique, and what the writer made of it."""

    id: str
    point: Point
    """Its offsets say where its words stood when it was last written down."""
    critic: CriticName
    model: str = ""
    passage: str = ""
    """What the critique was asked about, as it read then."""
    state: NoteState = "open"
    pinned: bool = False
    unfinished: bool = False
    """The words that a critic had written of a point when it was stopped: what it would have come to is not known."""
    changed: bool = False
    """The writer has changed its words since."""
    now: str = ""
    """What stands in their place, once changed."""
    before_words: str = ""
    after_words: str = ""
    """What stood on either side, to find the place again."""
    before: Reading | None = None
    """The last reading of the words as the critic saw them."""
    after: Reading | None = None
    """The reading of what stands in their place."""
    other: Mapping[str, Any] = field(default_factory=dict)
    """Keys of later versions, kept as they are."""


@dataclass(frozen=True, slots=True)
class _Change:
    """A step of the notes' own history: notes as they stood before and after it; None: not there."""

    before: Mapping[str, tuple[NoteState, bool] | None]
    after: Mapping[str, tuple[NoteState, bool] | None]
    together: str = ""


class Notes:
    """The notes of one draft, in the order in which they came. What is done to them can be undone, apart from the
    draft's own undo; their places are no part of that history, and follow the draft alone.
    """

    def __init__(self) -> None:
        self._notes: dict[str, Note] = {}
        """Those that were removed too: an undo brings them back, at the place to which their words have moved."""
        self._places: dict[str, Span] = {}
        self._gone: set[str] = set()
        self._done: list[_Change] = []
        self._undone: list[_Change] = []

    # --- reading --------------------------------------------------------------------------------------------------

    def all(self) -> list[Note]:
        return [note for note in self._notes.values() if note.id not in self._gone]

    def get(self, note_id: str) -> Note | None:
        return None if note_id in self._gone else self._notes.get(note_id)

    def place(self, note_id: str) -> Span | None:
        """Where its words stand, in UTF-16 units; None if they are nowhere in the draft."""
        return self._places.get(note_id)

    def counts(self) -> dict[NoteState, int]:
        """How many there are in each state."""
        states = [note.state for note in self.all()]
        return {state: states.count(state) for state in STATES}

    def kept(self, text: str) -> tuple[Note, ...]:
        """The notes as they are written down: places in code points of `text`, and the words around them."""
        offsets = Utf16Map(text)
        # Written back: the words around them are what they are found again by.
        self._notes.update({note.id: self._written(note, text, offsets) for note in self.all()})
        return tuple(self.all())

    def _written(self, note: Note, text: str, offsets: Utf16Map) -> Note:
        place = self._places.get(note.id)
        if place is None:
            return note
        start, end = offsets.to_code_points(place.start), offsets.to_code_points(place.end)
        before, after = around(text, start, end)
        return replace(
            note,
            point=msgspec.structs.replace(note.point, start=start, end=end),
            now=text[start:end] if note.changed else "",
            before_words=before,
            after_words=after,
        )

    # --- opening --------------------------------------------------------------------------------------------------

    def open(self, notes: Iterable[Note], text: str) -> None:
        """Take the notes of a draft that was opened, in place of all there were, and find their words in its text."""
        for held in (self._notes, self._places, self._gone, self._done, self._undone):
            held.clear()
        searched, offsets = plain(text), Utf16Map(text)
        for note in notes:
            note_id = self._free_id(note.id)
            self._notes[note_id] = replace(note, id=note_id)
            self._find(note_id, searched, offsets)

    def _free_id(self, wanted: str) -> str:
        number, found = 2, wanted
        while found in self._notes:
            found, number = f"{wanted}-{number}", number + 1
        return found

    def _find(self, note_id: str, searched: str, offsets: Utf16Map) -> None:
        note = self._notes[note_id]
        point = note.point
        # Its words as part of longer ones are not its words, though they read the same.
        part = note.changed and bool(note.now) and plain(note.now) == plain(point.quote)
        found = None if part else find_again(searched, point.quote, note.before_words, note.after_words, point.start)
        changed = found is None
        if found is None and note.now:
            found = find_again(searched, note.now, note.before_words, note.after_words, point.start)
        if found is not None:
            self._places[note_id] = Span(offsets.to_utf16(found.start), offsets.to_utf16(found.end))
        self._notes[note_id] = replace(note, changed=changed, now=note.now if changed and found else "")

    # --- the draft changes ----------------------------------------------------------------------------------------

    def follow(self, position: int, removed: int, added: int) -> bool:
        """Follow an edit: `removed` units at `position` gave way to `added` ones. Whether a note's words changed."""
        touched = False
        for note_id, place in self._places.items():
            self._places[note_id], intact = moved(place, position, removed, added)
            if not intact and not self._notes[note_id].changed:
                self._notes[note_id] = replace(self._notes[note_id], changed=True)
                touched = True
        return touched

    def settle(self, text: str) -> bool:
        """Once the writer pauses: a note whose words are back, or only moved, is as it was. Whether there was one."""
        changed = [note for note in self._notes.values() if note.changed]
        if not changed:
            return False
        searched, offsets = plain(text), Utf16Map(text)
        settled = False
        for note in changed:
            place = self._places.get(note.id)
            near = offsets.to_code_points(place.start) if place else note.point.start
            found = find_again(searched, note.point.quote, note.before_words, note.after_words, near)
            if found is not None:
                self._places[note.id] = Span(offsets.to_utf16(found.start), offsets.to_utf16(found.end))
                self._notes[note.id] = replace(note, changed=False, now="", after=None)
                settled = True
        return settled

    def read(self, note_id: str, reading: Reading | None) -> None:
        """Take a reading of what stands at a note's place: of its own words until they change, then of the new ones."""
        note = self._notes.get(note_id)
        if note is None or reading is None:
            return
        self._notes[note_id] = replace(note, after=reading) if note.changed else replace(note, before=reading)

    def same(self, point: Point, place: Span) -> str:
        """The note that says this of these words already, accepted and dismissed ones too; empty if none does."""
        said = (point.quote, point.verdict, point.reasoning)
        for note in self.all():
            theirs = (note.point.quote, note.point.verdict, note.point.reasoning)
            if not note.unfinished and theirs == said and self._places.get(note.id) == place:
                return note.id
        return ""

    def begun(self, point: Point) -> list[Note]:
        """The unfinished notes that are the beginning of a point."""
        whole = f"{point.reasoning} {point.counterfactual}"
        return [
            note
            for note in self.all()
            if note.unfinished
            and whole.startswith(note.point.reasoning.removesuffix(" …"))
            and point.quote in note.point.quote
        ]

    # --- what is done to them -------------------------------------------------------------------------------------

    def add(self, note: Note, place: Span | None, *, together: str = "") -> Note:
        """Take a new note. Those of one `together` are undone at once, as long as nothing else was done between."""
        note = replace(note, id=self._free_id(note.id), changed=note.changed or place is None)
        self._notes[note.id] = note
        if place is not None:
            self._places[note.id] = place
        last = self._done[-1] if self._done else None
        standing = {note.id: (note.state, note.pinned)}
        if together and last is not None and last.together == together:
            self._done[-1] = _Change({**last.before, note.id: None}, {**last.after, **standing}, together)
            self._undone.clear()
        else:
            self._push(_Change({note.id: None}, standing, together))
        return note

    def accept(self, note_id: str) -> None:
        self._change(note_id, lambda note: ("accepted", note.pinned))

    def dismiss(self, note_id: str) -> None:
        self._change(note_id, lambda note: ("dismissed", note.pinned))

    def reopen(self, note_id: str) -> None:
        self._change(note_id, lambda note: ("open", note.pinned))

    def pin(self, note_id: str, *, pinned: bool = True) -> None:
        """Keep it at the top, or let it go back to its place."""
        self._change(note_id, lambda note: (note.state, pinned))

    def remove(self, note_id: str) -> None:
        self._change(note_id, lambda _note: None)

    def _change(self, note_id: str, to: Callable[[Note], tuple[NoteState, bool] | None]) -> None:
        note = self.get(note_id)
        if note is None:
            return
        before, after = (note.state, note.pinned), to(note)
        if before != after:
            change = _Change({note_id: before}, {note_id: after})
            self._put(change.after)
            self._push(change)

    def _push(self, change: _Change) -> None:
        self._done.append(change)
        del self._done[:-MOST_STEPS]
        self._undone.clear()

    @property
    def can_undo(self) -> bool:
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        return bool(self._undone)

    def undo(self) -> bool:
        """Take back what was last done to notes; False if there is nothing."""
        if not self._done:
            return False
        change = self._done.pop()
        self._undone.append(change)
        self._put(change.before)
        return True

    def redo(self) -> bool:
        """Do again what was last taken back; False if there is nothing."""
        if not self._undone:
            return False
        change = self._undone.pop()
        self._done.append(change)
        self._put(change.after)
        return True

    def _put(self, standings: Mapping[str, tuple[NoteState, bool] | None]) -> None:
        for note_id, standing in standings.items():
            if standing is None:
                self._gone.add(note_id)
            else:
                self._gone.discard(note_id)
                self._notes[note_id] = replace(self._notes[note_id], state=standing[0], pinned=standing[1])


def moved(place: Span, position: int, removed: int, added: int) -> tuple[Span, bool]:
    """Where a place is after an edit, and whether what stands there is what stood there."""
    end, shift = position + removed, added - removed
    if place.end <= position:
        return place, True
    if place.start >= end:
        return Span(place.start + shift, place.end + shift), True
    start = min(place.start, position)
    return Span(start, place.end + shift if place.end >= end else position + added), False

"""Keeps the notes in step with the draft, their figures fresh, and both in the file beside it."""

from __future__ import annotations

from typing import Final
from zlib import crc32

from PySide6.QtCore import QObject, QTimer, Signal

from cqa_desktop.annotations.critique import Point
from cqa_desktop.documents.notes import Note, Notes, Reading
from cqa_desktop.engine.client import sendable
from cqa_desktop.measure.document import informed_bits
from cqa_desktop.measure.types import BARE
from cqa_desktop.text.spans import Span
from cqa_desktop.ui.draft_file import DraftFile
from cqa_desktop.ui.editor import DraftEditor
from cqa_desktop.ui.score_store import ScoreStore
from cqa_desktop.ui.scoring import Scoring

PAUSE_MS: Final = 350
"""After the last keystroke: then it is looked whether words that were changed are back."""


class NoteKeeper(QObject):
    """The notes of the draft that is open."""

    changed = Signal()
    """What there is to show is new."""
    opened = Signal()
    """Another draft's notes are here."""

    def __init__(
        self, editor: DraftEditor, store: ScoreStore, scoring: Scoring, file: DraftFile, parent: QObject
    ) -> None:
        super().__init__(parent)
        self.notes = Notes()
        self._editor = editor
        self._store = store
        self._scoring = scoring
        self._file = file
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(self._settle)
        editor.edited.connect(self._edited)
        scoring.finished.connect(self._read)
        file.opened.connect(self._opened)
        file.saved.connect(self.keep)

    def text(self) -> str:
        """The draft, as it can be sent and written: offsets are the editor's."""
        return sendable(self._editor.text())

    def add(self, note: Note, place: Span | None, *, together: str) -> Note:
        """Take a new note, and write it down at once."""
        added = self.notes.add(note, place, together=together)
        if added.changed:
            self.notes.settle(self.text())
        self._read_one(added.id)
        self.keep()
        self.changed.emit()
        return added

    def finished(self, point: Point) -> None:
        """A point came whole: what was kept of it unfinished has nothing to add."""
        for note in self.notes.begun(point):
            self.act("remove", note.id)

    def act(self, what: str, note_id: str) -> None:
        """What the writer does with a note: accept, dismiss, reopen, remove, pin (or let go)."""
        note = self.notes.get(note_id)
        if note is None:
            return
        if what == "pin":
            self.notes.pin(note_id, pinned=not note.pinned)
        else:
            {
                "accept": self.notes.accept,
                "dismiss": self.notes.dismiss,
                "reopen": self.notes.reopen,
                "remove": self.notes.remove,
            }[what](note_id)
        self.keep()
        self.changed.emit()

    def undo(self) -> bool:
        """Take back what was last done to a note; False if there is nothing. The draft stays as it is."""
        return self._stepped(self.notes.undo())

    def redo(self) -> bool:
        """Do again what was last taken back; False if there is nothing."""
        return self._stepped(self.notes.redo())

    def _stepped(self, done: bool) -> bool:
        if done:
            self.keep()
            self.changed.emit()
        return done

    def keep(self) -> None:
        """Write the notes down beside the draft."""
        if self.notes.all() or self._file.sidecar.notes:
            self._file.set_notes(self.notes.kept(self.text()))

    def shown(self) -> list[Note]:
        """As they are to stand: pinned ones first, then by their place, what is about a whole passage at its end;
        those without a place last.
        """
        far = self._editor.document().characterCount()

        def order(note: Note) -> tuple[bool, int]:
            place = self.notes.place(note.id)
            if place is None:
                return not note.pinned, far
            return not note.pinned, place.end if note.point.whole else place.start

        return sorted(self.notes.all(), key=order)

    def placed(self) -> set[str]:
        """Those whose words are in the draft."""
        places = {note.id: self.notes.place(note.id) for note in self.notes.all()}
        return {note_id for note_id, place in places.items() if place is not None and len(place)}

    def _opened(self) -> None:
        self._pause.stop()
        self.notes.open(self._file.sidecar.notes, self.text())
        self.opened.emit()
        self.changed.emit()

    def _edited(self, position: int, removed: int, added: int) -> None:
        if self.notes.follow(position, removed, added):
            self.changed.emit()
        self._pause.start()

    def _settle(self) -> None:
        if any(note.changed for note in self.notes.all()) and self.notes.settle(self.text()):
            self.changed.emit()

    # --- figures --------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        before = self.notes.all()
        for note in before:
            self._read_one(note.id)
        if self.notes.all() != before:
            self.changed.emit()

    def _read_one(self, note_id: str) -> None:
        place = self.notes.place(note_id)
        if place is not None and self._store.is_fresh(place.start):
            self.notes.read(note_id, reading(self._store, place, self._measured_by()))

    def _measured_by(self) -> str:
        """The model and the brief: under another of either, figures cannot be set beside each other."""
        model = self._scoring.model.name if self._scoring.model is not None else ""
        brief = self._scoring.brief
        return f"{model}, brief {crc32(repr(brief).encode('utf-8', 'replace')):08x}" if brief else model


def reading(store: ScoreStore, place: Span, model: str) -> Reading | None:
    """How surprising the passages are that a place touches; None if none is scored."""
    touched = [one.measure for one in store.between(place.start, place.end) if _touches(one.start, one.end, place)]
    words = sum(measure.words for measure in touched)
    if not words:
        return None
    bare = sum(measure.surprisal[BARE] for measure in touched)
    return Reading(bare / words, sum(map(informed_bits, touched)) / words, model)


def _touches(start: int, end: int, place: Span) -> bool:
    return start < max(place.end, place.start + 1) and end > place.start

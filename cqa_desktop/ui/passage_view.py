"""Which passage the panel explains, and the way from mark to mark."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from cqa_desktop.measure.types import CLASSES
from cqa_desktop.ui.draft_file import DraftFile
from cqa_desktop.ui.editor import DraftEditor
from cqa_desktop.ui.passage_panel import PassagePanel
from cqa_desktop.ui.score_store import ScoreStore, ShownPassage
from cqa_desktop.ui.scoring import Scoring

TYPING_MS = 250
FEWEST_EARNED = 3
"""With fewer earned passages, a mean over them says nothing."""


class PassageView(QObject):
    """Follows the caret."""

    ignored_changed = Signal()

    def __init__(
        self, editor: DraftEditor, store: ScoreStore, scoring: Scoring, file: DraftFile, panel: PassagePanel
    ) -> None:
        super().__init__(panel)
        self._editor = editor
        self._store = store
        self._scoring = scoring
        self._file = file
        self._panel = panel
        self._shown: ShownPassage | None = None
        self._compare = ""
        # Laying the panel out takes longer than a keystroke may: while somebody types, it waits.
        self._typing = QTimer(self, singleShot=True, interval=TYPING_MS)
        self._typing.timeout.connect(self._follow)
        editor.edited.connect(lambda *_: self._typing.start())
        editor.cursorPositionChanged.connect(self._caret_moved)
        panel.ignore_toggled.connect(self._ignore)

    def counts(self) -> dict[str, int]:
        """How many passages of each class the draft has, those of hidden classes included, ignored ones not."""
        counts = dict.fromkeys(CLASSES, 0)
        ignored = self._file.sidecar.ignored
        for base, passage in self._store.passages():
            if passage.marks and not (ignored and self._quote(passage.moved(base)) in ignored):
                counts[passage.measure.kind] += 1
        return {str(kind): count for kind, count in counts.items()}

    def refresh(self) -> None:
        """The figures are new: show the passage under the caret again."""
        drops = [
            passage.measure.information.total / max(passage.measure.words, 1)
            for _, passage in self._store.passages()
            if passage.measure.kind == "earned"
        ]
        self._compare = (
            f"Earned sentences in this draft drop by {sum(drops) / len(drops):.1f} bits a word."
            if len(drops) >= FEWEST_EARNED
            else ""
        )
        if not self._typing.isActive():
            self._follow(again=True)

    def go_to_mark(self, step: int) -> None:
        """The next mark (1) or the one before (-1), round the end."""
        marked = self._store.marked(self._editor.is_shown)
        if not marked:
            return
        at = self._editor.textCursor().position()
        starts = [passage.marks[0].start for passage in marked]
        if step > 0:
            target = next((start for start in starts if start > at), starts[0])
        else:
            target = next((start for start in reversed(starts) if start < at), starts[-1])
        self._editor.go_to(target)
        self._editor.setFocus()

    def _caret_moved(self) -> None:
        if not self._typing.isActive():
            self._follow()

    def _follow(self, *, again: bool = False) -> None:
        found = self._store.passage_at(self._editor.textCursor().position())
        if found is None and self._shown is not None and self._scoring.busy:
            return  # its fresh figures are on their way: better the old ones than a flicker
        if found is None:
            self._shown = None
            self._panel.show_nothing(self._why_nothing())
        elif again or found != self._shown:
            self._shown = found
            quote = self._quote(found)
            compare = self._compare if found.measure.kind in ("earned", "unexplained") else ""
            self._panel.show_passage(found.measure, quote, compare, ignored=quote in self._file.sidecar.ignored)

    def _why_nothing(self) -> str:
        if self._scoring.model is None:
            return "The model is being loaded. Writing need not wait."
        if self._scoring.busy:
            return "This sentence is being read."
        return "Put the caret in a sentence to see what a reader makes of it."

    def _ignore(self, ignored: bool) -> None:
        found = self._store.passage_at(self._editor.textCursor().position())
        if found is not None:
            self._file.set_ignored(self._quote(found), ignored=ignored)
            self._follow(again=True)
            self.ignored_changed.emit()

    def _quote(self, passage: ShownPassage) -> str:
        return self._editor.quote(passage.start, passage.end)

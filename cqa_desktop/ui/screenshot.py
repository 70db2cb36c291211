"""A picture of the window once the draft is scored: for places without a display, and for the documentation."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QWidget

from cqa_desktop.ui.main_window import SIZE, MainWindow
from cqa_desktop.ui.score_store import ShownPassage

Subject = Literal["passage", "critique", "versions"]
MOST_MS: Final = 120_000
SETTLE_MS: Final = 700
"""For timers that gather changes before they are drawn."""
CARD_MS: Final = 4000
SCREENFUL: Final = 1000
"""Characters, about."""


class Screenshot(QObject):
    """Takes one picture and says how it went."""

    taken = Signal(bool)

    def __init__(
        self, window: MainWindow, out: Path, of: Subject = "passage", words: str = "", version: str = ""
    ) -> None:
        """`words`: what is selected; empty: where the draft has most marks. `version`: what is set beside them."""
        super().__init__(window)
        self._window = window
        self._out = out
        self._of: Subject = of
        self._words = words
        self._version = version
        window.resize(*SIZE)  # whatever size was used last
        self._limit = QTimer(self, singleShot=True, interval=MOST_MS)
        self._limit.timeout.connect(self._take)
        self._limit.start()
        self._card = QTimer(self, singleShot=True, interval=CARD_MS)
        self._card.timeout.connect(self._take)
        window.scoring.finished.connect(self._scored)

    def _scored(self) -> None:
        self._window.scoring.finished.disconnect(self._scored)
        steps = {"passage": self._point, "critique": self._criticise, "versions": self._compare}
        QTimer.singleShot(SETTLE_MS, steps[self._of])

    def _densest(self) -> ShownPassage | None:
        """Where marks of most classes, then most marks, can be seen at once."""
        marked = self._window.store.marked(self._window.editor.is_shown)
        worth = {one.start: _worth_seeing([other for other in marked if _near(one, other)]) for one in marked}
        return max(marked, key=lambda one: worth[one.start], default=None)

    def _point(self) -> None:
        """Put the caret into a mark, so that the panel says something, and ask what was expected there."""
        window = self._window
        chosen = self._densest()
        if chosen is None:
            self._take()
            return
        window.editor.go_to(chosen.start)
        quote = window.editor.quote(chosen.start, chosen.end)
        offset = quote.index(max(quote.split(), key=len)) + 1
        window.scoring.explained.connect(lambda *_: QTimer.singleShot(SETTLE_MS, self._take))
        self._card.start()
        QTimer.singleShot(SETTLE_MS, lambda: window.scoring.explain(min(chosen.start + offset, chosen.end - 1)))

    def _select(self) -> bool:
        """Select the words that were named, or the paragraph that is most worth seeing; False if there is none."""
        editor = self._window.editor
        if self._words:
            editor.moveCursor(QTextCursor.MoveOperation.Start)
            if not editor.find(self._words):
                return False
            cursor = editor.textCursor()
        else:
            chosen = self._densest()
            if chosen is None:
                return False
            cursor = editor.textCursor()
            cursor.setPosition(chosen.start)
            cursor.select(QTextCursor.SelectionType.BlockUnderCursor)
        editor.go_to(cursor.selectionStart())
        editor.setTextCursor(cursor)
        return True

    def _criticise(self) -> None:
        """Ask for a critique, and wait for its end."""
        if not self._select():
            self._take()
            return
        self._window.critique.asking.ended.connect(lambda _words: QTimer.singleShot(SETTLE_MS, self._read))
        self._window.critique.ask()

    def _read(self) -> None:
        """The first note is the one that is read; nothing is selected any more."""
        editor = self._window.editor
        cursor = editor.textCursor()
        cursor.setPosition(cursor.selectionEnd())
        editor.setTextCursor(cursor)
        first = next(iter(self._window.critique.panel.notes.cards), "")
        if first:
            self._window.critique.go_to(first)
        QTimer.singleShot(SETTLE_MS, self._take)

    def _compare(self) -> None:
        """Set another version beside the passage, and wait for both to be read."""
        self._window.compare.open() if self._select() else None
        dialog = self._window.compare.dialog
        if dialog is None:
            self._take()
            return
        dialog.second.selectAll()
        dialog.second.insertPlainText(self._version)
        self._window.bridge.versions_compared.connect(lambda _found: QTimer.singleShot(SETTLE_MS, self._take))

    def _take(self) -> None:
        if self._limit.isActive() or self._card.isActive():
            self._limit.stop()
            self._card.stop()
            shown: QWidget | None = self._window.compare.dialog if self._of == "versions" else None
            self.taken.emit((shown or self._window).grab().save(str(self._out)))


def _near(one: ShownPassage, other: ShownPassage) -> bool:
    return abs(one.start - other.start) < SCREENFUL // 2


def _worth_seeing(marked: list[ShownPassage]) -> tuple[int, int]:
    return len({one.measure.kind for one in marked}), len(marked)

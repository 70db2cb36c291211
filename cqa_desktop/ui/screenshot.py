"""A picture of the window once the draft is scored: for places without a display, and for the documentation."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from cqa_desktop.ui.main_window import SIZE, MainWindow
from cqa_desktop.ui.score_store import ShownPassage

MOST_MS: Final = 120_000
SETTLE_MS: Final = 700
"""For timers that gather changes before they are drawn."""
CARD_MS: Final = 4000
SCREENFUL: Final = 1000
"""Characters, about."""


class Screenshot(QObject):
    """Takes one picture and says how it went."""

    taken = Signal(bool)

    def __init__(self, window: MainWindow, out: Path) -> None:
        super().__init__(window)
        self._window = window
        self._out = out
        window.resize(*SIZE)  # whatever size was used last
        self._limit = QTimer(self, singleShot=True, interval=MOST_MS)
        self._limit.timeout.connect(self._take)
        self._limit.start()
        self._card = QTimer(self, singleShot=True, interval=CARD_MS)
        self._card.timeout.connect(self._take)
        window.scoring.finished.connect(self._scored)

    def _scored(self) -> None:
        self._window.scoring.finished.disconnect(self._scored)
        QTimer.singleShot(SETTLE_MS, self._point)

    def _point(self) -> None:
        """Put the caret into a mark, so that the panel says something, and ask what was expected there."""
        window = self._window
        marked = window.store.marked(window.editor.is_shown)
        if not marked:
            self._take()
            return
        # Where marks of most classes, then most marks, can be seen at once.
        chosen = max(marked, key=lambda one: _worth_seeing([other for other in marked if _near(one, other)]))
        window.editor.go_to(chosen.start)
        quote = window.editor.quote(chosen.start, chosen.end)
        offset = quote.index(max(quote.split(), key=len)) + 1
        window.scoring.explained.connect(lambda *_: QTimer.singleShot(SETTLE_MS, self._take))
        self._card.start()
        QTimer.singleShot(SETTLE_MS, lambda: window.scoring.explain(min(chosen.start + offset, chosen.end - 1)))

    def _take(self) -> None:
        if self._limit.isActive() or self._card.isActive():
            self._limit.stop()
            self._card.stop()
            self.taken.emit(self._window.grab().save(str(self._out)))


def _near(one: ShownPassage, other: ShownPassage) -> bool:
    return abs(one.start - other.start) < SCREENFUL // 2


def _worth_seeing(marked: list[ShownPassage]) -> tuple[int, int]:
    return len({one.measure.kind for one in marked}), len(marked)

"""The whole draft's surprise along the editor's edge: a bar for each stretch, a click to go there."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from cqa_desktop.ui.editor import DraftEditor
from cqa_desktop.ui.score_store import ScoreStore
from cqa_desktop.ui.theme import LIGHT, Theme

WIDTH: Final = 46
STEP: Final = 3
"""Pixels from one bar to the next."""
MARGIN: Final = 10
FULL_BITS: Final = 14.0
REFRESH_MS: Final = 150
FINE: Final = 1500
"""Passages up to which each has its own place."""
_RANK: Final = {"steady": 0, "predictable": 1, "earned": 2, "unexplained": 3}


class Strip(QWidget):
    """Positions are shares of the draft's length."""

    asked = Signal(int)
    """Go to this position."""

    def __init__(self, editor: DraftEditor, store: ScoreStore) -> None:
        super().__init__()
        self.setObjectName("strip")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(WIDTH)
        self.setAccessibleName("Surprise over the whole draft")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._editor = editor
        self._store = store
        self._theme: Theme = LIGHT
        self._rows: list[tuple[float, str]] = []
        """For each row, bits a word and the class to show."""
        self._timer = QTimer(self, singleShot=True, interval=REFRESH_MS)
        self._timer.timeout.connect(self.rebuild)
        editor.scrolled.connect(self.update)
        editor.cursorPositionChanged.connect(self.update)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def refresh(self) -> None:
        """Draw anew, soon."""
        if not self._timer.isActive():
            self._timer.start()

    def rebuild(self) -> None:
        """Gather the passages into rows."""
        count = self._count()
        length = max(self._editor.document().characterCount() - 1, 1)
        # In a long draft many passages fall into one row anyway.
        found = self._store.stretches(fine=self._store.count() < FINE)
        table = np.array(found, np.float64).reshape(-1, 4)
        rows = np.minimum((table[:, :2] / length * count).astype(np.int64), count - 1)
        bits = _spread(table[:, 2], rows, count)
        weights = _spread(np.maximum(table[:, 3], 1), rows, count)
        kinds = ["steady"] * count
        for passage in self._store.marked(self._editor.is_shown):
            row = min(int(passage.start / length * count), count - 1)
            if _RANK[passage.measure.kind] > _RANK[kinds[row]]:
                kinds[row] = passage.measure.kind
        means = np.divide(bits, weights, out=np.zeros(count), where=weights > 0.5)
        self._rows = list(zip(means.tolist(), kinds, strict=True))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, 400)

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        self.refresh()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._ask(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._ask(event)

    def _ask(self, event: QMouseEvent) -> None:
        share = (event.position().y() - MARGIN) / max(self._drawn(), 1)
        length = self._editor.document().characterCount() - 1
        self.asked.emit(int(min(max(share, 0.0), 1.0) * length))

    def _count(self) -> int:
        """Rows: as many as fit, but a short draft is not stretched over all of them."""
        fits = max((self.height() - 2 * MARGIN) // STEP, 1)
        return int(min(fits, max(self._store.count(), 12)))

    def _drawn(self) -> float:
        return max(len(self._rows), 1) * STEP

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        right = self.width() - 9
        steady = QColor(self._theme.steady)
        for index, (bits, kind) in enumerate(self._rows):
            if bits <= 0:
                continue
            width = max(3.0, min(bits / FULL_BITS, 1.0) * (right - 6))
            colour = steady if kind == "steady" else self._theme.of(kind)
            painter.fillRect(QRectF(right - width, MARGIN + index * STEP, width, STEP - 1), colour)
        start, end = self._editor.visible_range()
        length = max(self._editor.document().characterCount() - 1, 1)
        if self._rows and end - start < length:
            top, bottom = (MARGIN + self._drawn() * one / length for one in (start, end))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(self._theme.accent), 1))
            frame = QRectF(QPointF(4.5, top - 2.5), QPointF(self.width() - 4.5, max(bottom, top + 8) + 2.5))
            painter.drawRoundedRect(frame, 4, 4)


def _spread(values: npt.NDArray[np.float64], rows: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.float64]:
    """Each value added to the rows from its first to its last; `rows` has shape (n, 2)."""
    edges = np.zeros(count + 1)
    np.add.at(edges, rows[:, 0], values)
    np.add.at(edges, rows[:, 1] + 1, -values)
    spread: npt.NDArray[np.float64] = np.cumsum(edges)[:-1]
    return spread

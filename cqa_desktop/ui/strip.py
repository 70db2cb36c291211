"""The whole draft's surprise along the editor's edge: a bar for each stretch, a click to go there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from cqa_desktop.measure.document import informed_bits
from cqa_desktop.ui.editor import DraftEditor
from cqa_desktop.ui.score_store import ScoreStore
from cqa_desktop.ui.theme import LIGHT, Theme

WIDTH: Final = 46
STEP: Final = 3
"""Pixels from one bar to the next."""
MARGIN: Final = 10
FULL_BITS: Final = 14.0
REFRESH_MS: Final = 150
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
        placed = list(self._store.passages())
        starts = np.array([base + one.start for base, one in placed], np.float64)
        ends = np.array([base + one.end for base, one in placed], np.float64)
        firsts, lasts = (np.minimum((at / length * count).astype(np.int64), count - 1) for at in (starts, ends))
        bits = _spread([informed_bits(one.measure) for _, one in placed], firsts, lasts, count)
        weights = _spread([max(one.measure.words, 1) for _, one in placed], firsts, lasts, count)
        kinds = ["steady"] * count
        for row, (base, passage) in zip(firsts.tolist(), placed, strict=True):
            kind = passage.measure.kind
            if passage.marks and _RANK[kind] > _RANK[kinds[row]] and self._editor.is_shown(passage.moved(base)):
                kinds[row] = kind
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


def _spread(
    values: Sequence[float], firsts: npt.NDArray[np.int64], lasts: npt.NDArray[np.int64], count: int
) -> npt.NDArray[np.float64]:
    """Each value added to the rows from its first to its last."""
    edges = np.zeros(count + 1)
    np.add.at(edges, firsts, values)
    np.add.at(edges, lasts + 1, np.negative(values))
    return np.cumsum(edges)[:-1]

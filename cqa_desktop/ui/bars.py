"""A labelled bar: of an explanation, or of what a reader expected."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from cqa_desktop.ui.theme import LIGHT, Theme

HEIGHT = 8.0


class BarRow(QWidget):
    """Label, bar, figure. What it shows is also its accessible name."""

    def __init__(self, label_width: int, figure_width: int, label_font: QFont | None = None) -> None:
        super().__init__()
        self._label, self._figure, self._share = "", "", 0.0
        self._colour = QColor(LIGHT.quiet)
        self._theme: Theme = LIGHT
        self._widths = (label_width, figure_width)
        self._label_font = label_font
        self._quiet_label = label_font is None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_bar(self, label: str, share: float, figure: str, colour: QColor, theme: Theme) -> None:
        """`share` of the whole bar, 0 to 1."""
        self._label, self._share, self._figure = label, max(0.0, min(1.0, share)), figure
        self._colour, self._theme = colour, theme
        self.setAccessibleName(f"{label}: {figure}")
        self.update()

    def sizeHint(self) -> QSize:
        metrics = QFontMetricsF(self._label_font or self.font())
        return QSize(240, round(metrics.height() * (1.05 if self._label_font else 1.35)))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        label, figure = self._widths
        whole = QRectF(self.rect())
        painter.setPen(QColor(self._theme.quiet if self._quiet_label else self._theme.ink))
        painter.setFont(self._label_font or self.font())
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
        name = painter.fontMetrics().elidedText(self._label, Qt.TextElideMode.ElideRight, label)
        painter.drawText(QRectF(0, 0, label, whole.height()), flags | Qt.AlignmentFlag.AlignLeft, name)
        painter.setFont(self.font())
        painter.setPen(QColor(self._theme.quiet))
        right = QRectF(whole.width() - figure, 0, figure, whole.height())
        painter.drawText(right, flags | Qt.AlignmentFlag.AlignRight, self._figure)
        track = QRectF(label + 8, (whole.height() - HEIGHT) / 2, whole.width() - label - figure - 18, HEIGHT)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.track))
        painter.drawRoundedRect(track, 3, 3)
        if self._share > 0:
            painter.setBrush(self._colour)
            track.setWidth(max(track.width() * self._share, 3.0))
            painter.drawRoundedRect(track, 3, 3)

"""The legend: a pill for each class, with its colour, its line and how many there are; a click hides or shows it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QWidget

from cqa_desktop.ui.theme import LIGHT, Theme

CLASSES = ("earned", "unexplained", "predictable")
_SAYS = {
    "earned": "Surprising, and the story or the brief explains it",
    "unexplained": "Surprising, and nothing explains it",
    "predictable": "A reader sees it coming",
}


class Pill(QAbstractButton):
    """Checked: the class is shown."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self._count = 0
        self._theme: Theme = LIGHT
        self.setCheckable(True)
        self.setChecked(True)
        self.setToolTip(_SAYS[kind])
        self.setAccessibleDescription(_SAYS[kind])
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.show_count(0)

    def show_count(self, count: int) -> None:
        self._count = count
        self.setText(f"{self.kind.capitalize()} {count}")
        self.updateGeometry()
        self.update()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + 48, 27)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shape = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        focused = self.hasFocus()
        painter.setPen(QPen(QColor(theme.accent), 1.2) if focused else Qt.PenStyle.NoPen)
        hover = self.underMouse()
        painter.setBrush(
            QColor(theme.control_hover if hover else theme.control) if self.isChecked() else Qt.GlobalColor.transparent
        )
        if not self.isChecked() and not focused:
            painter.setPen(QPen(QColor(theme.line), 1))
        painter.drawRoundedRect(shape, shape.height() / 2, shape.height() / 2)
        colour = theme.of(self.kind) if self.isChecked() else QColor(theme.quiet)
        y = shape.center().y()
        _draw_line(painter, self.kind, colour, QPointF(12, y), QPointF(30, y))
        painter.setPen(QColor(theme.ink if self.isChecked() else theme.quiet))
        painter.drawText(shape.adjusted(36, 0, -10, 0), Qt.AlignmentFlag.AlignVCenter, self.text())


def _draw_line(painter: QPainter, kind: str, colour: QColor, left: QPointF, right: QPointF) -> None:
    pen = QPen(colour, 1.9)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if kind == "unexplained":
        pen.setWidthF(1.5)
        painter.setPen(pen)
        path = QPainterPath(left)
        x, up = left.x(), True
        while x < right.x() - 0.1:
            path.quadTo(QPointF(x + 1.5, left.y() + (-3.2 if up else 3.2)), QPointF(x + 3, left.y()))
            x, up = x + 3, not up
        painter.drawPath(path)
        return
    if kind == "predictable":
        pen.setWidthF(1.6)
        pen.setDashPattern([3.2, 2.2])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    painter.setPen(pen)
    painter.drawLine(left, right)


class Legend(QWidget):
    """All three pills."""

    hidden_changed = Signal(set)

    def __init__(self) -> None:
        super().__init__()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        self.pills = {kind: Pill(kind) for kind in CLASSES}
        for pill in self.pills.values():
            layout.addWidget(pill)
            pill.toggled.connect(lambda _on: self.hidden_changed.emit(self.hidden()))

    def hidden(self) -> set[str]:
        """Classes that are switched off."""
        return {kind for kind, pill in self.pills.items() if not pill.isChecked()}

    def set_hidden(self, kinds: set[str]) -> None:
        for kind, pill in self.pills.items():
            pill.setChecked(kind not in kinds)

    def show_counts(self, counts: dict[str, int]) -> None:
        for kind, pill in self.pills.items():
            pill.show_count(counts.get(kind, 0))

    def set_theme(self, theme: Theme) -> None:
        for pill in self.pills.values():
            pill.set_theme(theme)

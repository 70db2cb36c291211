"""The difference of two versions in each view, as an interval about nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QLabel, QPushButton, QSizePolicy, QWidget

from cqa_desktop.engine.messages import ViewDifference
from cqa_desktop.ui.labels import button
from cqa_desktop.ui.theme import LIGHT, Theme

VIEWS: Final = {"bare": "On its own", "story": "After the story", "brief": "With the brief"}
LEAST_RANGE: Final = 2.0
"""Bits a token to either side, at least: a small difference must look small."""


class IntervalBar(QWidget):
    """From low to high, with the difference itself as a dot, about a line that stands for none."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[float, float, float, float] | None = None
        self._theme: Theme = LIGHT
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(160)

    def show_interval(self, difference: ViewDifference, reach: float, theme: Theme) -> None:
        """`reach`: bits at either end."""
        middle = difference.second - difference.first
        self._shown, self._theme = (difference.low, middle, difference.high, reach), theme
        between = f"95% between {difference.low:+.1f} and {difference.high:+.1f}"
        self.setAccessibleName(f"{middle:+.1f} bits a token, {between}".replace("-", "−"))
        self.setToolTip(self.accessibleName())
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(260, 24)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._shown is None:
            return
        low, middle, high, reach = self._shown
        theme = self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width, y = self.width(), self.height() / 2
        inside = QRectF(8, 0, width - 16, self.height())

        def x(bits: float) -> float:
            return inside.center().x() + max(-1.0, min(1.0, bits / reach)) * inside.width() / 2

        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.track))
        painter.drawRoundedRect(QRectF(0, y - 2, width, 4), 2, 2)
        painter.setPen(QPen(QColor(theme.quiet), 1.2))
        painter.drawLine(QPointF(inside.center().x(), y - 8), QPointF(inside.center().x(), y + 8))
        told_apart = not low <= 0 <= high
        colour = QColor(theme.accent if told_apart else theme.quiet)
        pen = QPen(colour, 4)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawLine(QPointF(x(low), y), QPointF(x(high), y))
        painter.setPen(QPen(QColor(theme.chrome), 1.5))
        painter.setBrush(colour)
        painter.drawEllipse(QPointF(x(middle), y), 5.5, 5.5)


class Differences(QWidget):
    """A row for each view; the one that is chosen tints the words."""

    view_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._theme: Theme = LIGHT
        self._shown: list[ViewDifference] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self._group = QButtonGroup(self)
        self.buttons: dict[str, QPushButton] = {}
        self._bars: dict[str, IntervalBar] = {}
        self._figures: dict[str, list[QLabel]] = {}
        self._ends = QLabel("← second version less surprising · more surprising →")
        self._ends.setAlignment(Qt.AlignmentFlag.AlignCenter)
        heads = [QLabel(text) for text in ("first", "second", "difference, 95% interval")]
        self._heads = heads
        self._grid.addWidget(QLabel("Words are tinted by"), 0, 0)
        self._grid.addWidget(self._ends, 0, 1)
        for column, head in enumerate(heads, start=2):
            head.setAlignment(Qt.AlignmentFlag.AlignRight)
            self._grid.addWidget(head, 0, column)
        for row, (view, name) in enumerate(VIEWS.items(), start=1):
            one = button(name, "choice", f"Tint the words by their surprise {name.lower()}", checkable=True)
            one.clicked.connect(lambda _on=False, view=view: self.view_chosen.emit(view))
            self._group.addButton(one)
            self.buttons[view] = one
            self._bars[view] = IntervalBar()
            self._figures[view] = [QLabel() for _ in heads]
            self._grid.addWidget(one, row, 0)
            self._grid.addWidget(self._bars[view], row, 1)
            for column, figure in enumerate(self._figures[view], start=2):
                figure.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self._grid.addWidget(figure, row, column)
        self.show_numbers(False)

    def view(self) -> str:
        """The view that tints the words: the most informed one until another is chosen."""
        return next((view for view, one in self.buttons.items() if one.isChecked()), "")

    def show_views(self, views: Sequence[ViewDifference]) -> None:
        """One row for each."""
        self._shown = list(views)
        there = {one.view: one for one in views}
        reach = max([LEAST_RANGE, *(abs(end) for one in views for end in (one.low, one.high))]) * 1.04
        for view, one in self.buttons.items():
            found = there.get(view)
            for part in (one, self._bars[view], *self._figures[view]):
                part.setVisible(found is not None and (part not in self._figures[view] or self._numbers))
            if found is None:
                continue
            self._bars[view].show_interval(found, reach, self._theme)
            difference = f"{found.second - found.first:+.2f}  ({found.low:+.2f} to {found.high:+.2f})"
            texts = (f"{found.first:.2f}", f"{found.second:.2f}", difference)
            for label, text in zip(self._figures[view], texts, strict=True):
                label.setText(text.replace("-", "−"))
        if self.view() not in there and views:
            self.buttons[views[-1].view].setChecked(True)

    def show_numbers(self, on: bool) -> None:
        """Bits a token, beside the pictures."""
        self._numbers = on
        for head in self._heads:
            head.setVisible(on)
        self.show_views(self._shown)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        for label in self.findChildren(QLabel):
            label.setStyleSheet(f"color: {theme.quiet}")
        self.show_views(self._shown)

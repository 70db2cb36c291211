"""A choice among a few words, made with the pointer or the arrow keys; at first nothing is chosen."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QWidget


class _Segment(QPushButton):
    """Leaves the arrows to the row: Qt would move the keyboard and choose nothing. As wide as it is when chosen."""

    def sizeHint(self) -> QSize:
        # Chosen, its word is bold; Qt measures it as it is not.
        bold = QFont(self.font())
        bold.setWeight(QFont.Weight.DemiBold)
        wider = QFontMetrics(bold).horizontalAdvance(self.text()) - self.fontMetrics().horizontalAdvance(self.text())
        hint = super().sizeHint()
        return QSize(hint.width() + max(wider, 0), hint.height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            event.ignore()
        else:
            super().keyPressEvent(event)


class Choice(QWidget):
    """Buttons in a row, of which one at most is down."""

    chosen = Signal(str)

    def __init__(self, name: str, options: Mapping[str, str]) -> None:
        """`options` are values and what each means."""
        super().__init__()
        self.setAccessibleName(name)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        self._group = QButtonGroup(self)
        self.buttons: dict[str, QPushButton] = {}
        for value, says in options.items():
            button = _Segment(value.capitalize())
            button.setObjectName("segment")
            button.setCheckable(True)
            button.setToolTip(says)
            button.setAccessibleName(f"{name}: {value}")
            button.setAccessibleDescription(says)
            self._group.addButton(button)
            self.buttons[value] = button
            layout.addWidget(button)
            button.clicked.connect(lambda _on=False, value=value: self.chosen.emit(value))
        layout.addStretch(1)
        self.setFocusProxy(next(iter(self.buttons.values())))

    def value(self) -> str | None:
        return next((value for value, button in self.buttons.items() if button.isChecked()), None)

    def show_value(self, value: str | None) -> None:
        """Show what is chosen, without saying that it was."""
        self._group.setExclusive(False)
        for one, button in self.buttons.items():
            button.setChecked(one == value)
        self._group.setExclusive(True)
        self.setFocusProxy(self.buttons[value] if value in self.buttons else next(iter(self.buttons.values())))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        names = list(self.buttons)
        here = next((at for at, one in enumerate(names) if self.buttons[one].hasFocus()), None)
        if step is None or here is None:
            super().keyPressEvent(event)
            return
        there = self.buttons[names[(here + step) % len(names)]]
        there.setFocus()
        there.click()

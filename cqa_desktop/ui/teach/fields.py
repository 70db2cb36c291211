"""Fields of several lines, with their name above: Tab goes on, and they grow no wider than the panel."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QWidget


class Field(QPlainTextEdit):
    """Plain text over a few lines."""

    def __init__(self, name: str, hint: str = "", lines: int = 3) -> None:
        super().__init__()
        self.setObjectName("field")
        self.setTabChangesFocus(True)
        self.setPlaceholderText(hint)
        self.setAccessibleName(name)
        if hint:
            self.setAccessibleDescription(hint)
        self._lines = lines
        self.setMinimumHeight(self._height(min(lines, 2)))

    def _height(self, lines: int) -> int:
        return round(QFontMetricsF(self.font()).lineSpacing() * lines) + 22

    def sizeHint(self) -> QSize:
        return QSize(200, self._height(self._lines))

    def text(self) -> str:
        return self.toPlainText()

    def show_text(self, text: str) -> None:
        """Show words that are not the writer's typing; nothing is said, and the caret stays if they are the same."""
        if text != self.toPlainText():
            self.blockSignals(True)
            self.setPlainText(text)
            self.blockSignals(False)


def named(text: str, field: QWidget) -> QLabel:
    """A field's name."""
    label = QLabel(text)
    label.setStyleSheet("font-weight: 600")
    label.setBuddy(field)
    return label

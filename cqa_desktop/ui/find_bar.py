"""Finding words in the draft."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QTextCursor, QTextDocument
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget

from cqa_desktop.ui.editor import DraftEditor


class FindBar(QWidget):
    """Hidden until it is asked for; Escape hides it again."""

    def __init__(self, editor: DraftEditor) -> None:
        super().__init__()
        self.setObjectName("status")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._editor = editor
        layout = QHBoxLayout(self)
        layout.setContentsMargins(18, 7, 18, 7)
        self._field = QLineEdit(placeholderText="Find in the draft")
        self._field.setAccessibleName("Find in the draft")
        self._field.returnPressed.connect(lambda: self.search(backward=False))
        self._field.setMaximumWidth(360)
        self._outcome = QLabel()
        before, after = QPushButton("Previous"), QPushButton("Next")
        before.clicked.connect(lambda: self.search(backward=True))
        after.clicked.connect(lambda: self.search(backward=False))
        for widget in (self._field, before, after, self._outcome):
            layout.addWidget(widget)
        layout.addStretch(1)
        self.hide()

    def open(self) -> None:
        """Show it, with what is selected as what to find."""
        selected = self._editor.textCursor().selectedText()
        if selected and "\u2029" not in selected:
            self._field.setText(selected)
        self.show()
        self._field.setFocus()
        self._field.selectAll()

    def search(self, *, backward: bool) -> bool:
        """Select the next occurrence, round the end; False if there is none."""
        words = self._field.text()
        flags = QTextDocument.FindFlag.FindBackward if backward else QTextDocument.FindFlag(0)
        found = bool(words) and self._editor.find(words, flags)
        if words and not found:
            before = self._editor.textCursor()
            edge = QTextCursor.MoveOperation.End if backward else QTextCursor.MoveOperation.Start
            self._editor.moveCursor(edge)
            found = self._editor.find(words, flags)
            if not found:
                self._editor.setTextCursor(before)
        self._outcome.setText("" if found or not words else "Not in the draft")
        return found

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
            self._editor.setFocus()
            return
        super().keyPressEvent(event)

"""Everything that the model is given, to be read."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from cqa_desktop.ui.labels import button, set_words, words_label

SIZE = (720, 640)
NO_PROMPT = (
    "The measure writes from its own figures: the surprise of each word on its own, after the story and with the "
    "brief, and what a reader expected instead. It is given no instructions, so there is no prompt to show.\n\n"
    "To see what a model would be given, choose “Critic: the model” first."
)


class PromptDialog(QDialog):
    """Stands beside the window; the writing goes on."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("What the model sees")
        self.setModal(False)
        self.resize(*SIZE)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(12)
        self.says = words_label()
        self.text = QPlainTextEdit(readOnly=True)
        self.text.setObjectName("field")
        self.text.setAccessibleName("What the model sees")
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        row = QHBoxLayout()
        self.copy = button("Copy", "", "Copy all of it")
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text.toPlainText()))
        close = button("Close", "")
        close.setDefault(True)
        close.clicked.connect(self.close)
        row.addWidget(self.copy)
        row.addStretch(1)
        row.addWidget(close)
        layout.addWidget(self.says)
        layout.addWidget(self.text, 1)
        layout.addLayout(row)

    def wait(self) -> None:
        """Its words are asked for."""
        self._show("The model is asked.", "")

    def show_prompt(self, said: str, prompt: str) -> None:
        """`said`: who writes, and why; `prompt`: every word that the model is given, or empty."""
        words = f"{len(prompt.split()):,} words, exactly as the model is given them." if prompt else ""
        self._show(f"{said} {words}".strip(), prompt or NO_PROMPT)

    def tell(self, message: str) -> None:
        """Why there is nothing to show."""
        self._show(message, "")

    def _show(self, said: str, text: str) -> None:
        set_words(self.says, said)
        self.text.setPlainText(text)
        self.copy.setEnabled(bool(text))

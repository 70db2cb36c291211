"""The brief: intent, audience, reality. A change rescores the draft."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from cqa_desktop.measure.types import Brief
from cqa_desktop.ui.theme import LIGHT, Theme

PAUSE_MS: Final = 600
FIELDS: Final = (
    ("intent", "Intent", "What you want the draft to do to its reader."),
    ("audience", "Audience", "Who reads it, and what they expect."),
    ("reality", "Reality", "What is true in the story's world."),
)


class BriefPanel(QWidget):
    """Three fields, and a sentence on what each is for."""

    changed = Signal(object)
    """The Brief, once the writer pauses."""

    def __init__(self) -> None:
        super().__init__()
        self._theme: Theme = LIGHT
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 20)
        layout.setSpacing(4)
        self._hints: list[QLabel] = []
        self._fields: dict[str, QPlainTextEdit] = {}
        lead = QLabel("What constrains the text. A surprise that the brief explains is earned.", wordWrap=True)
        self._hints.append(lead)
        layout.addWidget(lead)
        layout.addSpacing(10)
        for name, title, hint in FIELDS:
            label = QLabel(title)
            label.setStyleSheet("font-weight: 600")
            field = QPlainTextEdit(tabChangesFocus=True)
            field.setObjectName("field")
            field.setPlaceholderText(hint)
            field.setAccessibleName(title)
            field.setAccessibleDescription(hint)
            label.setBuddy(field)
            field.textChanged.connect(self._typed)
            self._fields[name] = field
            layout.addWidget(label)
            layout.addWidget(field, 1)
            layout.addSpacing(8)
        self._foot = QLabel("", wordWrap=True)
        self._hints.append(self._foot)
        layout.addWidget(self._foot)
        layout.addStretch(1)
        self._timer = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._timer.timeout.connect(lambda: self.changed.emit(self.brief()))

    def brief(self) -> Brief:
        return Brief(**{name: field.toPlainText().strip() for name, field in self._fields.items()})

    def show_brief(self, brief: Brief, where: str) -> None:
        """Show a draft's brief without taking it for a change; `where` says where it is kept."""
        for name, field in self._fields.items():
            field.blockSignals(True)
            field.setPlainText(getattr(brief, name))
            field.blockSignals(False)
        self._timer.stop()
        self._foot.setText(where)

    def show_place(self, where: str) -> None:
        """Say where the brief is kept."""
        self._foot.setText(where)

    def flush(self) -> None:
        """Take a change that is still waiting for the writer to pause."""
        if self._timer.isActive():
            self._timer.stop()
            self.changed.emit(self.brief())

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        for hint in self._hints:
            hint.setStyleSheet(f"color: {theme.quiet}")

    def _typed(self) -> None:
        self._timer.start()

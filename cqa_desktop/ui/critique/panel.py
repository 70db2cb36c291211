"""The critique panel: asking at the top, notes below."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from cqa_desktop.ui.critique.head import CritiqueHead
from cqa_desktop.ui.critique.note_list import NoteList
from cqa_desktop.ui.theme import Theme

UNDO = QKeySequence.StandardKey.Undo
REDO = QKeySequence.StandardKey.Redo


class CritiquePanel(QWidget):
    """Its undo is of notes; the draft has its own."""

    asked = Signal(str)
    """Of all notes: undo, redo, copy, export."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Critique")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        self.head = CritiqueHead()
        self.notes = NoteList()
        self.notes.asked.connect(self.asked)
        top = QWidget()
        inside = QVBoxLayout(top)
        inside.setContentsMargins(20, 18, 20, 14)
        inside.addWidget(self.head)
        outer.addWidget(top)
        line = QFrame()
        line.setObjectName("rule")
        line.setFixedHeight(1)
        outer.addWidget(line)
        self.area = QScrollArea(widgetResizable=True)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        holder = QWidget()
        below = QVBoxLayout(holder)
        below.setContentsMargins(20, 12, 20, 20)
        below.addWidget(self.notes)
        below.addStretch(1)
        self.area.setWidget(holder)
        outer.addWidget(self.area, 1)

    def set_theme(self, theme: Theme) -> None:
        self.head.set_theme(theme)
        self.notes.set_theme(theme)

    def reveal(self, note_id: str) -> None:
        """Turn to a note, and make sure that it is seen."""
        card = self.notes.set_current(note_id)
        if card is not None:
            self.area.ensureWidgetVisible(card, 0, 20)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The keyboard goes to the first note, or to the button that asks for one."""
        cards = list(self.notes.cards.values())
        (cards[0] if cards else self.head.ask).setFocus(event.reason())

    def event(self, event: QEvent) -> bool:
        # The draft's undo has no key of its own in the menu: whoever has the keyboard undoes its own doings.
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _step(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _step(event)
        if step:
            self.asked.emit(step)
            return
        super().keyPressEvent(event)


def _step(event: QKeyEvent) -> str:
    return "undo" if event.matches(UNDO) else "redo" if event.matches(REDO) else ""

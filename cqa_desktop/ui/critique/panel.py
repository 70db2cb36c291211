"""The critique panel: asking at the top, notes below."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from cqa_desktop.ui.critique.head import CritiqueHead
from cqa_desktop.ui.critique.note_list import NoteList
from cqa_desktop.ui.labels import as_wide_as_there_is, button, set_words, words_label
from cqa_desktop.ui.scroll import page_area
from cqa_desktop.ui.theme import Theme

UNDO = QKeySequence.StandardKey.Undo
REDO = QKeySequence.StandardKey.Redo
SPACE = 12


class StreamCard(QFrame):
    """The point that is being written, as its words come. Hidden while there are none."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("note")
        layout = QVBoxLayout(self)
        as_wide_as_there_is(self)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.setSpacing(6)
        self._lead = QLabel("Being written…")
        self.words = words_label()
        layout.addWidget(self._lead)
        layout.addWidget(self.words)
        self.hide()

    def set_theme(self, theme: Theme) -> None:
        self._lead.setStyleSheet(f"color: {theme.quiet}")

    def show_words(self, words: str) -> None:
        set_words(self.words, words)
        self.setVisible(bool(words.strip()))


class DoneBar(QWidget):
    """What was last done to a note, and the way to take it back. Hidden while there is nothing to say."""

    undo_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("done")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 7, 16, 7)
        self.words = words_label()
        self.words.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        self.undo = button("Undo", "small", "Take back what was last done to a note")
        self.undo.clicked.connect(self.undo_asked)
        row.addWidget(self.words, 1)
        row.addWidget(self.undo)
        # As high with the button as without it.
        self.setMinimumHeight(self.undo.sizeHint().height() + 16)
        self.hide()

    def tell(self, words: str, *, undo: bool = True) -> None:
        """Say what was done, with a way to take it back if there is one; nothing if empty."""
        set_words(self.words, words)
        self.undo.setVisible(undo)
        self.setVisible(bool(words))


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
        as_wide_as_there_is(self.head)
        self.stream = StreamCard()
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
        holder = self._holder = QWidget()
        as_wide_as_there_is(holder)
        below = QVBoxLayout(holder)
        below.setContentsMargins(16, 12, 16, 20)
        below.setSpacing(10)
        below.addWidget(self.stream)
        below.addWidget(self.notes)
        below.addStretch(1)
        self.area = page_area(holder)
        outer.addWidget(self.area, 1)
        self.done = DoneBar()
        self.done.undo_asked.connect(lambda: self.asked.emit("undo"))
        outer.addWidget(self.done)

    def set_theme(self, theme: Theme) -> None:
        for part in (self.head, self.stream, self.notes):
            part.set_theme(theme)
        self.done.words.setStyleSheet(f"color: {theme.quiet}")

    def reveal(self, note_id: str, *, keyboard: bool = False) -> None:
        """Turn to a note, and make sure that it is seen; it takes the keyboard if it is to."""
        card = self.notes.set_current(note_id)
        if card is None:
            return
        if keyboard:
            card.setFocus()
        # A card that was made just now has no place yet.
        QTimer.singleShot(0, card, lambda: self._scroll_to(card))

    def _scroll_to(self, card: QWidget) -> None:
        """Show all of a card, or its beginning if it is longer than the panel."""
        bar, height = self.area.verticalScrollBar(), self.area.viewport().height()
        top = card.mapTo(self._holder, card.rect().topLeft()).y() - SPACE
        bottom = top + card.height() + 2 * SPACE
        if top < bar.value() or bottom - top > height:
            bar.setValue(top)
        elif bottom > bar.value() + height:
            bar.setValue(bottom - height)

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

"""The notes of the draft as cards, filtered by what the writer made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from cqa_desktop.documents.notes import STATES, Note, NoteState
from cqa_desktop.report.notes import STATES as STATE_NAMES
from cqa_desktop.ui.critique.card import NoteCard
from cqa_desktop.ui.labels import as_wide_as_there_is, button, set_words, words_label
from cqa_desktop.ui.theme import LIGHT, Theme

MOST: Final = 25
"""Cards that are made at once."""
NOTHING: Final[dict[NoteState, str]] = {
    "open": "No open notes.",
    "accepted": "Notes that you accept are kept here.",
    "dismissed": "Notes that you dismiss are kept here, in case you think again.",
}


def teaching() -> str:
    """What stands where there are no notes at all."""
    key = QKeySequence("Ctrl+Return").toString(QKeySequence.SequenceFormat.NativeText)
    return (
        f"Put the caret in a sentence, or select a passage, and press {key}.\n\n"
        "A critic then says what works, what falls short and what it would ask, each tied to your own words. "
        "Your text is never changed."
    )


class NoteList(QWidget):
    """Cards, and what concerns all of them."""

    acted = Signal(str, str)
    asked = Signal(str)
    """Of all notes: undo, redo, copy, export."""

    def __init__(self) -> None:
        super().__init__()
        self._theme: Theme = LIGHT
        self._notes: list[Note] = []
        self._placed: set[str] = set()
        self._most = MOST
        self._current = ""
        self.cards: dict[str, NoteCard] = {}
        as_wide_as_there_is(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        self._filters = QButtonGroup(self)
        self.filters: dict[NoteState, QPushButton] = {}
        self.bar = QWidget()
        layout.addWidget(self.bar)
        self._fill_bar()
        self._cards = QVBoxLayout()
        self._cards.setSpacing(10)
        layout.addLayout(self._cards)
        self.more = button("", "small")
        self.more.clicked.connect(self._show_more)
        layout.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)
        self.empty = words_label(percent=140)
        # In line with the words above, where cards stand a little further out.
        self.empty.setContentsMargins(4, 0, 4, 0)
        layout.addWidget(self.empty)
        self._refresh()

    def _fill_bar(self) -> None:
        row = QHBoxLayout(self.bar)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for state in STATES:
            one = button("", "filter", checkable=True)
            self._filters.addButton(one)
            self.filters[state] = one
            row.addWidget(one)
        self.filters["open"].setChecked(True)
        self._filters.buttonClicked.connect(lambda _button: self._filtered())
        row.addStretch(1)
        menu = QMenu(self)
        for text, what in (
            ("Copy all", "copy"), ("Export…", "export"), ("Undo", "undo"), ("Redo", "redo"),
        ):  # fmt: skip
            action = menu.addAction(text)
            action.triggered.connect(lambda _on=False, what=what: self.asked.emit(what))
        more = QToolButton()
        more.setText("⋯")
        more.setObjectName("flat")
        more.setAccessibleName("All notes")
        more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        more.setMenu(menu)
        row.addWidget(more)

    # --- what is shown --------------------------------------------------------------------------------------------

    @property
    def state(self) -> NoteState:
        return next((state for state, one in self.filters.items() if one.isChecked()), "open")

    def show_notes(self, notes: Sequence[Note], placed: set[str], counts: Mapping[NoteState, int]) -> None:
        """All notes of the draft in the order in which they are to stand; `placed` are those whose words it holds."""
        self._notes, self._placed = list(notes), placed
        for state, one in self.filters.items():
            one.setText(f"{STATE_NAMES[state]} {counts[state]}" if counts[state] else STATE_NAMES[state])
        self._refresh()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.empty.setStyleSheet(f"color: {theme.quiet}")
        self._refresh()

    def show_state(self, state: NoteState) -> None:
        """Turn to the open, accepted or dismissed notes."""
        self.filters[state].setChecked(True)
        self._filtered()

    def set_current(self, note_id: str) -> NoteCard | None:
        """Mark the card whose words are shown in the draft; returns it if it is among those to be seen."""
        self._current = note_id
        note = next((one for one in self._notes if one.id == note_id), None)
        if note is not None and note.state != self.state:
            self.show_state(note.state)
        those = [one.id for one in self._notes if one.state == self.state]
        if note_id in those and those.index(note_id) >= self._most:
            self._most = those.index(note_id) + MOST
            self._refresh()
        for one in self.cards.values():
            one.set_current(one.note.id == note_id)
        return self.cards.get(note_id)

    def has_keyboard(self) -> bool:
        """Whether a card has it."""
        return any(map(_has_keyboard, self.cards.values()))

    def _filtered(self) -> None:
        self._most = MOST
        self._refresh()

    def _show_more(self) -> None:
        self._most += MOST
        self._refresh()

    def _refresh(self) -> None:
        those = [note for note in self._notes if note.state == self.state]
        shown = those[: self._most]
        keyboard = next((note_id for note_id, card in self.cards.items() if card.hasFocus()), None)
        position = list(self.cards).index(keyboard) if keyboard is not None else -1
        wanted = {note.id for note in shown}
        for note_id in [one for one in self.cards if one not in wanted]:
            card = self.cards.pop(note_id)
            self._cards.removeWidget(card)
            card.hide()
            card.deleteLater()
        self.cards = {note.id: self._card(note, index) for index, note in enumerate(shown)}
        if keyboard is not None and keyboard not in self.cards and self.cards:
            # The card that had the keyboard went: the one in its place has it now.
            list(self.cards.values())[min(position, len(self.cards) - 1)].setFocus()
        self.more.setVisible(len(those) > len(shown))
        self.more.setText(f"Show {min(MOST, len(those) - len(shown))} more")
        self.bar.setVisible(bool(self._notes))
        self.empty.setVisible(not those)
        set_words(self.empty, NOTHING[self.state] if self._notes else teaching(), 140)

    def _card(self, note: Note, index: int) -> NoteCard:
        card = self.cards.get(note.id)
        if card is None:
            card = NoteCard(note, self._theme, placed=note.id in self._placed)
            card.acted.connect(self.acted)
            card.set_current(note.id == self._current)
        elif (card.note, card.theme, card.placed) != (note, self._theme, note.id in self._placed):
            card.show_note(note, self._theme, placed=note.id in self._placed)
        if self._cards.indexOf(card) != index:
            self._cards.insertWidget(index, card)
        return card

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and down go from card to card."""
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
        cards = list(self.cards.values())
        if step is None or not cards:
            super().keyPressEvent(event)
            return
        at = next((index for index, card in enumerate(cards) if _has_keyboard(card)), -1)
        cards[max(0, min(len(cards) - 1, at + step))].setFocus()


def _has_keyboard(card: NoteCard) -> bool:
    return card.hasFocus() or any(one.hasFocus() for one in card.actions_shown())

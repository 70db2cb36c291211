"""One note as a card: what it says of which words, and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from cqa_desktop.documents.notes import Note
from cqa_desktop.report.notes import about, comparable, figure_words, verdict_words, writer_of
from cqa_desktop.ui.labels import VerdictSign, as_wide_as_there_is, button, set_words, verdict_colour, words_label
from cqa_desktop.ui.theme import Theme, serif

QUOTED = 180
KEYS = {
    Qt.Key.Key_Return: "go",
    Qt.Key.Key_Enter: "go",
    Qt.Key.Key_Space: "go",
    Qt.Key.Key_A: "accept",
    Qt.Key.Key_D: "dismiss",
    Qt.Key.Key_O: "reopen",
    Qt.Key.Key_P: "pin",
    Qt.Key.Key_C: "copy",
    Qt.Key.Key_Delete: "remove",
}
"""On a card that has the keyboard."""
HELP = "Return goes to the words. A accepts, D dismisses, O opens again, P pins, C copies, Delete removes."


class NoteCard(QFrame):
    """Shows one note. What the writer asks of it comes out as `acted`."""

    acted = Signal(str, str)
    """What is asked (go, accept, dismiss, reopen, pin, copy, remove), and the note's id."""

    def __init__(self, note: Note, theme: Theme, *, placed: bool) -> None:
        super().__init__()
        self.note = note
        self.theme = theme
        self.placed = placed
        self.setObjectName("note")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleDescription(HELP)
        point = note.point
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 8, 14, 10)
        layout.setSpacing(0)
        self.sign = VerdictSign(point.verdict)
        self.verdict = QLabel(verdict_words(note))
        as_wide_as_there_is(self)
        self.about = QLabel("" if note.unfinished else about(point).capitalize())
        for label in (self.verdict, self.about):
            label.setToolTip(f"Written {writer_of(note)}")
        self.pin = button("Pin", "link", "Keep it at the top (P)")
        head = QHBoxLayout()
        head.setSpacing(7)
        for widget in (self.sign, self.verdict, self.about):
            head.addWidget(widget)
        head.addStretch(1)
        head.addWidget(self.pin)
        layout.addLayout(head)
        if point.whole:
            self.quote = words_label("The whole passage")
        else:
            self.quote = words_label(_shortened(point.quote), 110)
            self.quote.setFont(serif(17))
        self.changed = words_label()
        self.readings = QWidget()
        self._readings = _grid(self.readings)
        self.reasoning = words_label(point.reasoning)
        self._asides = [
            (words_label(), label, words)
            for label, words in (("Another choice.", point.counterfactual), ("To consider.", point.suggestion))
            if words
        ]
        below = [self.quote, self.changed, self.readings, self.reasoning, *(one for one, _, _ in self._asides)]
        for part, space in zip(below, (7, 4, 2, 7, 6, 6), strict=False):
            part.setContentsMargins(0, space, 0, 0)
            layout.addWidget(part)
        layout.addSpacing(9)
        layout.addLayout(self._buttons())
        self.numbers = QWidget()
        self._figures = _grid(self.numbers)
        self.numbers.setContentsMargins(0, 6, 0, 4)
        self.numbers.hide()
        layout.addWidget(self.numbers)
        self.show_note(note, theme, placed=placed)

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.accept = button("Accept", "small", "Keep this note; your text stays as it is (A)")
        self.dismiss = button("Dismiss", "small", "Put this note away (D)")
        self.reopen = button("Open again", "small", "Put it back among the open ones (O)")
        self.remove = button("Remove", "small", "Forget this note (Delete)")
        self.copy = button("Copy", "link", "Copy the note (C)")
        self.disclosure = button("Numbers", "link", "Show the figures behind the words", checkable=True)
        for one, what in (
            (self.accept, "accept"), (self.dismiss, "dismiss"), (self.reopen, "reopen"), (self.remove, "remove"),
            (self.copy, "copy"),
        ):  # fmt: skip
            one.clicked.connect(lambda _on=False, what=what: self.acted.emit(what, self.note.id))
            row.addWidget(one)
        self.pin.clicked.connect(lambda: self.acted.emit("pin", self.note.id))
        row.addWidget(self.disclosure)
        row.addStretch(1)
        self.disclosure.toggled.connect(lambda on: self.numbers.setVisible(on))
        return row

    def show_note(self, note: Note, theme: Theme, *, placed: bool) -> None:
        """The note as it is now; `placed` says whether its words are somewhere in the draft."""
        self.note, self.theme, self.placed = note, theme, placed
        ink = theme.quiet if note.changed else theme.ink
        colour = verdict_colour(note.point.verdict, theme)
        self.sign.show_as(colour, hollow=note.changed)
        self.verdict.setStyleSheet(f"color: {colour.name()}; font-weight: 600")
        self.about.setStyleSheet(f"color: {theme.quiet}")
        for label in (self.quote, self.reasoning, *(one for one, _, _ in self._asides)):
            label.setStyleSheet(f"color: {ink}")
        if note.point.whole:
            self.quote.setStyleSheet(f"color: {theme.quiet}")
        for label, lead, words in self._asides:
            set_words(label, words, lead=lead)
        # Only now, with a parent: shown without one, each would be a window for a moment, and take the keyboard.
        is_open = note.state == "open"
        for one, shown in (
            (self.accept, is_open), (self.dismiss, is_open), (self.reopen, not is_open), (self.remove, not is_open),
        ):  # fmt: skip
            one.setVisible(shown)
        self.quote.setVisible(bool(note.point.quote))
        self.disclosure.setVisible(bool(note.point.figures))
        self.pin.setText("Pinned" if note.pinned else "Pin")
        self.pin.setToolTip("Let it go back to its place (P)" if note.pinned else "Keep it at the top (P)")
        self._show_change()
        _fill(self._figures, [(figure.label, figure_words(figure)) for figure in note.point.figures], theme)
        self.setAccessibleName(self._spoken())

    def set_current(self, current: bool) -> None:
        """Whether its words are the ones that are shown in the draft."""
        self.setProperty("current", current)
        self.style().unpolish(self)
        self.style().polish(self)

    def _show_change(self) -> None:
        note, theme = self.note, self.theme
        self.changed.setVisible(note.changed)
        self.changed.setStyleSheet(f"color: {theme.ink}")
        words = "These words are no longer in the draft." if not self.placed else ""
        set_words(self.changed, words, lead="You changed this.")
        both = note.changed and comparable(note)
        self.readings.setVisible(both)
        if both and note.before and note.after:
            rows = [
                ("Bits a word", "before", "now"),
                ("On its own", f"{note.before.bare:.1f}", f"{note.after.bare:.1f}"),
                ("With what came before", f"{note.before.informed:.1f}", f"{note.after.informed:.1f}"),
            ]
            _fill(self._readings, rows, theme)

    def _spoken(self) -> str:
        note = self.note
        parts = [verdict_words(note), about(note.point), _shortened(note.point.quote), note.point.reasoning]
        if note.changed:
            parts.insert(0, "You changed this")
        if note.pinned:
            parts.insert(0, "Pinned")
        return ". ".join(part.rstrip(".") for part in parts if part) + "."

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.acted.emit("go", self.note.id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        what = KEYS.get(Qt.Key(event.key())) if plain else None
        if what is None:
            super().keyPressEvent(event)
            return
        self.acted.emit(what, self.note.id)

    def actions_shown(self) -> list[QPushButton]:
        """The buttons that a writer sees."""
        every = (self.pin, self.accept, self.dismiss, self.reopen, self.remove, self.copy, self.disclosure)
        return [one for one in every if one.isVisibleTo(self)]


def _grid(parent: QWidget) -> QGridLayout:
    grid = QGridLayout(parent)
    grid.setContentsMargins(0, 4, 0, 0)
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(3)
    grid.setColumnStretch(0, 1)
    return grid


def _fill(grid: QGridLayout, rows: Sequence[tuple[str, ...]], theme: Theme) -> None:
    while (item := grid.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.deleteLater()
    for index, row in enumerate(rows):
        for column, text in enumerate(row):
            cell = QLabel(text, textFormat=Qt.TextFormat.PlainText)
            quiet = column == 0 or (index == 0 and len(row) > 2)
            cell.setStyleSheet(f"color: {theme.quiet if quiet else theme.ink}")
            if column:
                cell.setAlignment(Qt.AlignmentFlag.AlignRight)
            grid.addWidget(cell, index, column)


def _shortened(quote: str) -> str:
    words = " ".join(quote.split())
    return words if len(words) <= QUOTED else words[: QUOTED - 1].rstrip() + "…"

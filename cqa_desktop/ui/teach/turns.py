"""What was said, as cards: a question and its answer, to be read, reworded, judged by, or removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from cqa_desktop.annotations.types import ENGINEER, Turn
from cqa_desktop.ui.labels import button, words_label
from cqa_desktop.ui.teach.fields import Field
from cqa_desktop.ui.theme import LIGHT, Theme


@dataclass(frozen=True)
class Exchange:
    """Turns `start` to `end`: what was asked, and what was said to it."""

    start: int
    end: int
    questions: tuple[str, ...]
    answer: str | None


def exchanges(turns: Sequence[Turn]) -> list[Exchange]:
    """The dialogue in questions with their answers."""
    found: list[Exchange] = []
    start = 0
    for at, turn in enumerate(turns):
        last = at + 1 == len(turns)
        if turn.role == ENGINEER and not last:
            continue
        asked = tuple(one.text for one in turns[start : at + 1] if one.role == ENGINEER)
        found.append(Exchange(start, at + 1, asked, None if turn.role == ENGINEER else turn.text))
        start = at + 1
    return found


class ExchangeCard(QFrame):
    """One exchange. Enter rewords it, Delete removes it, J makes a judgment of its answer."""

    judge_asked = Signal(int)
    reworded = Signal(int, str)
    removed = Signal(int, int)

    def __init__(self, exchange: Exchange, theme: Theme) -> None:
        super().__init__()
        self.exchange = exchange
        self.setObjectName("turn")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        said = " ".join((*exchange.questions, exchange.answer or "not answered"))
        self.setAccessibleName(said)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(13, 10, 13, 8)
        self._layout.setSpacing(5)
        self._words = QWidget()
        inside = QVBoxLayout(self._words)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(4)
        for text in exchange.questions:
            label = words_label(text)
            label.setStyleSheet(f"color: {theme.quiet}")
            inside.addWidget(label)
        if exchange.answer is not None:
            inside.addWidget(words_label(exchange.answer))
        self._layout.addWidget(self._words)
        self.fields: dict[int, Field] = {}
        row = QHBoxLayout()
        row.setContentsMargins(-6, 0, 0, 0)
        row.setSpacing(2)
        self.judge = button("Make a judgment", "flat", "A judgment in the words of this answer (J)")
        self.judge.clicked.connect(self._judge)
        if exchange.answer is None:
            self.judge.hide()  # never show(): without a parent yet, it would be a window and take the keyboard
        self.edit = button("Reword", "flat", "Change the words of this exchange (Enter)")
        self.edit.clicked.connect(self.toggle_edit)
        self.remove = button("Remove", "flat", "Take this exchange out of the record (Delete)")
        self.remove.clicked.connect(lambda: self.removed.emit(exchange.start, exchange.end))
        for one in (self.judge, self.edit, self.remove):
            row.addWidget(one)
        row.addStretch(1)
        self._layout.addLayout(row)

    def toggle_edit(self) -> None:
        """Turn the words into fields, and back."""
        if self.fields:
            self.reworded.emit(-1, "")
            return
        self._words.hide()
        self.edit.setText("Done")
        texts = [*self.exchange.questions, *([] if self.exchange.answer is None else [self.exchange.answer])]
        for at, text in enumerate(texts, start=self.exchange.start):
            field = Field("Question" if at - self.exchange.start < len(self.exchange.questions) else "Answer", "", 3)
            field.show_text(text)
            field.textChanged.connect(lambda at=at, field=field: self._typed(at, field.text()))
            self._layout.insertWidget(self._layout.count() - 1, field)
            self.fields[at] = field
        self.fields[self.exchange.end - 1].setFocus()

    def _typed(self, at: int, text: str) -> None:
        if text.strip():  # emptied words are removed with Remove, not on the way to others
            self.reworded.emit(at, text)

    def _judge(self) -> None:
        self.judge_asked.emit(self.exchange.end - 1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F2):
            self.toggle_edit()
        elif key == Qt.Key.Key_Delete:
            self.removed.emit(self.exchange.start, self.exchange.end)
        elif key == Qt.Key.Key_J and self.exchange.answer is not None:
            self._judge()
        elif key == Qt.Key.Key_Escape and self.fields:
            self.toggle_edit()
        else:
            super().keyPressEvent(event)


class TurnList(QWidget):
    """The exchanges, the latest first."""

    judge_asked = Signal(int)
    reworded = Signal(int, str)
    removed = Signal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self._theme: Theme = LIGHT
        self._turns: list[Turn] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(8)
        self.cards: list[ExchangeCard] = []

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._fill()

    def show_turns(self, turns: Sequence[Turn]) -> None:
        if list(turns) != self._turns:
            self._turns = list(turns)
            self._fill()

    def _fill(self) -> None:
        for old in self.cards:
            self._layout.removeWidget(old)
            old.hide()
            old.deleteLater()
        self.cards = []
        for exchange in reversed(exchanges(self._turns)):
            card = ExchangeCard(exchange, self._theme)
            card.judge_asked.connect(self.judge_asked)
            card.reworded.connect(self._reword)
            card.removed.connect(self.removed)
            self.cards.append(card)
            self._layout.addWidget(card)

    def _reword(self, at: int, text: str) -> None:
        if at < 0:
            self._fill()
            return
        self._turns[at] = Turn(role=self._turns[at].role, text=text)
        self.reworded.emit(at, text)

"""The question that is put, the answer, and what was said so far."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from cqa_desktop.critique.interview import Asked, Interview
from cqa_desktop.ui.labels import button, key_words, set_words, words_label
from cqa_desktop.ui.scroll import page_area
from cqa_desktop.ui.teach.fields import Field
from cqa_desktop.ui.teach.turns import TurnList
from cqa_desktop.ui.theme import Theme, serif


class InterviewPage(QWidget):
    """The app plays the knowledge engineer; whoever sits beside the expert may ask too."""

    answer_changed = Signal(str)
    next_asked = Signal()
    judgment_asked = Signal(int)
    """Of which turn; -1 for the answer that is being written."""
    own_question = Signal(str)
    reworded = Signal(int, str)
    removed = Signal(int, int)

    def __init__(self) -> None:
        super().__init__()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        top = QWidget()
        rows = QVBoxLayout(top)
        rows.setContentsMargins(22, 18, 22, 16)
        rows.setSpacing(0)
        self.about = QLabel()
        self.about.setObjectName("caps")
        self.question = words_label(percent=126)
        self.question.setFont(serif(18))
        self.answer = Field("Answer", "Say why, as you would to a friend who writes.", 6)
        self.answer.textChanged.connect(lambda: self.answer_changed.emit(self.answer.text()))
        self.next = button("", "primary", "Keep this answer, and go to the next question (Ctrl+Enter)")
        self.next.clicked.connect(self.next_asked)
        self.judge = button(f"Make a judgment  {key_words('Ctrl+J')}", "", "A judgment in the words of this answer")
        self.judge.clicked.connect(lambda: self.judgment_asked.emit(-1))
        self.own = QLineEdit()
        self.own.setPlaceholderText("A question of your own, then Enter")
        self.own.setAccessibleName("A question of your own")
        self.own.returnPressed.connect(self._own)
        rows.addWidget(self.about)
        rows.addSpacing(6)
        rows.addWidget(self.question)
        rows.addSpacing(12)
        rows.addWidget(self.answer)
        rows.addSpacing(10)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.next)
        buttons.addWidget(self.judge)
        buttons.addStretch(1)
        rows.addLayout(buttons)
        rows.addSpacing(12)
        rows.addWidget(self.own)
        outer.addWidget(top)
        line = QFrame()
        line.setObjectName("rule")
        line.setFixedHeight(1)
        outer.addWidget(line)
        holder = QWidget()
        below = QVBoxLayout(holder)
        below.setContentsMargins(22, 14, 22, 20)
        below.setSpacing(8)
        self.said = QLabel()
        self.said.setObjectName("caps")
        self.turns = TurnList()
        self.turns.judge_asked.connect(self.judgment_asked)
        self.turns.reworded.connect(self.reworded)
        self.turns.removed.connect(self.removed)
        below.addWidget(self.said)
        below.addWidget(self.turns)
        below.addStretch(1)
        outer.addWidget(page_area(holder), 1)
        self.setFocusProxy(self.answer)

    def set_theme(self, theme: Theme) -> None:
        self.turns.set_theme(theme)

    def show_interview(self, interview: Interview | None, *, asking: bool, unread: bool = False) -> None:
        """Show where the dialogue stands."""
        current = interview.current if interview else None
        self.about.setText(_about(current))
        set_words(self.question, self._words(interview, current, asking=asking, unread=unread), 126)
        self.answer.show_text(interview.answer if interview else "")
        self.answer.setEnabled(interview is not None)
        self.own.setEnabled(interview is not None)
        self.turns.show_turns(interview.turns if interview else [])
        self.said.setText("SAID SO FAR" if interview and interview.turns else "")
        self.show_buttons(interview)

    def show_buttons(self, interview: Interview | None) -> None:
        """What can be done with what is written."""
        written = bool(self.answer.text().strip())
        asked = interview is not None and interview.current is not None
        self.next.setText(f"{'Next question' if written or not asked else 'Skip'}  {key_words('Ctrl+Return')}")
        self.next.setEnabled(written or asked)
        self.judge.setEnabled(written)

    def _words(self, interview: Interview | None, current: Asked | None, *, asking: bool, unread: bool) -> str:
        if interview is None:
            return "Choose a passage first."
        if current is not None:
            return current.text
        if asking:
            return "Reading the passage…"
        if unread:
            return "The passage could not be read for questions. Say what you think of it, or ask yourself."
        return "Nothing more to ask about this passage. Say what you think of it, or ask yourself."

    def _own(self) -> None:
        text = self.own.text().strip()
        if text:
            self.own.clear()
            self.own_question.emit(text)
            self.answer.setFocus()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.answer.setFocus(event.reason())


def _about(asked: Asked | None) -> str:
    parts = [part.upper() for part in (asked.dimension, asked.constraint) if part] if asked else []
    return "  ·  ".join(parts) if parts else ("A QUESTION OF YOUR OWN" if asked else "")

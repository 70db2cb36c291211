"""The head of the critique panel: asking, stopping, and who writes."""

from __future__ import annotations

from typing import Final, Literal

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from cqa_desktop.annotations.critique import CriticName, Ending
from cqa_desktop.engine.messages import CritiqueStarted
from cqa_desktop.ui.labels import button, key_words, set_words, words_label
from cqa_desktop.ui.theme import Theme

Critic = CriticName | Literal["auto"]
CRITICS: Final[tuple[tuple[Critic, str, str], ...]] = (
    ("auto", "Critic: automatic", "Automatic: the model, if it can judge; else the measure"),
    ("measured", "Critic: the measure", "The measure: only what was measured"),
    ("model", "Critic: the model", "The model: what it was taught to see"),
)


class CritiqueHead(QWidget):
    """Says what it is told, and asks by signals."""

    critique_asked = Signal()
    stop_asked = Signal()
    prompt_asked = Signal()
    critic_chosen = Signal(str)
    decided = Signal(str)
    """What becomes of a second critique: replace, queue, or empty for neither."""

    def __init__(self) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        says = "A critique of the selection, or of the passage at the caret"
        self.ask = button(f"Ask for a critique  {key_words('Ctrl+Return')}", "", says)
        self.ask.setAccessibleName("Ask for a critique")
        self.ask.clicked.connect(self.critique_asked)
        self.stop = button("Stop", "", "Stop the critique; what is written stays (Escape)")
        self.stop.clicked.connect(self.stop_asked)
        self.stop.hide()
        first = QHBoxLayout()
        first.setSpacing(8)
        first.addWidget(self.ask)
        first.addWidget(self.stop)
        first.addStretch(1)
        layout.addLayout(first)
        layout.addSpacing(7)
        self.critic: Critic = "auto"
        self.chooser = button("", "link", "Choose who writes")
        self.chooser.setMenu(self._critic_menu())
        self.prompt = button("What the model sees…", "link", "Show every word that the model is given")
        self.prompt.clicked.connect(self.prompt_asked)
        second = QHBoxLayout()
        second.setSpacing(16)
        second.addWidget(self.chooser)
        second.addWidget(self.prompt)
        second.addStretch(1)
        layout.addLayout(second)
        self.question = self._question()
        self.says = words_label()
        for part in (self.question, self.says):
            part.setContentsMargins(0, 8, 0, 0)
            part.hide()
            layout.addWidget(part)
        self.choose_critic("auto")

    def _critic_menu(self) -> QMenu:
        menu = QMenu(self)
        group = QActionGroup(self)
        self._critics: dict[str, QAction] = {}
        for name, _short, words in CRITICS:
            action = QAction(words, self, checkable=True)
            action.triggered.connect(lambda _on=False, name=name: self._chosen(name))
            group.addAction(action)
            menu.addAction(action)
            self._critics[name] = action
        return menu

    def _question(self) -> QWidget:
        asked = QWidget()
        rows = QVBoxLayout(asked)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(6)
        rows.addWidget(words_label("A critique is being written. What of the new one?"))
        row = QHBoxLayout()
        row.setSpacing(6)
        self.replace = button("Write it instead", "small", "Stop the one being written; what there is of it stays")
        self.queue = button("Write it next", "small", "Let the one being written come to its end first")
        self.neither = button("Leave it", "link", "Do not write the new one")
        for one, what in ((self.replace, "replace"), (self.queue, "queue"), (self.neither, "")):
            one.clicked.connect(lambda _on=False, what=what: self._decide(what))
            row.addWidget(one)
        row.addStretch(1)
        rows.addLayout(row)
        return asked

    def set_theme(self, theme: Theme) -> None:
        self.says.setStyleSheet(f"color: {theme.quiet}")

    def choose_critic(self, name: Critic) -> None:
        """Who is to write from now on."""
        self.critic = name
        self._critics[name].setChecked(True)
        short = next(short for one, short, _ in CRITICS if one == name)
        self.chooser.setText(f"{short} ▾")
        self.chooser.setAccessibleName(short)

    def _chosen(self, name: Critic) -> None:
        self.choose_critic(name)
        self.critic_chosen.emit(name)

    # --- what happens ---------------------------------------------------------------------------------------------

    def ask_what_to_do(self) -> None:
        """A second critique was asked for while one is written."""
        self.question.show()
        self.queue.setFocus()

    def _decide(self, what: str) -> None:
        self.question.hide()
        self.decided.emit(what)

    def begin(self) -> None:
        """A critique is being written."""
        self.stop.show()

    def end(self, words: str) -> None:
        """No critique is being written any more."""
        if self.stop.hasFocus():
            self.ask.setFocus()
        self.stop.hide()
        self.question.hide()
        self.tell(words)

    def tell(self, words: str) -> None:
        """Say one thing."""
        set_words(self.says, words)
        self.says.setVisible(bool(words))


def writer(event: CritiqueStarted) -> str:
    """Who writes, why, and what to beware of."""
    lead = "Written from what was measured." if event.critic == "measured" else "Written by the model."
    return " ".join(part for part in (event.notice or lead, trimmed(event.trimmed)) if part)


def trimmed(count: int) -> str:
    """What was left out of the prompt."""
    if not count:
        return ""
    return f"{_counted(count, 'paragraph')} before the passage did not fit and {_were(count)} left out."


def outcome(ending: Ending) -> str:
    """What a critique came to, in plain words."""
    parts = [ending.fault] if ending.fault else []
    if ending.fault and ending.points and "kept" not in ending.fault:
        parts.append("What was written until then is kept.")
    elif not ending.points and not ending.fault:
        parts.append("There is nothing more to say about this passage." if not ending.dropped else "")
    elif ending.points and not ending.fault:
        parts.append(f"{_counted(ending.points, 'point')}.")
    if ending.dropped:
        that = "that are not in the passage and"
        parts.append(f"{_counted(ending.dropped, 'point')} quoted words {that} {_were(ending.dropped)} left out.")
    if ending.moved:
        parts.append(f"{_counted(ending.moved, 'point')} {_were(ending.moved)} tied to the nearest words.")
    return " ".join(part for part in parts if part)


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"

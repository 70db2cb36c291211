"""The head of the critique panel: asking, stopping, who writes, and the words as they come."""

from __future__ import annotations

from typing import Final, Literal

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from cqa_desktop.annotations.critique import CriticName, Ending
from cqa_desktop.engine.messages import CritiqueStarted
from cqa_desktop.ui.critique.labels import button, set_words, words_label
from cqa_desktop.ui.theme import LIGHT, Theme

Critic = CriticName | Literal["auto"]
CRITICS: Final[tuple[tuple[Critic, str, str], ...]] = (
    ("auto", "Critic: automatic", "Automatic: the model, if it can judge; else the measure"),
    ("measured", "Critic: the measure", "The measure: only what was measured"),
    ("model", "Critic: the model", "The model: what it was taught to see"),
)


class CritiqueHead(QWidget):
    """Says what it was told by the desk, and asks by signals."""

    critique_asked = Signal()
    stop_asked = Signal()
    prompt_asked = Signal()
    decided = Signal(str)
    """What becomes of a second critique: replace, queue, or empty for neither."""

    def __init__(self) -> None:
        super().__init__()
        self._theme: Theme = LIGHT
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        key = QKeySequence("Ctrl+Return").toString(QKeySequence.SequenceFormat.NativeText)
        self.ask = button("Critique this passage", "primary", f"The selection, or the passage at the caret ({key})")
        self.ask.clicked.connect(self.critique_asked)
        self.stop = button("Stop", "primary", "Stop the critique; what is written stays")
        self.stop.clicked.connect(self.stop_asked)
        self.stop.hide()
        first = QHBoxLayout()
        first.setSpacing(8)
        first.addWidget(self.ask)
        first.addWidget(self.stop)
        first.addStretch(1)
        layout.addLayout(first)
        layout.addSpacing(6)
        self.critic: Critic = "auto"
        self.chooser = QToolButton()
        self.chooser.setObjectName("flat")
        self.chooser.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.chooser.setAccessibleName("Critic")
        self.chooser.setMenu(self._critic_menu())
        self.prompt = button("What the model sees…", "flat", "Show every word that the model is given")
        self.prompt.clicked.connect(self.prompt_asked)
        second = QHBoxLayout()
        second.setSpacing(4)
        second.addWidget(self.chooser)
        second.addWidget(self.prompt)
        second.addStretch(1)
        layout.addLayout(second)
        self.question = self._question()
        self.says = words_label()
        self.stream = words_label()
        for part, space in ((self.question, 8), (self.says, 8), (self.stream, 8)):
            part.setContentsMargins(0, space, 0, 0)
            part.hide()
            layout.addWidget(part)
        self.choose_critic("auto")

    def _critic_menu(self) -> QMenu:
        menu = QMenu(self)
        self._group = QActionGroup(self)
        self._critics: dict[str, QAction] = {}
        for name, _short, words in CRITICS:
            action = QAction(words, self, checkable=True)
            action.triggered.connect(lambda _on=False, name=name: self.choose_critic(name))
            self._group.addAction(action)
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
        self.neither = button("Leave it", "flat", "Do not write the new one")
        for one, what in ((self.replace, "replace"), (self.queue, "queue"), (self.neither, "")):
            one.clicked.connect(lambda _on=False, what=what: self._decide(what))
            row.addWidget(one)
        row.addStretch(1)
        rows.addLayout(row)
        return asked

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.says.setStyleSheet(f"color: {theme.quiet}")
        self.stream.setStyleSheet(f"color: {theme.ink}")

    def choose_critic(self, name: Critic) -> None:
        """Who is to write from now on."""
        self.critic = name
        self._critics[name].setChecked(True)
        self.chooser.setText(next(short for one, short, _ in CRITICS if one == name) + " ▾")

    # --- what happens ---------------------------------------------------------------------------------------------

    def ask_what_to_do(self) -> None:
        """A second critique was asked for while one is written."""
        self.question.show()
        self.queue.setFocus()

    def _decide(self, what: str) -> None:
        self.question.hide()
        self.decided.emit(what)

    def begin(self, words: str) -> None:
        """A critique was asked for."""
        self.stop.show()
        self.show_stream("")
        self.tell(words)

    def show_writer(self, event: CritiqueStarted) -> None:
        """Who writes, and what to beware of."""
        lead = "Written from what was measured." if event.critic == "measured" else "Written by the model."
        trimmed = _trimmed(event.trimmed)
        self.tell(" ".join(part for part in (lead, event.notice, trimmed) if part))

    def show_stream(self, words: str) -> None:
        """The words of the point that is being written, so far."""
        set_words(self.stream, words)
        self.stream.setVisible(bool(words))

    def end(self, words: str) -> None:
        """No critique is being written any more; an unfinished point stays to be read."""
        self.stop.hide()
        self.question.hide()
        self.tell(words)

    def tell(self, words: str) -> None:
        """Say one thing."""
        set_words(self.says, words)
        self.says.setVisible(bool(words))


def _trimmed(count: int) -> str:
    if not count:
        return ""
    return f"{_counted(count, 'paragraph')} before the passage did not fit and {_were(count)} left out."


def outcome(ending: Ending) -> str:
    """What a critique came to, in plain words."""
    parts = [ending.fault] if ending.fault else []
    if ending.fault and ending.points:
        parts.append("What was written until then is kept.")
    elif not ending.points:
        parts.append("Nothing in this passage stands out." if not (ending.dropped or ending.fault) else "")
    else:
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

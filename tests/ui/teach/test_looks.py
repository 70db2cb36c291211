"""The studio's looks and keys: nothing takes the keyboard away, and what is chosen can be read."""

from __future__ import annotations

from typing import ClassVar

import pytest
from PySide6.QtGui import QFont, QFontMetrics, QShowEvent
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from cqa_desktop.ui.teach import turns
from cqa_desktop.ui.teach.turns import Exchange, ExchangeCard
from cqa_desktop.ui.theme import LIGHT
from tests.ui.teach.conftest import MakeStudio
from tests.ui.teach.test_studio import KEY, asked, begin, choose, press


def test_an_interview_keeps_the_keyboard(make_studio: MakeStudio, qtbot: QtBot) -> None:
    window = make_studio()
    begin(window)
    questions = []
    for at in range(3):
        questions.append(asked(window, qtbot))
        assert window.interview.answer.hasFocus()
        qtbot.keyClicks(window.interview.answer, f"Answer {at}.")
        press(qtbot, window.interview.answer, KEY.Key_Return)
    assert len(set(questions)) == 3
    assert window.isActiveWindow()


class Watched(QPushButton):
    """Remembers which were windows when they were shown."""

    windows: ClassVar[list[str]] = []

    def __init__(self, text: str, *_: str) -> None:
        super().__init__(text)

    def showEvent(self, event: QShowEvent) -> None:
        if self.isWindow():
            self.windows.append(self.text())
        super().showEvent(event)


@pytest.mark.parametrize("answer", ["It is plain.", None])
def test_no_button_of_a_card_is_ever_a_window(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, answer: str | None
) -> None:
    """What is shown before it has a parent is a window for a moment, and takes the keyboard with it."""
    monkeypatch.setattr(turns, "button", Watched)
    Watched.windows.clear()
    card = ExchangeCard(Exchange(0, 2, ("Why?",), answer), LIGHT)
    qtbot.addWidget(card)
    assert Watched.windows == []
    assert card.judge.isHidden() == (answer is None)


def test_what_is_chosen_is_shown_whole(make_studio: MakeStudio, qtbot: QtBot) -> None:
    window = make_studio()
    begin(window)
    assert window.lacks.text() == "No finished judgment is in the set yet"
    choose(window, "eleven parliaments")
    press(qtbot, window, KEY.Key_J)
    for choice in window.judgments.choices.values():
        for value, button in choice.buttons.items():
            choice.show_value(value)
            bold = QFont(button.font())
            bold.setWeight(QFont.Weight.DemiBold)
            room = button.width() - 2 * 11  # its padding and border
            assert room >= QFontMetrics(bold).horizontalAdvance(button.text()), value
    window.turn_to(window.train)
    assert "is finished yet. Finish one" in window.train.lead.text()

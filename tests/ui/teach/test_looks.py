"""The studio's looks and keys: nothing takes the keyboard away, and what is chosen can be read."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.teach.conftest import MakeStudio
from tests.ui.teach.test_studio import KEY, asked, begin, choose, press


class StrayWindows(QObject):
    """What is shown as a window of its own, if only for a moment: it takes the keyboard away."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.shown.append(type(watched).__name__)
        return False


def test_an_interview_keeps_the_keyboard(make_studio: MakeStudio, qtbot: QtBot) -> None:
    window = make_studio()
    begin(window)
    asked(window, qtbot)
    stray = StrayWindows()
    QApplication.instance().installEventFilter(stray)  # type: ignore[union-attr]
    try:
        questions = []
        for at in range(3):
            questions.append(asked(window, qtbot))
            assert window.interview.answer.hasFocus()
            qtbot.keyClicks(window.interview.answer, f"Answer {at}.")
            press(qtbot, window.interview.answer, KEY.Key_Return)
        press(qtbot, window.interview.turns.cards[0], KEY.Key_Return, control=False)
        press(qtbot, window.interview.turns.cards[0], KEY.Key_Escape, control=False)
        for page in (KEY.Key_2, KEY.Key_3, KEY.Key_4, KEY.Key_5, KEY.Key_1):
            press(qtbot, window, page)
    finally:
        QApplication.instance().removeEventFilter(stray)  # type: ignore[union-attr]
    assert len(set(questions)) == 3
    assert stray.shown == []
    assert window.isActiveWindow()


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

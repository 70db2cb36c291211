"""The page that says what the marks can and cannot say."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QColor, QKeySequence
from pytestqt.qtbot import QtBot

from cqa_desktop.measure.explain import headline
from cqa_desktop.resources import resource
from cqa_desktop.ui.help_page import TITLE, HelpPage
from cqa_desktop.ui.main_window import MainWindow
from cqa_desktop.ui.theme import DARK, LIGHT, Theme

MakeWindow = Callable[..., MainWindow]


def opened(qtbot: QtBot, theme: Theme) -> HelpPage:
    page = HelpPage()
    qtbot.addWidget(page)
    page.set_theme(theme)
    assert page.page.toPlainText() == "", "it is written when it is first asked for"
    page.open_page()
    return page


def colour_of(page: HelpPage, heading: str) -> str:
    block = page.page.document().begin()
    while block.isValid():
        if block.text() == heading:
            return block.begin().fragment().charFormat().foreground().color().name()
        block = block.next()
    raise AssertionError(f"no heading {heading!r}")


def test_it_has_a_word_on_every_mark_and_on_what_it_cannot_say(qtbot: QtBot) -> None:
    page = opened(qtbot, LIGHT)
    text = page.page.toPlainText()
    assert text.startswith(TITLE)
    for kind in ("earned", "unexplained", "predictable"):
        assert headline(kind) in text
    assert text.count("It cannot say") == 3
    assert "*" not in text, "the Markdown is shown as what it means"


def test_headings_have_the_colour_of_their_mark_in_both_themes(qtbot: QtBot) -> None:
    page = opened(qtbot, LIGHT)
    for theme in (LIGHT, DARK):
        page.set_theme(theme)
        assert colour_of(page, "Earned surprise") == QColor(theme.earned).name()
        assert colour_of(page, "Unexplained surprise") == QColor(theme.unexplained).name()
        assert colour_of(page, "No mark") == QColor(theme.ink).name()


def test_it_stays_open_beside_the_draft_and_fits_its_width(qtbot: QtBot) -> None:
    page = opened(qtbot, DARK)
    assert not page.isModal()
    assert page.page.horizontalScrollBar().maximum() == 0
    before = page.page.verticalScrollBar().maximum()
    assert before > 0
    page.page.verticalScrollBar().setValue(40)
    page.set_theme(LIGHT)
    assert page.page.verticalScrollBar().value() == 40


def test_it_is_plain_and_short() -> None:
    text = resource("help", "marks.md").read_text(encoding="utf-8")
    assert len(text.split()) < 600
    for term in ("entropy", "surprisal", "z-score", "percentile", "token"):
        assert term not in text.lower()


def test_the_help_menu_and_f1_open_it(make_window: MakeWindow, qtbot: QtBot) -> None:
    window = make_window()
    action = next(one for one in window.findChildren(QAction) if one.text() == TITLE)
    assert action.shortcut() == QKeySequence("F1")
    assert not window.help_page.isVisible()
    action.trigger()
    assert window.help_page.isVisible()
    window.set_theme("dark")
    assert colour_of(window.help_page, "Earned surprise") == QColor(DARK.earned).name()
    qtbot.keyClick(window.help_page, Qt.Key.Key_Escape)
    assert not window.help_page.isVisible()

"""The page that says what the marks can and cannot say."""

from __future__ import annotations

from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from cqa_desktop.measure.explain import headline
from cqa_desktop.resources import resource
from cqa_desktop.ui.help_page import TITLE, HelpPage
from cqa_desktop.ui.theme import DARK, LIGHT


def colour_of(page: HelpPage, heading: str) -> str:
    block = page.page.document().begin()
    while block.isValid():
        if block.text() == heading:
            return block.begin().fragment().charFormat().foreground().color().name()
        block = block.next()
    raise AssertionError(f"no heading {heading!r}")


def test_it_has_a_word_on_every_mark_and_on_what_it_cannot_say(qtbot: QtBot) -> None:
    page = HelpPage(LIGHT)
    qtbot.addWidget(page)
    text = page.page.toPlainText()
    assert text.startswith(TITLE)
    for kind in ("earned", "unexplained", "predictable"):
        assert headline(kind) in text
    assert text.count("It cannot say") == 3
    assert "*" not in text, "the Markdown is shown as what it means"


def test_headings_have_the_colour_of_their_mark_in_both_themes(qtbot: QtBot) -> None:
    page = HelpPage(LIGHT)
    qtbot.addWidget(page)
    for theme in (LIGHT, DARK):
        page.set_theme(theme)
        assert colour_of(page, "Earned surprise") == QColor(theme.earned).name()
        assert colour_of(page, "Unexplained surprise") == QColor(theme.unexplained).name()
        assert colour_of(page, "No mark") == QColor(theme.ink).name()


def test_it_stays_open_beside_the_draft_and_fits_its_width(qtbot: QtBot) -> None:
    page = HelpPage(DARK)
    qtbot.addWidget(page)
    page.show()
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

"""A draft in a language that the model can only spell."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from cqa_desktop.ui.main_window import MainWindow
from tests.ui.conftest import WAIT_MS, wait_until_scored

FRENCH = (
    "Le train s'arrêta en pleine campagne, et personne ne descendit. On entendait le vent dans les haies, et, plus "
    "loin, une cloche qui n'était pas celle du village. Marthe posa son livre sur ses genoux."
)


def test_it_is_said_once_and_nothing_is_marked(window: MainWindow, qtbot: QtBot) -> None:
    assert window.notices.messages() == []
    window.editor.selectAll()
    window.editor.insertPlainText(FRENCH)
    wait_until_scored(window, qtbot)
    qtbot.waitUntil(lambda: len(window.notices.messages()) == 1, timeout=WAIT_MS)
    assert "CQA reference can only spell this draft" in window.notices.messages()[0]
    assert window.store.marked(lambda _: True) == []
    window.editor.go_to(5)
    qtbot.waitUntil(lambda: "can only spell this" in window.passage_panel._words.text(), timeout=WAIT_MS)
    window.editor.undo()
    wait_until_scored(window, qtbot)
    qtbot.waitUntil(lambda: window.notices.messages() == [], timeout=WAIT_MS)

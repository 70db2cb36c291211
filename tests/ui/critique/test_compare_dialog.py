"""Another version stands beside the passage, and never goes into the draft."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cqa_desktop.text.offsets import Utf16Map
from cqa_desktop.ui.compare.dialog import VersionsDialog
from cqa_desktop.ui.main_window import MainWindow
from tests.ui.conftest import DRAFT, WAIT_MS

PASSAGE = "The zinc bishop photographed eleven parliaments of custard."
OTHER = "The ferryman put the ledger 😀 away and looked at the water."


@pytest.fixture
def dialog(window: MainWindow) -> VersionsDialog:
    """Opened on a passage."""
    window.editor.go_to(DRAFT.index("bishop"))
    window.passage_panel._version.click()
    assert window.compare.dialog is not None
    window.compare.dialog._pause.setInterval(20)
    return window.compare.dialog


def write(dialog: VersionsDialog, text: str) -> None:
    dialog.second.selectAll()
    dialog.second.insertPlainText(text)


def said(dialog: VersionsDialog) -> str:
    return dialog.says.text()


def tinted(dialog: VersionsDialog) -> list[str]:
    return [one.cursor.selectedText() for one in dialog.second.extraSelections()]


def test_both_are_read_in_each_view_word_by_word(window: MainWindow, dialog: VersionsDialog, qtbot: QtBot) -> None:
    assert not dialog.isModal()
    assert dialog.first.text() == dialog.second.text() == PASSAGE
    assert "Change some words" in said(dialog)
    write(dialog, OTHER)
    qtbot.waitUntil(lambda: dialog._found is not None, timeout=WAIT_MS)
    found = dialog._found
    assert found is not None
    assert [one.view for one in found.views] == ["bare", "story"]
    assert found.summary in said(dialog)
    assert "better" not in said(dialog)
    assert tinted(dialog) == ["The", "ferryman", "put", "the", "ledger", "away", "and", "looked", "at", "the", "water"]
    shown = dialog.differences
    assert [view for view, one in shown.buttons.items() if one.isVisible()] == ["bare", "story"]
    assert shown.view() == "story"
    assert not shown._figures["story"][2].isVisible()
    dialog.numbers.click()
    assert shown._figures["story"][2].isVisible()
    assert " to " in shown._figures["story"][2].text()
    at = Utf16Map(OTHER).to_utf16(OTHER.index("water")) + 1
    cursor = dialog.second.textCursor()
    cursor.setPosition(at)
    dialog.second.setTextCursor(cursor)  # by keyboard as well as by pointer
    told = dialog.word.text()
    assert told.startswith("water · ")
    assert "after the story · not in the first version" in told
    shown.buttons["bare"].click()
    qtbot.mouseMove(dialog.second.viewport(), dialog.second.cursorRect(cursor).center())
    dialog._point(0, 0)
    assert dialog.word.text().startswith("The · ")
    assert "on its own · " in dialog.word.text()
    assert dialog.word.text().endswith("in the second version")
    dialog.copy.click()
    assert QApplication.clipboard().text() == OTHER
    assert window.editor.text() == DRAFT
    assert not window.editor.document().isUndoAvailable()
    dialog.second.undo()
    assert dialog.second.text() == PASSAGE


def test_writing_goes_on_and_what_is_stale_is_dropped(window: MainWindow, dialog: VersionsDialog, qtbot: QtBot) -> None:
    write(dialog, OTHER)
    qtbot.waitUntil(lambda: dialog._found is not None, timeout=WAIT_MS)
    before = dialog._found
    write(dialog, OTHER.replace("water", "sea"))
    assert dialog._found is None
    assert tinted(dialog) == []
    assert before is not None
    window.bridge.versions_compared.emit(before)  # an answer to what was asked before
    assert dialog._found is None
    qtbot.waitUntil(lambda: dialog._found is not None, timeout=WAIT_MS)
    assert tinted(dialog)[-1] == "sea"
    before = dialog._found
    window.editor.go_to(0)
    qtbot.keyClicks(window.editor, "Once upon a time. ")  # what stands before both is new
    assert dialog.first.text() == PASSAGE
    qtbot.waitUntil(lambda: dialog._found not in (None, before), timeout=WAIT_MS)
    window.editor.go_to(window.editor.text().index("bishop"))
    qtbot.keyClicks(window.editor, "arch")
    assert dialog.first.text() == PASSAGE.replace("bishop", "archbishop")
    qtbot.waitUntil(lambda: dialog._found is not None, timeout=WAIT_MS)
    assert "archbishop" in [one.cursor.selectedText() for one in dialog.first.extraSelections()]
    cursor = window.editor.textCursor()
    cursor.select(cursor.SelectionType.Document)
    cursor.removeSelectedText()
    assert "no longer in the draft" in said(dialog)
    wait = len(window.notices.messages())
    write(dialog, "More words.")
    qtbot.wait(100)
    assert len(window.notices.messages()) == wait


def test_what_cannot_be_compared_is_said_in_one_line(window: MainWindow, dialog: VersionsDialog, qtbot: QtBot) -> None:
    for text, says in (
        ("", "Write another version"),
        (PASSAGE.replace(" ", "  "), "Both versions are the same"),
        ("...", "too short|nothing that can be scored"),
        ("word " * 6000, "longer than the 1,024 tokens"),
    ):
        write(dialog, text)
        qtbot.waitUntil(lambda says=says: any(one in said(dialog) for one in says.split("|")), timeout=WAIT_MS)
    assert window.notices.messages() == []
    write(dialog, OTHER)
    qtbot.waitUntil(lambda: dialog._found is not None, timeout=WAIT_MS)


def test_closing_keeps_the_version_and_nothing_is_open_without_a_passage(
    window: MainWindow, dialog: VersionsDialog, qtbot: QtBot
) -> None:
    write(dialog, OTHER)
    qtbot.keyClick(dialog.second, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    window.editor.go_to(DRAFT.index("doctor"))
    window.compare.open()
    assert dialog.second.text().startswith("The ferryman wrote")
    window.editor.go_to(DRAFT.index("bishop"))
    window.compare.open()
    assert dialog.second.text() == OTHER
    window.new()
    assert not dialog.isVisible()
    window.compare.open()
    assert not dialog.isVisible()
    assert "Select a passage" in window.notices.messages()[0]

"""Notes live beside the draft: read, judged, found again, and never written into it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cqa_desktop.documents.sidecar import load_sidecar
from cqa_desktop.ui import dialogs, labels
from cqa_desktop.ui.critique.card import NoteCard
from cqa_desktop.ui.main_window import MainWindow
from tests.ui.conftest import DRAFT, WAIT_MS, MakeWindow, wait_until_scored
from tests.ui.critique.conftest import BISHOP, TEARS, Scripted


@pytest.fixture
def window(scripted: Scripted, qtbot: QtBot) -> MainWindow:
    """A window with two notes."""
    made = scripted()
    made.critique.ask()
    qtbot.waitUntil(lambda: not made.critique.asking.busy, timeout=WAIT_MS)
    return made


def card(window: MainWindow, quote: str) -> NoteCard:
    return next(one for one in window.critique.panel.notes.cards.values() if one.note.point.quote == quote)


def quotes(window: MainWindow) -> list[str]:
    QApplication.processEvents()
    return [one.note.point.quote for one in window.critique.panel.notes.cards.values()]


def test_what_is_done_to_notes_is_kept_and_undone_apart_from_the_draft(window: MainWindow, qtbot: QtBot) -> None:
    panel, editor = window.critique.panel, window.editor
    assert quotes(window) == [TEARS, BISHOP]
    editor.go_to(0)
    qtbot.keyClicks(editor, "So ")
    text = editor.text()
    card(window, TEARS).accept.click()
    assert quotes(window) == [BISHOP]
    assert panel.notes.filters["accepted"].text() == "Accepted 1"
    card(window, BISHOP).dismiss.click()
    assert quotes(window) == []
    assert "Dismissed." in panel.done.words.text()
    path = window.file.path
    assert path is not None
    assert [note.state for note in load_sidecar(path).notes] == ["accepted", "dismissed"]
    panel.done.undo.click()
    assert quotes(window) == [BISHOP]
    card(window, BISHOP).setFocus()
    qtbot.keyClick(card(window, BISHOP), Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert quotes(window) == [TEARS, BISHOP]
    card(window, BISHOP).pin.click()
    assert quotes(window) == [BISHOP, TEARS]
    assert card(window, BISHOP).pin.text() == "Pinned"
    window.critique.of_all("undo")
    window.critique.of_all("redo")
    assert quotes(window) == [BISHOP, TEARS]
    assert editor.text() == text  # nothing of this is in the draft, nor in its undo
    editor.undo()
    assert editor.text() == DRAFT
    panel.notes.show_state("accepted")
    assert quotes(window) == []
    card_words = panel.notes.empty.text()
    assert "accept" in card_words


def test_keys_lead_from_note_to_note_and_back_to_the_caret(window: MainWindow, qtbot: QtBot) -> None:
    editor = window.editor
    editor.go_to(0)
    editor.setFocus()
    qtbot.keyClick(editor, Qt.Key.Key_F7)
    assert card(window, TEARS).hasFocus()
    assert editor.textCursor().position() == 0
    qtbot.keyClick(card(window, TEARS), Qt.Key.Key_F7)
    assert card(window, BISHOP).hasFocus()
    qtbot.keyClick(card(window, BISHOP), Qt.Key.Key_F7, Qt.KeyboardModifier.ShiftModifier)
    assert card(window, TEARS).hasFocus()
    qtbot.keyClick(card(window, TEARS), Qt.Key.Key_Down)
    assert card(window, BISHOP).hasFocus()
    qtbot.keyClick(card(window, BISHOP), Qt.Key.Key_Escape)
    assert editor.hasFocus()
    assert editor.textCursor().position() == 0
    qtbot.keyClick(editor, Qt.Key.Key_F7)
    qtbot.keyClick(card(window, TEARS), Qt.Key.Key_Return)
    assert editor.hasFocus()
    assert editor.textCursor().position() == DRAFT.index(TEARS)
    assert not editor.textCursor().hasSelection()  # what is typed next must not replace them
    qtbot.keyClick(editor, Qt.Key.Key_F7)
    qtbot.keyClick(card(window, BISHOP), Qt.Key.Key_D)
    QApplication.processEvents()
    assert card(window, TEARS).hasFocus()  # the one in its place
    qtbot.keyClick(card(window, TEARS), Qt.Key.Key_A)
    assert quotes(window) == []


def test_a_note_and_its_words_lead_to_each_other(window: MainWindow, qtbot: QtBot) -> None:
    margin = window.critique.margin
    bars = {note.point.quote: bar for note, bar in margin.bars()}
    assert set(bars) == {TEARS, BISHOP}
    qtbot.mouseClick(card(window, BISHOP), Qt.MouseButton.LeftButton, pos=QPoint(6, 6))
    assert window.editor.textCursor().position() == DRAFT.index(BISHOP)
    assert window.editor._pointed is not None
    assert window.editor.quote(window.editor._pointed.start, window.editor._pointed.end) == BISHOP
    assert card(window, BISHOP).property("current")
    window.panel.show_page(window.passage_panel)
    bar = {note.point.quote: bar for note, bar in margin.bars()}[TEARS]
    qtbot.mouseClick(margin, Qt.MouseButton.LeftButton, pos=bar.center().toPoint())
    assert window.critique.panel.isVisible()
    assert card(window, TEARS).property("current")
    assert not card(window, BISHOP).property("current")
    before = margin.grab().toImage()
    card(window, BISHOP).dismiss.click()
    card(window, TEARS).dismiss.click()
    QApplication.processEvents()
    assert margin.grab().toImage() != before
    assert list(margin.bars()) == []


def test_changed_words_fade_their_note_and_bring_figures_before_and_after(window: MainWindow, qtbot: QtBot) -> None:
    editor = window.editor
    editor.go_to(DRAFT.index("filled"))
    qtbot.keyClicks(editor, "suddenly ")
    QApplication.processEvents()
    shown = card(window, TEARS)
    assert shown.changed.isVisible()
    assert "You changed this." in shown.changed.text()
    wait_until_scored(window, qtbot)
    qtbot.waitUntil(shown.readings.isVisible, timeout=WAIT_MS)
    note = shown.note
    assert note.before is not None
    assert note.after is not None
    assert note.after.bare != note.before.bare
    cells = [one.text() for one in shown.readings.findChildren(type(shown.verdict))]
    assert f"{note.before.informed:.1f}" in cells
    assert f"{note.after.informed:.1f}" in cells
    assert not card(window, BISHOP).changed.isVisible()
    editor.undo()
    qtbot.waitUntil(lambda: not shown.note.changed, timeout=WAIT_MS)
    assert not shown.changed.isVisible()
    editor.document().clearUndoRedoStacks()
    cursor = editor.textCursor()
    cursor.setPosition(DRAFT.index(TEARS))
    cursor.setPosition(DRAFT.index(TEARS) + len(TEARS), cursor.MoveMode.KeepAnchor)
    cursor.removeSelectedText()
    QApplication.processEvents()
    assert "no longer in the draft" in card(window, TEARS).changed.text()
    window.critique.go_to(card(window, TEARS).note.id)  # leads nowhere, and says so


def test_numbers_come_on_demand_and_everything_has_a_name(window: MainWindow) -> None:
    shown = card(window, TEARS)
    assert not shown.numbers.isVisible()
    shown.disclosure.click()
    assert [one.text() for one in shown.numbers.findChildren(type(shown.verdict))] == ["On its own", "6.1 bits"]
    assert shown.numbers.isVisible()
    assert shown.accessibleName().startswith("Falls short. Craft, style. His eyes filled with tears. Two gestures")
    for one in shown.actions_shown():
        assert one.text()
        assert one.toolTip()
    assert not card(window, BISHOP).disclosure.isVisibleTo(window)


def test_notes_are_copied_and_exported(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card(window, TEARS).copy.click()
    assert QApplication.clipboard().text().startswith("**Falls short** (Craft, style)\n\n> His eyes filled")
    card(window, BISHOP).accept.click()
    window.critique.of_all("copy")
    assert "Two gestures" in QApplication.clipboard().text()
    assert "Nobody expects him" not in QApplication.clipboard().text()
    for name, begins in (("notes.md", "# Notes on draft.md"), ("notes.html", "<!doctype html>")):
        monkeypatch.setattr(dialogs, "ask_where_to_export", lambda *_, name=name: str(tmp_path / name))
        window.critique.of_all("export")
        written = (tmp_path / name).read_text(encoding="utf-8")
        assert written.startswith(begins)
        assert "Two gestures" in written
        assert "Nobody expects him" in written
    monkeypatch.setattr(dialogs, "ask_where_to_export", lambda *_: str(tmp_path / "absent" / "notes.md"))
    window.critique.of_all("export")
    (message,) = window.notices.messages()
    assert "notes could not be written" in message
    monkeypatch.setattr(dialogs, "ask_where_to_export", lambda *_: "")
    window.critique.of_all("export")


def test_notes_are_found_again_when_the_draft_is_opened(window: MainWindow, tmp_path: Path) -> None:
    card(window, TEARS).accept.click()
    path = window.file.path
    assert path is not None
    path.write_text("A new first line.\n\n" + DRAFT.replace("zinc", "tin"), encoding="utf-8")
    window.open(path)
    notes = {note.point.quote: note for note in window.critique.keeper.notes.all()}
    assert notes[TEARS].state == "accepted"
    assert not notes[TEARS].changed
    assert notes[BISHOP].changed
    place = window.critique.keeper.notes.place(notes[TEARS].id)
    assert place is not None
    assert window.editor.quote(place.start, place.end) == TEARS


def test_points_are_announced_to_those_who_listen(
    scripted: Scripted, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(labels.QAccessible, "isActive", lambda: True)
    monkeypatch.setattr(labels.QAccessible, "updateAccessibility", lambda event: said.append(event.message()))
    window = scripted()
    window.critique.ask()
    qtbot.waitUntil(lambda: not window.critique.asking.busy, timeout=WAIT_MS)
    assert said[0].startswith("Falls short. Craft, style. His eyes filled with tears.")
    assert "2 points." in said[-1]


def test_the_measure_writes_with_the_reference_model(make_window: MakeWindow, qtbot: QtBot) -> None:
    window = make_window()
    wait_until_scored(window, qtbot)
    window.editor.go_to(DRAFT.index("bishop"))
    assert window.passage_panel._ask.isVisible()
    QTest.mouseClick(window.passage_panel._ask, Qt.MouseButton.LeftButton)
    assert window.critique.panel.isVisible()
    qtbot.waitUntil(lambda: not window.critique.asking.busy, timeout=WAIT_MS)
    notes = window.critique.keeper.notes.all()
    assert notes
    assert {note.critic for note in notes} == {"measured"}
    passage = "The zinc bishop photographed eleven parliaments of custard."
    assert all(note.point.quote and note.point.quote in passage for note in notes)
    assert "CQA reference" in window.critique.panel.head.says.text()
    assert window.notices.messages() == []

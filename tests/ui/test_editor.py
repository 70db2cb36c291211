"""The editor keeps the writer's text as it is, and marks out of it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from cqa_desktop.text.offsets import Utf16Map
from cqa_desktop.ui.draft_text import survives
from cqa_desktop.ui.editor import DraftEditor
from cqa_desktop.ui.score_store import ScoreStore
from cqa_desktop.ui.theme import DARK, LIGHT
from tests.ui.test_score_store import TEXT, scores


@pytest.fixture
def editor(qtbot: QtBot) -> DraftEditor:
    made = DraftEditor(ScoreStore())
    qtbot.addWidget(made)
    made.resize(800, 600)
    made.show()
    made.load(TEXT, markdown=False)
    return made


@pytest.mark.parametrize(
    "text",
    ["", "one", "a\n\nb\n", "no\u00a0break", "caf\u00e9 e\u0301 😀", "tab\there", "odd \udc80\udcff bytes",
     "private \uef80 use", "a\0b",
     "line\u2028separator", "שלום ‮abc", "\n\n\n"],
)  # fmt: skip
def test_what_goes_in_comes_out(editor: DraftEditor, text: str) -> None:
    assert survives(text)
    editor.load(text, markdown=True)
    assert editor.text() == text
    assert not editor.document().isModified()
    assert not editor.document().isUndoAvailable()


@pytest.mark.parametrize("text", ["private \uef80 and odd \udc80", "a\u2029b", "\ufdd0", "\ud800"])
def test_what_would_not_come_out_is_known(text: str) -> None:
    assert not survives(text)


def test_marks_are_painted_and_undo_does_not_see_them(editor: DraftEditor) -> None:
    editor.clearFocus()
    before = editor.grab().toImage()
    editor._store.put(scores(TEXT), Utf16Map(TEXT))
    editor.viewport().update()
    after = editor.grab().toImage()
    assert before != after
    assert has_colour(after, LIGHT.earned)
    assert not has_colour(before, LIGHT.earned)
    assert not editor.document().isUndoAvailable()
    assert not editor.document().isModified()
    assert editor.text() == TEXT


def test_hidden_and_ignored_marks_are_not_painted(editor: DraftEditor) -> None:
    editor._store.put(scores(TEXT), Utf16Map(TEXT))
    editor.set_hidden({"earned"})
    assert not has_colour(editor.grab().toImage(), LIGHT.earned)
    editor.set_hidden(set())
    assert has_colour(editor.grab().toImage(), LIGHT.earned)
    quotes = ["One fish swam.", "Two fish swam off.", "Red fish came back.", "Blue fish did not.", "The end was near."]
    editor.set_ignored(frozenset(quotes))
    assert not has_colour(editor.grab().toImage(), LIGHT.earned)
    editor.set_ignored(frozenset())
    editor.set_theme(DARK)
    assert has_colour(editor.grab().toImage(), DARK.earned)


def test_marks_move_with_typing_and_one_undo_undoes_one_edit(editor: DraftEditor, qtbot: QtBot) -> None:
    editor._store.put(scores(TEXT), Utf16Map(TEXT))
    editor.go_to(0)
    qtbot.keyClicks(editor, "So ")
    starts = [base + passage.start for base, passage in editor._store.passages()]
    assert starts[-1] == TEXT.index("The end") + 3
    editor.undo()
    assert editor.text() == TEXT
    assert not editor.document().isUndoAvailable()


def test_pasting_brings_words_without_formats(editor: DraftEditor) -> None:
    clip = QMimeData()
    clip.setHtml("<b>bold</b>")
    clip.setText("one\r\ntwo\rthree")
    editor.go_to(0)
    editor.insertFromMimeData(clip)
    assert editor.text().startswith("one\ntwo\nthreeOne fish")


def test_shift_return_is_a_line_break_like_any_other(editor: DraftEditor, qtbot: QtBot) -> None:
    editor.go_to(3)
    qtbot.keyClick(editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert editor.text().startswith("One\n fish")


def test_zoom_goes_in_steps_and_back(editor: DraftEditor) -> None:
    first = editor.fontInfo().pixelSize()
    editor.zoom_step(1)
    assert editor.fontInfo().pixelSize() > first
    editor.zoom_step(0)
    assert editor.fontInfo().pixelSize() == first
    for _ in range(30):
        editor.zoom_step(-1)
    assert editor.fontInfo().pixelSize() == 12
    assert not editor.document().isModified()
    assert not editor.document().isUndoAvailable()


def test_headings_are_larger_and_the_text_is_not_touched(editor: DraftEditor) -> None:
    text = "# Title\n\nwords with *emphasis* and **weight**\n\n***\n\n😀 _and_ on"
    editor.load(text, markdown=True)
    formats = editor.document().firstBlock().layout().formats()
    assert any(one.format.font().pixelSize() > 20 for one in formats)
    assert editor.text() == text
    assert not editor.document().isUndoAvailable()


def has_colour(image: QImage, colour: str) -> bool:
    """Whether a pixel has nearly that colour."""
    wanted = tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))
    for y in range(image.height()):
        for x in range(image.width()):
            pixel = image.pixelColor(x, y)
            if max(abs(one - other) for one, other in zip(pixel.getRgb()[:3], wanted, strict=True)) < 12:
                return True
    return False


def test_a_new_editor_has_nothing_to_undo(qtbot: QtBot) -> None:
    fresh = DraftEditor(ScoreStore())
    qtbot.addWidget(fresh)
    assert not fresh.document().isUndoAvailable()
    assert not fresh.document().isModified()


def test_the_room_above_the_first_line_scrolls_away(editor: DraftEditor) -> None:
    editor.load("a line\n" * 200, markdown=False)
    assert editor.viewport().y() == editor.frameWidth()
    first = editor.cursorRect().top()
    assert first >= 20
    editor.verticalScrollBar().setValue(100)
    assert editor.cursorRect().top() == first - 100

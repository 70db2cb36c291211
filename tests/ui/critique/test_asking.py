"""A critique is asked for, read as it comes, stopped, and loses nothing whatever happens."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cqa_desktop.documents.sidecar import load_sidecar
from cqa_desktop.text.spans import Span
from cqa_desktop.ui.critique.passage import passage_at_caret
from cqa_desktop.ui.main_window import MainWindow
from tests.ui.conftest import DRAFT, WAIT_MS, wait_until_scored
from tests.ui.critique.conftest import BISHOP, TEARS, WHOLE, Scripted, Step

SLOW: list[Step] = [
    {"quote": TEARS, "reasoning": "The first point."},
    {"words": "A second point is begun, and then "},
    {"words": "never written.", "wait": 60},
    {"ending": {"points": 1}},
]


def ask(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(window.editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)


def until_ended(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not window.critique.asking.busy, timeout=WAIT_MS)


def until_streaming(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: "second point" in window.critique.panel.stream.words.text(), timeout=WAIT_MS)


def select(window: MainWindow, start: int, end: int) -> None:
    cursor = window.editor.textCursor()
    cursor.setPosition(start)
    cursor.setPosition(end, cursor.MoveMode.KeepAnchor)
    window.editor.setTextCursor(cursor)


def said(window: MainWindow) -> str:
    return window.critique.panel.head.says.text()


def reasons(window: MainWindow) -> list[str]:
    return [note.point.reasoning for note in window.critique.keeper.notes.all()]


def test_one_key_brings_a_critique_that_streams_and_stays(scripted: Scripted, qtbot: QtBot) -> None:
    window = scripted([{**WHOLE[0], "trimmed": 3}, {**WHOLE[1], "wait": 0.3}, *WHOLE[2:]])
    panel = window.critique.panel
    ask(window, qtbot)
    assert panel.isVisible()
    assert window.editor.hasFocus()
    assert "His eyes filled" in said(window)
    qtbot.waitUntil(lambda: "Two gestures" in panel.stream.words.text(), timeout=WAIT_MS)
    assert panel.stream.isVisible()
    assert panel.head.stop.isVisible()
    until_ended(window, qtbot)
    assert not panel.stream.isVisible()
    assert not panel.head.stop.isVisible()
    for words in (
        "This model is scripted.", "3 paragraphs before the passage did not fit and were left out.", "2 points.",
        "1 point quoted words that are not in the passage and was left out.", "2 points were tied to the nearest words",
    ):  # fmt: skip
        assert words in said(window)
    notes = window.critique.keeper.notes
    places = [notes.place(note.id) for note in notes.all()]
    assert [window.editor.quote(place.start, place.end) for place in places if place] == [TEARS, BISHOP]
    assert all(note.before is not None and note.model == "CQA reference" for note in notes.all())
    assert window.file.path is not None
    assert [note.point.quote for note in load_sidecar(window.file.path).notes] == [TEARS, BISHOP]
    assert window.editor.text() == DRAFT
    assert not window.file.modified
    assert not window.editor.document().isUndoAvailable()


def test_the_passage_is_what_is_selected_or_where_the_caret_is(scripted: Scripted, qtbot: QtBot) -> None:
    window = scripted()
    editor, store = window.editor, window.store

    def passage() -> str | None:
        found: Span | None = passage_at_caret(editor, store, window.critique.keeper.text())
        return found.of(window.critique.keeper.text()) if found else None

    assert passage() == "His eyes filled with tears and he took a deep breath."
    select(window, DRAFT.index("and beside") - 1, DRAFT.index("he wrote no charge.\n"))
    assert passage() == "and beside the doctor's name"
    window.editor.go_to(DRAFT.index("zinc"))
    qtbot.keyClicks(window.editor, "old ")  # not scored yet
    assert passage() == "The old zinc bishop photographed eleven parliaments of custard."
    window.editor.go_to(DRAFT.index("\n\n") + 1)
    assert passage() is None
    ask(window, qtbot)
    assert "Put the caret in a sentence" in said(window)
    assert not window.critique.asking.busy


def test_typing_goes_on_and_points_find_their_words(scripted: Scripted, qtbot: QtBot) -> None:
    window = scripted([{"quote": BISHOP, "wait": 0.4}, {"quote": TEARS}, {"ending": {"points": 2}}])
    ask(window, qtbot)
    window.editor.go_to(0)
    window.editor.textCursor().insertText("Now 😀, ")
    window.editor.go_to(window.editor.text().index("eyes filled") + 5)
    qtbot.keyClicks(window.editor, "lids ")
    until_ended(window, qtbot)
    wait_until_scored(window, qtbot)
    bishop, tears = window.critique.keeper.notes.all()
    places = [window.critique.keeper.notes.place(note.id) for note in (bishop, tears)]
    assert [window.editor.quote(place.start, place.end) for place in places if place] == [
        BISHOP,
        TEARS.replace("eyes", "eyeslids"),
    ]
    assert (bishop.changed, tears.changed) == (False, True)


@pytest.mark.parametrize("how", ["button", "escape"])
def test_stopping_stops_and_keeps_what_was_written(scripted: Scripted, qtbot: QtBot, how: str) -> None:
    window = scripted(SLOW)
    ask(window, qtbot)
    until_streaming(window, qtbot)
    job = window.critique.asking._asked[0].job
    with qtbot.waitSignal(window.bridge.job_ended, timeout=WAIT_MS, check_params_cb=lambda ended: ended == job):
        began = time.monotonic()
        if how == "button":
            window.critique.panel.head.stop.click()
        else:
            qtbot.keyClick(window.editor, Qt.Key.Key_Escape)
        assert not window.critique.asking.busy
        assert time.monotonic() - began < 0.2
    assert said(window).find("Stopped. What was written is kept.") > 0
    assert reasons(window) == ["The first point.", "A second point is begun, and then …"]
    unfinished = window.critique.keeper.notes.all()[1]
    assert unfinished.unfinished
    assert window.critique.panel.notes.cards[unfinished.id].verdict.text() == "Unfinished"
    assert window.critique.asking._asked == []


@pytest.mark.parametrize(
    ("step", "says"),
    [
        ({"ending": {"points": 1, "fault": "The context is full."}}, "The context is full. What was written"),
        ({"fail": "Not enough memory - choose a smaller model."}, "Not enough memory - choose a smaller model."),
        ({"die": True}, "The engine stopped while it wrote. What it had written is kept; ask again."),
    ],
)
def test_a_fault_is_told_and_the_partial_critique_kept(scripted: Scripted, qtbot: QtBot, step: Step, says: str) -> None:
    window = scripted([*SLOW[:2], step], [{"quote": "", "reasoning": "Another."}, {"ending": {"points": 1}}])
    ask(window, qtbot)
    until_ended(window, qtbot)
    assert says in said(window)
    assert reasons(window) == ["The first point.", "A second point is begun, and then …"]
    assert window.file.path is not None
    assert len(load_sidecar(window.file.path).notes) == 2
    notices = window.notices.messages()
    assert len(notices) == (1 if "die" in step else 0)
    assert window.editor.text() == DRAFT
    if "die" in step:
        return  # the script begins anew
    ask(window, qtbot)
    qtbot.waitUntil(lambda: len(reasons(window)) == 3, timeout=WAIT_MS)


def test_a_critic_that_cannot_write_says_why_and_scoring_is_not_disturbed(scripted: Scripted, qtbot: QtBot) -> None:
    window = scripted([{"begin": "This passage is too long for the model - choose a shorter one."}])
    ask(window, qtbot)
    until_ended(window, qtbot)
    assert "too long for the model" in said(window)
    assert window.notices.messages() == []
    assert window.status.progress.text() == "Scored"


def test_a_second_critique_waits_replaces_or_is_left(scripted: Scripted, qtbot: QtBot) -> None:
    quick = [{"quote": "", "reasoning": "Another."}, {"ending": {"points": 1}}]
    window = scripted(SLOW, quick)
    head = window.critique.panel.head
    ask(window, qtbot)
    until_streaming(window, qtbot)
    ask(window, qtbot)
    assert head.question.isVisible()
    head.neither.click()
    assert not head.question.isVisible()
    assert len(window.critique.asking._asked) == 1
    ask(window, qtbot)
    head.queue.click()
    assert "1 more waits." in said(window)
    assert len(window.critique.asking._asked) == 2
    window.editor.go_to(DRAFT.index("bishop"))
    ask(window, qtbot)
    head.replace.click()
    until_ended(window, qtbot)
    qtbot.waitUntil(lambda: not window.critique.asking._asked, timeout=WAIT_MS)
    assert reasons(window) == ["The first point.", "A second point is begun, and then …", "Another."]
    assert window.critique.keeper.notes.all()[-1].passage.startswith("The zinc bishop")


def test_a_queued_critique_follows_and_the_outcome_of_the_first_is_still_told(scripted: Scripted, qtbot: QtBot) -> None:
    slow = [{"quote": BISHOP}, {"ending": {"points": 1, "dropped": 2}, "wait": 0.5}]
    window = scripted(slow, [{"words": "Wait."}, {"quote": TEARS, "wait": 0.3}, {"ending": {"points": 1}}])
    ask(window, qtbot)
    ask(window, qtbot)
    window.critique.panel.head.queue.click()
    qtbot.waitUntil(lambda: "2 points quoted words" in said(window), timeout=WAIT_MS)
    assert window.critique.asking.busy
    until_ended(window, qtbot)
    assert len(reasons(window)) == 2


def test_closing_in_the_middle_loses_nothing(scripted: Scripted, qtbot: QtBot) -> None:
    window = scripted(SLOW)
    ask(window, qtbot)
    until_streaming(window, qtbot)
    path = window.file.path
    assert path is not None
    assert window.close()
    kept = load_sidecar(path).notes
    assert [(note.point.reasoning, note.unfinished) for note in kept] == [
        ("The first point.", False),
        ("A second point is begun, and then …", True),
    ]
    again = scripted()
    assert reasons(again) == ["The first point.", "A second point is begun, and then …"]
    assert len(again.critique.panel.notes.cards) == 2


def test_what_the_window_has_not_heard_yet_is_kept_too(scripted: Scripted, qtbot: QtBot) -> None:
    window = scripted(SLOW)
    heard = threading.Event()
    window.bridge.critique_text.connect(lambda _event: heard.set(), Qt.ConnectionType.DirectConnection)
    ask(window, qtbot)
    assert heard.wait(WAIT_MS / 1000)  # by the client's thread: the window stands still
    assert reasons(window) == []
    path = window.file.path
    assert path is not None
    window.close()
    assert [note.point.reasoning for note in load_sidecar(path).notes][:1] == ["The first point."]


def test_another_draft_takes_nothing_of_the_first_ones_critique(
    scripted: Scripted, qtbot: QtBot, tmp_path: Path
) -> None:
    window = scripted(SLOW)
    ask(window, qtbot)
    until_streaming(window, qtbot)
    first = window.file.path
    assert first is not None
    other = tmp_path / "other.md"
    other.write_text("Another draft, with words of its own.\n", encoding="utf-8")
    window.open(other)
    assert not window.critique.asking.busy
    assert reasons(window) == []
    assert said(window) == ""
    assert len(load_sidecar(first).notes) == 2
    wait_until_scored(window, qtbot)
    assert reasons(window) == []
    assert load_sidecar(other).notes == ()


def test_notes_of_a_draft_without_a_name_are_kept_with_its_text(scripted: Scripted, qtbot: QtBot) -> None:
    from cqa_desktop.documents.recovery import recovery_folder

    window = scripted([{"quote": TEARS}, {"ending": {"points": 1}}], text=None)
    window.file._timer.setInterval(10)
    ask(window, qtbot)
    until_ended(window, qtbot)
    qtbot.waitUntil(lambda: any("[[notes]]" in one.read_text() for one in recovery_folder().glob("*.json")))
    kept = next(one for one in recovery_folder().glob("*.json") if "[[notes]]" in one.read_text())
    left = kept.with_name("dead.json")
    left.write_text(kept.read_text().replace('"pid": ', '"pid": 999'), encoding="utf-8")
    text = window.editor.text()
    window.editor.document().setModified(False)
    window.new()
    assert reasons(window) == []
    found = []
    window.file.recovered.connect(found.append)
    window.file.look_for_unsaved()
    window.file.restore(found[0])
    assert window.editor.text() == text
    (note,) = window.critique.keeper.notes.all()
    place = window.critique.keeper.notes.place(note.id)
    assert place is not None
    assert window.editor.quote(place.start, place.end) == TEARS
    assert not note.changed


def test_what_the_model_sees_is_shown_whole(scripted: Scripted, qtbot: QtBot) -> None:
    window = scripted(SLOW)
    window.critique.show_prompt()
    dialog = window.critique._prompt
    assert dialog is not None
    assert not dialog.isModal()
    qtbot.waitUntil(lambda: "Judge this passage." in dialog.text.toPlainText(), timeout=WAIT_MS)
    assert "His eyes filled with tears and he took a deep breath." in dialog.text.toPlainText()
    assert "This model is scripted." in dialog.says.text()
    dialog.copy.click()
    assert QApplication.clipboard().text() == dialog.text.toPlainText()
    window.critique.ask()
    until_streaming(window, qtbot)
    window.editor.go_to(DRAFT.index("bishop"))
    window.critique.show_prompt()  # of the one that is being written, which goes on
    assert "His eyes filled" in dialog.text.toPlainText()
    assert window.critique.asking.busy
    window.critique.asking.stop()
    window.editor.go_to(DRAFT.index("\n\n") + 1)
    window.critique.show_prompt()
    assert "Put the caret in a sentence" in dialog.says.text()


def test_the_critic_can_be_chosen_and_is_remembered(scripted: Scripted, qtbot: QtBot) -> None:
    window = scripted()
    head = window.critique.panel.head
    head._critics["measured"].trigger()
    assert window.settings.critic == "measured"
    ask(window, qtbot)
    until_ended(window, qtbot)
    assert {note.critic for note in window.critique.keeper.notes.all()} == {"measured"}
    assert scripted().critique.panel.head.critic == "measured"


def test_asked_again_nothing_stands_twice_and_what_was_begun_is_finished(scripted: Scripted, qtbot: QtBot) -> None:
    first = "The first point."
    window = scripted(
        [{"quote": TEARS, "reasoning": first}, {"words": "Nobody expects him, and "},
         {"ending": {"points": 1, "fault": "The context is full."}}],
        [{"quote": TEARS, "reasoning": first},
         {"quote": "took a deep breath", "reasoning": "Nobody expects him, and nobody asks."},
         {"ending": {"points": 2}}],
    )  # fmt: skip
    ask(window, qtbot)
    until_ended(window, qtbot)
    assert reasons(window) == [first, "Nobody expects him, and …"]
    ask(window, qtbot)
    until_ended(window, qtbot)
    assert reasons(window) == [first, "Nobody expects him, and nobody asks."]


def test_a_critique_with_no_points_does_not_say_that_nothing_stands_out(scripted: Scripted, qtbot: QtBot) -> None:
    window = scripted([{"ending": {"points": 0}}])
    ask(window, qtbot)
    until_ended(window, qtbot)
    assert "There is nothing more to say about this passage." in said(window)
    assert reasons(window) == []

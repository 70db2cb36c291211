"""The window with a real worker: what a writer does, and what a writer sees."""

from __future__ import annotations

import errno
import os
import signal
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from cqa_desktop.documents import files
from cqa_desktop.measure.types import Brief
from cqa_desktop.resources import resource
from cqa_desktop.ui import dialogs
from cqa_desktop.ui.legend import CLASSES
from cqa_desktop.ui.main_window import MainWindow
from tests.engine.tiny_gguf import write_model
from tests.ui.conftest import DRAFT, WAIT_MS, MakeWindow, wait_until_scored


def kinds(window: MainWindow) -> dict[str, str]:
    return {
        window.editor.quote(base + one.start, base + one.end): one.measure.kind for base, one in window.store.passages()
    }


def press(widget: QWidget, name: str) -> None:
    button = next(one for one in widget.findChildren(QPushButton) if one.text() == name)
    button.click()


def words_of(window: MainWindow) -> str:
    return window.passage_panel._words.text()


def test_a_draft_is_scored_and_explained(window: MainWindow, qtbot: QtBot) -> None:
    assert kinds(window)["The zinc bishop photographed eleven parliaments of custard."] == "unexplained"
    qtbot.waitUntil(lambda: window.header.legend.pills["unexplained"].text() == "Unexplained 2")
    window.editor.go_to(DRAFT.index("bishop"))
    assert window.passage_panel._title.text() == "Unexplained surprise"
    assert "zinc bishop" in window.passage_panel._quote.text()
    assert "more surprising than" in words_of(window)
    assert window.status.model.text().startswith("CQA reference · ")
    assert window.status.progress.text() == "Scored"
    qtbot.waitUntil(lambda: window.status.words.text() == "65 words")
    assert not window.editor.document().isUndoAvailable()


def test_numbers_are_one_click_away(window: MainWindow) -> None:
    window.editor.go_to(DRAFT.index("bishop"))
    assert not window.passage_panel._numbers.isVisible()
    press(window.passage_panel, "Numbers")
    assert window.passage_panel._numbers.isVisible()


def test_keys_go_from_mark_to_mark(window: MainWindow, qtbot: QtBot) -> None:
    starts = [passage.marks[0].start for passage in window.store.marked(window.editor.is_shown)]
    assert len(starts) >= 2
    window.editor.go_to(0)
    seen = []
    for _ in starts:
        qtbot.keyClick(window, Qt.Key.Key_F8)
        seen.append(window.editor.textCursor().position())
    assert sorted(seen) == starts
    qtbot.keyClick(window, Qt.Key.Key_F8, Qt.KeyboardModifier.ShiftModifier)
    assert window.editor.textCursor().position() == seen[-2]


def test_the_legend_hides_classes(window: MainWindow) -> None:
    before = len(window.store.marked(window.editor.is_shown))
    pill = window.header.legend.pills["unexplained"]
    pill.click()
    assert len(window.store.marked(window.editor.is_shown)) < before
    pill.click()
    assert len(window.store.marked(window.editor.is_shown)) == before
    assert set(window.header.legend.pills) == set(CLASSES)


def test_an_edit_is_scored_anew_and_only_there(window: MainWindow, qtbot: QtBot) -> None:
    window.editor.go_to(len(DRAFT) - 1)
    qtbot.keyClicks(window.editor, " A fish rang the moon with nine wet hammers of law.")
    wait_until_scored(window, qtbot)
    assert "A fish rang the moon with nine wet hammers of law." in kinds(window)
    assert kinds(window)["The zinc bishop photographed eleven parliaments of custard."] == "unexplained"
    window.editor.undo()
    wait_until_scored(window, qtbot)
    assert window.editor.text() == DRAFT


def test_the_brief_rescores_and_is_kept_beside_the_draft(window: MainWindow, qtbot: QtBot) -> None:
    before = {base + one.start: dict(one.measure.surprisal) for base, one in window.store.passages()}
    assert all("brief" not in views for views in before.values())
    field = window.brief_panel._fields["reality"]
    qtbot.keyClicks(field, "A zinc bishop photographed eleven parliaments of custard.")
    qtbot.waitUntil(lambda: window.file.sidecar.brief.reality != "", timeout=WAIT_MS)
    wait_until_scored(window, qtbot)
    qtbot.waitUntil(lambda: all("brief" in one.measure.surprisal for _, one in window.store.passages()))
    found = next(
        one for base, one in window.store.passages()
        if window.editor.quote(base + one.start, base + one.end).startswith("The zinc bishop")
    )  # fmt: skip
    assert found.measure.information.brief > 3
    sidecar = window.file.path.with_name("draft.cqa.toml")  # type: ignore[union-attr]
    assert "custard" in sidecar.read_text(encoding="utf-8")
    assert not window.file.modified


def test_a_card_tells_what_was_expected(window: MainWindow, qtbot: QtBot) -> None:
    at = DRAFT.index("custard") + 3
    window.editor.go_to(at)
    window.card.hide()
    rect = window.editor.rect_of(at, at + 1)
    assert rect is not None
    qtbot.mouseMove(window.editor.viewport(), rect.center().toPoint() + QPoint(9, 0))
    qtbot.mouseMove(window.editor.viewport(), rect.center().toPoint())
    qtbot.waitUntil(window.card.isVisible, timeout=WAIT_MS)
    title = window.card._title.text()
    assert "custard" in title
    assert "bits" in title
    assert sum(row.isVisible() for row in window.card._rows) == 5
    line = rect.toAlignedRect()
    line.moveTopLeft(window.editor.viewport().mapTo(window._centre, line.topLeft()))
    assert not window.card.geometry().intersects(line)  # beside the line, never over it
    qtbot.keyClicks(window.editor, "x")
    assert not window.card.isVisible()


def test_ignoring_a_passage_takes_its_mark_away_and_is_kept(window: MainWindow) -> None:
    window.editor.go_to(DRAFT.index("bishop"))
    press(window.passage_panel, "Ignore")
    quotes = [window.editor.quote(one.start, one.end) for one in window.store.marked(window.editor.is_shown)]
    assert "The zinc bishop photographed eleven parliaments of custard." not in quotes
    path = window.file.path
    assert path is not None
    assert "custard" in path.with_name("draft.cqa.toml").read_text(encoding="utf-8")
    press(window.passage_panel, "Ignored")
    assert not path.with_name("draft.cqa.toml").exists()


def test_the_strip_leads_to_a_place(window: MainWindow, qtbot: QtBot) -> None:
    window.strip.rebuild()
    assert any(kind != "steady" for _, kind in window.strip._rows)
    qtbot.mouseClick(window.strip, Qt.MouseButton.LeftButton, pos=QPoint(20, window.strip.height() - 4))
    assert window.editor.textCursor().position() == len(DRAFT)


@pytest.mark.parametrize("name", ["SIGKILL", "SIGSEGV"])
def test_the_window_lives_on_when_the_worker_dies(make_window: MakeWindow, qtbot: QtBot, name: str) -> None:
    prose = resource("prose", "joseph-conrad_the-secret-agent.txt").read_text(encoding="utf-8")
    window = make_window(prose)
    qtbot.waitUntil(lambda: window.store.count() > 0, timeout=WAIT_MS)  # in the middle of scoring
    assert window.scoring.busy
    first = window.bridge.client.pid
    os.kill(first, getattr(signal, name))
    window.editor.go_to(0)
    qtbot.keyClicks(window.editor, "Still here. ")
    assert window.editor.text().startswith("Still here. ")
    qtbot.waitUntil(lambda: bool(window.notices.messages()), timeout=WAIT_MS)
    assert window.notices.messages() == [
        "The model's engine stopped unexpectedly and was started again. Your draft is untouched."
    ]
    wait_until_scored(window, qtbot)
    assert window.bridge.client.pid != first
    assert window.editor.text() == "Still here. " + prose
    assert len(kinds(window)) > 500


def test_bad_models_are_told_once_and_the_one_in_use_stays(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    good = write_model(tmp_path / "good.gguf").read_bytes()
    bad = {
        "truncated.gguf": good[: len(good) // 2],
        "random.gguf": os.urandom(4096),
        "text.gguf": b"I am a text file, and no model at all.\n" * 20,
        "empty.gguf": b"",
        "other.gguf": good.replace(b"llama", b"lemma"),
        "vocabulary.gguf": write_model(tmp_path / "made.gguf", with_tensors=False).read_bytes(),
    }
    for name, content in bad.items():
        path = tmp_path / name
        path.write_bytes(content)
        for message in window.notices.messages():
            window.notices.dismiss(message)
        window.load_model(str(path))
        qtbot.waitUntil(lambda: bool(window.notices.messages()), timeout=WAIT_MS)
        assert len(window.notices.messages()) == 1
        message = window.notices.messages()[0]
        assert name in message
        assert "\n" not in message
        assert window.scoring.model is not None
        assert window.scoring.model.name == "CQA reference"
    window.editor.go_to(0)
    qtbot.keyClicks(window.editor, "Then ")
    wait_until_scored(window, qtbot)
    assert kinds(window)["The zinc bishop photographed eleven parliaments of custard."] == "unexplained"


def test_a_writers_own_model_that_is_gone_gives_way_to_the_reference_model(
    make_window: MakeWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window = make_window(model=tmp_path / "gone.gguf")
    wait_until_scored(window, qtbot)
    assert window.scoring.model is not None
    assert window.scoring.model.name == "CQA reference"
    assert any("gone.gguf" in message for message in window.notices.messages())


def test_another_model_scores_the_same_draft(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    before = {base + one.start: one.measure.surprisal["bare"] for base, one in window.store.passages()}
    window.load_model(str(write_model(tmp_path / "tiny.gguf")))
    qtbot.waitUntil(lambda: window.scoring.model is not None and window.scoring.model.path.endswith("tiny.gguf"))
    wait_until_scored(window, qtbot)
    after = {base + one.start: one.measure.surprisal["bare"] for base, one in window.store.passages()}
    assert set(before) == set(after)
    assert all(abs(before[start] - after[start]) > 1 for start in before)


# --- files --------------------------------------------------------------------------------------------------------


def test_save_writes_what_is_in_the_editor(window: MainWindow, qtbot: QtBot) -> None:
    window.editor.go_to(0)
    qtbot.keyClicks(window.editor, "New. ")
    assert window.isWindowModified()
    assert window.save()
    assert window.file.path is not None
    assert window.file.path.read_text(encoding="utf-8") == "New. " + DRAFT
    assert not window.isWindowModified()


def test_a_full_disk_on_save_loses_nothing(window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = window.file.path
    assert path is not None
    window.editor.go_to(0)
    qtbot.keyClicks(window.editor, "New. ")
    with monkeypatch.context() as patch:
        patch.setattr(files.os, "fsync", full)
        assert not window.save()
    message = window.notices.messages()[-1]
    assert "disk is full" in message
    assert "\n" not in message
    assert path.read_text(encoding="utf-8") == DRAFT
    assert window.editor.text() == "New. " + DRAFT
    assert window.file.modified
    assert sorted(one.name for one in path.parent.iterdir() if one.name.startswith(".")) == []
    assert window.save()


def test_a_change_outside_is_not_written_over_unasked(window: MainWindow, qtbot: QtBot) -> None:
    path = window.file.path
    assert path is not None
    path.write_text("Somebody else's text.", encoding="utf-8")
    window.editor.go_to(0)
    qtbot.keyClicks(window.editor, "Mine. ")
    assert not window.save()
    assert path.read_text(encoding="utf-8") == "Somebody else's text."
    press(window.notices, "Save over it")
    assert path.read_text(encoding="utf-8") == "Mine. " + DRAFT


def test_what_a_crash_left_behind_is_offered(make_window: MakeWindow, tmp_path: Path, qtbot: QtBot) -> None:
    from cqa_desktop.documents.recovery import RecoveryFile, recovery_folder

    window = make_window()
    RecoveryFile().keep("Words that were never saved.", window.file.path)
    kept = next(recovery_folder().glob("*.json"))
    kept.write_text(
        kept.read_text(encoding="utf-8").replace(f'"pid": {os.getpid()}', '"pid": 999999999'), encoding="utf-8"
    )
    window.file.look_for_unsaved()
    assert window.notices.messages() == ["Unsaved text of draft.md was kept."]
    press(window.notices, "Restore")
    assert window.editor.text() == "Words that were never saved."
    assert window.file.modified
    assert window.file.path is not None
    assert window.file.path.read_text(encoding="utf-8") == DRAFT


def test_unsaved_text_is_kept_while_writing(window: MainWindow, qtbot: QtBot) -> None:
    from cqa_desktop.documents.recovery import recovery_folder

    window.file._timer.setInterval(10)
    window.editor.go_to(0)
    qtbot.keyClicks(window.editor, "Kept. ")
    qtbot.waitUntil(lambda: any("Kept. " in one.read_text() for one in recovery_folder().glob("*.json")))
    assert window.save()
    assert list(recovery_folder().glob("*.json")) == []


def test_closing_asks_and_a_cancel_keeps_the_window(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    qtbot.keyClicks(window.editor, "x")
    monkeypatch.setattr(dialogs, "ask_to_save", lambda *_: dialogs.Answer.CANCEL)
    assert not window.close()
    assert window.isVisible()
    monkeypatch.setattr(dialogs, "ask_to_save", lambda *_: dialogs.Answer.SAVE)
    assert window.close()
    assert window.file.path is not None
    assert window.file.path.read_text(encoding="utf-8").startswith("x")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("folder", None, "is a folder"),
        ("absent/draft.md", b"", "no such file"),
        ("line.txt", b"word " * 2_000_000, "too long to edit"),
        ("program.txt", bytes(range(256)) * 64, "not a text file"),
        ("half.txt", b"\xff\xfeA", "damaged"),
    ],
)
def test_what_cannot_be_opened_is_told_and_the_draft_stays(
    make_window: MakeWindow, tmp_path: Path, name: str, content: bytes | None, says: str
) -> None:
    window = make_window()
    path = tmp_path / name
    if content is None:
        path.mkdir()
    elif path.parent.exists():
        path.write_bytes(content)
    window.open(path)
    assert len(window.notices.messages()) == 1
    assert says in window.notices.messages()[0]
    assert window.editor.text() == DRAFT


@pytest.mark.parametrize(
    "text",
    [
        "",
        "שלום עולם, and hello to the world of text.\n",
        "👩‍👩‍👧‍👦 e\u0301 and a family of emoji went out.\n",
        "no stops " * 4000,
    ],
    ids=["empty", "directions", "emoji", "no stops"],
)
def test_odd_drafts_open_and_are_kept(make_window: MakeWindow, qtbot: QtBot, text: str) -> None:
    window = make_window(text, name="odd.txt")
    assert window.notices.messages() == []
    qtbot.waitUntil(lambda: window.scoring.model is not None and not window.scoring.busy, timeout=WAIT_MS)
    assert window.editor.text() == text


def test_odd_bytes_survive_a_save(make_window: MakeWindow, qtbot: QtBot, tmp_path: Path) -> None:
    raw = ("Plain words, and more of them. " * 300).encode() + b"\x81\x8d odd bytes \x90.\r\nAnd the end.\r\n"
    path = tmp_path / "odd.txt"
    path.write_bytes(raw)
    window = make_window()
    window.open(path)
    assert "odd bytes are kept" in window.notices.messages()[0]
    qtbot.keyClicks(window.editor, "x")
    assert window.save()
    assert path.read_bytes() == b"x" + raw


def test_a_draft_that_does_not_exist_yet_is_begun(make_window: MakeWindow, tmp_path: Path, qtbot: QtBot) -> None:
    window = make_window()
    window.open(tmp_path / "new.txt")
    assert "does not exist yet" in window.notices.messages()[0]
    qtbot.keyClicks(window.editor, "Begun.")
    assert window.save()
    assert (tmp_path / "new.txt").read_text(encoding="utf-8") == "Begun."


def test_find_goes_round_the_end(window: MainWindow, qtbot: QtBot) -> None:
    window.editor.go_to(len(DRAFT))
    window.find_bar.open()
    window.find_bar._field.setText("ledger")
    assert window.find_bar.search(backward=False)
    assert window.editor.textCursor().selectionStart() == DRAFT.index("ledger")
    window.find_bar._field.setText("albatross")
    assert not window.find_bar.search(backward=False)
    assert window.find_bar._outcome.text() == "Not in the draft"


def test_themes_and_settings_are_remembered(make_window: MakeWindow) -> None:
    window = make_window()
    window.set_theme("dark")
    window.editor.zoom_step(1)
    window.header.legend.pills["earned"].click()
    assert window.settings.theme == "dark"
    assert window.settings.zoom == 22
    assert window.settings.hidden == {"earned"}


def test_stop_stops(make_window: MakeWindow, qtbot: QtBot) -> None:
    prose = resource("prose", "willa-cather_the-professors-house.txt").read_text(encoding="utf-8")
    window = make_window(prose * 3)
    qtbot.waitUntil(lambda: window.store.count() > 0, timeout=WAIT_MS)
    window.status.stop_asked.emit()
    qtbot.waitUntil(lambda: not window.scoring.busy, timeout=5000)
    assert window.scoring.brief == Brief()

"""The studio: what an expert does with the keyboard, and what is then on disk."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from cqa_desktop.annotations.jsonl import load
from cqa_desktop.annotations.types import Annotation, Annotator, Judgment, Turn
from cqa_desktop.documents.teaching import TeachingSet, aside_path
from cqa_desktop.measure.types import Brief
from cqa_desktop.ui.teach.window import TeachWindow
from cqa_desktop.ui.theme import DARK
from tests.ui.conftest import MakeWindow
from tests.ui.teach.conftest import MakeStudio
from trainer.cli import main as cqa_train

WAIT_MS = 60_000
DRAFT = (
    "The ferry was late.\n\n"
    "“A ticket for yesterday,” she said \U0001f600, and he sold her one. The zinc bishop photographed eleven "
    "parliaments of custard. Nobody on the quay looked round.\n\n"
    "The dog slept on."
)
PASSAGE = DRAFT.split("\n\n")[1]
KEY = Qt.Key
CONTROL = Qt.KeyboardModifier.ControlModifier


def asked(window: TeachWindow, qtbot: QtBot) -> str:
    """Waits for a question."""
    qtbot.waitUntil(
        lambda: window.studio.interview is not None and window.studio.interview.current is not None, timeout=WAIT_MS
    )
    assert window.studio.interview is not None
    assert window.studio.interview.current is not None
    return window.studio.interview.current.text


def begin(window: TeachWindow) -> None:
    at = DRAFT.index("photographed")
    window.begin_from(DRAFT, at, at, Brief(reality="Tickets for days that are over are sold here."))


def choose(window: TeachWindow, words: str) -> None:
    start = PASSAGE.index(words)
    window.passage.choose(start, start + len(words))


def on_disk(path: Path) -> list[Annotation]:
    return [one.annotation for one in TeachingSet(path).entries]


def finished(name: str, passage: str = PASSAGE) -> Annotation:
    judgment = Judgment(dimension="craft", constraint="lexis", verdict="works", reasoning="It is plain.")
    return Annotation(
        id=name,
        passage=passage,
        source="a test",
        licence="CC0-1.0",
        language="en",
        annotators=(Annotator(role="expert", name="Another"),),
        judgments=(judgment,),
    )


def press(qtbot: QtBot, window: QWidget, key: Qt.Key, control: bool = True) -> None:
    qtbot.keyClick(window, key, CONTROL if control else Qt.KeyboardModifier.NoModifier)


def test_an_expert_alone_answers_judges_and_exports_by_the_keyboard(
    make_studio: MakeStudio, qtbot: QtBot, set_path: Path, tmp_path: Path
) -> None:
    window = make_studio()
    begin(window)
    first = asked(window, qtbot)
    assert window.interview.answer.hasFocus()
    qtbot.keyClicks(window.interview.answer, "Because nobody else would")
    # On disk while it is being written, and nothing of it in what is trained on.
    qtbot.waitUntil(lambda: aside_path(set_path).exists() and "nobody else would" in aside_path(set_path).read_text())
    assert not set_path.exists()
    press(qtbot, window.interview.answer, KEY.Key_Return)
    second = asked(window, qtbot)
    assert second != first
    qtbot.keyClicks(window.interview.answer, "It is what a ledger would say.")
    press(qtbot, window, KEY.Key_J)
    assert window.pages.currentWidget() is window.judgments
    sketch = window.studio.interview.sketches[0]  # type: ignore[union-attr]
    assert sketch.reasoning == "It is what a ledger would say."
    assert sketch.quote is None or sketch.quote in PASSAGE
    assert sketch.dimension is not None
    # The verdict is nobody's to guess: it is asked for, and chosen with the arrows.
    assert sketch.verdict is None
    verdict = window.judgments.choices["verdict"]
    assert verdict.buttons["works"].hasFocus()
    qtbot.keyClick(verdict.buttons["works"], KEY.Key_Right)
    assert verdict.value() == "fails"
    window.studio.save()
    (kept,) = load(set_path)
    assert kept.dialogue == (
        Turn(role="engineer", text=first),
        Turn(role="expert", text="Because nobody else would"),
        Turn(role="engineer", text=second),
        Turn(role="expert", text="It is what a ledger would say."),
    )
    assert (kept.passage, kept.context) == (PASSAGE, "The ferry was late.")
    assert kept.brief.reality.startswith("Tickets")
    assert kept.annotators == (Annotator(role="expert", name="A. Writer"),)
    window.export_to(tmp_path / "out.jsonl")
    assert cqa_train(["check", str(tmp_path / "out.jsonl")]) == 0
    assert load(tmp_path / "out.jsonl") == [kept]
    # Another beginning on the same passage goes on with it.
    begin(window)
    assert window.studio.interview is not None
    assert window.studio.interview.name == kept.id


def test_selected_words_are_judged_and_both_people_are_recorded(
    make_studio: MakeStudio, qtbot: QtBot, set_path: Path
) -> None:
    window = make_studio()
    begin(window)
    asked(window, qtbot)
    window.turn_to(window.details)
    qtbot.keyClicks(window.details.lines["colleague"], "B. Colleague")
    window.turn_to(window.interview)
    press(qtbot, window, KEY.Key_K)
    assert window.interview.own.hasFocus()
    qtbot.keyClicks(window.interview.own, "Why a bishop?")
    qtbot.keyClick(window.interview.own, KEY.Key_Return)
    assert window.interview.answer.hasFocus()
    qtbot.keyClicks(window.interview.answer, "He is the last one you would ask.")
    press(qtbot, window.interview.answer, KEY.Key_Return)
    press(qtbot, window, KEY.Key_F6, control=False)
    assert window.passage.hasFocus()
    choose(window, "shop photographed elev")
    press(qtbot, window.passage, KEY.Key_J)
    form = window.judgments
    for field, value in (("dimension", "reality"), ("constraint", "mythos"), ("verdict", "fails")):
        form.choices[field].buttons[value].click()
    qtbot.keyClicks(form.fields["reasoning"], "No camera is told of.")
    qtbot.keyClicks(form.fields["counterfactual"], "A drawing could be.")
    qtbot.keyClicks(form.fields["suggestion"], "Say what he holds.")
    window.studio.save()
    (kept,) = load(set_path)
    assert kept.judgments == (
        Judgment(
            quote="bishop photographed eleven",
            dimension="reality",
            constraint="mythos",
            verdict="fails",
            reasoning="No camera is told of.",
            counterfactual="A drawing could be.",
            suggestion="Say what he holds.",
        ),
    )
    assert [who.role for who in kept.annotators] == ["expert", "engineer"]
    assert kept.dialogue[0] == Turn(role="engineer", text="Why a bishop?")
    # Words after a character outside the first plane are found where they are; a judgment of the whole has none.
    choose(window, "Nobody on the quay")
    window.judgments.take.click()
    assert window.studio.interview is not None
    assert window.studio.interview.sketches[0].quote == "Nobody on the quay"
    form.whole.click()
    assert window.studio.interview.sketches[0].quote is None


def test_what_was_said_is_reworded_removed_and_not_asked_again(
    make_studio: MakeStudio, qtbot: QtBot, set_path: Path
) -> None:
    window = make_studio()
    begin(window)
    skipped = asked(window, qtbot)
    press(qtbot, window.interview.answer, KEY.Key_Return)
    kept = asked(window, qtbot)
    qtbot.keyClicks(window.interview.answer, "First words.")
    press(qtbot, window.interview.answer, KEY.Key_Return)
    asked(window, qtbot)
    (card,) = window.interview.turns.cards
    card.setFocus()
    qtbot.keyClick(card, KEY.Key_Return)
    card.fields[1].setPlainText("Other words.")
    window.studio.save()
    assert [turn.text for turn in on_disk(set_path)[0].dialogue] == [kept, "Other words."]
    name = window.studio.interview.name  # type: ignore[union-attr]
    window.close()
    window = make_studio()
    window.studio.open(name)
    again = asked(window, qtbot)
    waiting = window.studio.interview._waiting  # type: ignore[union-attr]
    assert not {skipped, kept} & {again, *(one.text for one in waiting)}
    qtbot.keyClick(window.interview.turns.cards[0], KEY.Key_Delete)
    assert on_disk(set_path) == []  # nothing is said or judged any more
    window.studio.undo()
    assert len(on_disk(set_path)[0].dialogue) == 2


def test_the_set_is_reviewed_excluded_deleted_and_undone(make_studio: MakeStudio, qtbot: QtBot, set_path: Path) -> None:
    stored = TeachingSet(set_path)
    for name in ("a", "b"):
        stored.put(finished(name, f"Passage {name}."))
    window = make_studio()
    press(qtbot, window, KEY.Key_4)
    page = window.set_page
    assert page.list.hasFocus()
    assert page.chosen == "b"
    assert page.coverage.bars["craft"].figure == "2 · 100%"
    assert "about 100 judgments" in page.coverage.wanted.text()
    assert "30 reality" in page.coverage.wanted.text()
    assert window.lacks.text() == "Most wanted: audience, 0 of 2 judgments"
    qtbot.keyClick(page.list, KEY.Key_X)
    assert [one.id for one in load(set_path)] == ["a"]
    assert "excluded" in page.list.currentItem().data(Qt.ItemDataRole.UserRole + 1)
    qtbot.keyClick(page.list, KEY.Key_Delete)
    assert page.list.count() == 1
    press(qtbot, page.list, KEY.Key_Z)
    press(qtbot, page.list, KEY.Key_Z)
    assert {one.id for one in load(set_path)} == {"a", "b"}
    qtbot.keyClick(page.list, KEY.Key_Return)
    assert window.pages.currentWidget() is window.judgments
    window.judgments.fields["reasoning"].setPlainText("")
    window.studio.save()
    assert len(load(set_path)) == 1
    assert "unfinished: one lacks its reasoning" in page.list.currentItem().data(Qt.ItemDataRole.UserRole + 1)


def test_another_programs_rows_are_shown_and_kept(make_studio: MakeStudio, set_path: Path) -> None:
    window = make_studio()
    window.begin(PASSAGE)
    window.studio.write_answer("Mine, half written")
    TeachingSet(set_path).put(finished("theirs"))
    window.studio.save()
    assert {one.id for one in on_disk(set_path)} >= {"theirs"}
    assert len(on_disk(set_path)) == 2
    TeachingSet(set_path).put(finished("late"))
    window.studio.look()
    assert any("changed by another program" in one for one in window.notices.messages())
    assert window.set_page.list.count() == 3
    assert window.interview.answer.text() == "" or "half" in window.interview.answer.text()


def test_a_broken_set_is_told_of_and_left(make_studio: MakeStudio, set_path: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"schema": 1}\n', encoding="utf-8")
    window = make_studio()
    assert not window.studio.open_set(broken)
    assert any(f"{broken}:1: " in one for one in window.notices.messages())
    assert broken.read_text(encoding="utf-8") == '{"schema": 1}\n'
    assert window.studio.set is not None
    assert window.studio.set.path == set_path
    # The set that was open last is broken now: nothing said is lost for it, and it is saved in the next one.
    set_path.write_text("{half\n", encoding="utf-8")
    again = make_studio()
    assert again.studio.set is None
    assert any(f"{set_path}:1: " in one for one in again.notices.messages())
    again.begin(PASSAGE)
    again.studio.write_answer("Said all the same.")
    assert not again.studio.save()
    again.paste_new()
    assert again.studio.interview is not None
    assert again.studio.open_set(tmp_path / "whole.jsonl")
    assert on_disk(tmp_path / "whole.jsonl")[0].dialogue[-1].text == "Said all the same."
    assert set_path.read_text(encoding="utf-8") == "{half\n"


def test_what_cannot_be_saved_is_said_and_saved_later(
    make_studio: MakeStudio, set_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = make_studio()
    window.begin(PASSAGE)
    set_path.with_name(aside_path(set_path).name).mkdir()  # a folder where the file should be
    window.studio.write_answer("Kept all the same.")
    assert not window.studio.save()
    assert window.state.text() == "Not saved"
    assert any(one.startswith("Not saved: ") for one in window.notices.messages())
    told: list[str] = []
    monkeypatch.setattr(window, "_ask", lambda text, yes: told.append(text))
    assert not window.close()
    assert told[0].startswith("Not saved: ")
    aside_path(set_path).rmdir()
    assert window.studio.save()
    assert window.state.text() == "Saved"
    assert on_disk(set_path)[0].dialogue[-1].text == "Kept all the same."


def test_what_fits_any_passage_is_not_asked_of_each(make_studio: MakeStudio, qtbot: QtBot) -> None:
    window = make_studio()
    put: list[str] = []
    for text in ("Go.", "Stay.", "Wait."):
        window.begin(text)
        for _ in range(3):
            put.append(asked(window, qtbot))
            window.studio.write_answer("So.")
            window.studio.go_on()
        window.studio.save()
    assert len(put) == len(set(put)) == 9


def test_a_passage_without_words_is_said_to_have_none(make_studio: MakeStudio, qtbot: QtBot) -> None:
    window = make_studio()
    window.begin("— … —")
    qtbot.waitUntil(lambda: window.studio.questioner.unread, timeout=WAIT_MS)
    assert "could not be read" in window.interview.question.text()
    assert any("no words here" in one for one in window.notices.messages())
    window.begin(PASSAGE)
    assert asked(window, qtbot)


def test_a_change_of_the_passage_that_parts_a_judgment_from_its_words_is_told(
    make_studio: MakeStudio, set_path: Path
) -> None:
    stored = finished("a")
    judgment = msgspec.structs.replace(stored.judgments[0], quote="zinc bishop")
    TeachingSet(set_path).put(msgspec.structs.replace(stored, judgments=(judgment,)))
    window = make_studio()
    window.studio.open("a")
    window.details.passage.setPlainText(PASSAGE.replace("zinc", "tin"))
    window.details.lines["language"].setText("English")
    assert "write a language tag" in window.details.lead.text()
    window.studio.save()
    assert set_path.read_text(encoding="utf-8") == ""
    (entry,) = TeachingSet(set_path).entries
    assert "'zinc bishop' is not in the passage" in str(entry.problems[0])
    window.turn_to(window.judgments)
    assert "do not stand in the passage" in window.judgments.lacks.text()
    assert "quote 'zinc bishop'" in window.set_page.list.item(0).data(Qt.ItemDataRole.UserRole + 1)
    window.passage.choose(PASSAGE.index("bishop") - 1, PASSAGE.index("bishop") + 5)
    window.judgments.take.click()
    window.studio.save()
    assert load(set_path)[0].judgments[0].quote == "bishop"


def test_hostile_passages_are_kept_as_they_are(make_studio: MakeStudio, set_path: Path) -> None:
    hostile = "A\u2028b \ufdd0 \u202ec\u0301 <b>d</b> {e} \U0001f469\u200d\U0001f680 “f” end"
    window = make_studio()
    window.pasted.setPlainText(hostile)
    window.begin_button.click()
    interview = window.studio.interview
    assert interview is not None
    at = interview.passage.index("“f”")
    window.passage.choose(at, at + 3)
    assert window.passage.chosen() == "“f”"
    window.judge()
    window.judgments.fields["reasoning"].setPlainText("<i>why</i>\x00 \ud83d")
    for field, value in (("dimension", "craft"), ("constraint", "ethos"), ("verdict", "works")):
        window.judgments.choices[field].buttons[value].click()
    window.studio.save()
    (kept,) = load(set_path)
    assert kept.judgments[0].quote == "“f”"
    assert kept.judgments[0].reasoning.startswith("<i>why</i>")
    assert "<b>d</b>" in window.passage.toPlainText()


def test_what_is_asked_once_is_remembered(
    make_studio: MakeStudio, qtbot: QtBot, set_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = make_studio(said=False)
    window.begin(PASSAGE)
    assert window.pages.currentWidget() is window.details
    assert window.details.lines["expert"].hasFocus()
    for name, text in (("expert", "A. Writer"), ("source", "My book"), ("licence", "all rights reserved")):
        qtbot.keyClicks(window.details.lines[name], text)
    window.studio.write_answer("Said.")
    window.studio.save()
    window.begin("Another passage.")
    assert window.pages.currentWidget() is window.interview
    assert window.studio.interview is not None
    given = window.studio.interview.annotation()
    assert (given.source, given.licence, given.annotators[0].name) == ("My book", "all rights reserved", "A. Writer")
    other = set_path.with_name("other")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args, **_named: (str(other), ""))
    window.choose_set()
    assert window.name.text() == "other.jsonl"
    assert window.studio.remembered.set_path == other.with_suffix(".jsonl")


def test_the_main_window_opens_it_on_the_selection_and_closes_it(make_window: MakeWindow, qtbot: QtBot) -> None:
    main = make_window(DRAFT)
    qtbot.waitUntil(main.isActiveWindow)
    main.editor.go_to(DRAFT.index("dog") + 1)
    press(qtbot, main, KEY.Key_T)
    studio = main.teaching.window
    assert studio is not None
    assert studio.studio.interview is not None
    assert studio.studio.interview.passage == "The dog slept on."
    assert studio.studio.interview.context.endswith(PASSAGE)
    main.set_theme("dark")
    assert DARK.paper in studio.styleSheet()
    qtbot.waitUntil(lambda: not studio.studio.questioner.asking, timeout=WAIT_MS)
    assert main.close()
    assert main.teaching.window is None

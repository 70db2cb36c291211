"""Notes live with a draft: they follow its edits, say when their words changed, and are found again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqa_desktop.annotations.critique import Figure, Point
from cqa_desktop.documents.anchors import AROUND, find_again, plain
from cqa_desktop.documents.note_tables import notes_from, tables_of
from cqa_desktop.documents.notes import Note, Notes, Reading
from cqa_desktop.text.offsets import Utf16Map
from cqa_desktop.text.spans import Span

TEXT = (
    "Ada had the numbers. 😀 She had all of them, in eleven ledgers. Her father wrote “no charge”.\n\n"
    "There was a great deal of no charge. She had all of it by heart, and said so to nobody."
)


def note(quote: str, text: str = TEXT, *, nth: int = 0, note_id: str = "n", **changes: Any) -> Note:
    start = -1
    for _ in range(nth + 1):
        start = text.index(quote, start + 1)
    point = Point(start=start, end=start + len(quote), quote=quote, dimension="craft", verdict="asks", reasoning="Why?")
    end = start + len(quote)
    before, after = text[max(start - AROUND, 0) : start], text[end : end + AROUND]
    return replace(Note(id=note_id, point=point, critic="measured", before_words=before, after_words=after), **changes)


def opened(*notes: Note, text: str = TEXT) -> Notes:
    made = Notes()
    made.open(notes, text)
    return made


def words_at(notes: Notes, note_id: str, text: str) -> str | None:
    place = notes.place(note_id)
    raw = text.encode("utf-16-le")
    return raw[2 * place.start : 2 * place.end].decode("utf-16-le") if place else None


def edit(notes: Notes, text: str, at: int, removed: int, added: str) -> str:
    """One edit, given in code points, followed as an editor tells of it."""
    offsets = Utf16Map(text)
    first, last = offsets.to_utf16(at), offsets.to_utf16(at + removed)
    notes.follow(first, last - first, len(added.encode("utf-16-le")) // 2)
    return text[:at] + added + text[at + removed :]


def only(notes: Notes) -> Note:
    (found,) = notes.all()
    return found


QUOTES = ("Ada", "the numbers", "She had all of them", "😀 She", "no charge”.\n\nThere was", "nobody.")


@given(st.data())
def test_after_any_edits_a_note_has_its_words_or_says_that_they_changed(data: st.DataObject) -> None:
    notes = opened(*(note(quote, note_id=str(index)) for index, quote in enumerate(QUOTES)))
    text = TEXT
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(text)))
        removed = data.draw(st.integers(0, min(12, len(text) - at)))
        added = data.draw(st.text("a 😀\n“", max_size=4))
        spans = {one.id: notes.place(one.id) for one in notes.all() if not one.changed}
        offsets = Utf16Map(text)
        touched = {
            note_id
            for note_id, span in spans.items()
            if span and span.start < offsets.to_utf16(at + removed) and span.end > offsets.to_utf16(at)
        }
        text = edit(notes, text, at, removed, added)
        length = len(text.encode("utf-16-le")) // 2
        for one in notes.all():
            place = notes.place(one.id)
            assert place is not None
            assert 0 <= place.start <= place.end <= length
            if one.id in spans:
                assert one.changed == (one.id in touched)
            if not one.changed:
                assert words_at(notes, one.id, text) == one.point.quote
    notes.settle(text)
    for one in notes.all():
        assert one.changed or plain(words_at(notes, one.id, text) or "") == plain(one.point.quote)


@given(st.data())
def test_what_is_written_down_is_found_again_in_the_same_text(data: st.DataObject) -> None:
    notes = opened(*(note(quote, note_id=str(index)) for index, quote in enumerate(QUOTES)))
    text = TEXT
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(text)))
        removed = data.draw(st.integers(0, min(9, len(text) - at)))
        text = edit(notes, text, at, removed, data.draw(st.text("a 😀", max_size=4)))
    notes.settle(text)
    again = opened(*notes_from(tables_of(notes.kept(text))), text=text)
    for one in notes.all():
        found = again.get(one.id)
        assert found is not None
        assert found.changed == one.changed
        if not one.changed:
            assert again.place(one.id) == notes.place(one.id)


def test_words_that_became_part_of_longer_ones_stay_changed_when_the_draft_is_opened_again() -> None:
    notes = opened(note("Ada"))
    text = edit(notes, TEXT, 2, 2, "a")
    assert text.startswith("Adahad")
    assert not notes.settle(text)
    again = opened(*notes_from(tables_of(notes.kept(text))), text=text)
    assert only(again).changed


def test_an_edit_before_moves_a_note_and_one_beside_it_does_not_touch_it() -> None:
    notes = opened(note("the numbers"))
    text = edit(notes, TEXT, 0, 3, "Adelaide 😀")
    text = edit(notes, text, text.index("the numbers") + len("the numbers"), 0, ", all of them")
    assert words_at(notes, "n", text) == "the numbers"
    assert not only(notes).changed


def test_words_that_change_are_said_to_have_and_are_well_again_when_they_come_back() -> None:
    notes = opened(note("the numbers"))
    text = edit(notes, TEXT, TEXT.index("numbers"), 7, "figures")
    assert only(notes).changed
    assert not notes.settle(text)
    assert words_at(notes, "n", text) == "the figures"
    text = edit(notes, text, text.index("figures"), 7, "numbers")
    assert notes.settle(text)
    assert not only(notes).changed


def test_a_longer_word_is_not_the_word() -> None:
    notes = opened(note("numbers"))
    text = edit(notes, TEXT, TEXT.index("numbers"), 7, "numbersome")
    assert not notes.settle(text)
    assert only(notes).changed


def test_words_cut_and_put_elsewhere_are_found_there() -> None:
    sentence = " Her father wrote “no charge”."
    notes = opened(note(sentence.strip()))
    text = edit(notes, TEXT, TEXT.index(sentence), len(sentence), "")
    assert only(notes).changed
    text = edit(notes, text, len(text), 0, sentence)
    assert notes.settle(text)
    assert words_at(notes, "n", text) == sentence.strip()


def test_the_whole_text_replaced_by_itself_changes_nothing() -> None:
    notes = opened(note("the numbers"), note("She had all of", nth=1, note_id="m"))
    before = [notes.place("n"), notes.place("m")]
    text = edit(notes, TEXT, 0, len(TEXT), TEXT)
    assert notes.settle(text)
    assert [notes.place("n"), notes.place("m")] == before


def test_of_words_that_stand_twice_those_in_their_surroundings_are_found() -> None:
    second = note("She had all of", nth=1)
    text = "She had all of the salt. " * 3 + TEXT
    notes = opened(second, text=text)
    place = notes.place("n")
    assert place is not None
    offsets = Utf16Map(text)
    assert text[offsets.to_code_points(place.start) :].startswith("She had all of it by heart")


def test_words_that_are_gone_leave_a_note_without_a_place() -> None:
    notes = opened(note("the numbers"), text="Nothing of it is left, not even the ledger.")
    assert only(notes).changed
    assert notes.place("n") is None
    assert notes.kept("Nothing of it is left, not even the ledger.") == (only(notes),)


def test_a_short_word_is_not_taken_for_the_same_word_anywhere() -> None:
    assert find_again(plain("Then Ada went. So did Tom."), "Ada", "zzzzz ", " yyyyy", 40) is None
    assert find_again(plain("Then Ada went. So did Tom."), "Ada", "Then ", " went", 40) == Span(5, 8)


def test_quote_marks_and_line_breaks_may_change_their_kind() -> None:
    notes = opened(note("wrote “no charge”.\n\nThere"), text=TEXT.replace("“", '"').replace("”", '"'))
    assert not only(notes).changed
    assert notes.place("n") is not None


def test_a_changed_note_finds_the_words_in_its_place() -> None:
    notes = opened(note("the numbers"))
    text = edit(notes, TEXT, TEXT.index("the numbers"), 11, "every figure")
    kept = notes.kept(text)
    assert kept[0].now == "every figure"
    again = opened(*kept, text="A new beginning. " + text)
    assert only(again).changed
    assert words_at(again, "n", "A new beginning. " + text) == "every figure"


def test_before_stays_and_after_follows_once_words_changed() -> None:
    notes = opened(note("the numbers"))
    notes.read("n", Reading(9, 8))
    notes.read("n", Reading(9, 7))
    text = edit(notes, TEXT, TEXT.index("numbers"), 7, "figures")
    notes.read("n", Reading(6, 5))
    notes.read("n", None)
    notes.read("nobody", Reading(1, 1))
    assert (only(notes).before, only(notes).after) == (Reading(9, 7), Reading(6, 5))
    text = edit(notes, text, text.index("figures"), 7, "numbers")
    notes.settle(text)
    assert only(notes).after is None


# --- what is done to them -----------------------------------------------------------------------------------------


def states(notes: Notes) -> list[tuple[str, str, bool]]:
    return [(one.id, one.state, one.pinned) for one in notes.all()]


def test_every_step_can_be_undone_and_done_again() -> None:
    notes = opened(note("Ada", note_id="a"), note("nobody.", note_id="b"))
    seen = [states(notes)]
    acts: list[Callable[[], None]] = [
        lambda: notes.accept("a"),
        lambda: notes.pin("b"),
        lambda: notes.dismiss("b"),
        lambda: notes.remove("a"),
        lambda: notes.reopen("b"),
        lambda: notes.pin("b", pinned=False),
    ]
    for act in acts:
        act()
        assert states(notes) != seen[-1]
        seen.append(states(notes))
    for expected in seen[-2::-1]:
        assert notes.undo()
        assert states(notes) == expected
    assert not notes.undo()
    assert not notes.can_undo
    for expected in seen[1:]:
        assert notes.redo()
        assert states(notes) == expected
    assert not notes.redo()


def test_nothing_done_is_no_step() -> None:
    notes = opened(note("Ada"))
    notes.reopen("n")
    notes.pin("n", pinned=False)
    notes.accept("nobody")
    assert not notes.can_undo


def test_a_note_that_comes_back_stands_where_its_words_are_now() -> None:
    notes = opened(note("the numbers"))
    notes.remove("n")
    text = edit(notes, TEXT, 0, 0, "Once, ")
    notes.undo()
    assert words_at(notes, "n", text) == "the numbers"


def test_the_notes_of_one_critique_go_together() -> None:
    notes = opened()
    for _ in range(3):
        notes.add(note("Ada"), Span(0, 3), together="critique 1")
    notes.add(note("nobody."), None, together="critique 2")
    assert [one.id for one in notes.all()] == ["n", "n-2", "n-3", "n-4"]
    assert only_changed(notes) == ["n-4"]
    notes.undo()
    assert len(notes.all()) == 3
    notes.undo()
    assert notes.all() == []
    notes.redo()
    assert len(notes.all()) == 3
    assert notes.counts() == {"open": 3, "accepted": 0, "dismissed": 0}


def only_changed(notes: Notes) -> list[str]:
    return [one.id for one in notes.all() if one.changed]


def test_a_draft_that_is_opened_has_its_own_notes_and_no_history() -> None:
    notes = opened(note("Ada"))
    notes.accept("n")
    notes.open([note("nobody.")], TEXT)
    assert states(notes) == [("n", "open", False)]
    assert not notes.can_undo


# --- in the file --------------------------------------------------------------------------------------------------


@given(st.text(), st.text(), st.text(), st.floats(0, 100), st.booleans())
def test_tables_there_and_back(quote: str, reasoning: str, name: str, figure: float, pinned: bool) -> None:
    point = Point(
        start=1, end=2, quote=quote, dimension="reality", constraint="ethos", verdict="fails", reasoning=reasoning,
        counterfactual=name, figures=(Figure(name, figure, "bits"),), whole=True, similarity=0.9,
    )  # fmt: skip
    made = Note(
        id=name, point=point, critic="model", model=name, state="accepted", pinned=pinned, changed=True, now=quote,
        before=Reading(figure, figure, name), other={"later": [1]},
    )  # fmt: skip
    assert notes_from(tables_of([made])) == (made,)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"quote": 3}, "'quote' of note 2: is not a text"),
        ({"start": "x"}, "'start' of note 2: is not a whole number"),
        ({"verdict": "bad"}, "'verdict' of note 2: Invalid enum value 'bad'"),
        ({"before": 3}, "'before' of note 2: is not a table"),
        ({"similarity": float("nan")}, "note 2: holds a figure that is no number"),
    ],
)
def test_a_broken_table_is_named(changes: dict[str, object], says: str) -> None:
    good, bad = tables_of([note("Ada"), note("Ada")])
    with pytest.raises(ValueError, match=says):
        notes_from([good, bad | changes])


def test_what_a_note_says_already_is_known_and_what_was_begun_is_found() -> None:
    said = note("no charge", nth=1)
    begun = replace(note("There was a great deal of no charge.", note_id="u"), unfinished=True)
    begun = replace(begun, point=msgspec.structs.replace(begun.point, reasoning="Why? As it …"))
    notes = opened(said, begun)
    place = notes.place("n")
    assert place is not None
    again = msgspec.structs.replace(said.point)
    assert notes.same(again, place) == "n"
    notes.dismiss("n")
    assert notes.same(again, place) == "n"
    assert notes.same(again, Span(place.start - 30, place.end - 30)) == ""
    assert notes.same(msgspec.structs.replace(again, reasoning="Because."), place) == ""
    assert notes.same(msgspec.structs.replace(again, verdict="works"), place) == ""
    whole = msgspec.structs.replace(again, counterfactual="As it stands, nobody asks.")
    assert [one.id for one in notes.begun(whole)] == ["u"]
    assert notes.begun(again) == []
    notes.remove("n")
    assert notes.same(again, place) == ""

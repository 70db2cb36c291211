"""Marks follow edits."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cqa_desktop.engine.messages import ParagraphScores
from cqa_desktop.measure.types import Information, Mark, PassageMeasure, Percentile
from cqa_desktop.text.offsets import Utf16Map
from cqa_desktop.text.paragraphs import paragraphs
from cqa_desktop.text.sentences import sentences
from cqa_desktop.text.spans import Span
from cqa_desktop.ui.score_store import ScoreStore

TEXT = "One fish swam. Two fish swam off.\n\nRed fish came back. Blue fish did not.\n\nThe end was near."


def measure(start: int, end: int) -> PassageMeasure:
    views = {"bare": 20.0, "story": 18.0}
    return PassageMeasure(
        start, end, "earned", 5, 5, views, views, views, Information(2, 0, 2, 0), Percentile(50, 50, 50, 50, 50),
        (Mark(start, end, "earned"),),
    )  # fmt: skip


def scores(text: str) -> list[ParagraphScores]:
    found = []
    for number, span in enumerate(paragraphs(text)):
        own = [measure(one.start, one.end) for one in sentences(span.of(text), Span(0, len(span)))]
        found.append(ParagraphScores(span.start, span.end, number, own))
    return found


def filled(text: str = TEXT) -> ScoreStore:
    store = ScoreStore()
    store.put(scores(text), Utf16Map(text))
    return store


def shown(store: ScoreStore, text: str) -> list[str]:
    raw = text.encode("utf-16-le")
    placed = (passage.moved(base) for base, passage in store.passages())
    return [raw[2 * one.start : 2 * one.end].decode("utf-16-le") for one in placed]


def edit(store: ScoreStore, text: str, at: int, removed: int, added: str) -> str:
    store.edit(at, removed, len(added.encode("utf-16-le")) // 2)
    return text[:at] + added + text[at + removed :]


def test_typing_takes_away_only_the_sentence_it_touches() -> None:
    store = filled()
    text = edit(store, TEXT, TEXT.index("Red") + 1, 0, "xyz")
    assert shown(store, text) == ["One fish swam.", "Two fish swam off.", "Blue fish did not.", "The end was near."]
    assert list(store.known(Utf16Map(text)).values()) == [0, 2]


def test_typing_between_sentences_keeps_both() -> None:
    store = filled()
    text = edit(store, TEXT, TEXT.index(" Two"), 0, " New words here.")
    assert shown(store, text)[:3] == ["One fish swam.", "Two fish swam off.", "Red fish came back."]


def test_a_break_splits_a_paragraph_and_a_deleted_one_joins_two() -> None:
    store = filled()
    text = edit(store, TEXT, TEXT.index("Two"), 0, "\n\n")
    assert len(shown(store, text)) == 5
    text = edit(store, text, text.index("\n\nRed"), 2, " ")
    assert len(shown(store, text)) == 5
    assert set(shown(store, text)) == set(shown(filled(text), text))


def test_removing_a_paragraph_removes_its_passages() -> None:
    store = filled()
    start = TEXT.index("Red")
    text = edit(store, TEXT, start - 2, TEXT.index("The end") - start, "")
    assert shown(store, text) == ["One fish swam.", "Two fish swam off.", "The end was near."]


def test_new_results_take_the_place_of_old_ones() -> None:
    store = filled()
    text = edit(store, TEXT, TEXT.index("Red") + 1, 0, "xyz")
    store.put(scores(text)[1:2], Utf16Map(text))
    assert shown(store, text) == shown(filled(text), text)
    store.put([], Utf16Map(text))
    assert store.count() == 5


def test_astral_characters_count_as_two_units() -> None:
    text = "😀 One fish swam 😀 off. Two fish.\n\nThe 😀 end."
    assert shown(filled(text), text) == ["😀 One fish swam 😀 off.", "Two fish.", "The 😀 end."]


def test_passage_at_is_the_one_that_holds_the_caret() -> None:
    store = filled()
    at = TEXT.index("Blue") + 2
    found = store.passage_at(at)
    assert found is not None
    assert TEXT[found.start : found.end] == "Blue fish did not."
    assert store.passage_at(TEXT.index("\n\nRed") + 1) is None


@given(st.data())
def test_whatever_is_edited_what_is_still_shown_reads_as_it_did(data: Any) -> None:
    store, text = filled(), TEXT
    originals = set(shown(store, text))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(text)))
        removed = data.draw(st.integers(0, min(12, len(text) - at)))
        text = edit(store, text, at, removed, data.draw(st.sampled_from(["", "x", "\n", " and so", "\n\n", "a. B"])))
        assert set(shown(store, text)) <= originals
        starts = [base for base, _ in store.passages()]
        assert starts == sorted(starts)
        assert all(0 <= base <= len(text) for base in starts)


@given(st.data())
def test_scoring_again_after_edits_gives_what_a_fresh_store_has(data: Any) -> None:
    store, text = filled(), TEXT
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        removed = data.draw(st.integers(0, min(12, len(text) - at)))
        text = edit(store, text, at, removed, data.draw(st.sampled_from(["", "x", "\n\n", " and so. On."])))
    store.put(scores(text), Utf16Map(text))
    assert shown(store, text) == shown(filled(text), text)

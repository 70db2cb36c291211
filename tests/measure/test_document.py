"""Aggregates and plain words."""

from __future__ import annotations

import dataclasses

import pytest

from cqa_desktop.measure.document import measure_document, surprise_curve
from cqa_desktop.measure.explain import bits_per_word, explain, headline
from cqa_desktop.measure.shift import shift_measure
from cqa_desktop.measure.types import Information, Mark, PassageClass, PassageMeasure, Percentile

VIEWS = {"bare": 100.0, "story": 80.0, "brief": 60.0}


def made(kind: PassageClass = "steady", **changes: object) -> PassageMeasure:
    base = PassageMeasure(
        10, 60, kind, 12, 10, VIEWS, VIEWS, {"bare": 1.0, "story": 0.5, "brief": 0.1},
        Information(20.0, 20.0, 40.0, 4.0), Percentile(50, 50, 50, 50, 50), (),
    )  # fmt: skip
    return dataclasses.replace(base, **changes)  # type: ignore[arg-type]


def test_aggregates_by_hand() -> None:
    found = measure_document([made(), made("earned"), made("earned", words=30)])
    assert found.words == 50
    assert found.bits_per_word == pytest.approx(180 / 50)
    assert found.information_per_token == pytest.approx(3 * 36 / 36)
    assert found.shares == {"earned": 2 / 3, "unexplained": 0, "predictable": 0, "steady": 1 / 3}


def test_nothing_has_no_figures() -> None:
    found = measure_document([])
    assert (found.words, found.bits_per_word, found.information_per_token) == (0, 0, 0)
    assert sum(found.shares.values()) == 0


def test_the_curve_follows_the_document() -> None:
    assert surprise_curve([made(), made(start=70)]) == [(10, 6.0), (70, 6.0)]


def test_bars_are_bits_a_word_of_the_views_there_are() -> None:
    assert bits_per_word(made()) == [("On its own", 10.0), ("After the story", 8.0), ("With the brief", 6.0)]
    assert len(bits_per_word(made(surprisal={"bare": 9.0, "story": 8.0}))) == 2


def test_words_before_numbers() -> None:
    high = Percentile(96, 20, 90, 90, 90)
    words = explain(made("unexplained", percentile=high, information=Information(1, 1, 2, 0)), has_brief=True)
    assert "96%" in words
    assert "Neither the story so far nor your brief" in words
    earned = explain(made("earned", percentile=Percentile(60, 90, 91, 50, 50)), has_brief=True)
    assert "91%" in earned
    assert "prepares" in earned
    stock = made("predictable", marks=(Mark(12, 30, "stock"),))
    assert "stock" in explain(stock, has_brief=False)
    dull = explain(made("predictable", percentile=Percentile(5, 50, 5, 5, 4)), has_brief=False)
    assert "sees this coming" in dull
    assert explain(made(words=3), has_brief=False) == "Too short to judge."


def test_an_allowance_for_new_words_is_told_where_it_counts() -> None:
    said = "newer than the model"
    assert said in explain(made("unexplained", allowance={"bare": 1.0, "brief": 9.0}), has_brief=True)
    assert said in explain(made(allowance={"bare": 9.0, "brief": 1.0}), has_brief=True)
    assert said not in explain(made(allowance={"bare": 1.0, "brief": 1.0}), has_brief=True)
    assert said not in explain(made(), has_brief=True)
    dull = made("predictable", percentile=Percentile(5, 50, 5, 5, 4), allowance={"bare": 9.0, "brief": 9.0})
    assert said not in explain(dull, has_brief=False)
    for kind in ("earned", "unexplained", "predictable", "steady"):
        assert headline(kind)
        assert "bits" not in explain(made(kind), has_brief=True)


def test_shifting_moves_marks_too() -> None:
    moved = shift_measure(made(marks=(Mark(12, 30, "stock"),)), 5)
    assert (moved.start, moved.end, moved.marks) == (15, 65, (Mark(17, 35, "stock"),))

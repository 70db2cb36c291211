"""Classes and marks."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqa_desktop.measure.calibration import BANDS, FIGURES, QUANTILES, Calibration
from cqa_desktop.measure.classes import Thresholds, classify, measure_passage
from cqa_desktop.measure.types import Percentile
from cqa_desktop.text.spans import Span
from tests.measure.conftest import MakePassage

MIDDLE = Percentile(50, 50, 50, 50, 50)
TEXT = "Nine words stand here in a row for testing."


def percentile(**figures: float) -> Percentile:
    return dataclasses.replace(MIDDLE, **figures)


@pytest.fixture
def calibration() -> Calibration:
    """Tables on which each figure goes evenly from one end of its range to the other."""
    ranges = {
        "z": (-3, 3), "information": (-1, 2), "bits_per_token": (2, 10), "z_story": (-3, 3),
        "story_bits_per_token": (2, 10),
    }  # fmt: skip
    rows = {
        name: tuple(low + (high - low) * quantile / 100 for quantile in QUANTILES)
        for name, (low, high) in ranges.items()
    }
    return Calibration("hand-made", 1.0, 1000, {name: (rows[name],) * len(BANDS) for name in FIGURES})


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (MIDDLE, "steady"),
        (percentile(z=91), "unexplained"),
        (percentile(z=91, information=61), "steady"),
        (percentile(z=91, information=61, bits_per_token=81), "earned"),
        (percentile(bits_per_token=81, information=61), "earned"),
        (percentile(bits_per_token=81, information=60), "steady"),
        (percentile(bits_per_token=79, information=99), "steady"),
        (percentile(z=98, bits_per_token=99, information=99), "steady"),
        (percentile(z_story=9, story_bits_per_token=9), "predictable"),
        (percentile(z_story=9, story_bits_per_token=11), "steady"),
    ],
)
def test_each_class_at_its_edges(found: Percentile, kind: str) -> None:
    assert classify(found, 12, [], Thresholds()) == kind


def test_a_stock_phrase_makes_a_passage_predictable_unless_it_surprises() -> None:
    assert classify(MIDDLE, 12, [Span(0, 5)], Thresholds()) == "predictable"
    assert classify(percentile(z=95), 12, [Span(0, 5)], Thresholds()) == "unexplained"


@given(st.floats(0, 100), st.floats(0, 100), st.floats(0, 100), st.floats(0, 100), st.floats(0, 100), st.integers(0, 4))
def test_under_five_words_nothing_is_marked(z: float, i: float, b: float, zs: float, sb: float, words: int) -> None:
    assert classify(Percentile(z, i, b, zs, sb), words, [Span(0, 3)], Thresholds()) == "steady"


def test_surprise_that_the_story_explains_is_earned(make_passage: MakePassage, calibration: Calibration) -> None:
    passage = make_passage(TEXT, {"bare": [10] * 9, "story": [6] * 9})
    measure = measure_passage(passage, TEXT, calibration)
    assert measure.kind == "earned"
    assert [(mark.start, mark.end, mark.kind) for mark in measure.marks] == [(0, len(TEXT), "earned")]


def test_surprise_that_nothing_explains_is_unexplained(make_passage: MakePassage, calibration: Calibration) -> None:
    passage = make_passage(TEXT, {"bare": [10] * 9, "story": [10] * 9})
    assert measure_passage(passage, TEXT, calibration).kind == "unexplained"


def test_repeated_names_are_not_earned(make_passage: MakePassage, calibration: Calibration) -> None:
    names = "Ahab Ahab Queequeg Starbuck Ahab Pip Stubb Ahab Flask"
    views = {"bare": [14] * 9, "story": [6] * 9}
    assert measure_passage(make_passage(names, views), names, calibration).kind == "earned"
    copied = make_passage(names, views, copied=[True] * 9)
    measure = measure_passage(copied, names, calibration)
    assert measure.kind != "earned"
    assert measure.information.copied == measure.information.total == 72


@given(st.floats(0, 30), st.floats(0, 30))
def test_what_is_all_copied_is_never_earned(bare: float, story: float) -> None:
    import numpy as np

    from cqa_desktop.measure.types import ScoredPassage
    from tests.measure.conftest import view

    rows = tuple(float(quantile) for quantile in QUANTILES)
    tables = {name: (rows,) * len(BANDS) for name in FIGURES}
    tables["information"] = (tuple(quantile / 25 - 2 for quantile in QUANTILES),) * len(BANDS)  # 0 is the 50th
    spans = np.arange(9, dtype=np.int32)
    passage = ScoredPassage(
        0, 9, 9, spans, spans + 1, np.ones(9, np.bool_), {"bare": view([bare] * 9), "story": view([story] * 9)}
    )
    assert measure_passage(passage, "abcdefghi", Calibration("", 1.0, 100, tables)).kind != "earned"


def test_the_stock_phrase_is_marked_and_not_the_sentence(make_passage: MakePassage, calibration: Calibration) -> None:
    text = "The admiral saw that her heart skipped a beat twice."
    low = {3: 1.0, 4: 1.0, 5: 1.0, 6: 0.5, 7: 0.5}
    surprisal = [low.get(index, 6.0) for index in range(10)]
    passage = make_passage(text, {"bare": surprisal, "story": surprisal})
    for view in passage.views.values():
        view.rank[[3, 4, 5, 6, 7, 8]] = 0
        view.rank[8] = 40
    measure = measure_passage(passage, text, calibration)
    assert measure.kind == "predictable"
    assert [(text[mark.start : mark.end], mark.kind) for mark in measure.marks] == [
        ("that her heart skipped a", "stock")
    ]

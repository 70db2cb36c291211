"""Sums, z and information of a passage."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqa_desktop.measure.passages import sum_passage, z_score
from cqa_desktop.measure.types import ScoredPassage
from tests.measure.conftest import MakePassage, view

BITS = st.lists(st.tuples(*[st.floats(0, 25, width=32)] * 3, st.booleans()), min_size=1, max_size=40)


def test_by_hand(make_passage: MakePassage) -> None:
    passage = make_passage(
        "one two three", {"bare": [10, 8, 6], "story": [9, 2, 6], "brief": [7, 1, 6]}, copied=[False, True, False]
    )
    sums = sum_passage(passage)
    assert sums.surprisal == {"bare": 24, "story": 17, "brief": 14}
    assert sums.entropy == {"bare": 15, "story": 15, "brief": 15}
    assert sums.z["bare"] == pytest.approx((24 - 15) / math.sqrt(12))
    information = sums.information
    assert (information.story, information.brief, information.total) == (7, 3, 10)
    assert information.copied == 7  # 8 - 1, on the word that stood there before
    assert sums.grounded == 3
    assert sums.informed == "brief"


def test_without_a_brief_the_story_informs(make_passage: MakePassage) -> None:
    sums = sum_passage(make_passage("one two", {"bare": [5, 5], "story": [4, 3]}))
    assert sums.informed == "story"
    assert sums.information.brief == 0
    assert sums.information.total == 3


def test_z_of_a_certain_model_is_zero() -> None:
    assert z_score(view([0.0, 0.0], entropy=0.0, varentropy=0.0)) == 0.0


@given(BITS)
def test_information_is_zero_where_views_are_equal(rows: list[tuple[float, float, float, bool]]) -> None:
    sums = sum_passage(_made(rows, equal=True))
    assert sums.information.total == 0
    assert sums.information.copied == 0


@given(BITS)
def test_the_chain_rule_holds(rows: list[tuple[float, float, float, bool]]) -> None:
    information = sum_passage(_made(rows)).information
    assert information.story + information.brief == pytest.approx(information.total, abs=1e-6)


@given(BITS)
def test_copied_and_grounded_are_all(rows: list[tuple[float, float, float, bool]]) -> None:
    passage = _made(rows)
    sums = sum_passage(passage)
    gain = passage.views["bare"].surprisal.astype(float) - passage.views["brief"].surprisal
    assert sums.grounded == pytest.approx(float(gain[~passage.copied].sum()), abs=1e-5)


def _made(rows: list[tuple[float, float, float, bool]], *, equal: bool = False) -> ScoredPassage:
    count = len(rows)
    names = ("bare", "story", "brief")
    columns = {name: [row[0 if equal else at] for row in rows] for at, name in enumerate(names)}
    return ScoredPassage(
        0, count, count, np.arange(count, dtype=np.int32), np.arange(1, count + 1, dtype=np.int32),
        np.array([row[3] for row in rows], np.bool_), {name: view(column) for name, column in columns.items()},
    )  # fmt: skip

"""The pair test's statistics, against scipy and hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from cqa_desktop.measure.pairs import PairResult, delta_delta, summarise, summarise_groups


def results(*pairs: tuple[float, float], group: str = "literary") -> list[PairResult]:
    return [PairResult(str(number), group, good, degraded) for number, (good, degraded) in enumerate(pairs)]


def test_by_hand() -> None:
    summary = summarise([1.0, 2.0, 3.0, -2.0])
    assert (summary.pairs, summary.wins, summary.ties, summary.mean) == (4, 3, 0, 1.0)
    assert summary.cohen_d == pytest.approx(1.0 / np.std([1, 2, 3, -2], ddof=1))
    assert summary.p is None  # four pairs are too few


@given(st.lists(st.floats(-50, 50).filter(lambda one: abs(one) > 1e-3), min_size=6, max_size=40))
def test_agrees_with_scipy(differences: list[float]) -> None:
    summary = summarise(differences)
    assert summary.p == pytest.approx(stats.wilcoxon(differences, alternative="greater").pvalue)
    assert summary.wins + sum(one < 0 for one in differences) == summary.pairs


def test_degenerate_sets() -> None:
    assert summarise([]).pairs == 0
    assert summarise([]).cohen_d is None
    same = summarise([2.0] * 8)
    assert same.cohen_d is None
    assert same.p == pytest.approx(1 / 256)
    nothing = summarise([0.0] * 8)
    assert (nothing.ties, nothing.wins, nothing.p) == (8, 0, None)
    assert summarise([1.5]).cohen_d is None


def test_groups_and_all() -> None:
    rows = results((3, 1), (2, 2)) + results((1, 4), group="control")
    groups = summarise_groups(rows)
    assert list(groups) == ["literary", "control", "all"]
    assert groups["literary"].wins == 1
    assert groups["literary"].ties == 1
    assert groups["control"].mean == -3
    assert groups["all"].pairs == 3


def test_delta_delta_pairs_by_id() -> None:
    before, after = results((3, 1), (2, 2)), list(reversed(results((5, 1), (2, 3))))
    summary = delta_delta(before, after)
    assert summary.mean == pytest.approx(((4 - 2) + (-1 - 0)) / 2)
    with pytest.raises(ValueError, match="different pairs"):
        delta_delta(before, after[:1])
    assert math.isfinite(summary.mean)

"""The statistics are right."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest

from trainer.evaluate.statistics import Paired, bootstrap, finite, holm, paired


@pytest.mark.parametrize(
    ("values", "corrected"),
    [
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        ([0.01, None, 0.04, 0.03, None, 0.005], [0.03, None, 0.06, 0.06, None, 0.02]),
        ([0.6, 0.7], [1.0, 1.0]),
        ([0.02], [0.02]),
        ([None], [None]),
        ([0.01, 0.01], [0.02, 0.02]),
        ([], []),
    ],
)
def test_holm_by_hand(values: list[float | None], corrected: list[float | None]) -> None:
    assert holm(values) == [None if value is None else pytest.approx(value) for value in corrected]


def test_paired_statistics_by_hand() -> None:
    values = [3.0, 1.0, 2.0, -0.5, 4.0, 5.0, 6.0]
    found = paired(values, resamples=2000, seed=1)
    assert (found.pairs, found.wins, found.p_holm) == (7, 6, None)
    assert found.mean == pytest.approx(20.5 / 7)
    assert found.cohen_d == pytest.approx(statistics.mean(values) / statistics.stdev(values))
    # Of 2^7 signs, two leave the negative ranks at 1 or less: none negative, or the least alone.
    assert found.p == pytest.approx(2 / 128)
    assert found.p_two_sided == pytest.approx(4 / 128)
    other = paired([-value for value in values], resamples=2000, seed=1)
    assert other.p == pytest.approx(127 / 128)
    assert other.p_two_sided == pytest.approx(4 / 128)
    with_zeros = paired([*values, 0.0, 0.0], resamples=100, seed=1)
    assert (with_zeros.pairs, with_zeros.wins, with_zeros.p) == (9, 6, found.p)


def test_paired_statistics_of_next_to_nothing() -> None:
    assert paired([0.0] * 8, resamples=100, seed=1) == Paired(8, 0.0, 0.0, 0.0, 0, None, None, None)
    assert paired([2.5], resamples=100, seed=1) == Paired(1, 2.5, None, None, 1, None, None, None)
    assert paired([], resamples=100, seed=1) == Paired(0, 0.0, None, None, 0, None, None, None)
    same = paired([0.1] * 7, resamples=100, seed=1)
    assert same.cohen_d is None  # no spread
    assert same.p == pytest.approx(1 / 128)


def test_the_interval_holds_the_mean_and_comes_again() -> None:
    values = np.random.default_rng(5).normal(1.0, 2.0, 400)
    low, high = bootstrap(values, resamples=1234, seed=7)
    assert low is not None
    assert high is not None
    assert low < values.mean() < high
    # As the normal approximation has it: 1.96 standard errors to each side.
    width = 2 * 1.96 * values.std(ddof=1) / math.sqrt(len(values))
    assert high - low == pytest.approx(width, rel=0.15)
    assert bootstrap(values, resamples=1234, seed=7) == (low, high)
    assert bootstrap(values, resamples=1234, seed=8) != (low, high)


def test_what_is_no_number_is_left_out_of_a_report() -> None:
    assert [finite(value) for value in (None, math.nan, math.inf, 1.234567, 0.0)] == [None, None, None, 1.23457, 0.0]

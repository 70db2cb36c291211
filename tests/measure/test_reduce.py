"""Logits to surprisal, entropy, varentropy and rank, against hand and scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import log_softmax

from cqa_desktop.measure.reduce import Reducer, concatenate, reduce_logits

ROWS = arrays(np.float32, st.tuples(st.integers(1, 9), st.integers(2, 40)), elements=st.floats(-40, 40, width=32))


def row(*logits: float) -> np.ndarray:
    return np.array([logits], np.float32)


def test_uniform_over_eight_is_three_bits_without_variance() -> None:
    scores = reduce_logits(np.zeros((1, 8), np.float32), np.array([3], np.int32))
    assert scores.surprisal[0] == pytest.approx(3.0, abs=1e-6)
    assert scores.entropy[0] == pytest.approx(3.0, abs=1e-6)
    assert scores.varentropy[0] == pytest.approx(0.0, abs=1e-6)
    assert scores.rank[0] == 0


def test_three_quarters_and_one_quarter_by_hand() -> None:
    scores = reduce_logits(row(math.log(3), 0.0), np.array([1], np.int32))
    entropy = 0.75 * math.log2(4 / 3) + 0.25 * 2
    assert scores.surprisal[0] == pytest.approx(2.0, abs=1e-6)
    assert scores.entropy[0] == pytest.approx(entropy, abs=1e-6)
    second = 0.75 * math.log2(4 / 3) ** 2 + 0.25 * 4
    assert scores.varentropy[0] == pytest.approx(second - entropy**2, abs=1e-5)
    assert scores.rank[0] == 1


def test_temperature_halves_the_logits() -> None:
    warm = reduce_logits(row(4.0, 2.0, 0.0), np.array([2], np.int32), temperature=2.0)
    plain = reduce_logits(row(2.0, 1.0, 0.0), np.array([2], np.int32))
    assert warm.surprisal[0] == pytest.approx(plain.surprisal[0], abs=1e-6)
    assert warm.entropy[0] == pytest.approx(plain.entropy[0], abs=1e-6)


def test_impossible_tokens_weigh_nothing_and_cost_a_number() -> None:
    scores = reduce_logits(row(0.0, 0.0, -math.inf), np.array([0], np.int32))
    assert scores.surprisal[0] == pytest.approx(1.0, abs=1e-6)
    assert scores.entropy[0] == pytest.approx(1.0, abs=1e-6)
    asked = reduce_logits(row(0.0, 0.0, -math.inf), np.array([2], np.int32))
    assert np.isfinite(asked.surprisal[0])
    assert asked.surprisal[0] > 1000


def test_a_nan_is_seen() -> None:
    assert np.isnan(reduce_logits(row(0.0, math.nan), np.array([0], np.int32)).surprisal[0])


@pytest.mark.parametrize(
    ("shape", "targets", "temperature", "says"),
    [((2, 3), [0], 1.0, "do not fit"), ((1, 3), [3], 1.0, "0 to 2"), ((1, 3), [-1], 1.0, "0 to 2"),
     ((1, 3), [0], 0.0, "above 0")],
)  # fmt: skip
def test_bad_input_is_refused(shape: tuple[int, int], targets: list[int], temperature: float, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        reduce_logits(np.zeros(shape, np.float32), np.array(targets, np.int32), temperature)


@given(ROWS, st.floats(0.3, 3.0), st.integers(0, 10_000))
def test_agrees_with_float64_to_a_thousandth_of_a_bit(logits: np.ndarray, temperature: float, seed: int) -> None:
    targets = np.random.default_rng(seed).integers(0, logits.shape[1], len(logits)).astype(np.int32)
    scores = reduce_logits(logits, targets, temperature)
    logp = log_softmax(logits.astype(np.float64) / temperature, axis=1) / math.log(2)
    p = np.exp2(logp)
    surprisal = -logp[np.arange(len(logits)), targets]
    entropy = -(p * logp).sum(axis=1)
    np.testing.assert_allclose(scores.surprisal, surprisal, atol=1e-3)
    np.testing.assert_allclose(scores.entropy, entropy, atol=1e-3)
    np.testing.assert_allclose(scores.varentropy, (p * logp**2).sum(axis=1) - entropy**2, atol=2e-2, rtol=1e-3)
    assert (scores.surprisal >= -1e-6).all()
    assert (scores.entropy <= math.log2(logits.shape[1]) + 1e-3).all()


@given(ROWS, st.integers(1, 5))
def test_batching_changes_nothing(logits: np.ndarray, size: int) -> None:
    targets = np.zeros(len(logits), np.int32)
    reducer = Reducer(logits.shape[1])
    whole = reducer.reduce(logits, targets)
    parts = concatenate(
        [reducer.reduce(logits[at : at + size], targets[at : at + size]) for at in range(0, len(logits), size)]
    )
    for name in ("surprisal", "entropy", "varentropy", "rank"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(parts, name))


@given(ROWS, st.floats(-50, 50, width=32))
def test_a_constant_changes_nothing(logits: np.ndarray, constant: float) -> None:
    targets = np.full(len(logits), logits.shape[1] - 1, np.int32)
    plain, moved = reduce_logits(logits, targets), reduce_logits(logits + np.float32(constant), targets)
    np.testing.assert_allclose(plain.surprisal, moved.surprisal, atol=1e-3)


def test_the_input_is_not_written_to() -> None:
    logits = np.arange(12, dtype=np.float32).reshape(3, 4)
    before = logits.copy()
    reduce_logits(logits, np.zeros(3, np.int32), 0.7)
    np.testing.assert_array_equal(logits, before)


def test_nothing_concatenated_is_empty() -> None:
    assert len(concatenate([])) == 0

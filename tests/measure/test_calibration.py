"""Temperature and percentiles."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqa_desktop.measure.calibration import BANDS, FIGURES, Calibration, band_of, fit_temperature
from cqa_desktop.measure.reduce import reduce_logits
from cqa_desktop.measure.types import ScoredPassage
from tests.measure.conftest import view


@pytest.fixture(scope="module")
def fitted() -> Calibration:
    random = np.random.default_rng(3)
    passages = []
    for _ in range(900):
        count = int(random.integers(3, 60))
        spans = np.arange(count, dtype=np.int32)
        bare = random.gamma(4, 1.5, count)
        views = {"bare": view(list(bare)), "story": view(list(bare * random.uniform(0.7, 1.0)))}
        passages.append(ScoredPassage(0, count, count, spans, spans + 1, np.zeros(count, np.bool_), views))
    return Calibration.fit(passages, 1.1, "hand-made")


def test_the_temperature_that_made_the_text_is_found() -> None:
    random = np.random.default_rng(5)
    logits = random.normal(0, 2.5, (4000, 50)).astype(np.float32)
    warm = np.exp(logits / 1.6)
    warm /= warm.sum(axis=1, keepdims=True)
    targets = np.array([random.choice(50, p=row / row.sum()) for row in warm.astype(np.float64)], np.int32)

    def excess(temperature: float) -> float:
        scores = reduce_logits(logits, targets, temperature)
        return float((scores.surprisal - scores.entropy).mean())

    found = fit_temperature(excess)
    assert found == pytest.approx(1.6, rel=0.06)
    losses = {t: float(reduce_logits(logits, targets, t).surprisal.mean()) for t in (found * 0.9, found, found * 1.1)}
    assert min(losses, key=lambda one: losses[one]) == found


def test_beyond_the_range_the_nearer_end_is_taken() -> None:
    assert fit_temperature(lambda _: 1.0) == 4.0
    assert fit_temperature(lambda _: -1.0) == 0.4


def test_half_of_the_reference_passages_lie_under_the_median(fitted: Calibration) -> None:
    for name in FIGURES:
        for words in (6, 14, 50):
            value = fitted.value_at(name, 50, words)
            assert value is not None
            assert fitted.percentile(name, value, words) == pytest.approx(50, abs=1)


@given(st.sampled_from(FIGURES), st.floats(-100, 100), st.floats(0, 50), st.integers(1, 80))
def test_percentiles_rise_with_the_value(name: str, value: float, more: float, words: int) -> None:
    calibration = _FITTED
    low, high = (calibration.percentile(name, one, words) for one in (value, value + more))
    assert 0 <= low <= high <= 100


def test_lengths_have_bands() -> None:
    assert [band_of(words) for words in (1, 5, 7, 8, 44, 45, 500)] == [0, 0, 0, 1, 5, 6, 6]
    assert len(BANDS) == 7


def test_json_and_back(fitted: Calibration) -> None:
    again = Calibration.from_json(fitted.to_json())
    assert again.temperature == fitted.temperature
    assert again.passages == fitted.passages
    assert again.percentile("z", 0.3, 20) == fitted.percentile("z", 0.3, 20)


@pytest.mark.parametrize("damage", ["{", "[]", '{"version": 9}', "null"])
def test_what_is_no_calibration_is_refused_in_one_line(damage: str) -> None:
    with pytest.raises(ValueError, match="cqa calibrate") as caught:
        Calibration.from_json(damage)
    assert "\n" not in str(caught.value)


def test_a_temperature_that_makes_no_sense_is_refused(fitted: Calibration) -> None:
    data = json.loads(fitted.to_json())
    data["temperature"] = -1
    with pytest.raises(ValueError, match="temperature"):
        Calibration.from_json(json.dumps(data))


def test_without_tables_everything_is_in_the_middle() -> None:
    assert Calibration().percentile("z", 99, 10) == 50


_FITTED = Calibration(
    "hand-made", 1.0, 10, {name: (tuple(float(q) / 10 for q in range(19)),) * len(BANDS) for name in FIGURES}
)

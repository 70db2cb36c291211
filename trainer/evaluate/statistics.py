"""Paired statistics: how large, how sure, and corrected for having looked at several epochs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from cqa_desktop.measure.pairs import summarise

CONFIDENCE: Final = 0.95


@dataclass(frozen=True)
class Paired:
    """Statistics of paired differences."""

    pairs: int
    mean: float
    low: float | None
    """Bootstrap interval of the mean, 95%; None for under two pairs."""
    high: float | None
    wins: int
    """Differences above zero."""
    cohen_d: float | None
    """Mean over standard deviation of the differences; None for under two pairs or no spread."""
    p: float | None
    """Wilcoxon signed-rank, one-sided (above zero); None for too few pairs."""
    p_two_sided: float | None
    p_holm: float | None = None
    """`p` corrected over the epochs that were looked at; None where nothing was chosen among."""


def paired(differences: Sequence[float], *, resamples: int, seed: int) -> Paired:
    """Mean, bootstrap interval, wins, Cohen's d and Wilcoxon's p of paired differences."""
    values = np.asarray(differences, np.float64)
    summary = summarise(differences)
    low, high = bootstrap(values, resamples=resamples, seed=seed)
    two_sided: float | None = None
    if summary.p is not None:
        from scipy.stats import wilcoxon

        two_sided = float(wilcoxon(values[values != 0]).pvalue)
    return Paired(summary.pairs, summary.mean, low, high, summary.wins, summary.cohen_d, summary.p, two_sided)


def bootstrap(values: np.ndarray, *, resamples: int, seed: int) -> tuple[float | None, float | None]:
    """Percentile interval of the mean, resampling pairs."""
    if len(values) < 2:
        return None, None
    chance = np.random.default_rng(seed)
    means = np.empty(resamples)
    # In blocks: 10,000 resamples of 1,000 pairs would be 80 MB at once.
    for start in range(0, resamples, 500):
        size = min(500, resamples - start)
        means[start : start + size] = values[chance.integers(0, len(values), (size, len(values)))].mean(axis=1)
    tail = (1 - CONFIDENCE) / 2 * 100
    low, high = np.percentile(means, [tail, 100 - tail])
    return float(low), float(high)


def holm(values: Sequence[float | None]) -> list[float | None]:
    """Holm's step-down correction (1979); what is None stays None and does not count."""
    known = sorted((value, index) for index, value in enumerate(values) if value is not None)
    corrected: list[float | None] = [None] * len(values)
    highest = 0.0
    for rank, (value, index) in enumerate(known):
        highest = max(highest, min(1.0, value * (len(known) - rank)))
        corrected[index] = highest
    return corrected


def finite(value: float | None) -> float | None:
    """The value rounded for a report; None for what is no number."""
    return None if value is None or not math.isfinite(value) else round(value, 5)

"""Paired shares with intervals, areas under the curve within strata, and a logistic combination held out by writer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from tests.benchmarks.agreement.scored import Array

RESAMPLES: Final = 2000
FOLDS: Final = 5
RIDGE: Final = 1.0


@dataclass(frozen=True)
class Share:
    """How often the second of a pair is above the first; a tie counts half."""

    share: float
    low: float
    high: float
    """95%, resampling pairs."""
    d: float
    """Mean difference over its standard deviation."""
    pairs: int


def above(differences: Array, seed: int = 1) -> Share:
    """The share of differences above zero."""
    values = np.asarray(differences, float)
    values = values[np.isfinite(values)]
    signs = (values > 0) + 0.5 * (values == 0)
    low, high = interval(signs, seed)
    spread = float(values.std())
    return Share(float(signs.mean()), low, high, float(values.mean()) / spread if spread else 0.0, len(values))


def interval(values: Array, seed: int = 1) -> tuple[float, float]:
    """95% percentile bootstrap interval of the mean."""
    chance = np.random.default_rng(seed)
    means = values[chance.integers(0, len(values), (RESAMPLES, len(values)))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def matched(first: Array, second: Array, strata_first: Array, strata_second: Array) -> float:
    """Mean of second less first within strata, each weighed by the smaller of its two counts."""
    size = int(max(strata_first.max(), strata_second.max())) + 1
    counts = [np.bincount(strata, minlength=size) for strata in (strata_first, strata_second)]
    sums = [
        np.bincount(strata, weights=values, minlength=size)
        for strata, values in ((strata_first, first), (strata_second, second))
    ]
    weight = np.minimum(*counts)
    both = weight > 0
    if not both.any():
        return float("nan")
    means = [total[both] / count[both] for total, count in zip(sums, counts, strict=True)]
    return float((weight[both] * (means[1] - means[0])).sum() / weight[both].sum())


def area(values: Array, labels: Array, strata: Array) -> tuple[float, float]:
    """Concordant pairs and pairs, weighed as van Elteren's test does: a stratum counts by its harmonic size."""
    concordant = total = 0.0
    for stratum in np.unique(strata):
        inside = strata == stratum
        chosen = labels[inside]
        positive = int(chosen.sum())
        negative = len(chosen) - positive
        if not positive or not negative:
            continue
        ranks = _ranks(values[inside])
        won = ranks[chosen].sum() - positive * (positive + 1) / 2
        concordant += won / (positive + negative)
        total += positive * negative / (positive + negative)
    return concordant, total


@dataclass(frozen=True)
class Area:
    """An area under the curve with its 95% interval, resampling documents."""

    area: float
    low: float
    high: float


def area_over_documents(values: Array, labels: Array, strata: Array, document: Array, resamples: int = 500) -> Area:
    """The area within strata that documents share, as `area`; its interval resamples documents."""
    names, owner = np.unique(document, return_inverse=True)
    chance = np.random.default_rng(1)
    drawn = chance.multinomial(len(names), np.full(len(names), 1 / len(names)), resamples)
    # The first row is the sample itself; a document drawn twice weighs two.
    times = np.vstack([np.ones(len(names), int), drawn])
    concordant, total = np.zeros(len(times)), np.zeros(len(times))
    for stratum in np.unique(strata):
        rows = np.flatnonzero(strata == stratum)
        rows = rows[np.argsort(values[rows], kind="stable")]
        first = np.flatnonzero(np.diff(values[rows], prepend=-np.inf) != 0)
        weights = times[:, owner[rows]]
        positive = np.add.reduceat(weights * labels[rows], first, axis=1)
        negative = np.add.reduceat(weights * ~labels[rows], first, axis=1)
        below = np.cumsum(negative, axis=1) - negative / 2
        plus, minus = positive.sum(axis=1), negative.sum(axis=1)
        size = np.maximum(plus + minus, 1)
        both = (plus > 0) & (minus > 0)
        concordant += np.where(both, (positive * below).sum(axis=1) / size, 0)
        total += np.where(both, plus * minus / size, 0)
    ratios = concordant / np.maximum(total, 1e-9)
    low, high = np.percentile(ratios[1:], [2.5, 97.5])
    return Area(float(ratios[0]), float(low), float(high))


def area_within_documents(values: Array, labels: Array, strata: Array, document: Array) -> Area:
    """The area within strata of one document each: what differs between documents does not count."""
    parts = np.array(
        [area(*(one[document == name] for one in (values, labels, strata))) for name in np.unique(document)]
    )
    chance = np.random.default_rng(1)
    sums = parts[chance.integers(0, len(parts), (RESAMPLES, len(parts)))].sum(axis=1)
    low, high = np.percentile(sums[:, 0] / np.maximum(sums[:, 1], 1e-9), [2.5, 97.5])
    return Area(_ratio(tuple(parts.sum(axis=0))), float(low), float(high))


def _ratio(parts: tuple[float, ...]) -> float:
    return parts[0] / parts[1] if parts[1] else float("nan")


def _ranks(values: Array) -> Array:
    from scipy.stats import rankdata

    return rankdata(values)


def spearman(first: Array, second: Array, group: Sequence[str], resamples: int = 500) -> Area:
    """Rank correlation, its interval resampling groups."""

    def rho(one: Array, other: Array) -> float:
        ranks = [_ranks(values) - (len(values) + 1) / 2 for values in (one, other)]
        norm = float(np.sqrt((ranks[0] ** 2).sum() * (ranks[1] ** 2).sum()))
        return float((ranks[0] * ranks[1]).sum() / norm) if norm else 0.0

    names = np.array(group)
    rows = [np.flatnonzero(names == name) for name in np.unique(names)]
    chance = np.random.default_rng(1)
    found = []
    for _ in range(resamples):
        chosen = np.concatenate([rows[at] for at in chance.integers(0, len(rows), len(rows))])
        found.append(rho(first[chosen], second[chosen]))
    low, high = np.percentile(found, [2.5, 97.5])
    return Area(rho(first, second), float(low), float(high))


def held_out(features: Array, groups: Sequence[str], fit: Callable[[Array], Array] | None = None) -> Array:
    """For each pair, the score of its difference by a logistic model that saw no pair of its group; above 0: right.

    Args:
        features: shape (pairs, figures), second less first. There is no constant: swapping a pair swaps the answer.
        groups: the writer of each pair. Whole groups are dealt to the folds, the largest first.
    """
    folds = _folds(groups)
    scores = np.empty(len(features))
    for fold in range(FOLDS):
        test = folds == fold
        scale = features[~test].std(axis=0)
        scale[scale == 0] = 1
        weights = (fit or logistic)(features[~test] / scale)
        scores[test] = features[test] / scale @ weights
    return scores


def logistic(differences: Array) -> Array:
    """Weights that make each row's score positive: ridge logistic regression by Newton's method."""
    weights = np.zeros(differences.shape[1])
    for _ in range(30):
        wrong = 1 / (1 + np.exp(np.clip(differences @ weights, -30, 30)))
        gradient = differences.T @ wrong - RIDGE * weights
        curvature = (differences * (wrong * (1 - wrong))[:, None]).T @ differences + RIDGE * np.eye(len(weights))
        step = np.linalg.solve(curvature, gradient)
        weights += step
        if np.abs(step).max() < 1e-8:
            break
    return weights


def _folds(groups: Sequence[str]) -> Array:
    names, counts = np.unique(np.array(groups), return_counts=True)
    sizes = [0] * FOLDS
    fold_of = {}
    for at in np.argsort(-counts, kind="stable"):
        fold = int(np.argmin(sizes))
        fold_of[names[at]] = fold
        sizes[fold] += int(counts[at])
    return np.array([fold_of[name] for name in groups])

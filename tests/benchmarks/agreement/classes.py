"""Are sentences of a class changed more than others of their length and place, and do other thresholds do better?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product
from typing import Final

import numpy as np

from cqa_desktop.measure.calibration import MIN_WORDS, band_of
from cqa_desktop.measure.classes import Thresholds, classify
from cqa_desktop.measure.types import CLASSES, PassageMeasure
from tests.benchmarks.agreement.data import EditedText, TextPair
from tests.benchmarks.agreement.scored import Array, Scored
from tests.benchmarks.agreement.spans import removed_words
from tests.benchmarks.agreement.statistics import RESAMPLES

GRID: Final = tuple(product((80.0, 85.0, 90.0, 95.0), (40.0, 60.0, 80.0, 101.0)))
"""unexplained_z, explained_information; 101 asks nothing of information."""

BANDS: Final = (0, 30, 70, 90, 101)
"""Percentiles at which sentences are divided."""


@dataclass(frozen=True)
class Sentence:
    """A sentence, and how much of it was changed."""

    document: int
    writer: str
    stratum: int
    """Length band and third of the draft."""
    changed: float
    measure: PassageMeasure
    marked: bool
    """It holds a stock phrase."""


def class_tables(
    texts: Sequence[EditedText],
    scored: Sequence[Scored],
    pairs: Sequence[TextPair],
    drafts: Sequence[Scored],
    thresholds: Thresholds,
) -> list[str]:
    """How much of each class's sentences was changed, less what was of others in their stratum; then the search."""
    spans = [
        _sentence(index, text.writer, one, measure, _changed_spans(text, measure))
        for index, (text, one) in enumerate(zip(texts, scored, strict=True))
        for measure in one.measures
    ]
    changed = [removed_words(pair) for pair in pairs]
    taken = [
        _sentence(index, pair.writer, one, measure, _changed_words(*changed[index], measure))
        for index, (pair, one) in enumerate(zip(pairs, drafts, strict=True))
        for measure in one.measures
    ]
    lines = [
        "| class: sentences, and by how much more of them was changed than of all in their stratum (95%) | "
        "spans' drafts | pairs' drafts |",
        "|---|---:|---:|",
    ]
    for kind in CLASSES:
        cells = [_cell(rows, np.array([one.measure.kind == kind for one in rows])) for rows in (spans, taken)]
        lines.append(f"| {kind} | {' | '.join(cells)} |")
    lines.append(
        "| a stock phrase within | "
        + " | ".join(_cell(rows, np.array([one.marked for one in rows])) for rows in (spans, taken))
        + " |"
    )
    return [*lines, "", *_bands(spans, taken), "", *_search(taken, thresholds)]


def _bands(*sets: Sequence[Sentence]) -> list[str]:
    """How much more was changed of the sentences of each band of percentiles, by figure."""
    titles = [f"{low} to {min(high, 100)}" for low, high in pairwise(BANDS)]
    lines = [f"| figure, drafts | {' | '.join(titles)} |", "|---|" + "---:|" * len(titles)]
    for name in ("z", "information", "bits_per_token"):
        for title, rows in zip(("spans'", "pairs'"), sets, strict=True):
            found = np.array([getattr(one.measure.percentile, name) for one in rows])
            judged = np.array([one.measure.words >= MIN_WORDS for one in rows])
            cells = [_cell(rows, judged & (found >= low) & (found < high)) for low, high in pairwise(BANDS)]
            lines.append(f"| percentile of {name}, {title} | {' | '.join(cells)} |")
    return lines


def _search(rows: Sequence[Sentence], thresholds: Thresholds) -> list[str]:
    """Thresholds of `unexplained` chosen on four folds of writers and judged on the fifth."""
    writers = sorted({one.writer for one in rows})
    fold = np.array([writers.index(one.writer) % 5 for one in rows])
    excess = _excess(rows)
    chosen = {point: _unexplained(rows, thresholds, point) for point in GRID}
    default = chosen[thresholds.unexplained_z, thresholds.explained_information]
    picked = np.zeros(len(rows), bool)
    points = []
    for k in range(5):
        train = fold != k
        best = max(GRID, key=lambda point: _lift(excess[train], chosen[point][train]))
        points.append(best)
        picked[~train] = chosen[best][~train]
    shown = ", ".join(f"{z:.0f}/{'-' if i > 100 else f'{i:.0f}'}" for z, i in points)
    return [
        "| thresholds of `unexplained` (z above / I per token not above), pairs' drafts | share of sentences | "
        "changed more than others of their stratum (95%) |",
        "|---|---:|---:|",
        f"| default, {thresholds.unexplained_z:.0f}/{thresholds.explained_information:.0f} | {default.mean():.1%} | "
        f"{_cell(rows, default)} |",
        f"| chosen on four folds ({shown}), judged on the fifth | {picked.mean():.1%} | {_cell(rows, picked)} |",
    ]


def _unexplained(rows: Sequence[Sentence], thresholds: Thresholds, point: tuple[float, float]) -> Array:
    asked = replace(thresholds, unexplained_z=point[0], explained_information=point[1])
    return np.array([classify(one.measure.percentile, one.measure.words, (), asked) == "unexplained" for one in rows])


def _lift(excess: Array, chosen: Array) -> float:
    # Few sentences chosen by luck are no threshold: shrunk towards nothing by the size of a small sample.
    return float(excess[chosen].sum() / (chosen.sum() + 30))


def _excess(rows: Sequence[Sentence]) -> Array:
    strata = np.array([one.stratum for one in rows])
    changed = np.array([one.changed for one in rows])
    means = {stratum: changed[strata == stratum].mean() for stratum in np.unique(strata)}
    return changed - np.array([means[stratum] for stratum in strata])


def _cell(rows: Sequence[Sentence], chosen: Array) -> str:
    if not chosen.any():
        return "0"
    excess, document = _excess(rows), np.array([one.document for one in rows])
    size = int(document.max()) + 1
    sums = np.bincount(document[chosen], weights=excess[chosen], minlength=size)
    counts = np.bincount(document[chosen], minlength=size)
    chance = np.random.default_rng(1).integers(0, size, (RESAMPLES, size))
    found = sums[chance].sum(axis=1) / np.maximum(counts[chance].sum(axis=1), 1)
    low, high = np.percentile(found, [2.5, 97.5])
    return f"{int(chosen.sum())}: {excess[chosen].mean():+.1%} ({low:+.1%} to {high:+.1%})"


def _sentence(document: int, writer: str, text: Scored, measure: PassageMeasure, changed: float) -> Sentence:
    third = min(2, measure.start * 3 // max(1, len(text.text)))
    marked = any(mark.kind == "stock" for mark in measure.marks)
    return Sentence(document, writer, band_of(measure.words) * 3 + third, changed, measure, marked)


def _changed_spans(text: EditedText, measure: PassageMeasure) -> float:
    covered = np.zeros(measure.end - measure.start, bool)
    for edit in text.edits:
        covered[max(0, edit.start - measure.start) : max(0, edit.end - measure.start)] = True
    return float(covered.mean())


def _changed_words(starts: Array, gone: Array, measure: PassageMeasure) -> float:
    inside = (starts >= measure.start) & (starts < measure.end)
    return float(gone[inside].mean()) if inside.any() else 0.0

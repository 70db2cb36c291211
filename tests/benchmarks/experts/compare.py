"""Agreement of the base and of the tuned reader with held-back judgments, side by side and paired."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.measure.types import Brief
from tests.benchmarks.agreement.data import EditedText, Story, TextPair
from tests.benchmarks.agreement.figures import position_strata
from tests.benchmarks.agreement.scored import Array, Scored, score_text, words_of
from tests.benchmarks.agreement.spans import changed_words, place_strata, removed_words
from tests.benchmarks.agreement.statistics import RESAMPLES, area, interval, matched, spearman
from trainer.annotations.mapping import load_mapping
from trainer.annotations.ttcw import read_ttcw

FIGURES: Final[Mapping[str, Callable[[Scored], Array]]] = {
    "I": lambda t: t.bare - t.informed,
    "I, new words": lambda t: (t.bare - t.informed) * ~t.copied,
    "S - H in the most informed view": lambda t: t.informed - t.informed_entropy,
    "H in the most informed view": lambda t: t.informed_entropy,
}
"""Of each token; the most informed view is the one that the adapter is on in."""


@dataclass(frozen=True)
class Reader:
    """Every text as one reader scored it."""

    pairs: Sequence[tuple[Scored, Scored]]
    spans: Sequence[Scored]
    stories: Sequence[Scored]


def read_texts(
    scorer: Scorer[Any], pairs: Sequence[TextPair], spans: Sequence[EditedText], stories: Sequence[Story]
) -> Reader:
    """Score all: the pairs without a brief, the others with their instruction or plot as the intent."""
    return Reader(
        [(score_text(scorer, one.draft), score_text(scorer, one.edited)) for one in pairs],
        [score_text(scorer, one.draft, Brief(intent=one.instruction)) for one in spans],
        [score_text(scorer, one.text, Brief(intent=one.intent)) for one in stories],
    )


def tables(
    pairs: Sequence[TextPair],
    spans: Sequence[EditedText],
    stories: Sequence[Story],
    base: Reader,
    tuned: Reader,
    data: Path,
) -> list[str]:
    """All tables, as lines of Markdown."""
    return [
        *_agreement(pairs, spans, stories, base, tuned),
        "",
        *_moves(pairs, spans, stories, base, tuned, data),
    ]


def _agreement(
    pairs: Sequence[TextPair], spans: Sequence[EditedText], stories: Sequence[Story], base: Reader, tuned: Reader
) -> list[str]:
    lines = [
        "| agreement of a figure | base | tuned | tuned - base (95%, paired) |",
        "|---|---:|---:|---:|",
    ]
    for name, figure in FIGURES.items():
        rights = [_right(reader, figure) for reader in (base, tuned)]
        lines.append(_paired(f"{name}: edited above draft, {len(pairs)} pairs, same place in the sentence", *rights))
    labels = [changed_words(text, one) for text, one in zip(spans, base.spans, strict=True)]
    for name, figure in FIGURES.items():
        lines.append(_areas(f"{name}: area for changed words, {len(spans)} drafts", labels, spans, base, tuned, figure))
    votes = np.array([sum(one.passed.values()) for one in stories], float)
    plots = [one.plot for one in stories]
    for name, figure in FIGURES.items():
        cells = []
        for reader in (base, tuned):
            found = spearman(np.array([figure(one).mean() for one in reader.stories]), votes, plots)
            cells.append(f"{found.area:+.2f} ({found.low:+.2f} to {found.high:+.2f})")
        title = f"{name}: rank correlation with passes, {len(stories)} stories"
        lines.append(f"| {title} | {' | '.join(cells)} | |")
    return lines


def _right(reader: Reader, figure: Callable[[Scored], Array]) -> Array:
    found = np.array([matched(figure(a), figure(b), position_strata(a), position_strata(b)) for a, b in reader.pairs])
    return (found > 0) + 0.5 * (found == 0)


def _paired(title: str, first: Array, second: Array) -> str:
    low, high = interval(second - first)
    change = f"{second.mean() - first.mean():+.1%} ({low:+.1%} to {high:+.1%})"
    return f"| {title} | {first.mean():.1%} | {second.mean():.1%} | {change} |"


def _areas(
    title: str,
    labels: Sequence[Array],
    spans: Sequence[EditedText],
    base: Reader,
    tuned: Reader,
    figure: Callable[[Scored], Array],
) -> str:
    parts = []
    for reader in (base, tuned):
        rows = []
        for text, one, changed in zip(spans, reader.spans, labels, strict=True):
            found = words_of(one)
            rows.append(area(found.sums(figure(one)), changed, place_strata(found, text.draft) // 20))
        parts.append(np.array(rows))
    chance = np.random.default_rng(1).integers(0, len(spans), (RESAMPLES, len(spans)))
    ratios = [rows[chance].sum(axis=1) for rows in parts]
    change = ratios[1][:, 0] / ratios[1][:, 1] - ratios[0][:, 0] / ratios[0][:, 1]
    points = [rows[:, 0].sum() / rows[:, 1].sum() for rows in parts]
    low, high = np.percentile(change, [2.5, 97.5])
    shown = f"{points[1] - points[0]:+.3f} ({low:+.3f} to {high:+.3f})"
    return f"| {title} | {points[0]:.3f} | {points[1]:.3f} | {shown} |"


def _moves(
    pairs: Sequence[TextPair],
    spans: Sequence[EditedText],
    stories: Sequence[Story],
    base: Reader,
    tuned: Reader,
    data: Path,
) -> list[str]:
    """How I moved by tuning, for what experts passed and for what they failed."""
    lines = [
        "| I under the tuned reader less I under the base, bits a token | passed | failed | passed - failed (95%) |",
        "|---|---:|---:|---:|",
    ]
    moves = [(_move(a, c), _move(b, d)) for (a, b), (c, d) in zip(base.pairs, tuned.pairs, strict=True)]
    drafts = np.array([first.mean() for first, _ in moves])
    edited = np.array([second.mean() for _, second in moves])
    lines.append(_move_line(f"{len(pairs)} pairs: edited text, draft", edited, drafts))
    kept, gone = [], []
    for pair, (scored, _), (move, _) in zip(pairs, base.pairs, moves, strict=True):
        flags = removed_words(pair)[1]
        _divide(words_of(scored).owner, move, flags, kept, gone)
    lines.append(_move_line("drafts of the pairs: words kept, words taken out", np.array(kept), np.array(gone)))
    kept, gone = [], []
    for text, before, after in zip(spans, base.spans, tuned.spans, strict=True):
        _divide(words_of(before).owner, _move(before, after), changed_words(text, before), kept, gone)
    lines.append(_move_line(f"{len(kept)} held-back drafts: words kept, words changed", np.array(kept), np.array(gone)))
    lines.append(_quotes(stories, base, tuned, data))
    votes = np.array([sum(one.passed.values()) for one in stories], float)
    means = np.array([_move(a, b).mean() for a, b in zip(base.stories, tuned.stories, strict=True)])
    above = votes > np.median(votes)
    found = spearman(means, votes, [one.plot for one in stories])
    title = f"{len(stories)} held-back stories, by passes of all tests above the median or not"
    rho = f"rank correlation {found.area:+.2f} ({found.low:+.2f} to {found.high:+.2f})"
    lines.append(f"| {title} | {means[above].mean():+.4f} | {means[~above].mean():+.4f} | {rho} |")
    return lines


def _move(base: Scored, tuned: Scored) -> Array:
    return base.informed - tuned.informed


def _divide(owner: Array, move: Array, flags: Array, kept: list[float], gone: list[float]) -> None:
    inside = owner >= 0
    changed = flags[owner[inside]]
    if changed.any() and not changed.all():
        kept.append(float(move[inside][~changed].mean()))
        gone.append(float(move[inside][changed].mean()))


def _move_line(title: str, passed: Array, failed: Array) -> str:
    low, high = interval(passed - failed)
    change = f"{(passed - failed).mean():+.4f} ({low:+.4f} to {high:+.4f})"
    return f"| {title} | {passed.mean():+.4f} | {failed.mean():+.4f} | {change} |"


def _quotes(stories: Sequence[Story], base: Reader, tuned: Reader, data: Path) -> str:
    """Quoted words of held-back stories, by verdict; the interval resamples stories."""
    at = {one.id: index for index, one in enumerate(stories)}
    rows: list[tuple[int, bool, float]] = []
    for annotation in read_ttcw(data / "ttcw", load_mapping("ttcw")).annotations:
        name = annotation.id.removeprefix("ttcw-").rpartition("-")[0]
        for judgment in annotation.judgments if name in at else ():
            if judgment.quote:
                index = at[name]
                scored = base.stories[index]
                start = scored.text.find(judgment.quote)
                inside = (scored.end > start) & (scored.end <= start + len(judgment.quote))
                if start >= 0 and inside.any():
                    move = float(_move(scored, tuned.stories[index])[inside].mean())
                    rows.append((index, judgment.verdict == "works", move))
    story, works, move = (np.array(column) for column in zip(*rows, strict=True))
    found = []
    for chosen in np.random.default_rng(1).integers(0, len(stories), (RESAMPLES, len(stories))):
        weight = np.bincount(chosen, minlength=len(stories))[story]
        if weight[works].sum() and weight[~works].sum():
            means = [np.average(move[part], weights=weight[part]) for part in (works, ~works)]
            found.append(means[0] - means[1])
    low, high = np.percentile(found, [2.5, 97.5])
    difference = move[works].mean() - move[~works].mean()
    return (
        f"| quotes of held-back stories: {int(works.sum())} that work, {int((~works).sum())} that fail | "
        f"{move[works].mean():+.4f} | {move[~works].mean():+.4f} | {difference:+.4f} ({low:+.4f} to {high:+.4f}) |"
    )

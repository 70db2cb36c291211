"""Which figure prefers the edited text, how often, and whether that is more than its being shorter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from tests.benchmarks.agreement.data import TextPair
from tests.benchmarks.agreement.figures import (
    TOKEN_FIGURES,
    length_strata,
    position_strata,
    text_figures,
    trivial_figures,
)
from tests.benchmarks.agreement.scored import Array, Scored
from tests.benchmarks.agreement.statistics import Share, above, held_out, interval, matched

ScoredPair = tuple[Scored, Scored]
STRATA: Final[Mapping[str, Callable[[Scored], Array]]] = {
    "same place in the sentence": position_strata,
    "same length of sentence": length_strata,
}
LENGTH: Final = ("words", "words a sentence")
STYLE: Final = ("commas a word", "letters a word")
LISTED: Final = ("listed phrases a word (shipped)",)
CONTRASTS: Final = (
    "I_story, new words",
    "H_story (entropy)",
    "H_bare - H_story (expected I)",
    "S_story - H_story",
    "varentropy",
    "spread of S_story over sentences",
)
"""What the combination is given of the measure."""


def pair_tables(pairs: Sequence[TextPair], scored: Sequence[ScoredPair]) -> list[str]:
    """The tables, as lines of Markdown."""
    cut = [_cut(*pair) for pair in scored]
    tables = [_differences(one) for one in (scored, cut)]
    return [*_one_by_one(scored, tables), "", *_combined(pairs, tables)]


def _cut(first: Scored, second: Scored) -> ScoredPair:
    tokens = min(len(first), len(second))
    return first.cut(tokens), second.cut(tokens)


def _differences(pairs: Sequence[ScoredPair]) -> dict[str, Array]:
    """Every figure's name to its differences, edited less draft."""
    rows = [(_figures(first), _figures(second)) for first, second in pairs]
    return {name: np.array([second[name] - first[name] for first, second in rows]) for name in rows[0][0]}


def _figures(text: Scored) -> dict[str, float]:
    means = {name: float(figure(text).mean()) for name, figure in TOKEN_FIGURES.items()}
    return {**means, **text_figures(text), **trivial_figures(text)}


def _one_by_one(pairs: Sequence[ScoredPair], tables: Sequence[Mapping[str, Array]]) -> list[str]:
    lines = [
        f"| figure, {len(pairs)} pairs: share with the edited text above, d | whole (95%) | cut to one length (95%) | "
        + " | ".join(STRATA)
        + " |",
        "|---|---:|---:|---:|---:|",
    ]
    for name in tables[0]:
        cells = [_cell(above(table[name])) for table in tables]
        for strata in STRATA.values():
            figure = TOKEN_FIGURES.get(name)
            found = [matched(figure(a), figure(b), strata(a), strata(b)) for a, b in pairs] if figure else []
            cells.append(_short(above(np.array(found))) if figure else "")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def _combined(pairs: Sequence[TextPair], tables: Sequence[Mapping[str, Array]]) -> list[str]:
    lines = [
        "| combination, logistic, five folds by writer: held-out pairs right | whole (95%) | cut to one length (95%) |",
        "|---|---:|---:|",
    ]
    sets: dict[str, Sequence[str]] = {
        "length: words, words a sentence": LENGTH,
        "length and style: commas and letters a word too": (*LENGTH, *STYLE),
        "length, style and listed phrases": (*LENGTH, *STYLE, *LISTED),
        "the measure alone": CONTRASTS,
        "length and the measure": (*LENGTH, *CONTRASTS),
        "all": (*LENGTH, *STYLE, *LISTED, *CONTRASTS),
    }
    writers = [one.writer for one in pairs]
    right: list[dict[str, Array]] = [{}, {}]
    for table, found in zip(tables, right, strict=True):
        for title, names in sets.items():
            scores = held_out(np.column_stack([table[name] for name in names]), writers)
            found[title] = (scores > 0) + 0.5 * (scores == 0)
    for title in sets:
        lines.append(f"| {title} | {' | '.join(_mean(found[title]) for found in right)} |")
    length, style, listed = list(sets)[:3]
    for title, first, second in (
        ("the listed phrases on top of length and style", style, listed),
        ("the measure on top of length", length, "length and the measure"),
        ("the measure on top of all that is trivial", listed, "all"),
    ):
        cells = [_mean(found[second] - found[first], signed=True) for found in right]
        lines.append(f"| *gain of {title}* | {' | '.join(cells)} |")
    return lines


def _mean(values: Array, *, signed: bool = False) -> str:
    low, high = interval(values)
    if signed:
        return f"{values.mean():+.1%} ({low:+.1%} to {high:+.1%})"
    return f"{values.mean():.1%} ({low:.0%}-{high:.0%})"


def _cell(share: Share) -> str:
    return f"{share.share:.0%} ({share.low:.0%}-{share.high:.0%}), {share.d:+.2f}"


def _short(share: Share) -> str:
    return f"{share.share:.0%}, {share.d:+.2f}"

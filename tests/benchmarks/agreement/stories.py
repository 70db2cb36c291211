"""What the measure says of stories that experts passed or failed on clichés and on surprising, appropriate turns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from tests.benchmarks.agreement.data import Story
from tests.benchmarks.agreement.figures import TOKEN_FIGURES, text_figures, trivial_figures
from tests.benchmarks.agreement.scored import Scored
from tests.benchmarks.agreement.statistics import spearman

TESTS: Final[Mapping[str, tuple[int, ...]]] = {
    "no clichés (test 9)": (9,),
    "surprising and appropriate turns (test 7)": (7,),
    "an ending that is earned (test 1)": (1,),
    "all fourteen tests": tuple(range(1, 15)),
}


def story_tables(stories: Sequence[Story], scored: Sequence[Scored]) -> list[str]:
    """Means by verdict and rank correlations, as lines of Markdown."""
    figures = _figures(scored)
    votes = {title: np.array([_votes(story, tests) for story in stories], float) for title, tests in TESTS.items()}
    plots = [story.plot for story in stories]
    passed = {title: _passed(stories, tests) for title, tests in TESTS.items() if len(tests) == 1}
    lines = [
        f"| figure of a story ({len(stories)} stories): rank correlation with the experts' passes (95%, by plot); "
        "mean where the majority passed - failed | "
        + " | ".join(TESTS)
        + " | all fourteen, given the number of words |",
        "|---|" + "---:|" * (len(TESTS) + 1),
        "| *stories that the majority passed* | "
        + " | ".join(f"{int(passed[title].sum())}" if title in passed else "" for title in TESTS)
        + " | |",
    ]
    words = figures["words"]
    for name, values in figures.items():
        cells = []
        for title in TESTS:
            found = spearman(values, votes[title], plots)
            cell = f"{found.area:+.2f} ({found.low:+.2f} to {found.high:+.2f})"
            if title in passed and passed[title].any():
                cell += f"; {values[passed[title]].mean() - values[~passed[title]].mean():+.3f}"
            cells.append(cell)
        found = spearman(_given(values, words), _given(votes["all fourteen tests"], words), plots)
        cells.append(f"{found.area:+.2f} ({found.low:+.2f} to {found.high:+.2f})" if name != "words" else "")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def _given(values: np.ndarray, other: np.ndarray) -> np.ndarray:
    """What is left of the ranks of `values` once those of `other` are taken out, by a line."""
    from scipy.stats import rankdata

    first, second = rankdata(values), rankdata(other)
    slope, constant = np.polyfit(second, first, 1)
    return first - slope * second - constant


def _figures(scored: Sequence[Scored]) -> dict[str, np.ndarray]:
    def over(of: Callable[[Scored], float]) -> np.ndarray:
        return np.array([of(text) for text in scored])

    found = {name: over(lambda text, f=figure: float(f(text).mean())) for name, figure in TOKEN_FIGURES.items()}  # type: ignore[misc]
    for figures in (text_figures, trivial_figures):
        rows = [figures(text) for text in scored]
        found |= {name: np.array([row[name] for row in rows]) for name in rows[0]}
    return found


def _votes(story: Story, tests: Sequence[int]) -> float:
    return sum(story.passed.get(test, 0) for test in tests) / max(1, story.experts * len(tests))


def _passed(stories: Sequence[Story], tests: Sequence[int]) -> np.ndarray:
    return np.array([_votes(story, tests) > 0.5 for story in stories])

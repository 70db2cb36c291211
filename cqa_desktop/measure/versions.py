"""Two versions of one passage: how surprising each is in each view, and how far that tells them apart.

The interval is Welch's, for the difference of two means with unequal variances, over tokens. Surprisal is skewed to the
right in both versions alike, which a difference of means mostly cancels; a percentile bootstrap of a dozen tokens is
too narrow. The tokens of two versions are not paired, even where they are the same words: what follows a change is
conditioned on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from cqa_desktop.measure.reduce import LOG2_E, MOST_NATS
from cqa_desktop.measure.types import BARE, BRIEF, STORY, Floats

CONFIDENCE: Final = 0.95
MIN_TOKENS: Final = 5
"""With fewer tokens in a version nothing is said of it: their spread may be small by chance."""
MOST_BITS: Final = float(LOG2_E * MOST_NATS)
"""No token costs more, so no difference of means is wider."""

_PLACES: Final[Mapping[str, str]] = {
    BARE: "on its own",
    STORY: "after the story so far",
    BRIEF: "with the brief",
}
Outcome = Literal["first", "second", "open"]
_SAID: Final[Mapping[Outcome, str]] = {
    "second": "the second version is the more surprising",
    "first": "the first version is the more surprising",
    "open": "the two cannot be told apart",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """Two versions in one view."""

    view: str
    first: float
    """Mean surprisal of a token of the first version, bits."""
    second: float
    first_total: float
    """Surprisal of the first version, bits: a longer version costs more, whatever it says."""
    second_total: float
    low: float
    """95% interval of second less first, of the means."""
    high: float
    tokens: int
    """Of the shorter version."""

    @property
    def outcome(self) -> Outcome:
        """The version that is the more surprising a token; `open` where the interval holds zero."""
        if self.tokens < MIN_TOKENS or self.low <= 0 <= self.high:
            return "open"
        return "second" if self.low > 0 else "first"


def compare_views(first: Mapping[str, Floats], second: Mapping[str, Floats]) -> list[Difference]:
    """The difference in each view that both versions were scored in.

    Args:
        first: view to the surprisal of each token, bits.

    Raises:
        ValueError: if a version has no token.
    """
    return [difference(view, first[view], second[view]) for view in first if view in second]


def difference(view: str, first: Floats, second: Floats) -> Difference:
    """Means, sums and interval of two versions in one view.

    Raises:
        ValueError: if a version has no token.
    """
    one, other = np.asarray(first, np.float64), np.asarray(second, np.float64)
    low, high = interval(one, other)
    return Difference(
        view=view,
        first=float(one.mean()),
        second=float(other.mean()),
        first_total=float(one.sum()),
        second_total=float(other.sum()),
        low=low,
        high=high,
        tokens=min(len(one), len(other)),
    )


def interval(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """Welch's 95% interval of mean(second) - mean(first), within what is possible at all.

    Raises:
        ValueError: if a version has no token.
    """
    sizes = len(first), len(second)
    if not all(sizes):
        raise ValueError("a version without tokens cannot be compared")
    middle = float(second.mean() - first.mean())
    if sizes == (1, 1):
        return -MOST_BITS, MOST_BITS  # one token each has no spread to go by
    spreads = [float(values.var(ddof=1)) if len(values) > 1 else None for values in (first, second)]
    # A single token lends the other version's spread.
    variances = [next(value for value in (own, *spreads) if value is not None) for own in spreads]
    parts = [variance / size for variance, size in zip(variances, sizes, strict=True)]
    error = sum(parts)
    if error == 0:
        return middle, middle
    if 1 in sizes:
        freedom = float(sum(sizes) - 2)
    else:
        freedom = error**2 / sum(part**2 / (size - 1) for part, size in zip(parts, sizes, strict=True))
    from scipy.special import stdtrit  # slow to import: only where it is used

    half = float(stdtrit(freedom, (1 + CONFIDENCE) / 2)) * error**0.5
    return max(middle - half, -MOST_BITS), min(middle + half, MOST_BITS)


def summary(differences: Sequence[Difference]) -> str:
    """One or two sentences on which version is the more surprising, and where that cannot be said.

    It never says which is better: that is no matter of surprise.
    """
    told = _told(differences)
    if not told:
        return "There is no view in which the two versions could be compared."
    if min(one.tokens for one in told) < MIN_TOKENS:
        return "One of the versions is too short for its figures to tell the two apart."
    places: dict[Outcome, list[str]] = {"second": [], "first": [], "open": []}
    for one in told:
        places[one.outcome].append(_PLACES.get(one.view, f"with the {one.view} alone"))
    clauses = [f"{_join(where)} {_SAID[outcome]}" for outcome, where in places.items() if where]
    text = "; ".join(clauses)
    said = f"{text[0].upper()}{text[1:]}."
    if len(places["open"]) == len(told):
        said += " Versions of this length would have to differ by more."
    return said


def _told(differences: Sequence[Difference]) -> list[Difference]:
    """The views that say something of their own: at a draft's beginning there is no story, and bare says it all."""
    by_view = {one.view: one for one in differences}
    bare = by_view.get(BARE)
    story = by_view.get(STORY)
    same = bare and story and (bare.first, bare.second) == (story.first, story.second)
    return [one for one in differences if not (same and one.view == STORY)]


def _join(places: Sequence[str]) -> str:
    return places[0] if len(places) == 1 else f"{', '.join(places[:-1])} and {places[-1]}"

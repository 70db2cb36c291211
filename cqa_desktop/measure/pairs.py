"""The pair test: does information tell the good version from the degraded one?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

NO_SPREAD = 1e-12
"""A standard deviation under this share of the greatest difference is the rounding of equal differences."""
MIN_PAIRS = 6
"""With fewer pairs a one-sided Wilcoxon test cannot pass 0.05 by much; p is then not given."""


@dataclass(frozen=True, slots=True)
class PairResult:
    """Information of both versions of a pair, bits."""

    id: str
    group: str
    good: float
    degraded: float

    @property
    def delta(self) -> float:
        """ΔI = I(good) - I(degraded), bits."""
        return self.good - self.degraded


@dataclass(frozen=True, slots=True)
class PairSummary:
    """Statistics of ΔI over pairs."""

    pairs: int
    wins: int
    ties: int
    mean: float
    """Bits."""
    cohen_d: float | None
    """Mean over standard deviation of the differences; None for under two pairs or no spread."""
    p: float | None
    """Wilcoxon signed-rank, one-sided (good above degraded); None for too few pairs."""


def summarise(differences: Sequence[float]) -> PairSummary:
    """Wins, mean, paired Cohen's d and Wilcoxon's one-sided p of paired differences."""
    values = np.asarray(differences, np.float64)
    nonzero = values[values != 0]
    spread = float(values.std(ddof=1)) if len(values) > 1 else 0.0
    spread_counts = math.isfinite(spread) and spread > NO_SPREAD * float(np.abs(values).max(initial=0.0))
    p: float | None = None
    if len(nonzero) >= MIN_PAIRS:
        from scipy.stats import wilcoxon  # half a second to import: only where it is used

        p = float(wilcoxon(nonzero, alternative="greater").pvalue)
    return PairSummary(
        pairs=len(values),
        wins=int((values > 0).sum()),
        ties=len(values) - len(nonzero),
        mean=float(values.mean()) if len(values) else 0.0,
        cohen_d=float(values.mean()) / spread if spread_counts else None,
        p=p,
    )


def summarise_groups(results: Sequence[PairResult]) -> Mapping[str, PairSummary]:
    """Group to its summary; `all` is over every pair."""
    groups = dict.fromkeys(result.group for result in results)
    summaries = {group: summarise([r.delta for r in results if r.group == group]) for group in groups}
    return {**summaries, "all": summarise([result.delta for result in results])}


def delta_delta(before: Sequence[PairResult], after: Sequence[PairResult]) -> PairSummary:
    """Δ(ΔI): the change of each pair's ΔI by fine-tuning, paired by id.

    Raises:
        ValueError: if the two do not hold the same pairs.
    """
    earlier = {result.id: result.delta for result in before}
    if set(earlier) != {result.id for result in after} or len(earlier) != len(after):
        raise ValueError("before and after hold different pairs - score the same file with both models")
    return summarise([result.delta - earlier[result.id] for result in after])

"""The reader, before and after: statistics by group, split and epoch; which epoch to take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from cqa_desktop.annotations.pair_rows import DEV, LITERARY, TEST
from trainer.evaluate.information import PairScores, field_names
from trainer.evaluate.statistics import Paired, finite, holm, paired

SPLITS = (DEV, TEST)


class Comparison:
    """Compares readers of the same pairs.

    Args:
        base: the untuned reader's scores.
        tuned: epoch to the tuned reader's scores of the same pairs, in the same order.
    """

    def __init__(
        self, base: Sequence[PairScores], tuned: Mapping[int, Sequence[PairScores]], *, resamples: int, seed: int
    ) -> None:
        self._base = base
        self._tuned = tuned
        self._resamples = resamples
        self._seed = seed
        self.groups = list(dict.fromkeys(pair.row.group for pair in base))
        self.splits = [split for split in SPLITS if any(pair.row.split == split for pair in base)]

    @property
    def main_group(self) -> str:
        """The group that tuning is meant to move."""
        return LITERARY if LITERARY in self.groups else self.groups[0]

    def choose(self) -> tuple[int, str]:
        """The epoch with the greatest mean Δ(ΔI) of the main group on the development split, and why.

        Without development pairs, the last epoch: choosing on the test split would flatter it.
        """
        if DEV not in self.splits:
            return max(self._tuned), "the last epoch: the pairs have no development split to choose on"
        if not self._pick(self._base, DEV, self.main_group):
            return max(self._tuned), f"the last epoch: no pair of the {self.main_group} group is for development"
        means = {epoch: self._delta_delta(epoch, DEV, self.main_group).mean for epoch in self._tuned}
        best = max(means, key=lambda epoch: (means[epoch], -epoch))
        if means[best] <= 0:
            return best, f"no epoch raised ΔI on the development split; epoch {best} lowered it least"
        return best, f"the greatest mean Δ(ΔI) of the {self.main_group} group on the development split"

    def table(self) -> list[dict[str, Any]]:
        """One record an epoch, split and group that has pairs, with Δ(ΔI) corrected over the epochs (Holm)."""
        records: list[dict[str, Any]] = []
        for split in self.splits or [""]:
            for group in (one for one in self.groups if self._pick(self._base, split, one)):
                changes = [self._delta_delta(epoch, split, group) for epoch in self._tuned]
                corrected = holm([change.p for change in changes])
                for epoch, change, p_holm in zip(self._tuned, changes, corrected, strict=True):
                    records.append(self._record(epoch, split, group, replace(change, p_holm=p_holm)))
        return records

    def _record(self, epoch: int, split: str, group: str, change: Paired) -> dict[str, Any]:
        before = self._pick(self._base, split, group)
        after = self._pick(self._tuned[epoch], split, group)
        both = list(zip(before, after, strict=True))
        return {
            "epoch": epoch,
            "split": split or "all",
            "group": group,
            "pairs": len(before),
            "base": self._levels(before),
            "tuned": self._levels(after),
            "delta_delta_i": _rounded(change),
            # The auxiliary view: bits a token by which each version became likelier under the brief.
            "log_probability": {
                "good": _rounded(self._paired([b.good.gain_over(a.good) for a, b in both])),
                "degraded": _rounded(self._paired([b.degraded.gain_over(a.degraded) for a, b in both])),
            },
            "fields": {name: _rounded(self._paired(_changes(before, after, name))) for name in field_names(before)},
            "by_dimension": {
                name: _rounded(self._paired([b.delta - a.delta for a, b in both if a.row.dimension == name]))
                for name in sorted({pair.row.dimension for pair in before} - {""})
            },
        }

    def _levels(self, pairs: Sequence[PairScores]) -> dict[str, Any]:
        return {
            "i_good": finite(_mean([pair.good.information for pair in pairs])),
            "i_degraded": finite(_mean([pair.degraded.information for pair in pairs])),
            "delta_i": _rounded(self._paired([pair.delta for pair in pairs])),
        }

    def _delta_delta(self, epoch: int, split: str, group: str) -> Paired:
        before, after = self._pick(self._base, split, group), self._pick(self._tuned[epoch], split, group)
        return self._paired([b.delta - a.delta for a, b in zip(before, after, strict=True)])

    def _pick(self, pairs: Sequence[PairScores], split: str, group: str) -> list[PairScores]:
        return [pair for pair in pairs if pair.row.group == group and split in ("", pair.row.split)]

    def _paired(self, differences: Sequence[float]) -> Paired:
        return paired(differences, resamples=self._resamples, seed=self._seed)


def _changes(before: Sequence[PairScores], after: Sequence[PairScores], name: str) -> list[float]:
    found = [(a.field_delta(name), b.field_delta(name)) for a, b in zip(before, after, strict=True)]
    return [b - a for a, b in found if a is not None and b is not None]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else float("nan")


def _rounded(result: Paired) -> dict[str, Any]:
    return {name: finite(value) if isinstance(value, float) else value for name, value in asdict(result).items()}

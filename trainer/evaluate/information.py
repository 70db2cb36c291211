"""Information in pairs of good and degraded passages, under a base and under each epoch of a run.

Definitions (docs/method.md). I(P) = S_bare - S_brief, bits. ΔI = I(good) - I(degraded). Δ(ΔI) = ΔI tuned - ΔI base.
With the adapter on in the `brief` view alone, as in the app, Δ(ΔI) is how much more the tuned reader's surprise at the
good version fell than its surprise at the degraded one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cqa_desktop.annotations.pair_rows import PairRow
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.measure.calibration import Calibration
from cqa_desktop.measure.types import BARE, BRIEF, FIELD_VIEWS, STORY
from trainer.errors import TrainerError
from trainer.evaluate.torch_model import TorchModel

Advance = Callable[[int, int], None]


@dataclass(frozen=True)
class VersionScores:
    """One version of a pair under one reader."""

    tokens: int
    surprisal: Mapping[str, float]
    """View to summed surprisal, bits: bare, story, brief, and each field of the brief that is filled."""

    @property
    def information(self) -> float:
        """I(P) = S_bare - S_brief, bits."""
        return self.surprisal[BARE] - self.surprisal.get(BRIEF, self.surprisal[STORY])

    def field(self, name: str) -> float | None:
        """S_story - S_field, bits: what one field of the brief explains on top of the story; None if it is empty."""
        return self.surprisal[STORY] - self.surprisal[name] if name in self.surprisal else None

    def gain_over(self, other: VersionScores) -> float:
        """By how much likelier a token is than under another reader, in the most informed view: mean bits."""
        mine, theirs = (one.surprisal.get(BRIEF, one.surprisal[STORY]) for one in (self, other))
        return (theirs - mine) / max(1, self.tokens)


@dataclass(frozen=True)
class PairScores:
    """Both versions of a pair under one reader."""

    row: PairRow
    good: VersionScores
    degraded: VersionScores

    @property
    def delta(self) -> float:
        """ΔI, bits."""
        return self.good.information - self.degraded.information

    def field_delta(self, name: str) -> float | None:
        """ΔI of one field of the brief, bits."""
        good, degraded = self.good.field(name), self.degraded.field(name)
        return None if good is None or degraded is None else good - degraded


def score_pairs(model: TorchModel, rows: Sequence[PairRow], advance: Advance) -> list[PairScores]:
    """Score every pair under the adapter that is in use.

    Raises:
        TrainerError: if memory does not suffice, or a figure is no number.
    """
    # Temperature 1: the model as it is. A temperature of the base's would be no better one of the tuned model's.
    scorer = Scorer(model, Calibration())
    found: list[PairScores] = []
    for row in rows:
        good, degraded = (_version(scorer, row, text) for text in (row.good, row.degraded))
        found.append(PairScores(row, good, degraded))
        advance(len(found), len(rows))
    return found


def _version(scorer: Scorer[TorchModel], row: PairRow, text: str) -> VersionScores:
    passage = scorer.score_passage(row.context, text, row.brief, fields=True)
    sums = {name: float(view.surprisal.sum(dtype=np.float64)) for name, view in passage.views.items()}
    if not all(map(math.isfinite, sums.values())):
        adapted = " with the adapter" if scorer.model.adapter_sha256 else ""
        raise TrainerError(f"pair '{row.id}': its surprisal{adapted} is no number - the weights are damaged")
    return VersionScores(len(passage.views[BARE]), sums)


def field_names(pairs: Sequence[PairScores]) -> list[str]:
    """The fields that some brief fills."""
    return [name for name in FIELD_VIEWS if any(pair.field_delta(name) is not None for pair in pairs)]

"""Sums over a passage: surprisal, entropy, z and information (DESIGN: the measure; arXiv 2604.26269)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cqa_desktop.measure.types import BARE, BRIEF, STORY, Information, ScoredPassage, ViewScores


@dataclass(frozen=True, slots=True)
class PassageSums:
    """All in bits, summed in float64."""

    tokens: int
    surprisal: Mapping[str, float]
    entropy: Mapping[str, float]
    z: Mapping[str, float]
    information: Information

    @property
    def grounded(self) -> float:
        """Information without what fell on copied words, bits: what the classes use."""
        return self.information.total - self.information.copied

    def per_token(self, bits: float) -> float:
        return bits / max(self.tokens, 1)

    @property
    def informed(self) -> str:
        """The name of the most informed view."""
        return BRIEF if BRIEF in self.surprisal else STORY


def z_score(view: ViewScores, allowed: float = 0.0) -> float:
    """(S - H) / sqrt(V): about standard normal under a calibrated model; 0 where the model was certain.

    `allowed` bits are taken off S first.
    """
    variance = float(view.varentropy.sum(dtype=np.float64))
    excess = float((view.surprisal.astype(np.float64) - view.entropy).sum())
    return (excess - allowed) / math.sqrt(variance) if variance > 1e-9 else 0.0


def sum_passage(passage: ScoredPassage) -> PassageSums:
    """S, H and z of every view, and the information between bare, story and brief."""
    surprisal = {name: float(view.surprisal.sum(dtype=np.float64)) for name, view in passage.views.items()}
    bare, story = surprisal[BARE], surprisal[STORY]
    informed = surprisal.get(BRIEF, story)
    gain = passage.views[BARE].surprisal.astype(np.float64) - passage.informed.surprisal
    return PassageSums(
        tokens=len(passage.copied),
        surprisal=surprisal,
        entropy={name: float(view.entropy.sum(dtype=np.float64)) for name, view in passage.views.items()},
        z={name: z_score(view) for name, view in passage.views.items()},
        information=Information(
            story=bare - story,
            brief=story - informed,
            total=bare - informed,
            copied=float(gain[passage.copied].sum()),
        ),
    )

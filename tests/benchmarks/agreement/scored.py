"""Texts scored once with the app's own scorer, as flat arrays of tokens and of words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.measure.types import BARE, BRIEF, STORY, Brief, PassageMeasure, ScoredPassage
from cqa_desktop.text.words import words

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Scored:
    """A text, and one array a figure over its tokens; all in bits or bits squared."""

    text: str
    passages: Sequence[ScoredPassage]
    measures: Sequence[PassageMeasure]
    bare: Array
    story: Array
    informed: Array
    """Surprisal in the most informed view: `brief` where there is one, else `story`."""
    bare_entropy: Array
    entropy: Array
    """In the story view, as are varentropy and rank."""
    informed_entropy: Array
    varentropy: Array
    rank: Array
    copied: Array
    place: Array
    """Index of the token in its sentence."""
    sentence: Array
    """Index of the sentence."""
    length: Array
    """Words of the token's sentence."""
    end: Array
    """Where the token ends, code points."""

    def __len__(self) -> int:
        return len(self.bare)

    def cut(self, tokens: int) -> Scored:
        """The text up to so many tokens; its passages and measures are those that begin before."""
        if tokens >= len(self):
            return self
        limit = int(self.end[tokens - 1])
        arrays = {name: value[:tokens] for name, value in vars(self).items() if isinstance(value, np.ndarray)}
        return Scored(
            text=self.text[:limit],
            passages=[one for one in self.passages if one.start < limit],
            measures=[one for one in self.measures if one.start < limit],
            **arrays,
        )


def score_text(scorer: Scorer[Any], text: str, brief: Brief = Brief()) -> Scored:
    """Score a text as a draft of its own."""
    document = scorer.score(text, brief)
    return scored_from(text, document.passages, document.measures)


def scored_from(text: str, passages: Sequence[ScoredPassage], measures: Sequence[PassageMeasure]) -> Scored:
    """The arrays of scored passages."""

    def all_of(values: Iterable[Array]) -> Array:
        return np.concatenate([np.asarray(value, np.float64) for value in values])

    counts = [len(one.copied) for one in passages]
    return Scored(
        text=text,
        passages=passages,
        measures=measures,
        bare=all_of(one.views[BARE].surprisal for one in passages),
        story=all_of(one.views[STORY].surprisal for one in passages),
        informed=all_of(one.informed.surprisal for one in passages),
        bare_entropy=all_of(one.views[BARE].entropy for one in passages),
        entropy=all_of(one.views[STORY].entropy for one in passages),
        informed_entropy=all_of(one.views.get(BRIEF, one.views[STORY]).entropy for one in passages),
        varentropy=all_of(one.views[STORY].varentropy for one in passages),
        rank=np.concatenate([one.views[STORY].rank for one in passages]),
        copied=np.concatenate([one.copied for one in passages]),
        place=np.concatenate([np.arange(count) for count in counts]),
        sentence=np.repeat(np.arange(len(passages)), counts),
        length=np.repeat([one.words for one in passages], counts),
        end=np.concatenate([one.token_end for one in passages]),
    )


@dataclass(frozen=True)
class Words:
    """The words of a scored text: where they stand, and which tokens begin in each."""

    start: Array
    end: Array
    sentence: Array
    owner: Array
    """Index of the word that each token belongs to; -1 for none."""

    def sums(self, of_tokens: Array) -> Array:
        """The sum over the tokens of each word."""
        inside = self.owner >= 0
        return np.bincount(self.owner[inside], weights=of_tokens[inside], minlength=len(self.start))


def words_of(scored: Scored) -> Words:
    """The words of a scored text."""
    starts: list[int] = []
    ends: list[int] = []
    sentence: list[int] = []
    owners: list[Array] = []
    for index, passage in enumerate(scored.passages):
        spans = words(scored.text, passage.start, passage.end)
        first = len(starts)
        starts += [span.start for span in spans]
        ends += [span.end for span in spans]
        sentence += [index] * len(spans)
        at = np.searchsorted([span.start for span in spans], passage.token_start, side="right") - 1
        inside = (at >= 0) & (passage.token_start < np.array([span.end for span in spans] or [0])[at])
        owners.append(np.where(inside, at + first, -1))
    return Words(np.array(starts), np.array(ends), np.array(sentence), np.concatenate(owners))

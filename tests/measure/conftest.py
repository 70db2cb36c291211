"""Scored passages made by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest

from cqa_desktop.measure.types import ScoredPassage, ViewScores
from cqa_desktop.text.words import words as find_words

Scores = Mapping[str, Sequence[float]]
MakePassage = Callable[..., ScoredPassage]


def view(surprisal: Sequence[float], entropy: float = 5.0, varentropy: float = 4.0, rank: int = 50) -> ViewScores:
    count = len(surprisal)
    return ViewScores(
        np.asarray(surprisal, np.float32),
        np.full(count, entropy, np.float32),
        np.full(count, varentropy, np.float32),
        np.full(count, rank, np.int32),
    )


@pytest.fixture
def make_passage() -> MakePassage:
    """A passage over `text`, one token a word; surprisal of each view; which words are copied; rank of every token."""

    def make(text: str, views: Scores, *, copied: Sequence[bool] | None = None, rank: int = 50) -> ScoredPassage:
        spans = find_words(text)
        count = len(spans)
        return ScoredPassage(
            start=0,
            end=len(text),
            words=count,
            token_start=np.array([span.start for span in spans], np.int32),
            token_end=np.array([span.end for span in spans], np.int32),
            copied=np.zeros(count, np.bool_) if copied is None else np.asarray(copied, np.bool_),
            views={name: view(scores, rank=rank) for name, scores in views.items()},
        )

    return make

"""What scoring needs of a model: llama.cpp's in the app, torch's in the trainer, one measure over both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from cqa_desktop.engine.batches import Run
from cqa_desktop.measure.types import Ints, ViewScores

Stop = Callable[[], bool]


def never() -> bool:
    """A `Stop` that never stops."""
    return False


class ScoringModel(Protocol):
    """A model that scores runs of tokens, with or without its adapter."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def bos(self) -> int:
        """The token that a document begins with."""

    @property
    def separator(self) -> Ints:
        """The tokens between two paragraphs."""

    @property
    def window(self) -> int:
        """Tokens that it reads at once."""

    @property
    def sha256(self) -> str:
        """Of its weights."""

    @property
    def adapter_sha256(self) -> str:
        """Of its adapter's weights; empty if it has none."""

    @property
    def prompt_format(self) -> str:
        """How it is given a brief: one of annotations.prompt.FORMATS."""

    def tokenize(self, text: str) -> Ints:
        """Token ids of a text, without BOS; control tokens in the text are text."""

    def sizes(self, tokens: Ints) -> Ints:
        """Bytes of each token."""

    def score(
        self, runs: Sequence[Run], *, temperature: float = 1.0, adapter: bool = False, stop: Stop = never
    ) -> list[ViewScores]:
        """Score the runs' tokens; one result a run, in order."""

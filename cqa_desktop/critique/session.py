"""A critique in the making. It can be stopped between any two steps and go on later where it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from cqa_desktop.annotations.critique import CriticName, Ending, Point
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.engine.scoring_model import Stop, never
from cqa_desktop.measure.types import Brief


@dataclass(frozen=True)
class Task:
    """What a critique is asked about. Offsets are code points of the draft."""

    text: str
    start: int
    end: int
    brief: Brief = Brief()
    seed: int = 1

    @property
    def passage(self) -> str:
        return self.text[self.start : self.end]


@dataclass(frozen=True)
class Words:
    """More words of the point that is being written."""

    text: str


Output = Words | Point | Ending
"""What a session gives, in order; an Ending is the last."""


class Session(Protocol):
    """One critique. What the model sees is known before the first word."""

    critic: CriticName
    notice: str
    """Why this critic writes, and what to beware of; one or two sentences, or empty."""
    prompt: str
    """What the model sees, whole; empty for the measured critic."""
    trimmed: int
    """Paragraphs before the passage that were left out of the prompt."""

    def advance(self, stop: Stop) -> Iterator[Output]:
        """Go on, until the end or until stopped. After a CancelledError a further call goes on where this one was:
        nothing is given twice, and nothing is lost.

        Raises:
            CancelledError: once `stop()` is true.

        A failure of the model is no error here: the Ending tells it, after what was written until then.
        """

    def close(self) -> None:
        """Free what the session holds; a second call does nothing."""


class Critic(Protocol):
    """Begins critiques."""

    def begin(self, scorer: Scorer[LlamaModel], task: Task, stop: Stop = never) -> Session:
        """Prepare a critique. Nothing is written yet; what was measured may be gathered.

        Raises:
            CancelledError: once `stop()` is true; what was scored until then is in the cache.
            EngineError: if this critic cannot write it, in one line.
        """

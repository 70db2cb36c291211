"""The measured critic: a critique made of what was measured, by any model."""

from __future__ import annotations

from collections.abc import Iterator

from cqa_desktop.annotations.critique import CriticName, Ending
from cqa_desktop.critique.session import Output, Task
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.engine.scoring_model import Stop, never


class MeasuredCritic:
    """Begins measured critiques."""

    def begin(self, scorer: Scorer[LlamaModel], task: Task, stop: Stop = never) -> MeasuredSession:
        """Prepare a critique."""
        return MeasuredSession(scorer, task)


class MeasuredSession:
    """One measured critique."""

    critic: CriticName = "measured"
    notice = ""
    prompt = ""
    trimmed = 0

    def __init__(self, scorer: Scorer[LlamaModel], task: Task) -> None:
        self._scorer = scorer
        self._task = task

    def advance(self, stop: Stop) -> Iterator[Output]:
        """Go on, until the end or until stopped."""
        yield Ending(0)

    def close(self) -> None:
        """Nothing is held."""

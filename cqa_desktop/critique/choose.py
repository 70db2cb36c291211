"""Which critic writes: the model if it can be trusted to, else the measure; the writer may say otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cqa_desktop.annotations.critique import CriticName
from cqa_desktop.critique.ability import Ability, ability_of
from cqa_desktop.critique.measured import MeasuredCritic
from cqa_desktop.critique.model import ModelCritic
from cqa_desktop.critique.session import Critic, Session, Task
from cqa_desktop.engine.errors import EngineError
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.engine.scoring_model import Stop, never


@dataclass(frozen=True, slots=True)
class Chosen:
    """A critic, and why it was chosen: what its sessions say first."""

    critic: Critic
    why: str

    def begin(self, scorer: Scorer[LlamaModel], task: Task, stop: Stop = never) -> Session:
        """Prepare a critique; see `Critic.begin`."""
        session = self.critic.begin(scorer, task, stop)
        session.notice = f"{self.why} {session.notice}".strip()
        return session


def choose(wanted: CriticName | Literal["auto"], scorer: Scorer[LlamaModel]) -> Critic:
    """The critic that was asked for, or the one that suits the model in use; its sessions' notice says why.

    Raises:
        EngineError: if the model was asked for and cannot write.
    """
    if wanted == "measured":
        return Chosen(MeasuredCritic(), "This was made from the measure alone, as you asked.")
    ability = ability_of(scorer.model)
    if wanted == "model" and not ability.able:
        raise EngineError(
            f"{ability.name} cannot write a critique: it {ability.why_not} - open a model that follows instructions, "
            "of about a billion parameters or more, or choose the measured critic."
        )
    if wanted == "model" or ability.trusted:
        return Chosen(ModelCritic(ability), _why_it_writes(ability))
    how = " Choose the model critic to read what it would write." if ability.able else ""
    why = f"{ability.name} {ability.why_not}, so this was made from what was measured.{how}"
    return Chosen(MeasuredCritic(), why)


def _why_it_writes(ability: Ability) -> str:
    if not ability.trusted:
        return f"{ability.name} {ability.why_not}; it writes because you asked. Do not rely on what it says."
    if ability.tuned:
        return f"{ability.name} was tuned to judge prose, and writes."
    return f"{ability.name} follows instructions, and writes. It was not tuned to judge prose: weigh what it says."

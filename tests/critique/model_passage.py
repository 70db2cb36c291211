"""A passage that the model critic is asked about, and what comes of it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

import cqa_desktop.critique.model as critic
from cqa_desktop.annotations.critique import Ending, Point
from cqa_desktop.critique.ability import Ability, ability_of
from cqa_desktop.critique.grammar import answer_grammar
from cqa_desktop.critique.model import ModelCritic, ModelSession
from cqa_desktop.critique.session import Output, Task, Words
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.engine.scoring_model import never
from cqa_desktop.measure.types import Brief
from cqa_desktop.resources import resource

FERRY = resource("samples", "ferry.md").read_text(encoding="utf-8")
DRAFT = (
    "It was night on the quay.\n\nThe “Maid”\nlay still, and nobody had paid for the second crossing. "
    "She bought a ticket\tfor the day before. Then the rain began."
)
START = DRAFT.index("The “Maid”")
TASK = Task(DRAFT, START, len(DRAFT), Brief(intent="Let it show.", audience="Adults.", reality="A ferry."))
EMPTY_BRIEF = Brief()


def begin(scorer: Scorer[LlamaModel], task: Task = TASK, ability: Ability | None = None) -> ModelSession:
    return ModelCritic(ability or ability_of(scorer.model)).begin(scorer, task)


def written(session: ModelSession) -> list[Output]:
    try:
        return list(session.advance(never))
    finally:
        session.close()


def points(outputs: Sequence[Output]) -> list[Point]:
    return [one for one in outputs if isinstance(one, Point)]


def said(outputs: Sequence[Output]) -> str:
    return "".join(one.text for one in outputs if isinstance(one, Words))


def ending(outputs: Sequence[Output]) -> Ending:
    assert isinstance(outputs[-1], Ending)
    assert sum(isinstance(one, Ending) for one in outputs) == 1
    return outputs[-1]


def babble(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it write what its random weights bring, briefly and without repeating itself."""
    monkeypatch.setattr(critic, "TEMPERATURE", 2.0)
    monkeypatch.setattr(critic, "answer_grammar", lambda: answer_grammar(2, 60))

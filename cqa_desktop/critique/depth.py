"""What a critique may still say of a passage in a language that its model cannot read."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from cqa_desktop.critique.measured_evidence import head_of, look
from cqa_desktop.critique.measured_findings import Finding
from cqa_desktop.critique.session import Task
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.engine.scoring_model import Stop
from cqa_desktop.measure.language import looks_english, spelt
from cqa_desktop.text.spans import Span

AROUND: Final = 1_000
"""Characters of the draft on each side that count too: a line of French on an English page is a surprise."""
COUNTED: Final = frozenset({"even", "openings", "again", "brief stop", "longer", "shorter", "unvaried"})
"""Kinds of findings that need no model."""


def beyond(scorer: Scorer[LlamaModel], task: Task, part: Span, stop: Stop) -> bool:
    """Whether the model is out of its depth. Only a text that does not look English is scored for it.

    Raises:
        CancelledError: once `stop()` is true.
        EngineError: if the model fails.
    """
    if looks_english(task.text[max(0, part.start - AROUND) : part.end + AROUND]):
        return False
    head = head_of(task.text, part)
    evidence = look(scorer, task, head, fields=False, stop=stop)
    return spelt([one.measure for one in evidence.sentences])


def only_counted(found: list[Finding]) -> list[Finding]:
    """Of some findings those that hold whatever the model knows, without what it measured."""
    return [
        replace(
            one,
            verdict="asks" if one.kind == "again" else one.verdict,
            slots={name: value for name, value in one.slots.items() if name not in ("peak", "level")},
            figures=tuple(
                figure for figure in one.figures if figure.unit != "bits" and "of its length" not in figure.label
            ),
        )
        for one in found
        if one.kind in COUNTED
    ]


def notice(name: str) -> str:
    """What a writer should know of such a critique."""
    return (
        f"{name} can hardly read this, as it seems to be in a language it was not made from; "
        "so only rhythm and repetition were looked at."
    )

"""Rows of annotations for the tests."""

from __future__ import annotations

import copy
from typing import Any

ROW: dict[str, Any] = {
    "schema": 1,
    "id": "one",
    "passage": "The lamp went out. “Leave it,” said Mara, and the dog sat down.",
    "context": "They had walked since noon.\n\nNobody spoke.",
    "brief": {"intent": "Let tiredness show.", "audience": "Adults.", "reality": "A moor, by night."},
    "source": "written for a test",
    "licence": "CC0-1.0",
    "language": "en",
    "annotators": [{"role": "expert", "name": "A"}, {"role": "engineer", "name": "B"}],
    "dialogue": [{"role": "engineer", "text": "Why the dog?"}, {"role": "expert", "text": "It gives up for them."}],
    "judgments": [
        {
            "quote": "the dog sat down",
            "dimension": "craft",
            "constraint": "ethos",
            "verdict": "works",
            "reasoning": "The animal does what nobody in the party would allow himself, and so it speaks for them.",
            "counterfactual": "Had Mara sat, it would have been an argument.",
            "suggestion": "",
        },
        {
            "quote": "“Leave it,” said Mara",
            "dimension": "reality",
            "constraint": "mythos",
            "verdict": "fails",
            "reasoning": "On a moor at night a lamp is the one thing that nobody would leave without a word more.",
            "counterfactual": "",
            "suggestion": "Let her try to light it once.",
        },
    ],
}


def row(**changes: Any) -> dict[str, Any]:
    """ROW with top-level fields changed; None removes one."""
    made = copy.deepcopy(ROW) | changes
    return {name: value for name, value in made.items() if value is not None}


def judgment(index: int = 0, **changes: Any) -> dict[str, Any]:
    """ROW with one field of a judgment changed."""
    made = copy.deepcopy(ROW)
    made["judgments"][index] |= changes
    return made

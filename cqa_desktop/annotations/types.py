"""What an annotation is (docs/annotations.md; the BC Protocol, arXiv 2605.25549)."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from cqa_desktop.measure.types import Brief

SCHEMA: Final = 1
"""The version written into every row."""

Dimension = Literal["craft", "audience", "reality"]
Constraint = Literal["ethos", "mythos", "lexis", "dianoia"]
Verdict = Literal["works", "fails"]
Role = Literal["expert", "engineer"]

DIMENSIONS: Final[tuple[Dimension, ...]] = ("craft", "audience", "reality")
"""What a judgment is about."""
CONSTRAINTS: Final[tuple[Constraint, ...]] = ("ethos", "mythos", "lexis", "dianoia")
"""Character, plot, style, thought."""
VERDICTS: Final[tuple[Verdict, ...]] = ("works", "fails")
EXPERT: Final = "expert"
ENGINEER: Final = "engineer"
ROLES: Final[tuple[Role, ...]] = (EXPERT, ENGINEER)
"""The domain expert, who judges; and the knowledge engineer, who asks why, what next, what if."""


class Judgment(msgspec.Struct, frozen=True, kw_only=True):
    """One expert statement about one quoted span."""

    dimension: Dimension
    constraint: Constraint
    verdict: Verdict
    reasoning: str
    """In the expert's own words."""
    quote: str | None = None
    """Found verbatim in the passage; None for a judgment of the passage as a whole."""
    counterfactual: str = ""
    """What another choice would have done."""
    suggestion: str = ""


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One turn of the dialogue from which the judgments came."""

    role: Role
    text: str


class Annotator(msgspec.Struct, frozen=True, kw_only=True):
    """Who took part. An expert alone is allowed, and shows in the record."""

    role: Role
    name: str


class Annotation(msgspec.Struct, frozen=True, kw_only=True):
    """A passage, what constrains it, the dialogue, and its judgments: one line of a JSONL file."""

    schema: int = SCHEMA
    id: str
    passage: str
    source: str
    licence: str
    language: str
    annotators: tuple[Annotator, ...]
    judgments: tuple[Judgment, ...]
    context: str = ""
    """The draft before the passage."""
    brief: Brief = Brief()
    dialogue: tuple[Turn, ...] = ()

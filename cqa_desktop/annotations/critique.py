"""What a critique is made of: points, each tied to words of the draft."""

from __future__ import annotations

from typing import Literal

import msgspec

from cqa_desktop.annotations.types import Constraint, Dimension

CriticName = Literal["measured", "model"]
"""Who writes: from the measure alone, or a model that was taught to judge."""
PointVerdict = Literal["works", "fails", "asks"]
"""`asks`: the evidence raises a question that only the writer can answer."""


class Figure(msgspec.Struct, frozen=True):
    """A number behind a point, for those who want it."""

    label: str
    value: float
    unit: str
    """`bits`, `%`, `words`, or empty."""


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a critique says. Offsets are code points of the draft."""

    start: int
    end: int
    quote: str
    """The draft's own words from `start` to `end`, as they stand there."""
    dimension: Dimension
    constraint: Constraint | None = None
    verdict: PointVerdict
    reasoning: str
    counterfactual: str = ""
    """What another choice would do."""
    suggestion: str = ""
    """A question or a direction; never a rewrite."""
    figures: tuple[Figure, ...] = ()
    whole: bool = False
    """About the whole passage, and not about some of its words."""
    similarity: float = 1.0
    """1 if the critic quoted these very words; less if its quote was tied to the nearest words above a threshold."""


class Ending(msgspec.Struct, frozen=True):
    """How a critique ended."""

    points: int
    dropped: int = 0
    """Points whose quotation is not in the passage, nor near enough to words that are."""
    moved: int = 0
    """Points that were tied to the nearest words."""
    fault: str = ""
    """One line if it ended before its end; what came until then is kept."""

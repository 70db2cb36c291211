"""The same passages, counted from elsewhere."""

from __future__ import annotations

from dataclasses import replace

from cqa_desktop.measure.types import Mark, PassageMeasure, ScoredPassage


def shift_measure(passage: PassageMeasure, by: int) -> PassageMeasure:
    """`passage` with `by` added to its offsets."""
    marks = tuple(Mark(mark.start + by, mark.end + by, mark.kind) for mark in passage.marks)
    return replace(passage, start=passage.start + by, end=passage.end + by, marks=marks)


def shift_passage(passage: ScoredPassage, by: int) -> ScoredPassage:
    """`passage` with `by` added to its offsets."""
    return replace(
        passage,
        start=passage.start + by,
        end=passage.end + by,
        token_start=passage.token_start + by,
        token_end=passage.token_end + by,
    )

"""Segments and their contexts: which tokens are evaluated together.

Pure functions of token counts and content hashes. A cut between segments is decided by the paragraphs around it alone,
so an edit moves the cuts near it and no others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

REACH = 128
"""A paragraph is an anchor if no paragraph within so many tokens has a smaller hash."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A passage, or a piece of a very long one: what is never parted between windows."""

    paragraph: int
    passage: int
    """Index within the paragraph."""
    first: int
    last: int
    """Tokens of the paragraph, `last` left out."""
    opens: bool
    """Whether it is the first of its paragraph."""
    cost: int
    """Tokens it takes in a window: its own, and the separator if it opens a paragraph."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Units `first` to `last` (left out), scored in one window after the units from `context` on."""

    first: int
    last: int
    context: int


def split_units(sizes: Sequence[Sequence[tuple[int, int]]], limit: int, separator: int) -> list[Unit]:
    """Units of paragraphs given as the (first, last) tokens of their passages; none takes more than `limit`."""
    units: list[Unit] = []
    room = max(1, limit - separator)
    for paragraph, passages in enumerate(sizes):
        opens = True
        for passage, (first, last) in enumerate(passages):
            for start in range(first, max(last, first + 1), room):
                stop = min(start + room, last)
                units.append(Unit(paragraph, passage, start, stop, opens, stop - start + (separator if opens else 0)))
                opens = False
    return units


def anchors(costs: Sequence[int], hashes: Sequence[int], reach: int = REACH) -> list[bool]:
    """For each paragraph of `costs` tokens and a content hash, whether a segment must begin there.

    The first of equal hashes wins, so a run of equal paragraphs has one anchor.
    """
    found = []
    for index, value in enumerate(hashes):
        found.append(
            _least(value, costs, hashes, range(index - 1, -1, -1), reach, strict=True)
            and _least(value, costs, hashes, range(index + 1, len(hashes)), reach, strict=False)
        )
    if found:
        found[0] = True
    return found


def _least(value: int, costs: Sequence[int], hashes: Sequence[int], others: range, reach: int, *, strict: bool) -> bool:
    distance = 0
    for other in others:
        if hashes[other] < value or (strict and hashes[other] == value):
            return False
        distance += costs[other]
        if distance >= reach:
            break
    return True


def make_segments(
    units: Sequence[Unit], hashes: Sequence[int], *, limit: int, context: int, begin: int = 0
) -> list[Segment]:
    """Segments of at most `limit` tokens over the units from `begin` on, each after at most `context` tokens.

    `hashes` holds one content hash a paragraph. The context is whole paragraphs, as many as fit; where not even one
    fits, whole units.
    """
    costs = [0] * len(hashes)
    for unit in units:
        costs[unit.paragraph] += unit.cost
    is_anchor = anchors(costs, hashes)
    segments: list[Segment] = []
    first, used = begin, 0
    for index in range(begin, len(units)):
        unit = units[index]
        # Paragraphs stay whole if they can: one that does not fit what is left begins a segment of its own.
        whole = unit.opens and costs[unit.paragraph] <= limit < used + costs[unit.paragraph]
        if index > first and (used + unit.cost > limit or whole or (unit.opens and is_anchor[unit.paragraph])):
            segments.append(Segment(first, index, _context_start(units, first, context)))
            first, used = index, 0
        used += unit.cost
    if len(units) > first:
        segments.append(Segment(first, len(units), _context_start(units, first, context)))
    return segments


def _context_start(units: Sequence[Unit], first: int, room: int) -> int:
    used = 0
    start = whole = first
    for index in range(first - 1, -1, -1):
        used += units[index].cost
        if used > room:
            break
        start = index
        if units[index].opens:
            whole = index
    return whole if whole < first else start

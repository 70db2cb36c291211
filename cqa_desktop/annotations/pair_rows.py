"""Pairs of a good and a degraded version of a passage: what information is tested on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from cqa_desktop.annotations.checks import brief_problems
from cqa_desktop.measure.types import Brief
from cqa_desktop.text.line_breaks import unify_line_breaks

LITERARY = "literary"
FACTUAL = "factual"
"""The control group: training on judgments of fiction should leave it as it is."""
DEV, TEST = "dev", "test"
"""On `dev` an epoch is chosen, on `test` it is reported."""


@dataclass(frozen=True)
class PairRow:
    """One pair. Line breaks in all texts are unified."""

    id: str
    group: str
    split: str
    """`dev` or `test`; empty if the row does not say."""
    dimension: str
    """What the degraded version offends; empty if the row does not say."""
    context: str
    brief: Brief
    good: str
    degraded: str


class _Raw(msgspec.Struct):
    id: str | int
    good: str
    degraded: str
    group: str = "all pairs"
    split: str = ""
    dimension: str = ""
    context: str | None = None
    brief: dict[str, object] | None = None


def read_pair_rows(lines: Iterable[bytes]) -> tuple[list[PairRow], list[tuple[int, str]]]:
    """The rows of a JSONL file, and what is wrong: (line counted from 1, problem)."""
    rows: list[PairRow] = []
    problems: list[tuple[int, str]] = []
    seen: set[str] = set()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = _read(line)
            if row.id in seen:
                raise ValueError(f"id '{row.id}' was used before - give each pair its own")
            seen.add(row.id)
            rows.append(row)
        except (msgspec.DecodeError, ValueError) as error:
            problems.append((number, str(error)))
    return rows, problems


def _read(line: bytes) -> PairRow:
    raw = msgspec.json.decode(line, type=_Raw)
    if not raw.good.strip() or not raw.degraded.strip():
        raise ValueError("good and degraded must both hold text")
    if raw.split not in ("", DEV, TEST):
        raise ValueError(f"split '{raw.split}' is unknown - use {DEV} or {TEST}")
    found = brief_problems(raw.brief or {})
    if found:
        raise ValueError(str(found[0]))
    brief = {name: str(text).strip() for name, text in (raw.brief or {}).items()}
    context, good, degraded = (unify_line_breaks(text).text for text in (raw.context or "", raw.good, raw.degraded))
    return PairRow(str(raw.id), raw.group, raw.split, raw.dimension, context, Brief(**brief), good, degraded)

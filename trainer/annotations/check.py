"""`cqa-train check`: every problem of a file of annotations, in one run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from cqa_desktop.annotations.checks import SURROGATE, Problem
from cqa_desktop.annotations.coverage import ALIKE, alike, runs
from cqa_desktop.annotations.jsonl import Row, read_rows
from cqa_desktop.annotations.prompt import FORMATS, PROSE
from cqa_desktop.annotations.types import CONSTRAINTS, DIMENSIONS, SCHEMA, VERDICTS, Annotation
from cqa_desktop.text.words import fold, words

SHARED: Final = 12
"""Words in a row that two texts of different origin do not share by chance."""


@dataclass(frozen=True)
class PairText:
    """An evaluation pair, and what its texts are made of."""

    where: str
    """`file:line (id)`."""
    passages: tuple[frozenset[tuple[str, ...]], ...]
    """Five-word runs of each of the good and degraded versions."""
    long_runs: frozenset[tuple[str, ...]]
    """Twelve-word runs of the versions and the context."""


@dataclass(frozen=True)
class Limits:
    """How long a row may be for a base model."""

    window: int
    """Tokens."""
    count: Callable[[Annotation], int]
    """Tokens of a row as it is trained on, whole: prompt, answer, first and last token."""
    name: str


def check(path: Path, pairs: Sequence[PairText], limits: Limits | None) -> Iterator[tuple[Row, Problem]]:
    """Problems in the order of the lines.

    Raises:
        AnnotationError: if the file cannot be read at all.
    """
    for row in read_rows(path):
        for problem in row.problems:
            yield row, problem
        for problem in _against_pairs(row, pairs):
            yield row, problem
        annotation = _countable(row) if limits is not None else None
        if limits is not None and annotation is not None:
            yield from ((row, problem) for problem in _too_long(annotation, limits))


def _countable(row: Row) -> Annotation | None:
    """A row as far as its length goes, whatever else is wrong with it; None if its texts cannot be counted."""
    data = row.data
    if any(SURROGATE in one.problem for one in row.problems):
        return None
    judgments = data.get("judgments") if isinstance(data, dict) else None
    if not isinstance(judgments, list) or not all(isinstance(one, dict) for one in judgments):
        return None
    known: tuple[tuple[str, Sequence[str]], ...]
    known = (("dimension", DIMENSIONS), ("constraint", CONSTRAINTS), ("verdict", VERDICTS))
    # A word that the schema does not have is as long as one that it has.
    mended = [one | {name: words[0] for name, words in known if one.get(name) not in words} for one in judgments]
    whole = {"id": "", "source": "", "licence": "", "language": "", "dialogue": []} | data
    try:
        return msgspec.convert({**whole, "schema": SCHEMA, "annotators": [], "judgments": mended}, Annotation)
    except msgspec.ValidationError:
        return None


def _too_long(annotation: Annotation, limits: Limits) -> Iterator[Problem]:
    tokens = limits.count(annotation)
    if tokens > limits.window:
        yield Problem(
            "row",
            f"takes {tokens} tokens, and {limits.name} reads {limits.window}",
            "shorten the passage or the brief, split the judgments over two rows, or use a base with more context",
        )


def _against_pairs(row: Row, pairs: Sequence[PairText]) -> Iterator[Problem]:
    passage = row.data.get("passage") if isinstance(row.data, dict) else None
    if not isinstance(passage, str) or not pairs:
        return
    short, long = runs(passage), long_runs(passage)
    for pair in pairs:
        near = max(alike(short, one) for one in pair.passages) >= ALIKE
        if near or long & pair.long_runs:
            what = "is nearly the same as" if near else f"shares {SHARED} words in a row with"
            fix = "leave one of the two out: what is trained on cannot be tested on"
            yield Problem("passage", f"{what} the evaluation pair {pair.where}", fix)


def read_pairs(paths: Sequence[Path]) -> list[PairText]:
    """The pairs of JSONL files; rows that are not pairs are left to `cqa pairs` to refuse.

    Raises:
        OSError, UnicodeDecodeError: if a file cannot be read.
    """
    found: list[PairText] = []
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8-sig").split("\n"), start=1):
            try:
                row = json.loads(line) if line.strip() else None
            except ValueError:
                row = None
            if isinstance(row, dict):
                found.append(_pair(row, f"{path.name}:{number} ({row.get('id')})"))
    return found


def _pair(row: Mapping[str, Any], where: str) -> PairText:
    versions = [row[name] for name in ("good", "degraded", "original", "cliche") if isinstance(row.get(name), str)]
    context = row.get("context")
    texts = [*versions, context] if isinstance(context, str) else versions
    return PairText(
        where, tuple(runs(text) for text in versions) or (frozenset(),), frozenset().union(*map(long_runs, texts))
    )


def long_runs(text: str) -> frozenset[tuple[str, ...]]:
    """The runs of SHARED words of a text, folded; empty for a shorter one."""
    folded = [fold(text[span.start : span.end]) for span in words(text)]
    return frozenset(tuple(folded[at : at + SHARED]) for at in range(len(folded) - SHARED + 1))


def prompt_format_for(spec: str, given: str | None) -> str:
    """`prose-1` for the reference model, which knows prose alone; `headed-1` for any other, unless one is given."""
    if given is not None:
        return given
    return PROSE if spec == "reference" else FORMATS[1]

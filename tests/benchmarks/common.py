"""What the benchmarks share: texts, rows of results, and how several runs become one figure."""

from __future__ import annotations

import math
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cqa_desktop.models.registry import reference_prose

REPEATS = 5


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    figure: str
    budget: str
    holds: bool | None
    """None where there is no budget."""


def novel(words: int) -> str:
    """Reference prose of that many words: paragraphs as novels have them."""
    paragraphs = [
        paragraph for path in reference_prose() for paragraph in path.read_text(encoding="utf-8").strip().split("\n\n")
    ]
    kept: list[str] = []
    count = 0
    while count < words:
        # Past its end the prose begins again; a number keeps each paragraph a text of its own.
        turn, at = divmod(len(kept), len(paragraphs))
        paragraph = paragraphs[at] if turn == 0 else f"{turn}. {paragraphs[at]}"
        kept.append(paragraph)
        count += len(paragraph.split())
    return "\n\n".join(kept) + "\n"


def side_by_side(runs: Sequence[Callable[[], float]], repeats: int = REPEATS) -> list[float]:
    """Run each in turn, again and again, so that a busy machine is busy for all; the median of each."""
    found: list[list[float]] = [[] for _ in runs]
    for _ in range(repeats):
        for values, run in zip(found, runs, strict=True):
            values.append(run())
    return [statistics.median(values) for values in found]


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


@contextmanager
def folder() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="cqa-bench-") as name:
        yield Path(name)

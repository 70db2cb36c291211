"""The measured critic's sentences, by kind of finding and by part: what is seen, what a reader expected, which view
explains it, the other choice, and something to try.

A line can be said if all that it is filled with is known, and if the conditions in brackets before it hold: `[late]`
needs the slot of that name, `[!late]` its absence. Nothing claims more than the evidence behind its slots.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cqa_desktop.critique.measured_lines import REST
from cqa_desktop.critique.measured_lines_surprise import SURPRISE

_FIELD: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Line:
    """One way to say something."""

    text: str
    needs: frozenset[str]
    lacks: frozenset[str]

    def fits(self, slots: Mapping[str, str]) -> bool:
        """Whether all that it says is known."""
        return self.needs <= slots.keys() and self.lacks.isdisjoint(slots)


def _parse(raw: str) -> Line:
    conditions, text = raw[1:].split("] ", 1) if raw.startswith("[") else ("", raw)
    names = conditions.split()
    needs = {name for name in names if not name.startswith("!")} | set(_FIELD.findall(text))
    return Line(text, frozenset(needs), frozenset(name[1:] for name in names if name.startswith("!")))


def _read(text: str) -> dict[str, tuple[Line, ...]]:
    found: dict[str, list[Line]] = {}
    heading = ""
    for raw in text.splitlines():
        line = raw.strip()
        if line.startswith("# "):
            heading = line[2:]
        elif line:
            found.setdefault(heading, []).append(_parse(line))
    return {heading: tuple(lines) for heading, lines in found.items()}


BANK: Final[Mapping[str, tuple[Line, ...]]] = _read(SURPRISE + REST)
"""`kind / part` to the ways to say it; parts that several kinds share stand under `any`."""
PARTS: Final = ("lead", "reader", "views", "more", "other", "try")

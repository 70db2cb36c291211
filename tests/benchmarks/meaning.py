"""The meaning test: how many triples satisfy S(noise) > S(original) > S(cliché), and I(original) above both.

Per word, because cliché and original differ in length a little, and rare words take more tokens; sums are beside it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cqa_desktop.commands.session import open_scorer
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.measure.passages import PassageSums, sum_passage
from cqa_desktop.measure.types import BARE, Brief
from cqa_desktop.resources import resource
from tests.benchmarks.common import Row

VERSIONS = ("original", "cliche", "noise")


@dataclass(frozen=True)
class Outcome:
    """One triple, in bits a word; `sums` has the same in bits."""

    id: str
    bare: dict[str, float]
    information: dict[str, float]
    grounded: dict[str, float]
    """Without what fell on copied words."""
    brief: dict[str, float]
    """I_brief alone."""
    sums: dict[str, PassageSums]

    @property
    def noise_above(self) -> bool:
        return self.bare["noise"] > self.bare["original"]

    @property
    def cliche_below(self) -> bool:
        return self.bare["original"] > self.bare["cliche"]


def read_triples() -> list[dict[str, Any]]:
    """The bundled rows."""
    text = resource("pairs", "triples.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def measure_triples(scorer: Scorer, rows: Sequence[dict[str, Any]]) -> list[Outcome]:
    """Score every version of every row after its context, under its brief."""
    outcomes = []
    for row in rows:
        brief = Brief(**row["brief"])
        sums = {name: sum_passage(scorer.score_passage(row["context"], row[name], brief)) for name in VERSIONS}
        words = {name: len(row[name].split()) for name in VERSIONS}
        outcomes.append(
            Outcome(
                row["id"],
                {name: one.surprisal[BARE] / words[name] for name, one in sums.items()},
                {name: one.information.total / words[name] for name, one in sums.items()},
                {name: one.grounded / words[name] for name, one in sums.items()},
                {name: one.information.brief / words[name] for name, one in sums.items()},
                sums,
            )
        )
    return outcomes


def report(outcomes: Sequence[Outcome]) -> list[tuple[str, str]]:
    """Statement and how many triples satisfy it."""

    def count(holds: Sequence[bool]) -> str:
        return f"{sum(holds)} of {len(holds)}"

    found = [
        ("S_bare a word: noise > original", count([one.noise_above for one in outcomes])),
        ("S_bare a word: original > cliché", count([one.cliche_below for one in outcomes])),
        ("S_bare a word: noise > original > cliché", count([o.noise_above and o.cliche_below for o in outcomes])),
    ]
    for title, of in (
        ("I a word", lambda one: one.information),
        ("I a word without copied words", lambda one: one.grounded),
        ("I_brief a word", lambda one: one.brief),
        ("I, whole passage", lambda one: {version: sums.information.total for version, sums in one.sums.items()}),
    ):
        for other in ("noise", "cliche"):
            shown = other.replace("cliche", "cliché")
            found.append(
                (f"{title}: original > {shown}", count([of(one)["original"] > of(one)[other] for one in outcomes]))
            )
        both = [of(one)["original"] > max(of(one)["noise"], of(one)["cliche"]) for one in outcomes]
        found.append((f"{title}: original above both", count(both)))
    return found


def rows() -> list[Row]:
    """The statements, as lines of the benchmarks' table."""
    with open_scorer(None) as scorer:
        return [Row(statement, holds, "", None) for statement, holds in report(measure_triples(scorer, read_triples()))]

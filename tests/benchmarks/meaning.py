"""The meaning test: how many triples satisfy S(noise) > S(original) > S(cliché), and I(original) above both.

Per word, because cliché and original differ in length a little, and rare words take more tokens; sums are beside it.
The measure was developed on the first thirty; the others confirm. Then the brief is put to the test: does a passage's
own brief lower its surprisal more than the brief of a passage of another work?
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from cqa_desktop.commands.session import open_scorer
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.measure.passages import PassageSums, sum_passage
from cqa_desktop.measure.types import BARE, BRIEF, FIELD_VIEWS, Bools, Brief, ScoredPassage
from cqa_desktop.resources import resource
from tests.benchmarks.common import Row
from trainer.evaluate.statistics import bootstrap

VERSIONS = ("original", "cliche", "noise")
DEVELOPED_ON: Final = 30
"""Rows from the first on that the measure was developed on."""
SHUFFLES: Final = (1, 2, 3, 4, 5)
"""Seeds of the briefs of other passages."""
RESAMPLES: Final = 10_000
NEW_WORDS: Final = "new words"
BY_DIMENSION: Final = ("S_bare a word: noise > original > cliché", "I a word: original above both")
"""Statements that are counted by dimension too."""


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
    fields: dict[str, dict[str, float]]
    """Field of the brief to S_bare less the surprisal after that field alone and the story; empty if not asked for."""

    @property
    def noise_above(self) -> bool:
        return self.bare["noise"] > self.bare["original"]

    @property
    def cliche_below(self) -> bool:
        return self.bare["original"] > self.bare["cliche"]


@dataclass(frozen=True)
class Shuffled:
    """One original under its own brief and under those of passages of other works: bits a word that its own saves."""

    id: str
    saved: dict[str, float]
    """View (`brief`, or a field alone) to S under the others' briefs, in the mean, less S under its own; `new words` is
    `brief` on those tokens alone whose words stand neither in the context nor in the own brief."""


def read_triples() -> list[dict[str, Any]]:
    """The bundled rows."""
    text = resource("pairs", "triples.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def measure_triples(scorer: Scorer, rows: Sequence[dict[str, Any]], *, fields: bool = False) -> list[Outcome]:
    """Score every version of every row after its context, under its brief."""
    outcomes = []
    for row in rows:
        brief = Brief(**row["brief"])
        passages = {name: scorer.score_passage(row["context"], row[name], brief, fields=fields) for name in VERSIONS}
        sums = {name: sum_passage(passage) for name, passage in passages.items()}
        words = {name: len(row[name].split()) for name in VERSIONS}
        outcomes.append(
            Outcome(
                row["id"],
                {name: one.surprisal[BARE] / words[name] for name, one in sums.items()},
                {name: one.information.total / words[name] for name, one in sums.items()},
                {name: one.grounded / words[name] for name, one in sums.items()},
                {name: one.information.brief / words[name] for name, one in sums.items()},
                sums,
                {
                    field: {
                        name: (one.surprisal[BARE] - one.surprisal[field]) / words[name] for name, one in sums.items()
                    }
                    for field in (FIELD_VIEWS if fields else ())
                },
            )
        )
    return outcomes


def others(rows: Sequence[dict[str, Any]], seed: int) -> list[int]:
    """For each row, another row from another work, each work's as often as it comes."""
    chance = random.Random(seed)
    return [chance.choice([k for k, other in enumerate(rows) if other["source"] != row["source"]]) for row in rows]


def measure_shuffled(scorer: Scorer, rows: Sequence[dict[str, Any]], seeds: Sequence[int] = SHUFFLES) -> list[Shuffled]:
    """Each row's original under its own brief, and under one of another work for each seed; by field too."""
    partners = [others(rows, seed) for seed in seeds]
    found = []
    for index, row in enumerate(rows):

        def score(brief: Mapping[str, str], row: dict[str, Any] = row) -> ScoredPassage:
            return scorer.score_passage(row["context"], row["original"], Brief(**brief), fields=True)

        own = score(row["brief"])
        foreign = [score(rows[partner[index]]["brief"]) for partner in partners]
        words = len(row["original"].split())

        every = np.ones(len(own.copied), np.bool_)
        saved = {view: _saved(view, every, own, foreign) / words for view in (BRIEF, *FIELD_VIEWS)}
        saved[NEW_WORDS] = _saved(BRIEF, ~own.copied, own, foreign) / words
        found.append(Shuffled(row["id"], saved))
    return found


def _saved(view: str, chosen: Bools, own: ScoredPassage, foreign: Sequence[ScoredPassage]) -> float:
    """Bits on the tokens chosen under the foreign briefs, in the mean, less those under its own."""
    paid = [float(one.views[view].surprisal[chosen].sum(dtype=np.float64)) for one in (own, *foreign)]
    return float(np.mean(paid[1:])) - paid[0]


def report(outcomes: Sequence[Outcome]) -> list[tuple[str, str]]:
    """Statement and how many triples satisfy it."""

    def count(holds: Sequence[bool]) -> str:
        return f"{sum(holds)} of {len(holds)}"

    found = [
        ("S_bare a word: noise > original", count([one.noise_above for one in outcomes])),
        ("S_bare a word: original > cliché", count([one.cliche_below for one in outcomes])),
        ("S_bare a word: noise > original > cliché", count([o.noise_above and o.cliche_below for o in outcomes])),
    ]
    figures: list[tuple[str, Callable[[Outcome], Mapping[str, float]]]] = [
        ("I a word", lambda one: one.information),
        ("I a word without copied words", lambda one: one.grounded),
        ("I_brief a word", lambda one: one.brief),
        ("I, whole passage", lambda one: {version: sums.information.total for version, sums in one.sums.items()}),
    ]
    if outcomes and outcomes[0].fields:
        figures += [(f"I a word, of the brief {field} alone", _of_field(field)) for field in FIELD_VIEWS]
    for title, of in figures:
        for other in ("noise", "cliche"):
            shown = other.replace("cliche", "cliché")
            found.append(
                (f"{title}: original > {shown}", count([of(one)["original"] > of(one)[other] for one in outcomes]))
            )
        both = [of(one)["original"] > max(of(one)["noise"], of(one)["cliche"]) for one in outcomes]
        found.append((f"{title}: original above both", count(both)))
    return found


def _of_field(field: str) -> Callable[[Outcome], Mapping[str, float]]:
    return lambda one: one.fields[field]


def report_shuffled(found: Sequence[Shuffled]) -> list[tuple[str, str]]:
    """Mean bits a word that a passage's own brief saves beside a foreign one, with a bootstrap interval."""
    lines = []
    for view in (BRIEF, NEW_WORDS, *FIELD_VIEWS):
        saved = np.array([one.saved[view] for one in found])
        low, high = bootstrap(saved, resamples=RESAMPLES, seed=1)
        name = {BRIEF: "the whole brief", NEW_WORDS: "the whole brief, on words not in it or the context"}.get(
            view, f"its {view} alone"
        )
        figure = f"{saved.mean():+.3f} ({low:+.3f} to {high:+.3f}), above zero in {(saved > 0).sum()} of {len(saved)}"
        lines.append((f"I(own) - I(shuffled), bits a word: {name}", figure))
    return lines


def failures(scorer: Scorer, rows: Sequence[dict[str, Any]], outcomes: Sequence[Outcome], most: int = 3) -> list[str]:
    """The triples whose cliché gains most over their original, each with the words that the context helped most."""

    def lead(pair: tuple[dict[str, Any], Outcome]) -> float:
        return pair[1].information["original"] - pair[1].information["cliche"]

    ordered = sorted(zip(rows, outcomes, strict=True), key=lead)
    lines = []
    for row, outcome in ordered[:most]:
        for version in ("original", "cliche"):
            passage = scorer.score_passage(row["context"], row[version], Brief(**row["brief"]))
            gain = passage.views[BARE].surprisal - passage.informed.surprisal
            top = sorted(np.argsort(-gain)[:6].tolist())
            shown = [f"{_token(passage, row[version], index)} {gain[index]:+.1f}" for index in top]
            lines.append(f"{outcome.id} {version} ({outcome.information[version]:+.2f} a word): {', '.join(shown)}")
    return lines


def _token(passage: ScoredPassage, text: str, index: int) -> str:
    return text.strip()[passage.token_start[index] : passage.token_end[index]]


def rows() -> list[Row]:
    """The statements, as lines of the benchmarks' table."""
    triples = read_triples()
    with open_scorer(None) as scorer:
        outcomes = measure_triples(scorer, triples, fields=True)
        shuffled = measure_shuffled(scorer, triples)
        worst = failures(scorer, triples, outcomes)
    groups = [("t01 to t30", slice(0, DEVELOPED_ON)), ("t31 on", slice(DEVELOPED_ON, None)), ("all", slice(None))]
    found: list[Row] = []
    for title, part in groups:
        lines = [*report(outcomes[part]), *report_shuffled(shuffled[part])]
        found += [Row(f"{title}: {statement}", figure, "", None) for statement, figure in lines]
    for dimension in ("craft", "audience", "reality"):
        own = [one for one, row in zip(outcomes, triples, strict=True) if row["dimension"] == dimension]
        found += [
            Row(f"rows of {dimension}: {statement}", figure, "", None)
            for statement, figure in report(own)
            if statement in BY_DIMENSION
        ]
    found += [Row("information helps the cliché", line, "", None) for line in worst]
    return found

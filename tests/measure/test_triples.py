"""The test that gives the measure its meaning: cliché, original, noise. It guards the true figures, good or bad."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from cqa_desktop.commands.session import open_scorer
from cqa_desktop.resources import resource
from tests.benchmarks.meaning import Outcome, measure_triples, read_triples
from tests.benchmarks.noise import WORDS, noise, unmarked

ROWS = read_triples()


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    with open_scorer(None) as scorer:
        return measure_triples(scorer, ROWS[::3])  # the benchmark has them all


def test_rows_are_whole() -> None:
    assert len(ROWS) >= 60
    assert len({row["source"] for row in ROWS}) >= 10
    assert min(Counter(row["dimension"] for row in ROWS).values()) >= 15
    assert {row["dimension"] for row in ROWS} == {"craft", "audience", "reality"}
    assert len({row["id"] for row in ROWS}) == len(ROWS)
    prose = "\n".join(path.read_text(encoding="utf-8") for path in resource("prose").glob("*.txt"))
    for row in ROWS:
        assert set(row) == {"id", "source", "dimension", "context", "brief", "original", "cliche", "noise"}
        assert set(row["brief"]) == {"intent", "audience", "reality"}
        assert all(row["brief"].values())
        words = {name: len(row[name].split()) for name in ("original", "cliche", "noise")}
        assert words["noise"] == words["original"]
        assert 0.6 < words["cliche"] / words["original"] < 1.7, row["id"]
        assert row["original"] not in prose
        assert row["original"] not in row["context"]
        assert len(row["context"].split()) >= 60
        assert len({row["original"], row["cliche"], row["noise"]}) == 3


def test_noise_can_be_drawn_again() -> None:
    rows = {row["id"]: row for row in ROWS}
    marked = resource("pairs", "marked.tsv").read_text(encoding="utf-8").splitlines()
    assert len(marked) >= 30
    for line in marked:
        name, _, text = line.partition("\t")
        assert unmarked(text) == rows[name]["original"]
        assert noise(name, text) == rows[name]["noise"]


def test_noise_replaces_by_class_and_keeps_the_rest() -> None:
    assert unmarked("The cats|N sat|v, Purring|g.") == "The cats sat, Purring."
    drawn = noise("x", "The cats|N sat|v, Purring|g.").replace(",", "").replace(".", "").split()
    assert drawn[0] == "The"
    assert drawn[1] in WORDS["N"]
    assert drawn[2] in WORDS["v"]
    assert drawn[3].lower() in WORDS["g"]
    assert drawn[3][0].isupper()
    assert noise("x", "a|n") != noise("y", "a|n")


def test_no_two_rows_share_twelve_words() -> None:
    seen: dict[tuple[str, ...], str] = {}
    for row in ROWS:
        words = row["original"].split()
        for at in range(len(words) - 11):
            assert seen.setdefault(tuple(words[at : at + 12]), row["id"]) == row["id"]


def test_noise_surprises_more_than_the_original_and_the_original_more_than_the_cliche(outcomes: list[Outcome]) -> None:
    assert sum(one.noise_above for one in outcomes) >= 0.95 * len(outcomes)
    assert sum(one.cliche_below for one in outcomes) >= 0.85 * len(outcomes)


def test_the_context_explains_the_original_more_than_the_noise(outcomes: list[Outcome]) -> None:
    gains = [one.information["original"] - one.information["noise"] for one in outcomes]
    assert sum(gains) / len(gains) > 0, json.dumps([round(one, 2) for one in gains])

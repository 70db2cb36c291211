"""The shipped annotations and pairs are what their cards say."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict

import jsonschema
import pytest

from cqa_desktop.annotations.coverage import cover
from cqa_desktop.annotations.jsonl import load
from cqa_desktop.annotations.pair_rows import DEV, FACTUAL, LITERARY, TEST, read_pair_rows
from cqa_desktop.annotations.types import CONSTRAINTS, DIMENSIONS, VERDICTS
from cqa_desktop.resources import resource
from trainer.annotations.check import long_runs

STARTER = resource("annotations", "starter.jsonl")
MOST_SHARED = 4
"""Judgments that may share a run of five words."""


def pairs(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in resource("pairs", name).read_text(encoding="utf-8").splitlines()]


def test_the_starter_set_is_whole_and_balanced() -> None:
    coverage = cover(load(STARTER))
    assert coverage.judgments >= 120
    assert coverage.passages >= 60
    assert all(coverage.share(dimension) >= 0.30 for dimension in DIMENSIONS)
    assert all(coverage.share(constraint) >= 0.15 for constraint in CONSTRAINTS)
    assert all(coverage.share(verdict) >= 0.35 for verdict in VERDICTS)
    assert coverage.counterfactuals == coverage.judgments
    assert coverage.duplicates == ()
    assert coverage.wanted == ()


def test_every_row_is_in_the_published_schema() -> None:
    schema = json.loads(resource("schemas", "annotation.schema.json").read_text(encoding="utf-8"))
    for line in STARTER.read_text(encoding="utf-8").splitlines():
        jsonschema.validate(json.loads(line), schema)


@pytest.mark.parametrize("field", ["reasoning", "counterfactual", "suggestion"])
def test_no_sentence_is_a_template(field: str) -> None:
    owners: dict[tuple[str, ...], set[int]] = defaultdict(set)
    openings: Counter[tuple[str, ...]] = Counter()
    judgments = [judgment for one in load(STARTER) for judgment in one.judgments]
    for number, judgment in enumerate(judgments):
        found = re.findall(r"[a-z'’]+", str(getattr(judgment, field)).lower())
        openings[tuple(found[:3])] += len(found) > 2
        for at in range(len(found) - 4):
            owners[tuple(found[at : at + 5])].add(number)
    assert max(map(len, owners.values())) < MOST_SHARED
    assert openings.most_common(1)[0][1] < 0.05 * len(judgments)


@pytest.mark.parametrize(("name", "group"), [("literary.jsonl", LITERARY), ("factual.jsonl", FACTUAL)])
def test_the_pairs_are_whole(name: str, group: str) -> None:
    rows, problems = read_pair_rows(resource("pairs", name).read_bytes().splitlines())
    assert problems == []
    assert len(rows) >= 40
    assert {row.group for row in rows} == {group}
    splits = Counter(row.split for row in rows)
    assert min(splits[DEV], splits[TEST]) >= 15
    assert all(row.context and row.brief.intent and row.brief.audience and row.brief.reality for row in rows)
    # I grows with length: the two versions must be about as long.
    lengths = [len(row.degraded.split()) / len(row.good.split()) for row in rows]
    assert 0.97 < sum(lengths) / len(lengths) < 1.03
    assert max(abs(one - 1) for one in lengths) < 0.2


def test_no_source_is_in_both_splits() -> None:
    splits: dict[str, set[str]] = defaultdict(set)
    for row in pairs("literary.jsonl"):
        if row["source"] != "written for this project":
            splits[row["source"]].add(row["split"])
    assert len(splits) >= 10
    assert all(len(found) == 1 for found in splits.values())


def test_starter_and_pairs_share_no_source_and_no_twelve_words() -> None:
    annotations = load(STARTER)
    rows = pairs("literary.jsonl") + pairs("factual.jsonl")
    ours = frozenset().union(*(long_runs(text) for one in annotations for text in (one.passage, one.context)))
    for row in rows:
        for text in (row["context"], row["good"], row["degraded"]):
            assert not ours & long_runs(text), row["id"]
    own = {"written for this project"}
    assert {one.source for one in annotations} & {row["source"] for row in rows} <= own

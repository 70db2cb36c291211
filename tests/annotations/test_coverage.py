"""What a set covers, on sets counted by hand."""

from __future__ import annotations

import copy
from typing import Any

import msgspec
import pytest
from rows import ROW

from cqa_desktop.annotations.coverage import ENOUGH, cover
from cqa_desktop.annotations.types import Annotation

WORDS = [f"word{chr(97 + letter)}" for letter in range(16)]


def made(number: int, **judgment: Any) -> Annotation:
    row = copy.deepcopy(ROW)
    row["id"] = f"r{number}"
    rotated = [f"{word}{number}" for word in WORDS]
    row["passage"] = " ".join(rotated)
    row["judgments"] = [row["judgments"][0] | {"quote": rotated[0], "reasoning": " ".join(rotated)} | judgment]
    return msgspec.convert(row, Annotation)


def test_counts_and_shares() -> None:
    coverage = cover([made(1), made(2, dimension="reality", verdict="fails", counterfactual="")])
    assert (coverage.annotations, coverage.passages, coverage.judgments) == (2, 2, 2)
    assert coverage.cells["craft", "ethos"] == 1
    assert coverage.cells["reality", "ethos"] == 1
    assert sum(coverage.cells.values()) == 2
    assert coverage.share("craft") == 0.5
    assert coverage.counterfactuals == 1
    assert coverage.complete == 1  # the other lacks counterfactual and suggestion
    assert coverage.reasoning_words == (16, 16, 16)
    assert coverage.paired == 2
    assert coverage.briefed == {"intent": 2, "audience": 2, "reality": 2}
    assert coverage.duplicates == ()


def test_an_empty_set_is_counted_too() -> None:
    coverage = cover([])
    assert coverage.share("craft") == 0
    assert coverage.wanted[0] == f"judgments: 0; a set should hold about {ENOUGH}"


def test_what_to_write_next_brings_the_share_there() -> None:
    rows = [made(n, dimension="audience" if n < 4 else "craft") for n in range(120)]
    said = next(one for one in cover(rows).wanted if one.startswith("audience"))
    assert said == "audience: 4 of 120; write about 46 more"
    more = rows + [made(n, dimension="audience") for n in range(120, 166)]
    assert not any(one.startswith("audience") for one in cover(more).wanted)


def test_a_small_set_is_measured_against_a_whole_one() -> None:
    wanted = cover([made(n) for n in range(10)]).wanted
    assert "reality: 0 of 10; write about 30 more" in wanted
    assert "craft: 10 of 10; write about 20 more" in wanted
    assert "fails: 0 of 10; write about 35 more that say what fails" in wanted


def test_duplicates_are_found_once_each() -> None:
    first, again = made(1), made(1)
    again = msgspec.structs.replace(again, id="again")
    near = msgspec.structs.replace(made(2), id="near", passage=first.passage + " and two more words")
    found = cover([first, again, near]).duplicates
    assert {(one.kind, one.first, one.second) for one in found} == {
        ("passage", "r1", "again"),
        ("passage", "r1", "near"),
        ("reasoning", "r1", "again"),
    }


def test_two_experts_on_one_passage_are_no_duplicate() -> None:
    other = msgspec.convert({"role": "expert", "name": "Z"}, type(made(1).annotators[0]))
    second = msgspec.structs.replace(made(2), passage=made(1).passage, annotators=(other,))
    assert [one for one in cover([made(1), second]).duplicates if one.kind == "passage"] == []


@pytest.mark.parametrize("short", ["Too short.", "It is a cliché and everybody knows it"])
def test_short_reasoning_is_not_complete(short: str) -> None:
    coverage = cover([made(1, reasoning=short)])
    assert (coverage.short, coverage.complete) == (1, 0)

from __future__ import annotations

import re

import numpy as np
import pytest

from cqa_desktop.measure.types import BARE, BRIEF, STORY
from cqa_desktop.measure.versions import MOST_BITS, Difference, compare_views, difference, interval, summary

NO_VERDICT = re.compile(r"\b(better|worse|best|worst|stronger|weaker|improve\w*|should)\b", re.IGNORECASE)


def one(view: str, low: float, high: float, *, first: float = 5.0, tokens: int = 12) -> Difference:
    middle = (low + high) / 2
    return Difference(view, first, first + middle, first * 12, (first + middle) * 12, low, high, tokens)


def test_means_and_sums_are_in_bits() -> None:
    found = difference(STORY, np.array([1, 2, 3, 4, 5, 9], np.float32), np.array([10, 20, 30, 40, 50], np.float32))
    assert (found.first, found.second) == (4.0, 30.0)
    assert (found.first_total, found.second_total) == (24.0, 150.0)
    assert found.low < 26.0 < found.high
    assert found.tokens == 5


def test_the_interval_is_welchs() -> None:
    # Worked by hand from the formula, with t(0.975) for 13.1 degrees of freedom.
    first, second = np.array([3, 5, 8, 2, 7, 4, 9, 1.0]), np.array([6, 9, 12, 4, 10, 7, 11, 8.0])
    low, high = interval(first, second)
    assert (low + high) / 2 == pytest.approx(3.5)
    error = np.sqrt(first.var(ddof=1) / 8 + second.var(ddof=1) / 8)
    assert (high - low) / 2 / error == pytest.approx(2.145, abs=0.005)


def test_it_covers_the_truth_of_skewed_values_about_as_often_as_it_says() -> None:
    chance = np.random.default_rng(5)
    rounds = 1500
    held = 0
    for _ in range(rounds):
        low, high = interval(chance.gamma(1.2, 5.0, 14), chance.gamma(1.2, 6.0, 22))
        held += low <= 1.2 * 1.0 <= high
    assert 0.92 <= held / rounds <= 0.98


def test_equal_versions_cannot_be_told_apart() -> None:
    values = np.array([2, 9, 4, 7, 1, 3], np.float32)
    found = difference(BARE, values, values)
    assert found.low < 0 < found.high
    assert found.outcome == "open"


@pytest.mark.parametrize(("first", "second"), [([4.0], [9.0]), ([4.0], [9.0, 3.0, 2.0]), ([1.0, 2.0], [7.0])])
def test_one_token_has_an_interval_and_nothing_is_claimed(first: list[float], second: list[float]) -> None:
    found = difference(STORY, np.array(first, np.float32), np.array(second, np.float32))
    assert -MOST_BITS <= found.low <= found.high <= MOST_BITS
    assert found.outcome == "open"
    assert summary([found]) == "One of the versions is too short for its figures to tell the two apart."


def test_no_spread_is_no_fault() -> None:
    same = np.full(8, 3.0, np.float32)
    found = difference(STORY, same, same + 2)
    assert (found.low, found.high) == (2.0, 2.0)
    assert found.outcome == "second"


def test_a_version_without_tokens_is_refused() -> None:
    with pytest.raises(ValueError, match="without tokens"):
        difference(STORY, np.empty(0, np.float32), np.ones(3, np.float32))


def test_only_views_that_both_have_are_compared() -> None:
    values = np.arange(6, dtype=np.float32)
    found = compare_views({BARE: values, STORY: values}, {STORY: values, BRIEF: values})
    assert [each.view for each in found] == [STORY]


@pytest.mark.parametrize(
    ("differences", "said"),
    [
        (
            [one(BARE, -1, 2), one(STORY, 0.5, 3), one(BRIEF, 0.1, 2)],
            "After the story so far and with the brief the second version is the more surprising; "
            "on its own the two cannot be told apart.",
        ),
        (
            [one(BARE, 1, 2), one(STORY, -3, -1)],
            "On its own the second version is the more surprising; "
            "after the story so far the first version is the more surprising.",
        ),
        (
            [one(BARE, -1, 2), one(STORY, -1, 1)],
            "On its own and after the story so far the two cannot be told apart. "
            "Versions of this length would have to differ by more.",
        ),
        ([one(BARE, 1, 2), one(STORY, 1, 2)], "On its own the second version is the more surprising."),
        ([one(STORY, 0, 2)], "After the story so far the two cannot be told apart. Versions of this length would "
         "have to differ by more."),
        ([], "There is no view in which the two versions could be compared."),
    ],
    ids=["mixed", "opposed", "open", "story empty", "zero is inside", "nothing"],
)  # fmt: skip
def test_the_summary_says_no_more_than_the_intervals(differences: list[Difference], said: str) -> None:
    assert summary(differences) == said


def test_no_summary_ever_says_which_version_is_better() -> None:
    bounds = [(-2, -1), (-1, 1), (1, 2)]
    for a in bounds:
        for b in bounds:
            for c in bounds:
                for tokens in (2, 12):
                    said = summary(
                        [
                            one(BARE, *a, tokens=tokens),
                            one(STORY, *b, first=4, tokens=tokens),
                            one(BRIEF, *c, first=3, tokens=tokens),
                        ]
                    )
                    assert not NO_VERDICT.search(said), said
                    assert said.endswith(".")
                    assert "second version" not in said or (1, 2) in (a, b, c)

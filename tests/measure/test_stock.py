"""Stock phrases and the scores of words."""

from __future__ import annotations

import numpy as np
import pytest

from cqa_desktop.measure.stock import StockRule, stock_phrases, word_scores
from cqa_desktop.measure.types import ScoredPassage
from tests.measure.conftest import MakePassage, view

TEXT = "At the end of the long dark tunnel stood Bob"


def scored(
    make_passage: MakePassage, easy: slice, *, text: str = TEXT, copied: list[bool] | None = None
) -> ScoredPassage:
    count = len(text.split())
    bits = np.full(count, 8.0)
    bits[easy] = 1.0
    passage = make_passage(text, {"bare": list(bits), "story": list(bits)}, copied=copied)
    for one in passage.views.values():
        one.rank[easy] = 0
    return passage


def phrases(passage: ScoredPassage, text: str = TEXT) -> list[str]:
    return [span.of(text) for span in stock_phrases(passage, text)]


def test_a_run_that_could_be_finished_is_found(make_passage: MakePassage) -> None:
    assert phrases(scored(make_passage, slice(2, 8))) == ["end of the long dark tunnel"]


def test_three_words_are_no_phrase(make_passage: MakePassage) -> None:
    assert phrases(scored(make_passage, slice(5, 8))) == []


def test_function_words_alone_are_no_phrase(make_passage: MakePassage) -> None:
    text = "and it was of the and in the same way"
    assert phrases(scored(make_passage, slice(0, 8), text=text), text) == []


def test_what_the_writer_used_before_is_no_phrase(make_passage: MakePassage) -> None:
    passage = scored(make_passage, slice(2, 8), copied=[True] * len(TEXT.split()))
    assert phrases(passage) == []


def test_a_stop_ends_a_run(make_passage: MakePassage) -> None:
    text = "the end of; the long dark tunnel stood Bob"
    passage = scored(make_passage, slice(0, 6), text=text)
    assert phrases(passage, text) == []


def test_rank_and_bits_both_count(make_passage: MakePassage) -> None:
    passage = scored(make_passage, slice(2, 8))
    passage.views["story"].rank[4] = 3
    assert phrases(passage) == []
    assert stock_phrases(passage, TEXT, StockRule(max_rank=4)) != []


def test_a_word_is_the_sum_of_its_tokens() -> None:
    text = "unhappily ever, after"
    passage = ScoredPassage(
        0, len(text), 3, np.array([0, 2, 10, 14, 16], np.int32), np.array([2, 9, 14, 15, 21], np.int32),
        np.array([True, False, True, False, True]), {"bare": view([1, 2, 3, 4, 5]), "story": view([1, 2, 3, 4, 5])},
    )  # fmt: skip
    passage.views["story"].rank[:] = [5, 9, 0, 1, 2]
    found = word_scores(passage, text)
    assert [(one.text, one.bits, one.rank, one.copied) for one in found] == [
        ("unhappily", pytest.approx(3), 9, False),
        ("ever", pytest.approx(3), 0, True),
        ("after", pytest.approx(5), 2, True),
    ]

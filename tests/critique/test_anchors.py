"""Quotes are the draft's own words, or they are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqa_desktop.critique.anchors import NEAREST, find_quote

PASSAGE = "The boats  went out at dawn.\n“Nobody came,” he said to the lamp, and the ship’s bell rang."


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("boats went out", "boats  went out"),
        ('dawn. "Nobody came,"', "dawn.\n“Nobody came,”"),
        ("the ship's bell", "the ship’s bell"),
        ("  lamp, ", "lamp,"),
        ("he", "he"),
    ],
)
def test_verbatim_but_for_quote_marks_and_white_space(quote: str, found: str) -> None:
    anchor = find_quote(PASSAGE, quote)
    assert anchor is not None
    assert (PASSAGE[anchor.start : anchor.end], anchor.similarity) == (found, 1.0)


def test_a_whole_word_is_meant_and_not_a_part_of_one() -> None:
    anchor = find_quote("The other hens and the hen.", "hen")
    assert anchor is not None
    assert anchor.start == 23
    assert find_quote("The other hens.", "hen") is None
    assert find_quote("他走进了房间。", "走进") is not None


def test_nearly_quoted_it_is_tied_to_the_nearest_words() -> None:
    anchor = find_quote(PASSAGE, "he said to the lamps, and a ship's bell rang")
    assert anchor is not None
    assert PASSAGE[anchor.start : anchor.end] == "he said to the lamp, and the ship’s bell rang"
    assert NEAREST <= anchor.similarity < 1


@pytest.mark.parametrize(
    "quote", ["", '""', "...", "She wept in the cellar all night", "a lamp", "boats went down with every man aboard"]
)
def test_what_is_not_there_is_dropped(quote: str) -> None:
    assert find_quote(PASSAGE, quote) is None


@given(st.text(max_size=80), st.data())
def test_any_stretch_between_spaces_is_found(text: str, data: st.DataObject) -> None:
    parts = text.split()
    if not parts:
        return
    first = data.draw(st.integers(0, len(parts) - 1))
    last = data.draw(st.integers(first, len(parts) - 1))
    quote = " ".join(parts[first : last + 1])
    anchor = find_quote(text, quote)
    if any(character.isalnum() for character in quote):
        assert anchor is not None
        assert anchor.similarity == 1.0


@given(st.text(alphabet="abc de", max_size=60), st.text(alphabet="abc de", max_size=30))
def test_an_anchor_is_inside_the_passage(passage: str, quote: str) -> None:
    anchor = find_quote(passage, quote)
    if anchor is not None:
        assert 0 <= anchor.start < anchor.end <= len(passage)
        assert passage[anchor.start : anchor.end].strip()

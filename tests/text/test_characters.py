"""Words, quote marks, line breaks, and offsets in three units."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqa_desktop.text.line_breaks import unify_line_breaks
from cqa_desktop.text.normalise import as_one_line, straighten_quotes
from cqa_desktop.text.offsets import Utf16Map, utf8_offsets
from cqa_desktop.text.words import fold, vocabulary, words

ANY = st.text(st.characters(codec="utf-8"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't stop, he'd said.", ["Don't", "stop", "he'd", "said"]),
        ("rock ’n’ roll’s well-known café", ["rock", "n", "roll’s", "well-known", "café"]),
        ("in 1911, 3rd of 20,000", ["in", "1911", "3rd", "of", "20", "000"]),
        ("e\u0301tude 😀 שָׁלוֹם", ["e\u0301tude", "שָׁלוֹם"]),
        ("_so_ *it* -- was", ["so", "it", "was"]),
        ("", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert [span.of(text) for span in words(text)] == expected


def test_words_between_two_offsets() -> None:
    assert [span.start for span in words("one two three", 4, 7)] == [4]


def test_words_that_are_the_same() -> None:
    assert fold("Ada’s") == fold("ada's") == fold("ADA") == "ada"
    assert fold("Straße") == fold("STRASSE")
    assert vocabulary("The ferry. The Ferry's chain") == {"the", "ferry", "chain"}


@given(ANY)
def test_straightening_keeps_every_offset(text: str) -> None:
    assert len(straighten_quotes(text)) == len(text)
    assert len(as_one_line(text)) == len(text)
    assert straighten_quotes(straighten_quotes(text)) == straighten_quotes(text)


def test_curly_and_straight_are_one() -> None:
    assert straighten_quotes("“‘It’s’” „so‟") == '"\'It\'s\'" "so"'
    assert as_one_line("one\ntwo\tthree") == "one two three"


@given(ANY)
def test_utf16_and_back(text: str) -> None:
    offsets = Utf16Map(text)
    for point in range(len(text) + 1):
        unit = offsets.to_utf16(point)
        assert unit == len(text[:point].encode("utf-16-le")) // 2
        assert offsets.to_code_points(unit) == point


def test_the_middle_of_a_pair_belongs_to_its_character() -> None:
    assert Utf16Map("a😀b").to_code_points(2) == 1


@given(ANY)
def test_utf8_offsets(text: str) -> None:
    assert utf8_offsets(text).tolist() == [len(text[:point].encode()) for point in range(len(text) + 1)]


@given(st.text(alphabet="ab\r\n"))
def test_line_breaks_and_the_way_back(text: str) -> None:
    found = unify_line_breaks(text)
    assert "\r" not in found.text
    assert found.given(len(found.text)) == len(text)
    for offset, character in enumerate(found.text):
        given_character = text[found.given(offset)]
        assert given_character == character or (character == "\n" and given_character == "\r")

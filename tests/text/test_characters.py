"""Words, quote marks, line breaks, and offsets in three units."""

from __future__ import annotations

import itertools

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
        ("he said—no--yes", ["he", "said", "no", "yes"]),
        ("’tis the dogs’ o’clock ’em", ["tis", "the", "dogs", "o’clock", "em"]),
        ("naïve Zoë cœur Łódź", ["naïve", "Zoë", "cœur", "Łódź"]),
        ("- ' ’ — … !", []),
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
    assert fold("café") == fold("cafe\u0301") == fold("CAFE\u0301’s")
    assert fold("dogs’") == "dogs"
    assert fold("don’t") == fold("Don't") != fold("don")
    assert vocabulary("The ferry. The Ferry's chain") == {"the", "ferry", "chain"}


@given(ANY)
def test_words_are_in_order_and_hold_no_space(text: str) -> None:
    found = words(text)
    assert all(one.end <= other.start for one, other in itertools.pairwise(found))
    for span in found:
        assert span.of(text)[0].isalnum()
        assert not any(character.isspace() for character in span.of(text))


@given(ANY)
def test_folding_twice_is_folding_a_word_once(text: str) -> None:
    for span in words(text):
        folded = fold(span.of(text))
        assert folded
        assert fold(straighten_quotes(span.of(text))) == folded


@given(ANY)
def test_straightening_touches_quotes_and_spaces_alone(text: str) -> None:
    changed = {(old, new) for old, new in zip(text, straighten_quotes(text), strict=True) if old != new}
    assert all(new in "\"' " and old not in "\"' " for old, new in changed)


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


@pytest.mark.parametrize(
    ("text", "units", "octets"),
    [
        ("", 0, 0),
        ("plain", 5, 5),
        ("e\u0301", 2, 3),
        ("שָׁלוֹם", 7, 14),
        ("👩‍🚀", 5, 11),
        ("a😀b😀", 6, 10),
        ("\ud800x", 2, 4),
    ],
)
def test_lengths_in_three_units(text: str, units: int, octets: int) -> None:
    assert Utf16Map(text).to_utf16(len(text)) == units
    assert Utf16Map(text).to_code_points(units) == len(text)
    assert utf8_offsets(text)[-1] == octets


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

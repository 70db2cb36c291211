"""Words with their ends, by hand: what a word costs when the bits that end it are its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from cqa_desktop.measure.reduce import Reducer, concatenate
from cqa_desktop.measure.types import Floats, ScoredPassage, ViewScores
from cqa_desktop.measure.word_bits import PassageBits, ends_words, word_bits


def view(surprisal: Sequence[float]) -> ViewScores:
    bits = np.asarray(surprisal, np.float32)
    return ViewScores(bits, np.ones_like(bits), np.ones_like(bits), np.zeros(len(bits), np.int32))


def scored(tokens: Sequence[str], bits: Sequence[float], boundary: Sequence[float] | None) -> tuple[ScoredPassage, str]:
    """A passage of these tokens, which carry the space before them."""
    text = "".join(tokens)
    ends = np.cumsum([len(token) for token in tokens])
    starts = [int(end) - len(token.lstrip()) for token, end in zip(tokens, ends, strict=True)]
    scores = view(bits)
    if boundary is not None:
        scores = replace(scores, boundary=np.array(boundary, np.float32))
    count = len(tokens)
    passage = ScoredPassage(
        0, len(text), len(text.split()), np.array(starts, np.int32), ends.astype(np.int32),
        np.zeros(count, np.bool_), {"bare": scores, "story": scores},
    )  # fmt: skip
    return passage, text


def figures(found: PassageBits) -> list[tuple[str, float, float]]:
    return [(word.text, round(word.bits, 4), round(word.tokens_bits, 4)) for word in found.words]


def test_the_bits_of_an_end_move_to_the_word_that_ends() -> None:
    passage, text = scored(["The", " cat", " sat", "."], [4, 5, 6, 1], [9, 0.5, 2, 0.25])
    found = word_bits(passage, text)
    assert figures(found) == [("The", 4.5, 4), ("cat", 6.5, 5), ("sat", 4.25, 6)]
    assert found.punctuation == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("tokens", "expected", "punctuation"),
    [
        # A word of two tokens: what goes on inside it is its own.
        (["un", "happy", " now"], [("unhappy", 3 + 0.5), ("now", 2 - 0.5)], 0),
        # A contraction and a hyphened word are one word each.
        (["don", "'t", " go"], [("don't", 3.5), ("go", 1.5)], 0),
        (["well", "-", "known"], [("well-known", 5)], 0),
        # An opening quote mark ends no word, so the first word behind it is as its tokens say.
        (['"', "Yes", ","], [("Yes", 2.5)], 1 + 1 - 0.5),
        # Nor does anything end between two marks.
        (["so", ",", '"'], [("so", 1.5)], 2 - 0.5 + 1),
        # A number with a point is two words, and the point stands between them.
        (["3", ".", "5"], [("3", 1.5), ("5", 1)], 1.5),
        # After a comma no word is left to end.
        (["so", ",", " he"], [("so", 1.5), ("he", 1)], 1.5),
    ],
)
def test_cases_by_hand(tokens: list[str], expected: list[tuple[str, float]], punctuation: float) -> None:
    bits = {2: [1, 2], 3: [1, 2, 2]}[len(tokens)]
    if tokens[0] in ('"', "so", "3"):
        bits = [1, 2, 1]
    passage, text = scored(tokens, bits, [7, 0.5, 0.5])
    found = word_bits(passage, text)
    assert [word.text for word in found.words] == [word for word, _ in expected]
    assert [word.bits for word in found.words] == pytest.approx([value for _, value in expected])
    assert found.punctuation == pytest.approx(punctuation)


def test_words_and_punctuation_add_up_to_the_passage() -> None:
    random = np.random.default_rng(5)
    tokens = ['"', "No", ",", '"', " said", " O", "'", "Brien", " --", " it", "'s", " twenty", "-", "one", "!"]
    bits = random.uniform(0.5, 9, len(tokens))
    boundary = random.uniform(0, 0.5, len(tokens))
    for given in (boundary, None):
        passage, text = scored(tokens, bits, given)
        found = word_bits(passage, text)
        assert sum(word.bits for word in found.words) + found.punctuation == pytest.approx(float(bits.sum()), abs=1e-4)
        assert [word.text for word in found.words] == ["No", "said", "O'Brien", "it's", "twenty-one"]


def test_without_boundaries_a_word_is_its_tokens() -> None:
    passage, text = scored(["The", " cat", "."], [4, 5, 1], None)
    assert figures(word_bits(passage, text)) == [("The", 4, 4), ("cat", 5, 5)]


def test_an_end_never_costs_more_than_what_showed_it() -> None:
    # `well-` before a space: the hyphen was counted as going on, and the word ended all the same.
    passage, text = scored(["well", "-", " so"], [4, 0.25, 3], [0, 6, 0])
    found = word_bits(passage, text)
    assert figures(found) == [("well", 4.25, 4), ("so", 3, 3)]
    assert found.punctuation == 0


def test_a_passage_without_words() -> None:
    passage, text = scored(["—", " …"], [4, 5], [1, 1])
    assert word_bits(passage, text) == PassageBits((), 9.0)


def test_which_tokens_end_a_word() -> None:
    pieces = {
        " the": True, "the": False, ".": True, "'": True, "'t": False, "'s": False, "-": False, "--": True,
        "-up": False, "": True, "\n\n": True, "7": False, "—": True, "é": False, "_": True, "’t": False,
        "\u0301": False,
    }  # fmt: skip
    assert ends_words(piece.encode() for piece in pieces).tolist() == list(pieces.values())
    # Parts of characters: the first byte of `é` goes on a word, that of a dash ends it.
    assert ends_words([b"\xc3", b"\xa9", b"\xe2", b"\xe2\x80"]).tolist() == [False, False, True, True]


PIECES = [b" a", b"b", b"."]
AFTER = {None: (0.5, 0.2, 0.3), " a": (0.5, 0.25, 0.25), "b": (0.25, 0.5, 0.25), ".": (0.9, 0.0, 0.1)}
"""A language of three tokens: what follows each, and a beginning at which no word is open."""


def markov(tokens: Sequence[str], before: str) -> ViewScores:
    reducer = Reducer(3, ends_words(PIECES))
    states = [before, *tokens[:-1]]
    with np.errstate(divide="ignore"):
        logits: Floats = np.log(np.array([AFTER[state] for state in states], np.float32))
    return reducer.reduce(logits, np.array([PIECES.index(token.encode()) for token in tokens], np.int32))


def test_what_may_stand_in_a_words_place_adds_up_to_one() -> None:
    """After the word `a`, either a word a, ab, abb ... or a full stop. Plain sums of tokens promise more than one."""
    whole = plain = 0.0
    for length in range(40):
        # The word before is ` a`, and what ends the word is ` a` again: only that it ends is counted, not by what.
        tokens = [" a", " a", *["b"] * length, " a"]
        scores = markov(tokens, ".")
        passage, text = scored(tokens, scores.surprisal.tolist(), None)
        passage.views["story"] = scores
        word = word_bits(passage, text).words[1]
        whole += 2**-word.bits
        plain += 2**-word.tokens_bits
    stop = markov([" a", "."], ".")
    assert stop.boundary is not None
    whole += 2 ** -float(stop.surprisal[1] - stop.boundary[1])
    assert whole == pytest.approx(1.0, abs=1e-5)
    assert plain == pytest.approx(0.75, abs=1e-5)  # two thirds is what is left beside the full stop


def test_the_reducer_tells_the_boundary() -> None:
    scores = markov([" a", "b", "."], ".")
    assert scores.boundary is not None
    assert scores.boundary == pytest.approx([-math.log2(1.0), -math.log2(0.75), -math.log2(0.5)], abs=1e-6)
    again = concatenate([scores.slice(0, 1), scores.slice(1, 3)])
    assert again.boundary is not None
    assert again.boundary.tolist() == scores.boundary.tolist()
    assert concatenate([scores, view([1.0])]).boundary is None
    assert scores.where(np.array([True, False, True])).boundary == pytest.approx([0, 1.0], abs=1e-6)


def test_a_boundary_that_is_impossible_stays_a_number() -> None:
    reducer = Reducer(2, np.array([False, True]))
    found = reducer.reduce(np.array([[0.0, -np.inf], [np.inf, 0.0]], np.float32), np.array([0, 0], np.int32))
    assert found.boundary is not None
    assert np.isfinite(found.boundary).all()
    assert (found.boundary > 1000).all()

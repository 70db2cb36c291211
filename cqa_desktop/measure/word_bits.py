"""Surprisal of whole words, with their ends.

Where tokens carry the space before them, the tokens of a word say that it begins and not that it ends: `the` costs what
`there` costs up to its end, and the bits that say "and here it stops" are paid by whatever comes next. Put right after
Oh and Schuler (2024, arXiv 2406.10851) and Pimentel and Meister (2024, arXiv 2406.14561): with b the `boundary` of a
place, which is -log2 of the probability that no word goes on there,

    bits(word) = the sum of its tokens' surprisal - b(its first token) + b(the token after it)

where b(first) is taken off only if a word stands directly before it. Punctuation after a word is freed of its b in the
same way. So the bits of words and punctuation still add up to the passage's S.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cqa_desktop.measure.types import STORY, Bools, Ints, ScoredPassage
from cqa_desktop.text.spans import Span
from cqa_desktop.text.words import words

_JOINS = ("'", "’", "-", "‑")
_ONE_BYTE = 0x80
_GENERAL_PUNCTUATION = 0xE2
"""First byte of dashes, dots and curly quotes in UTF-8; other bytes beyond ASCII are taken for parts of letters."""


@dataclass(frozen=True, slots=True)
class WordBits:
    """A word of a passage. Bits."""

    span: Span
    text: str
    bits: float
    """Surprisal of the whole word, its end included."""
    tokens_bits: float
    """The plain sum over its tokens."""


@dataclass(frozen=True, slots=True)
class PassageBits:
    """The words of a passage, and what its punctuation costs; together the passage's S. Bits."""

    words: tuple[WordBits, ...]
    punctuation: float


def ends_words(pieces: Iterable[bytes]) -> Bools:
    """For each token's bytes, whether a word that stands before it has ended.

    What goes on a word: a letter or a digit, an apostrophe or hyphen with one behind it in the same token, a lone
    hyphen. A lone apostrophe ends it (as often as not it closes a quotation or ends a plural), and so does a token
    without text.
    """
    return np.array([not _goes_on(piece) for piece in pieces], np.bool_)


def _goes_on(piece: bytes) -> bool:
    if not piece:
        return False
    text = piece.decode("utf-8", "ignore")
    if not text or not piece.startswith(text[:1].encode()):
        return piece[0] >= _ONE_BYTE and piece[0] != _GENERAL_PUNCTUATION  # part of a character
    if text == "-" or (text[0] in _JOINS and text[1:2].isalnum()):
        return True
    return bool(words(text[:1])) or "\u0300" <= text[0] <= "\u036f"


def owners(passage: ScoredPassage, spans: list[Span]) -> Ints:
    """For each token the index of the word in which its visible part begins, or -1."""
    starts = np.array([span.start for span in spans], np.int64)
    ends = np.array([span.end for span in spans] or [0], np.int64)
    owner = np.searchsorted(starts, passage.token_start, side="right") - 1
    owner[(owner >= 0) & (passage.token_start >= ends[owner])] = -1
    return owner.astype(np.int32)


def word_bits(passage: ScoredPassage, text: str, view: str = STORY) -> PassageBits:
    """The passage's words with their surprisal in a view; `text` is the document that the offsets count in.

    A view without boundaries gives the plain sums. At the passage's own two edges nothing is put right: what stands
    beyond them is not the passage's. As a rule it is punctuation, beside which there is nothing to put right.
    """
    spans = words(text, passage.start, passage.end)
    scores = passage.views[view]
    owner = owners(passage, spans)
    plain: npt.NDArray[np.float64] = scores.surprisal.astype(np.float64)
    whole = plain.copy()
    if scores.boundary is not None and len(owner):
        # Where a token follows another word's last one, the bits of that word's end go back to it.
        after = np.flatnonzero((owner[:-1] >= 0) & (owner[1:] != owner[:-1])) + 1
        # An end cannot cost more than the token that showed it.
        moved = np.minimum(scores.boundary[after].astype(np.float64), plain[after])
        whole[after] -= moved
        whole[after - 1] += moved
    count = len(spans)
    inside = owner >= 0
    bits = np.bincount(owner[inside], weights=whole[inside], minlength=count)
    sums = np.bincount(owner[inside], weights=plain[inside], minlength=count)
    found = tuple(
        WordBits(span, span.of(text), *figures)
        for span, *figures in zip(spans, bits.tolist(), sums.tolist(), strict=True)
    )
    return PassageBits(found, float(whole[~inside].sum()))

"""Ties what a model quotes to the passage: the draft's own words, or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from cqa_desktop.text.normalise import as_one_line, straighten_quotes
from cqa_desktop.text.words import words

NEAREST: Final = 0.8
"""How alike (difflib's ratio, 0 to 1) a stretch must be to a quote that is not in the passage verbatim."""
FEWEST_WORDS: Final = 3
"""A shorter quote is in the passage, or it is dropped: too many words are like it."""
FEWEST_SHARED: Final = 0.5
"""The share of a quote's words that a stretch must hold to be looked at."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A stretch of the passage, and how like the quote it is: 1 where it is the quote."""

    start: int
    end: int
    similarity: float


def find_quote(passage: str, quote: str) -> Anchor | None:
    """Where a quote stands in a passage, or the stretch nearest to it; None if nothing is near enough."""
    folded, places = _fold(passage)
    wanted = _fold(quote)[0].strip()
    if not any(character.isalnum() for character in wanted):
        return None
    at = folded.find(wanted)
    while at >= 0:
        end = at + len(wanted)
        if not _inside_word(folded, at) and not _inside_word(folded, end):
            return Anchor(places[at], places[end - 1] + 1, 1.0)
        at = folded.find(wanted, at + 1)
    best: Anchor | None = None
    for start, end in _stretches(folded, wanted):
        matcher = SequenceMatcher(None, folded[start:end], wanted, autojunk=False)
        least = best.similarity if best else NEAREST
        if min(matcher.real_quick_ratio(), matcher.quick_ratio()) < least:
            continue
        ratio = matcher.ratio()
        if ratio >= NEAREST and (best is None or ratio > best.similarity):
            best = Anchor(places[start], places[end - 1] + 1, min(ratio, 0.999))
    return best


def _fold(text: str) -> tuple[str, list[int]]:
    """A text with quote marks straight and each white space one space, and where each character was."""
    made: list[str] = []
    places: list[int] = []
    for place, character in enumerate(as_one_line(straighten_quotes(text))):
        if character.isspace():
            if made and made[-1] == " ":
                continue
            character = " "
        made.append(character)
        places.append(place)
    return "".join(made), places


def _inside_word(text: str, at: int) -> bool:
    """Whether a word runs over the place; in scripts without spaces and letter case, none does."""
    around = text[max(at - 1, 0) : at + 1]
    return 0 < at < len(text) and all(one.isdigit() or one.lower() != one.upper() for one in around)


def _stretches(folded: str, wanted: str) -> Iterator[tuple[int, int]]:
    """Runs of whole words about as long as the quote that share words with it."""
    spans = words(folded)
    mine = Counter(wanted[span.start : span.end].casefold() for span in words(wanted))
    count = sum(mine.values())
    if count < FEWEST_WORDS:
        return
    names = [folded[span.start : span.end].casefold() for span in spans]
    slack = max(1, count // 5)
    for size in range(max(count - slack, 1), min(count + slack, len(spans)) + 1):
        for first in range(len(spans) - size + 1):
            shared = sum((Counter(names[first : first + size]) & mine).values())
            if shared >= FEWEST_SHARED * count:
                yield spans[first].start, spans[first + size - 1].end

"""Whether a model can read a text at all: what surprises one that knows only English says nothing about French."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from cqa_desktop.measure.function_words import FUNCTION_WORDS
from cqa_desktop.measure.types import STORY, PassageMeasure
from cqa_desktop.text.words import fold, words

LOST: Final = 3.0
"""Bits a character after the story from which a text without English grammar is not read but spelt: the reference model
needs 1.4 to 2.8 for English prose, 3.2 to 5 for French, German and Spanish, over 20 for Hebrew."""
GRAMMAR: Final = 0.12
"""Least share of a text's words that carry English grammar; of prose it is a third and more."""
FEWEST: Final = 8
"""Words of Latin letters under which nothing is said about their language."""


def looks_english(text: str) -> bool:
    """Whether nothing speaks against it: a few words may be names."""
    if not latin(text):
        return False
    found = [fold(span.of(text)) for span in words(text)]
    return len(found) < FEWEST or sum(word in FUNCTION_WORDS for word in found) >= GRAMMAR * len(found)


def latin(text: str) -> bool:
    """Whether most of its letters are Latin; a text without letters is as good as that."""
    letters = [one for one in text if one.isalpha()]
    return sum(one <= "\u024f" for one in letters) * 2 >= len(letters)


def spelt(measures: Sequence[PassageMeasure]) -> bool:
    """Whether the passages cost so much, after the story, that the model spells them rather than reads them."""
    characters = sum(one.end - one.start for one in measures)
    return sum(one.surprisal[STORY] for one in measures) >= LOST * max(characters, 1)


def unread_share(measures: Iterable[PassageMeasure]) -> float:
    """The share of the passages' characters that the model can only spell."""
    characters = unread = 0
    for one in measures:
        characters += one.end - one.start
        unread += (one.end - one.start) * (not one.readable)
    return unread / max(characters, 1)

"""Words: where they are, and when two are the same word."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from cqa_desktop.text.normalise import straighten_quotes
from cqa_desktop.text.spans import Span

# Letters and digits with their combining marks, joined by apostrophes and hyphens that stand between them.
_PART = r"[^\W_](?:[^\W_]|[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0900-\u0903\u093a-\u094f\u200d])*"
_WORD = re.compile(rf"{_PART}(?:['’‑-]{_PART})*")


def words(text: str, start: int = 0, end: int | None = None) -> list[Span]:
    """Code-point spans of the words between `start` and `end`."""
    limit = len(text) if end is None else end
    return [Span(*match.span()) for match in _WORD.finditer(text, start, limit)]


@lru_cache(maxsize=100_000)
def fold(word: str) -> str:
    """A form in which a word equals itself: case folded, accents composed, quotes straight, no possessive ending."""
    folded = straighten_quotes(word).casefold()
    if not folded.isascii():
        folded = unicodedata.normalize("NFC", folded)
    return folded[:-2] if folded.endswith("'s") and len(folded) > 2 else folded.rstrip("'")


def vocabulary(text: str) -> set[str]:
    """The folded words of a text."""
    return {fold(match.group()) for match in _WORD.finditer(text)}

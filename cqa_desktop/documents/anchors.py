"""Finding a note's words again in a text that has changed since."""

from __future__ import annotations

from typing import Final

from cqa_desktop.text.normalise import as_one_line, straighten_quotes
from cqa_desktop.text.spans import Span

AROUND: Final = 40
"""Characters kept on either side of a quote."""
ENOUGH: Final = 24
"""A quote of so many characters is taken for the same wherever it stands; a shorter one only among words it knew."""
FEWEST_SHARED: Final = 5
MOST_PLACES: Final = 2000


def around(text: str, start: int, end: int) -> tuple[str, str]:
    """The characters before and after a stretch of a text."""
    return text[max(start - AROUND, 0) : start], text[end : end + AROUND]


def plain(text: str) -> str:
    """A text as it is searched: of the same length, quote marks and white space made one."""
    return as_one_line(straighten_quotes(text))


def find_again(searched: str, quote: str, before: str, after: str, near: int) -> Span | None:
    """Where `quote` stands in a text made `plain`: at the occurrence whose surroundings are most like `before` and
    `after`, then nearest to `near`. None if it is gone.
    """
    if not quote:
        return None
    quote, before, after = plain(quote), plain(before), plain(after)
    best: tuple[int, int] | None = None
    found: Span | None = None
    at = searched.find(quote)
    places = 0
    while at >= 0 and places < MOST_PLACES:
        places += 1
        end = at + len(quote)
        left, right = searched[max(at - AROUND, 0) : at], searched[end : end + AROUND]
        shared = _shared(before[::-1], left[::-1]) + _shared(after, right)
        known = at == near or len(quote) >= ENOUGH or shared >= min(FEWEST_SHARED, len(before) + len(after))
        whole = _joined(left, quote) == _joined(before, quote) and _joined(quote, right) == _joined(quote, after)
        rank = (shared, -abs(at - near))
        if known and whole and (best is None or rank > best):
            best, found = rank, Span(at, end)
        at = searched.find(quote, at + 1)
    return found


def _joined(left: str, right: str) -> bool:
    """Whether a word runs over the seam."""
    return left[-1:].isalnum() and right[:1].isalnum()


def _shared(one: str, other: str) -> int:
    """How many characters two texts share from their start."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count

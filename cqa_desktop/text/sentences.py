"""A paragraph's sentences, which are the passages of the measure.

Rules made for fiction: a closing quote stays with its sentence, and a tag in lower case after it (“Stop!” he said.)
belongs to the same sentence. What has no stops is cut at clauses, then at spaces, so that no passage is unbounded.
"""

from __future__ import annotations

import re

from cqa_desktop.text.spans import Span

MAX_CHARACTERS = 400
"""A passage longer than this is cut at a clause or a space if it has any."""
HARD_LIMIT = 800
"""A passage is cut here whatever stands there."""

_ABBREVIATIONS = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "mx",
        "dr",
        "st",
        "prof",
        "rev",
        "hon",
        "sr",
        "jr",
        "capt",
        "col",
        "gen",
        "lt",
        "sgt",
        "maj",
        "cpl",
        "cmdr",
        "gov",
        "sen",
        "rep",
        "messrs",
        "mme",
        "mlle",
        "esq",
        "etc",
        "vs",
        "viz",
        "cf",
        "e.g",
        "i.e",
        "a.m",
        "p.m",
        "u.s",
        "u.k",
    ]
)
_BEFORE_NUMBERS = frozenset(
    ["no", "nos", "vol", "fig", "ch", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sept", "oct", "nov", "dec"]
)
"""Abbreviations only where a figure follows: “No. 7”, but “No. He would not.”"""
_CLOSERS = "\"'”’»)]}*_"
_OPENERS = "\"'“‘«([{*_—-–…"
# Points may stand apart, as in ". . .": one stop. The look-behind keeps a page of dots from being tried at every dot.
_STOP = re.compile(
    rf"(?:(?<![.!?…])[.!?…]+(?:[ \u00a0\u202f]+\.)*[{re.escape(_CLOSERS)}]*(?=\s|$)|[。！？]+[」』”’）]*)"
)
_WORD_BEFORE = re.compile(r"([^\W_][\w.'’]*)$")
_CLAUSE = re.compile(r"[,;:—–][\"'”’]?\s+")
_SPACE = re.compile(r"\s+")
_LOOK_BACK = 24
_LOOK_AHEAD = 8


def sentences(text: str, paragraph: Span) -> list[Span]:
    """Code-point spans of the sentences of a paragraph, in order, covering all that is not white space."""
    found: list[Span] = []
    start = paragraph.start
    for stop in _STOP.finditer(text, paragraph.start, paragraph.end):
        if stop.end() > start and _ends(text, stop.start(), stop.end(), start, paragraph.end):
            found.extend(_cut(text, start, stop.end()))
            start = _skip_space(text, stop.end(), paragraph.end)
    found.extend(_cut(text, start, paragraph.end))
    return found


def _ends(text: str, mark: int, end: int, start: int, limit: int) -> bool:
    """Whether the stop at mark..end ends the sentence begun at `start`."""
    if end >= limit:
        return True
    if text[mark] in "。！？":
        return True
    after = _skip_space(text, end, limit)
    following = text[after : min(after + _LOOK_AHEAD, limit)].lstrip(_OPENERS + " ")
    first = following[:1]
    if first and first.islower():
        return False  # a tag after dialogue, or an ellipsis in mid-sentence
    if text[mark] == "." and text[mark:end] == ".":
        word = _WORD_BEFORE.search(text, max(start, mark - _LOOK_BACK), mark)
        if word is not None:
            token = word.group(1)
            if token.lower() in _BEFORE_NUMBERS and first.isdigit():
                return False
            if token.lower() in _ABBREVIATIONS or (len(token) == 1 and token.isupper() and token != "I"):
                return False
            if token.isdigit() and word.start(1) == start:
                return False  # the number of a list item
    return True


def _cut(text: str, start: int, end: int) -> list[Span]:
    pieces: list[Span] = []
    while end - start > MAX_CHARACTERS:
        at = _last(_CLAUSE, text, start + MAX_CHARACTERS // 2, start + MAX_CHARACTERS)
        at = at or _last(_SPACE, text, start + 1, start + MAX_CHARACTERS)
        if at is None:
            space = _SPACE.search(text, start + MAX_CHARACTERS, min(end, start + HARD_LIMIT))
            at = space.end() if space else min(end, start + HARD_LIMIT)
        pieces.append(Span(start, _back_over_space(text, start, at)))
        start = _skip_space(text, at, end)
    if end > start:
        pieces.append(Span(start, end))
    return pieces


def _last(pattern: re.Pattern[str], text: str, start: int, end: int) -> int | None:
    last = None
    for match in pattern.finditer(text, start, end):
        last = match.end()
    return last


def _skip_space(text: str, at: int, limit: int) -> int:
    while at < limit and text[at].isspace():
        at += 1
    return at


def _back_over_space(text: str, start: int, at: int) -> int:
    while at > start and text[at - 1].isspace():
        at -= 1
    return at

"""A draft's paragraphs."""

from __future__ import annotations

import re
from statistics import median

from cqa_desktop.text.spans import Span

_LINE = re.compile(r"[^\n\r\u2028\u2029\x0b\x0c]+")
_BLANK = re.compile(r"(?:\r\n|\n|\r(?!\n))[ \t\u00a0]*[\n\r]")
_BLOCK_START = re.compile(r"(?:#{1,6} |[-*+] |\d{1,3}[.)] |> |```|\*\*\*$|---$|={3,}$)")

_ALONE = re.compile(r"(?:#{1,6} .*|\*\*\*|---|={3,})$")
"""A heading or a rule: what follows on the next line is not part of it."""

WRAP_WIDTHS = range(45, 100)
"""Widths at which text is wrapped by hand or by machine."""
HEAD = 200_000
"""Characters from which the kind of line break is judged."""


def paragraphs(text: str) -> list[Span]:
    """Code-point spans of the paragraphs, without the white space around them; never empty.

    Each line that is not blank is a paragraph, as in an editor, unless the text is hard-wrapped: then blank lines part
    paragraphs.
    """
    lines = [trimmed for match in _LINE.finditer(text) if (trimmed := _trim(text, match.start(), match.end()))]
    return _join_wrapped(text, lines) if is_hard_wrapped(text) else lines


def is_hard_wrapped(text: str) -> bool:
    """Whether single line breaks stand for spaces: blank lines part blocks whose lines end near one width."""
    head = text[:HEAD]
    widths: list[int] = []
    for block in _BLANK.split(head):
        lines = [line.rstrip() for line in block.splitlines() if line.strip()]
        if len(lines) > 1 and not any(_BLOCK_START.match(line.lstrip()) for line in lines):
            widths.extend(len(line) for line in lines[:-1])
    if len(widths) < 3:
        return False
    middle = median(widths)
    near = sum(middle - 18 <= width <= middle + 18 for width in widths)
    return int(middle) in WRAP_WIDTHS and near >= 0.85 * len(widths)


def _join_wrapped(text: str, lines: list[Span]) -> list[Span]:
    joined: list[Span] = []
    for line in lines:
        if (
            not joined
            or _BLANK.search(text, joined[-1].end, line.start)
            or _BLOCK_START.match(text, line.start, line.end)
            or _ALONE.match(text, joined[-1].start, joined[-1].end)
        ):
            joined.append(line)
        else:
            joined[-1] = Span(joined[-1].start, line.end)
    return joined


def _trim(text: str, start: int, end: int) -> Span | None:
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    right = len(piece.rstrip())
    return Span(start + left, start + right) if right > left else None

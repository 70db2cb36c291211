"""Reads an answer while it is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cqa_desktop.annotations.answer import LABELS, NOTHING, parse_answer
from cqa_desktop.annotations.types import Judgment

_LINES: Final = re.compile(r"[^\n]*\n|[^\n]+")
_SHOWN: Final = ("Thought: ", "Otherwise: ")
"""The fields whose words are given as they come. A quote is not: first it must be found in the draft."""


@dataclass(frozen=True, slots=True)
class Said:
    """More words of a judgment's reasoning, or of what another choice would have done."""

    text: str


@dataclass(frozen=True, slots=True)
class Quoted:
    """The quote of the judgment that begins; None for the passage as a whole."""

    quote: str | None


class AnswerStream:
    """Takes the text of an answer in pieces of any size."""

    def __init__(self) -> None:
        self.text = ""
        self._line = ""
        self._lines: list[str] = []
        self._given = 0

    def feed(self, piece: str) -> Iterator[Quoted | Said | Judgment]:
        """What the piece brings, in order."""
        self.text += piece
        for part in _LINES.findall(piece):
            self._line += part
            yield from self._more_words()
            if self._line.endswith("\n"):
                yield from self._end_of_line()

    def _more_words(self) -> Iterator[Said]:
        label = next((one for one in _SHOWN if self._line.startswith(one)), None)
        if label is None:
            return
        value = self._line.removeprefix(label).rstrip("\n")
        if value in ("", NOTHING):
            return
        if self._given < len(value):
            lead = " " if self._given == 0 and label != _SHOWN[0] else ""
            said, self._given = value[self._given :], len(value)
            yield Said(lead + said)

    def _end_of_line(self) -> Iterator[Quoted | Judgment]:
        line, self._line, self._given = self._line.rstrip("\n"), "", 0
        if not line:
            return
        self._lines.append(line)
        if len(self._lines) == 1:
            quote = line.removeprefix(LABELS[0]).strip()
            yield Quoted(None if quote == NOTHING else quote.removeprefix('"').removesuffix('"'))
        if len(self._lines) == len(LABELS):
            yield from parse_answer("\n".join(self._lines))
            self._lines = []

"""The shipped stock phrases: read once, and given to the measure, which opens no files."""

from __future__ import annotations

from functools import cache
from typing import Final

from cqa_desktop.measure.classes import Thresholds
from cqa_desktop.measure.phrases import PhraseBook
from cqa_desktop.resources import resource

BOOKS: Final = ("phrases.txt", "cliches.txt")


@cache
def shipped_phrases() -> PhraseBook:
    """The phrases of present-day prose and the worn idioms that ship with the program."""
    parts = [resource("stock", name).read_text(encoding="utf-8") for name in BOOKS]
    return PhraseBook.parse("\n".join(parts))


def shipped_thresholds() -> Thresholds:
    """The defaults of the app: those of the measure, and the shipped phrases."""
    return Thresholds(phrases=shipped_phrases())

"""A passage's rhythm: lengths, openings, what is said twice. Counting alone; no model is asked."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cqa_desktop.measure.function_words import FUNCTION_WORDS
from cqa_desktop.text.words import fold, words

EVEN_RUN: Final = 4
"""So many sentences in a row of one length make a beat that is heard."""
EVEN_LONGEST: Final = 14
"""Longer sentences of one length are not heard as such."""
OPENING_RUN: Final = 3
SAID_AGAIN: Final = 0.6
"""Share of a sentence's own matter that stands in the sentences just before it, if it is said to say it again."""
AGAIN_REACH: Final = 2
"""Sentences before it."""
AGAIN_WORDS: Final = 4
"""Fewer words of matter can be the same by chance."""
STEM: Final = 5
"""Letters by which two forms of a word are told to be one."""


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence, as rhythm hears it."""

    words: tuple[str, ...]
    """Folded."""
    spoken: bool = False
    names: frozenset[str] = frozenset()
    """Of them, folded: they return for other reasons."""
    paragraph: int = 0
    """Where its paragraph begins: a beat does not go through a paragraph's end."""

    @property
    def matter(self) -> frozenset[str]:
        """Stems of what is more than grammar."""
        return frozenset(
            stem(word) for word in self.words if word not in FUNCTION_WORDS and len(word) > 2 and word not in self.names
        )


@dataclass(frozen=True, slots=True)
class Run:
    """Sentences `first` to `last`, `last` left out."""

    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first


def stem(word: str) -> str:
    """What two forms of a word have in common, roughly."""
    return word[:STEM] if len(word) > STEM else word.removesuffix("s")


def even_runs(lines: Sequence[Line]) -> list[Run]:
    """Runs of short sentences whose lengths differ by one word at most; dialogue has a beat of its own."""
    found: list[Run] = []
    first = 0
    for at in range(1, len(lines) + 1):
        run = lines[first:at]
        if at < len(lines) and _even([*run, lines[at]]):
            continue
        if len(run) >= EVEN_RUN and _even(run):
            found.append(Run(first, at))
        first = at
    return found


def _even(run: Sequence[Line]) -> bool:
    lengths = [len(line.words) for line in run]
    return (
        max(lengths) - min(lengths) <= 1 + (len(run) >= EVEN_RUN)
        and 2 <= max(lengths) <= EVEN_LONGEST
        and not any(line.spoken for line in run)
        and len({line.paragraph for line in run}) == 1
    )


def same_openings(lines: Sequence[Line]) -> list[Run]:
    """Runs of sentences that begin with the same word; spoken ones end a run."""
    found: list[Run] = []
    first = 0
    for at in range(1, len(lines) + 1):
        whole = at < len(lines) and lines[at].words and lines[first].words and not lines[at].spoken
        if whole and not lines[first].spoken and lines[at].words[0] == lines[first].words[0]:
            continue
        if at - first >= OPENING_RUN:
            found.append(Run(first, at))
        first = at
    return found


def said_again(lines: Sequence[Line]) -> list[tuple[int, int, float]]:
    """Sentences that repeat the matter of one of those just before them: index, index of that one, share of it."""
    found = []
    for at, line in enumerate(lines):
        own = line.matter
        if line.spoken or len(own) < AGAIN_WORDS:
            continue
        before = range(max(0, at - AGAIN_REACH), at)
        shared = {one: len(own & lines[one].matter) / len(own) for one in before if not lines[one].spoken}
        if shared:
            nearest = max(shared, key=lambda one: (shared[one], one))
            if shared[nearest] >= SAID_AGAIN:
                found.append((at, nearest, shared[nearest]))
    return found


@dataclass(frozen=True, slots=True)
class Pace:
    """Lengths of sentences here and around, in words."""

    here: float
    around: float
    spread: float
    """Standard deviation over the mean."""
    spread_around: float


def pace(here: Sequence[str], around: Sequence[str]) -> Pace | None:
    """The passage's lengths beside its neighbours'; None where either has too few sentences to say."""
    own, other = ([len(words(one)) for one in part] for part in (here, around))
    own, other = [one for one in own if one], [one for one in other if one]
    if len(own) < 4 or len(other) < 6:
        return None
    means = statistics.fmean(own), statistics.fmean(other)
    return Pace(means[0], means[1], statistics.pstdev(own) / means[0], statistics.pstdev(other) / means[1])


def line(text: str, *, spoken: bool = False, names: frozenset[str] = frozenset(), paragraph: int = 0) -> Line:
    """A line from a sentence's text."""
    return Line(tuple(fold(span.of(text)) for span in words(text)), spoken, names, paragraph)

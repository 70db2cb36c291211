"""What a set of annotations covers, and what it still lacks."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cqa_desktop.annotations.types import CONSTRAINTS, DIMENSIONS, ENGINEER, VERDICTS, Annotation, Judgment
from cqa_desktop.text.words import fold, words

SHARE_OF: Final[Mapping[str, float]] = {
    **dict.fromkeys(DIMENSIONS, 0.30),
    **dict.fromkeys(CONSTRAINTS, 0.15),
    **dict.fromkeys(VERDICTS, 0.35),
}
"""The least share of the judgments that each word of the schema should have. Ours: the papers ask for balance and give
no figures."""
ENOUGH: Final = 100
"""Judgments that a set should hold (arXiv 2605.25977: about 100 annotations)."""
SHORT: Final = 15
"""Words under which a reasoning says what, and hardly why."""
ALIKE: Final = 0.5
"""Share of five-word runs in common above which two passages are near-duplicates."""
RUN: Final = 5


@dataclass(frozen=True)
class Duplicate:
    """Two rows whose passages, or two judgments whose reasonings, say the same."""

    kind: str
    """`passage` or `reasoning`."""
    first: str
    second: str
    """Ids of the annotations."""


@dataclass(frozen=True)
class Coverage:
    """Counts over a set of annotations."""

    annotations: int
    passages: int
    """Different ones."""
    judgments: int
    cells: Mapping[tuple[str, str], int]
    """(dimension, constraint) to judgments; every pair is there."""
    counts: Mapping[str, int]
    """Each dimension, constraint and verdict to judgments."""
    counterfactuals: int
    suggestions: int
    anchored: int
    """Judgments that quote words, and are not about the passage as a whole."""
    reasoning_words: tuple[int, int, int]
    """First quartile, median and third quartile of the words of a reasoning."""
    short: int
    """Judgments whose reasoning has under SHORT words."""
    complete: int
    """Judgments with a quote, a reasoning that is not short, a counterfactual, and a suggestion where it fails."""
    briefed: Mapping[str, int]
    """Field of the brief to annotations that fill it."""
    paired: int
    """Annotations made by an expert and a knowledge engineer."""
    with_dialogue: int
    duplicates: tuple[Duplicate, ...]
    wanted: tuple[str, ...]
    """What to write next, a sentence each, the most urgent first; empty if nothing is lacking."""

    def share(self, name: str) -> float:
        """The part of the judgments that a dimension, constraint or verdict has, 0 to 1."""
        return self.counts[name] / self.judgments if self.judgments else 0.0


def cover(annotations: Sequence[Annotation], *, duplicates: bool = True) -> Coverage:
    """Count a set; looking for `duplicates` takes most of the time, and none are listed without."""
    judged = [(one, judgment) for one in annotations for judgment in one.judgments]
    judgments = [judgment for _, judgment in judged]
    counts: Counter[str] = Counter(dict.fromkeys((*DIMENSIONS, *CONSTRAINTS, *VERDICTS), 0))
    cells: Counter[tuple[str, str]] = Counter(
        {(dimension, constraint): 0 for dimension in DIMENSIONS for constraint in CONSTRAINTS}
    )
    for one in judgments:
        counts.update((one.dimension, one.constraint, one.verdict))
        cells[one.dimension, one.constraint] += 1
    lengths = sorted(len(words(one.reasoning)) for one in judgments)
    return Coverage(
        annotations=len(annotations),
        passages=len({one.passage for one in annotations}),
        judgments=len(judgments),
        cells=dict(cells),
        counts=dict(counts),
        counterfactuals=sum(bool(one.counterfactual.strip()) for one in judgments),
        suggestions=sum(bool(one.suggestion.strip()) for one in judgments),
        anchored=sum(one.quote is not None for one in judgments),
        reasoning_words=_quartiles(lengths),
        short=sum(length < SHORT for length in lengths),
        complete=sum(map(_complete, judgments)),
        briefed={
            name: sum(bool(getattr(one.brief, name).strip()) for one in annotations)
            for name in ("intent", "audience", "reality")
        },
        paired=sum({"expert", ENGINEER} <= {who.role for who in one.annotators} for one in annotations),
        with_dialogue=sum(bool(one.dialogue) for one in annotations),
        duplicates=tuple(_duplicates(annotations)) if duplicates else (),
        wanted=tuple(_wanted(counts, len(judgments))),
    )


def runs(text: str, size: int = RUN) -> frozenset[tuple[str, ...]]:
    """The runs of `size` words of a text, folded; of a shorter text, the whole."""
    folded = [fold(text[span.start : span.end]) for span in words(text)]
    return frozenset(tuple(folded[at : at + size]) for at in range(max(1, len(folded) - size + 1)))


def alike(first: frozenset[tuple[str, ...]], second: frozenset[tuple[str, ...]]) -> float:
    """The runs in common over those of the smaller text, 0 to 1: a passage inside a longer one is alike."""
    return len(first & second) / max(1, min(len(first), len(second)))


def _complete(judgment: Judgment) -> bool:
    mended = judgment.verdict == "works" or bool(judgment.suggestion.strip())
    thought = len(words(judgment.reasoning)) >= SHORT
    return judgment.quote is not None and thought and bool(judgment.counterfactual.strip()) and mended


def _quartiles(lengths: Sequence[int]) -> tuple[int, int, int]:
    if not lengths:
        return (0, 0, 0)
    first, middle, third = (lengths[min(len(lengths) - 1, len(lengths) * part // 4)] for part in (1, 2, 3))
    return first, middle, third


def _wanted(counts: Mapping[str, int], total: int) -> Iterable[str]:
    lacking: list[tuple[float, str]] = []
    for name, share in SHARE_OF.items():
        have = counts[name]
        missing = share * max(total, ENOUGH) - have
        # In a set that is large enough, each further judgment raises the total too.
        more = math.ceil(missing / (1 - share)) if total >= ENOUGH else math.ceil(missing)
        if more > 0:
            what = f" more that say what {name}" if name in VERDICTS else " more"
            lacking.append((have / share, f"{name}: {have} of {total}; write about {more}{what}"))
    if total < ENOUGH:
        yield f"judgments: {total}; a set should hold about {ENOUGH}"
    for _, said in sorted(lacking):
        yield said


def _duplicates(annotations: Sequence[Annotation]) -> Iterable[Duplicate]:
    # Two experts on the very same passage are no duplicate: that is how a set shows where experts differ.
    passages = {(one.passage, tuple(who.name for who in one.annotators)): one for one in reversed(annotations)}
    repeated = [one for one in annotations if one is not passages[one.passage, tuple(w.name for w in one.annotators)]]
    for one in repeated:
        yield Duplicate("passage", passages[one.passage, tuple(who.name for who in one.annotators)].id, one.id)
    different = {one.passage: one.id for one in reversed(annotations)}
    yield from _alike("passage", [(name, passage) for passage, name in reversed(different.items())])
    yield from _alike("reasoning", [(one.id, each.reasoning) for one in annotations for each in one.judgments])


def _alike(kind: str, texts: Sequence[tuple[str, str]]) -> Iterable[Duplicate]:
    """Each text that is like an earlier one, once, with the one it is most like."""
    known = [runs(text) for _, text in texts]
    # By their runs, so that a large set is not compared text by text.
    holders: dict[tuple[str, ...], list[int]] = {}
    for at, own in enumerate(known):
        shared = Counter(other for run in own for other in holders.get(run, ()))
        near = [other for other, _ in shared.most_common(1) if alike(known[other], own) >= ALIKE]
        if near:
            yield Duplicate(kind, texts[near[0]][0], texts[at][0])
            continue  # a third like it is like the first too
        for run in own:
            holders.setdefault(run, []).append(at)

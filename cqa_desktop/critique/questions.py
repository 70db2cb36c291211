"""What a knowledge engineer would ask about a passage: from evidence to questions. No model is needed here.

The questions are balanced by what was judged already: a dimension with few judgments is asked about first and more
often, though none is left out. What was asked is not asked again; it is gone into more deeply instead.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

from cqa_desktop.annotations.types import DIMENSIONS, Dimension
from cqa_desktop.critique.question_bank import BANK, Kind, Pattern
from cqa_desktop.engine.messages import Question
from cqa_desktop.measure.types import FIELD_VIEWS
from cqa_desktop.text.normalise import straighten_quotes
from cqa_desktop.text.spans import Span

QUESTIONS: Final = 7
"""In one go."""
FOLLOW_UPS: Final = (3, 5)
"""Of them, counted from 0, those that go on from another question if they can: on different dimensions, once each was
asked about.
"""
NOTICEABLE: Final = 0.02
"""Share of a passage's surprisal that a field of the brief takes away, if it is said to help."""
LIKELY: Final = 0.05
"""Probability from which a word is said to have been expected sooner than the one that stands there."""
SOONER: Final = 4.0
"""And so many times as likely as that one it is at least."""
HELP_BITS: Final = 1.5
"""By so many bits a view lowers a word's surprisal if it is said to prepare for it."""
HELP_SHARE: Final = 0.2
"""And by this share of it."""
FORESEEN: Final = 25.0
"""Percentile of bits a token after the story under which a sentence is said to be easy to foresee."""
UNEVEN: Final = 2.5
"""A sentence is long, or short, if its words are so many times, or that part of, those of the passage's others."""
MIN_WORDS: Final = 5
_STRAIGHT: Final = str.maketrans(dict.fromkeys("“”„‟", '"'))
SHOWN_WORDS: Final = 10
"""A longer sentence is quoted by its beginning and end."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the passage that carries much of its surprise, or of what explains it."""

    span: Span
    text: str
    bare: float
    """Bits."""
    story: float
    informed: float
    spoken: bool = False
    expected: str = ""
    """The word that a reader expected instead, and how likely it was."""
    probability: float = 0.0


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the passage."""

    span: Span
    text: str
    words: int
    bits: float
    """Surprisal in the most informed view."""
    percentile: float
    """Of bits a token after the story."""
    stock: tuple[Span, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """What was measured of a passage. Offsets are code points of the draft."""

    span: Span
    words: Sequence[Word] = ()
    sentences: Sequence[Sentence] = ()
    fields: Mapping[str, float] = field(default_factory=dict)
    """Field of the brief to the share of the passage's surprisal that it takes away; a field left empty is absent."""


@dataclass(frozen=True, slots=True)
class _Clue:
    """Something that gives cause to ask."""

    kind: Kind
    span: Span
    slots: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A question that could be put."""

    clue: _Clue
    pattern: Pattern
    text: str
    order: int
    """Of the clue: the strongest evidence is 0."""
    chance: bytes
    """Settles what nothing else does: the same for the same words, different for others."""


def pose(
    evidence: Evidence,
    counts: Mapping[str, int] | None = None,
    asked: Iterable[str] = (),
    skipped: Iterable[str] = (),
) -> list[Question]:
    """Some questions, the same for the same input; fewer, and none at last, where nearly all were asked.

    Args:
        counts: judgments there are of each dimension and, if known, constraint.
        asked: texts of questions that were put.
        skipped: texts of questions that were put and not answered: they are not gone into.
    """
    counts = counts or {}
    every = list(_candidates(evidence))
    answered = {_plain(text) for text in asked}
    done = answered | {_plain(text) for text in skipped}
    depth: Counter[Span] = Counter()
    for one in every:
        if _plain(one.text) in answered:
            depth[one.clue.span] = max(depth[one.clue.span], one.pattern.depth)
    chosen: list[_Candidate] = []
    for wanted in _seats(counts):
        for dimension in dict.fromkeys((wanted, *DIMENSIONS)):
            found = _best(every, dimension, chosen, done, depth, counts)
            if found is not None:
                chosen.append(found)
                done.add(_plain(found.text))
                depth[found.clue.span] = max(depth[found.clue.span], found.pattern.depth)
                break
    return [
        Question(
            one.text,
            one.pattern.dimension,
            one.clue.span.start,
            one.clue.span.end,
            one.pattern.constraint,
            one.pattern.depth,
        )
        for one in chosen
    ]


def _seats(counts: Mapping[str, int]) -> list[Dimension]:
    """The dimension of each question, in order: each time that which has the fewest, and every one at least once."""
    tally = {dimension: counts.get(dimension, 0) for dimension in DIMENSIONS}
    seats: list[Dimension] = []
    while len(seats) < QUESTIONS:
        absent = [dimension for dimension in DIMENSIONS if dimension not in seats]
        among = absent if len(absent) == QUESTIONS - len(seats) else DIMENSIONS
        seats.append(min(among, key=lambda one: (tally[one], DIMENSIONS.index(one))))
        tally[seats[-1]] += 1
    return seats


def _best(
    every: Sequence[_Candidate],
    dimension: Dimension,
    chosen: Sequence[_Candidate],
    done: set[str],
    depth: Mapping[Span, int],
    counts: Mapping[str, int],
) -> _Candidate | None:
    """The next question on a dimension: on another constraint, another kind of evidence and other words than those
    before it, and the strongest evidence of what is left.
    """
    constraints = Counter(one.pattern.constraint for one in chosen)
    kinds = Counter(one.clue.kind for one in chosen)
    spans = Counter(one.clue.span for one in chosen)

    def order(one: _Candidate) -> tuple[int, int, int, int, int, bytes]:
        about = one.pattern.constraint
        new = constraints[about], counts.get(about, 0), kinds[one.clue.kind], spans[one.clue.span]
        return *new, one.order, one.chance

    open_now = [
        one
        for one in every
        if one.pattern.dimension == dimension
        and _plain(one.text) not in done
        and one.pattern.depth <= depth.get(one.clue.span, 0) + 1
    ]
    deeper = [one for one in open_now if one.pattern.depth > 1]
    first = [one for one in open_now if one.pattern.depth == 1]
    # A conversation: something new, then a step further into what was said.
    pool = (deeper or first) if len(chosen) in FOLLOW_UPS else (first or deeper)
    return min(pool, key=order, default=None)


def _candidates(evidence: Evidence) -> Iterator[_Candidate]:
    # Where chance decides, another passage is asked something else, in the same words or not.
    salt = "".join(one.text for one in evidence.sentences[:1])
    for order, clue in enumerate(_clues(evidence)):
        for pattern in BANK:
            if clue.kind in pattern.kinds:
                text = pattern.text.format(**clue.slots)
                yield _Candidate(clue, pattern, text, order, _chance(salt + text))


def _chance(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()


# --- from evidence to clues ---------------------------------------------------------------------------------------


def _clues(evidence: Evidence) -> list[_Clue]:
    """What there is to ask about, the strongest first."""
    by_kind = [
        list(_surprises(evidence.words)),
        list(_sentence_clues(evidence.sentences)),
        list(_explained(evidence.words)),
        [_Clue(_field_kind(name, evidence.fields.get(name)), evidence.span) for name in reversed(FIELD_VIEWS)],
    ]
    # In turns, so that a passage full of odd words is asked about as a passage too.
    longest = max(map(len, by_kind))
    mixed = [clues[at] for at in range(longest) for clues in by_kind if at < len(clues)]
    return [*mixed, _Clue("whole", evidence.span)]


def _surprises(words: Sequence[Word]) -> Iterator[_Clue]:
    for word in sorted(words, key=lambda one: (-one.informed, one.span.start)):
        slots = {"word": _inside(word.text), "expected": _inside(word.expected)}
        if word.expected and word.probability >= max(LIKELY, SOONER * 2.0**-word.informed):
            yield _Clue("expected", word.span, slots)
        elif not _helps(word.bare, word.informed):
            yield _Clue("open", word.span, slots)
        if word.spoken:
            yield _Clue("spoken", word.span, slots)


def _explained(words: Sequence[Word]) -> Iterator[_Clue]:
    for word in sorted(words, key=lambda one: (one.informed - one.bare, one.span.start)):
        slots = {"word": _inside(word.text)}
        if _helps(word.bare, word.story):
            yield _Clue("prepared", word.span, slots)
        if _helps(word.story, word.informed):
            yield _Clue("briefed", word.span, slots)


def _helps(before: float, after: float) -> bool:
    return before - after >= max(HELP_BITS, HELP_SHARE * before)


def _sentence_clues(sentences: Sequence[Sentence]) -> Iterator[_Clue]:
    whole = [one for one in sentences if one.words >= MIN_WORDS]
    ranked = sorted(whole, key=lambda one: (one.bits / one.words, one.span.start))
    if ranked:
        yield _quoted("bright", ranked[-1].span, ranked[-1].text)
    for one in sentences:
        for span in one.stock:
            yield _quoted("stock", span, one.text[span.start - one.span.start : span.end - one.span.start])
    if ranked and ranked[0].percentile < FORESEEN:
        yield _quoted("dull", ranked[0].span, ranked[0].text)
    if len(ranked) > 1:
        yield _quoted("least", ranked[0].span, ranked[0].text)
    yield from _uneven(sentences)


def _uneven(sentences: Sequence[Sentence]) -> Iterator[_Clue]:
    if len(sentences) < 3:
        return
    total = sum(one.words for one in sentences)
    for kind, one in (
        ("long", max(sentences, key=lambda each: each.words)),
        ("short", min(sentences, key=lambda each: each.words)),
    ):
        others = (total - one.words) / (len(sentences) - 1)
        if kind == "long" and one.words >= UNEVEN * others:
            yield _quoted("long", one.span, one.text)
        if kind == "short" and 0 < one.words <= others / UNEVEN:
            yield _quoted("short", one.span, one.text)


def _field_kind(name: str, share: float | None) -> Kind:
    kinds: Mapping[str, tuple[Kind, Kind, Kind]] = {
        "reality": ("reality missing", "reality helps", "reality silent"),
        "audience": ("audience missing", "audience helps", "audience silent"),
        "intent": ("intent missing", "intent helps", "intent silent"),
    }
    missing, helps, silent = kinds[name]
    if share is None:
        return missing
    return helps if share > NOTICEABLE else silent


def _quoted(kind: Kind, span: Span, text: str) -> _Clue:
    return _Clue(kind, span, {"quote": quote(text)})


def quote(text: str) -> str:
    """A sentence as it stands inside the quote marks of a question: on one line, cut in its middle if it is long."""
    parts = _inside(text).rstrip(".").split()
    if len(parts) > SHOWN_WORDS:
        parts = [*parts[: SHOWN_WORDS // 2 + 1], "…", *parts[-SHOWN_WORDS // 2 + 2 :]]
    return " ".join(parts)


def _inside(text: str) -> str:
    """Quote marks inside quote marks are single ones; those around the whole are left out."""
    straight = " ".join(text.translate(_STRAIGHT).split())
    if straight.startswith('"') and straight.endswith('"') and straight.count('"') == 2:
        straight = straight[1:-1]
    if straight.count('"') % 2:
        straight = straight.replace('"', "")  # half of a pair, whose other half is elsewhere
    pairs = straight.split('"')
    return "".join(part + ("" if at == len(pairs) - 1 else "‘’"[at % 2]) for at, part in enumerate(pairs))


def _plain(text: str) -> str:
    return " ".join(straighten_quotes(text).casefold().split())

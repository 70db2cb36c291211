"""What the measured critic looks at: a passage's sentences and words in every view, and what stands around them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from cqa_desktop.critique.session import Task
from cqa_desktop.critique.word_lists import LIGHT
from cqa_desktop.engine.errors import EngineError
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.scorer import ScoredDocument, Scorer
from cqa_desktop.engine.scoring_model import Stop
from cqa_desktop.measure.function_words import FUNCTION_WORDS
from cqa_desktop.measure.shift import shift_measure
from cqa_desktop.measure.stock import word_scores
from cqa_desktop.measure.types import BARE, BRIEF, FIELD_VIEWS, STORY, PassageMeasure, ScoredPassage
from cqa_desktop.text.normalise import straighten_quotes
from cqa_desktop.text.paragraphs import paragraphs
from cqa_desktop.text.sentences import sentences
from cqa_desktop.text.spans import Span
from cqa_desktop.text.words import fold, vocabulary, words

MOST: Final = 6_000
"""Characters of a passage that are looked at."""
HEAD: Final = 1_200
"""Characters of a longer one that are looked at first."""
BEFORE: Final = 60_000
AFTER: Final = 8_000
"""Characters of the draft around it that the windows are cut from: beyond them nothing changes how it is scored."""
NEIGHBOURS: Final = 3_000
"""Characters on each side that a passage's rhythm is compared with."""
LETTERS: Final = 3
"""A word of fewer says little by itself."""
_BREAK: Final = re.compile(r"\n[ \t\r]*\n|\r\n[ \t]*\r\n")
_STARTS: Final = re.compile(r"[.!?:…][\"')\]]+\s*$|[\"(\[]\s*$")
"""Before a word: what somebody says begins or has just ended, and a capital makes no name."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the passage. Offsets are code points of the draft."""

    span: Span
    text: str
    bits: Mapping[str, float]
    """View to surprisal."""
    rank: int
    """The greatest rank among its tokens, after the story."""
    copied: bool
    """It stands in the draft before it, or in the brief."""
    spoken: bool
    name: bool
    """It begins with a capital where no sentence does."""

    @property
    def informed(self) -> float:
        """Bits in the most informed view."""
        return self.bits.get(BRIEF, self.bits[STORY])

    @property
    def matter(self) -> bool:
        """Whether it is more than grammar."""
        folded = fold(self.text)
        return len(folded) >= LETTERS and not folded.isdigit() and folded not in FUNCTION_WORDS | LIGHT


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence that the passage has a part in. Offsets are code points of the draft."""

    span: Span
    text: str
    words: tuple[Word, ...]
    measure: PassageMeasure
    stock: tuple[Span, ...]
    paragraph: int
    """Where its paragraph begins."""

    @property
    def spoken(self) -> bool:
        """Whether most of it is direct speech."""
        return sum(word.spoken for word in self.words) * 2 > len(self.words)


@dataclass(frozen=True)
class Evidence:
    """What was measured of a passage."""

    text: str
    """The draft."""
    span: Span
    """The part of the passage that was looked at."""
    sentences: Sequence[Sentence]
    beside: Sequence[Sentence]
    """Sentences that were scored along with them."""
    around: Sequence[str]
    """Sentences of the draft on both sides, not looked at by a model."""
    fields: Mapping[str, float] = field(default_factory=dict)
    """Field of the brief to the share of the surprisal that it takes away; empty while it is not known."""
    given: frozenset[str] = frozenset()
    """Fields of the brief that are not empty."""

    @cached_property
    def known(self) -> frozenset[str]:
        """The words of the draft before the first sentence, folded."""
        return frozenset(vocabulary(self.before(self.sentences[0].span.start)))

    def clip(self, span: Span) -> Span | None:
        """The part of a stretch that lies in the passage, without white space around it; None if it has no words."""
        start, end = max(span.start, self.span.start), min(span.end, self.span.end)
        piece = self.text[start:end] if start < end else ""
        if not words(piece):
            return None
        return Span(start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip()))

    def before(self, offset: int, characters: int = BEFORE) -> str:
        """The draft before an offset."""
        return self.text[max(0, offset - characters) : offset]


def part_of(task: Task) -> Span:
    """The part of a passage that is looked at: its beginning, to the end of a sentence.

    Raises:
        EngineError: if there are no words in it.
    """
    start, end = max(task.start, 0), min(task.end, len(task.text))
    piece = task.text[start:end] if start < end else ""
    left = start + len(piece) - len(piece.lstrip())
    right = start + len(piece.rstrip())
    if not words(piece):
        raise EngineError("There are no words in this passage to look at - select a sentence or more.")
    if right - left > MOST:
        right = _cut_at(task.text, left, left + MOST)
        if not words(task.text, left, right):
            raise EngineError("There are no words at the beginning of this passage - select a shorter one.")
    return Span(left, right)


def head_of(text: str, part: Span) -> Span:
    """The beginning of a long passage, to the end of a sentence: all of one that is not much longer."""
    if len(part) <= HEAD + HEAD // 2:
        return part
    end = _cut_at(text, part.start, part.start + HEAD)
    return Span(part.start, end) if words(text, part.start, end) else part


def _cut_at(text: str, start: int, limit: int) -> int:
    ends = [one.end for span in paragraphs(text[start:limit]) for one in sentences(text[start:limit], span)]
    whole = [start + end for end in ends if end < limit - start]
    # A text without a stop is cut at a space, or anywhere.
    return whole[-1] if whole else max(text.rfind(" ", start + 1, limit), start + (limit - start) // 2)


@dataclass(frozen=True)
class Place:
    """The draft around the passage, as the windows need it; its offsets count from `base`."""

    text: str
    base: int
    within: Span


def place_of(task: Task, part: Span) -> Place:
    """Cut what is far away, at the end of a paragraph: in a long draft it costs time and changes nothing."""
    first, last = 0, len(task.text)
    if part.start > BEFORE:
        found = _BREAK.search(task.text, part.start - BEFORE, part.start)
        first = found.end() if found else task.text.rfind("\n", 0, part.start - BEFORE) + 1
    if last - part.end > AFTER:
        found = _BREAK.search(task.text, part.end + AFTER)
        last = found.start() if found else last
    return Place(task.text[first:last], first, Span(part.start - first, part.end - first))


def look(scorer: Scorer[LlamaModel], task: Task, part: Span, *, fields: bool, stop: Stop) -> Evidence:
    """Score the passage where it stands in the draft, as the editor's marks are scored.

    Raises:
        CancelledError: once `stop()` is true; what was scored until then is kept.
        EngineError: if the model fails, or has nothing to say about the passage.
    """
    place = place_of(task, part)
    document = scorer.score(place.text, task.brief, fields=fields, within=place.within, stop=stop)
    found: list[Sentence] = []
    beside: list[Sentence] = []
    for passage, measure in zip(document.passages, document.measures, strict=True):
        inside = passage.start < place.within.end and passage.end > place.within.start
        sentence = _sentence(document, passage, measure, place)
        if sentence.words:
            (found if inside else beside).append(sentence)
    if not found:
        raise EngineError("There are no words in this passage to look at - select a sentence or more.")
    given = frozenset(name for name in FIELD_VIEWS if getattr(task.brief, name).strip())
    shares = _fields(found, given) if fields else {}
    return Evidence(task.text, part, found, beside, _around(task.text, part), shares, given)


def _sentence(document: ScoredDocument, passage: ScoredPassage, measure: PassageMeasure, place: Place) -> Sentence:
    paragraph = next(one.span for one in document.paragraphs if one.span.start <= passage.start < one.span.end)
    base = place.base
    views = {view: word_scores(passage, document.text, view) for view in passage.views}
    straight = straighten_quotes(document.text[paragraph.start : passage.end])
    made = []
    for index, word in enumerate(views[BARE]):
        before = straight[: word.span.start - paragraph.start]
        name = word.text[:1].isupper() and word.text not in ("I",) and not word.text.startswith(("I'", "I’"))
        made.append(
            Word(
                Span(word.span.start + base, word.span.end + base),
                word.text,
                {view: scored[index].bits for view, scored in views.items()},
                views[STORY][index].rank,
                word.copied,
                before.count('"') % 2 == 1,
                name and index > 0 and not _STARTS.search(before[-8:]),
            )
        )
    return Sentence(
        Span(passage.start + base, passage.end + base),
        document.text[passage.start : passage.end],
        tuple(made),
        shift_measure(measure, base),
        tuple(Span(mark.start + base, mark.end + base) for mark in measure.marks if mark.kind == "stock"),
        paragraph.start + base,
    )


def _around(text: str, part: Span) -> list[str]:
    found: list[str] = []
    for low, high in ((max(0, part.start - NEIGHBOURS), part.start), (part.end, part.end + NEIGHBOURS)):
        piece = text[low:high]
        for span in paragraphs(piece):
            found.extend(one.of(piece) for one in sentences(piece, span) if words(piece, one.start, one.end))
    return found


def _fields(found: Sequence[Sentence], given: frozenset[str]) -> dict[str, float]:
    def total(view: str) -> float:
        return sum(one.measure.surprisal[view] for one in found)

    story = max(total(STORY), 1e-6)
    return {name: 1 - total(name) / story for name in FIELD_VIEWS if name in given}


def new_names(evidence: Evidence, sentence: Sentence) -> list[tuple[Word, ...]]:
    """Names in a sentence of which nothing before it has any part; a name may be several words."""
    earlier = evidence.known | vocabulary(evidence.text[evidence.sentences[0].span.start : sentence.span.start])
    groups: list[list[Word]] = []
    last = -2
    for at, word in enumerate(sentence.words):
        if word.name:
            groups = [*groups, [word]] if at != last + 1 else [*groups[:-1], [*groups[-1], word]]
            last = at
    new = [group for group in groups if not any(one.copied or fold(one.text) in earlier for one in group)]
    return [tuple(group) for group in new if any(one.matter for one in group)]

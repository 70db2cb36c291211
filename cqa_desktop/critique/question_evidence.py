"""What there is to ask about in a passage: its pivotal words, what was expected there, and what explains them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from cqa_desktop.annotations.prompt import BREAK
from cqa_desktop.critique.questions import Evidence, Sentence, Word
from cqa_desktop.engine.errors import EngineError
from cqa_desktop.engine.expectations import explain_word
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.engine.scoring_model import Stop, never
from cqa_desktop.engine.tokens import CHARACTERS_A_TOKEN
from cqa_desktop.measure.function_words import FUNCTION_WORDS
from cqa_desktop.measure.stock import word_scores
from cqa_desktop.measure.types import BARE, BRIEF, FIELD_VIEWS, STORY, Brief, PassageMeasure, ScoredPassage
from cqa_desktop.text.normalise import as_one_line, straighten_quotes
from cqa_desktop.text.paragraphs import paragraphs
from cqa_desktop.text.spans import Span
from cqa_desktop.text.words import fold

SURPRISING: Final = 4
"""Words that are looked at for their surprise."""
EXPLAINED: Final = 2
"""Words that are looked at for what takes their surprise away."""
MOST: Final = 6_000
"""Characters of a passage that are looked at: questions about more would be about a chapter."""
GUESSES: Final = 8
SHORTEST: Final = 3
"""Letters of a word worth asking about."""


@dataclass(frozen=True)
class _Local:
    """The passage's paragraphs, each on one line, and the draft before them."""

    text: str
    preceding: str
    begins: Sequence[tuple[int, int]]
    """Where each paragraph begins: here, in the draft."""

    def given(self, offset: int) -> int:
        """The offset in the draft."""
        here, there = next(pair for pair in reversed(self.begins) if pair[0] <= offset)
        return there + offset - here

    def span(self, start: int, end: int) -> Span:
        return Span(self.given(start), self.given(end - 1) + 1)


@dataclass(frozen=True)
class _Found:
    """A word of the passage, with offsets of the local text."""

    word: Word
    plain: bool
    """Neither the first of its sentence nor a name: what could have been another word."""


def gather(
    scorer: Scorer[LlamaModel], text: str, start: int, end: int, brief: Brief = Brief(), *, stop: Stop = never
) -> Evidence:
    """Score the paragraphs that hold text[start:end] and look at their words.

    Raises:
        CancelledError: once `stop()` is true.
        EngineError: if there are no words there.
    """
    local = _local(text, start, end, scorer.model.window * CHARACTERS_A_TOKEN)
    document = scorer.score(local.text, brief, fields=bool(brief), preceding=local.preceding, stop=stop)
    chosen = [
        (passage, measure)
        for passage, measure in zip(document.passages, document.measures, strict=True)
        if local.given(passage.start) < end and local.given(passage.end - 1) >= start and passage.words
    ]
    if not chosen:
        raise EngineError("There are no words here to ask about - choose a sentence or more.")
    found = [
        one
        for passage, _ in chosen
        for one in _words(passage, local.text)
        if local.given(one.word.span.start) < end and local.given(one.word.span.end - 1) >= start
    ]
    pivots = [_expected(scorer, local, word, brief, stop) for word in _pivots(found)]
    return Evidence(
        Span(local.given(chosen[0][0].start), local.given(chosen[-1][0].end - 1) + 1),
        [replace(word, span=local.span(word.span.start, word.span.end)) for word in pivots],
        [_sentence(passage, measure, local) for passage, measure in chosen],
        _fields([passage for passage, _ in chosen]),
    )


def _local(text: str, start: int, end: int, room: int) -> _Local:
    own: list[str] = []
    before: list[str] = []
    begins: list[tuple[int, int]] = []
    at = used = 0
    spans = paragraphs(text)
    for span in spans:
        if span.end > start and span.start < end and at < MOST:
            begins.append((at, span.start))
            own.append(as_one_line(span.of(text)))
            at += len(span) + len(BREAK)
    for span in reversed([one for one in spans if one.end <= start]):
        if used > room:
            break
        before.append(as_one_line(span.of(text)))
        used += len(span)
    return _Local(BREAK.join(own), BREAK.join(reversed(before)), begins)


def _words(passage: ScoredPassage, text: str) -> list[_Found]:
    informed = BRIEF if BRIEF in passage.views else STORY
    views = [word_scores(passage, text, view) for view in (BARE, STORY, informed)]
    found = []
    for index, (bare, story, last) in enumerate(zip(*views, strict=True)):
        folded = fold(bare.text)
        if len(folded) < SHORTEST or folded in FUNCTION_WORDS or not folded.isalpha():
            continue
        line = straighten_quotes(text[text.rfind("\n", 0, bare.span.start) + 1 : bare.span.start])
        word = Word(bare.span, bare.text, bare.bits, story.bits, last.bits, spoken=line.count('"') % 2 == 1)
        found.append(_Found(word, index > 0 and not bare.copied and bare.text[0].islower()))
    return found


def _pivots(found: Sequence[_Found]) -> list[Word]:
    """The words to look at. A first word, a name, or one that stood before is taken only where there is no other."""
    words = [one.word for one in found if one.plain] or [one.word for one in found]
    surprising = sorted(words, key=lambda one: (-one.informed, one.span.start))[:SURPRISING]
    explained = sorted(words, key=lambda one: (one.informed - one.bare, one.span.start))[:EXPLAINED]
    return [*surprising, *(word for word in explained if word not in surprising)]


def _expected(scorer: Scorer[LlamaModel], local: _Local, word: Word, brief: Brief, stop: Stop) -> Word:
    before = local.preceding + BREAK if local.preceding else ""
    explained = explain_word(scorer, before + local.text, len(before) + word.span.start, brief, top=GUESSES, stop=stop)
    own = fold(word.text)
    for guess in explained.expected if explained else ():
        folded = fold(guess.text)
        # What begins as the writer's word does may be that very word, not yet written out.
        other = len(folded) >= SHORTEST and folded.isalpha() and not own.startswith(folded)
        if other and folded not in FUNCTION_WORDS:
            return replace(word, expected=guess.text, probability=guess.probability)
    return word


def _sentence(passage: ScoredPassage, measure: PassageMeasure, local: _Local) -> Sentence:
    return Sentence(
        local.span(passage.start, passage.end),
        local.text[passage.start : passage.end],
        passage.words,
        measure.surprisal.get(BRIEF, measure.surprisal[STORY]),
        measure.percentile.story_bits_per_token,
        tuple(local.span(mark.start, mark.end) for mark in measure.marks if mark.kind == "stock"),
    )


def _fields(passages: Sequence[ScoredPassage]) -> dict[str, float]:
    """Share of the surprisal after the story that each field takes away."""

    def total(view: str) -> float:
        return sum(float(one.views[view].surprisal.sum(dtype="float64")) for one in passages)

    story = max(total(STORY), 1e-6)
    return {name: 1 - total(name) / story for name in FIELD_VIEWS if name in passages[0].views}

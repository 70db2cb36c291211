"""Stock phrases: runs of words that a reader could have finished.

A run counts when it has at least `min_words` words, each of which the model had among its first guesses with high
probability after the story, and at least two of them carry matter. Words already in the context do not make a phrase
stock: repetition is the writer's own. Punctuation inside a run does not break it, but its own tokens are not judged.

Beside these stand the listed phrases (`phrases`), which hold whatever the model thinks of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cqa_desktop.measure.function_words import FUNCTION_WORDS
from cqa_desktop.measure.phrases import PhraseBook
from cqa_desktop.measure.types import STORY, ScoredPassage
from cqa_desktop.text.spans import Span
from cqa_desktop.text.words import fold, words

_BREAK = re.compile(r"[.!?;:\"“”\n()—–]")


@dataclass(frozen=True, slots=True)
class StockRule:
    """When a run of words is a stock phrase."""

    min_words: int = 4
    max_rank: int = 3
    """A word's every token was among this many first guesses."""
    max_bits: float = 3.0
    """A word's surprisal after the story."""
    mean_bits: float = 1.6
    """Mean surprisal of the run's words."""
    min_content: int = 2
    """Words of the run that are not function words."""


@dataclass(frozen=True, slots=True)
class WordScores:
    """One word of a passage: its span and what its tokens add up to in the story view."""

    span: Span
    text: str
    bits: float
    rank: int
    """The greatest rank among its tokens."""
    copied: bool


def word_scores(passage: ScoredPassage, text: str, view: str = STORY) -> list[WordScores]:
    """The passage's words, each with the sum of its tokens' surprisal.

    A token belongs to the word in which it begins; one that holds several words counts to the first of them.
    """
    spans = words(text, passage.start, passage.end)
    if not spans:
        return []
    starts = np.array([span.start for span in spans])
    ends = np.array([span.end for span in spans])
    scores = passage.views[view]
    owner = np.searchsorted(starts, passage.token_start, side="right") - 1
    inside = (owner >= 0) & (passage.token_start < ends[owner])
    owner, count = owner[inside], len(spans)
    bits = np.bincount(owner, weights=scores.surprisal[inside], minlength=count)
    rank = np.zeros(count, np.int32)
    np.maximum.at(rank, owner, scores.rank[inside])
    fresh = np.bincount(owner, weights=~passage.copied[inside], minlength=count)
    return [
        WordScores(span, span.of(text), *figures)
        for span, *figures in zip(spans, bits.tolist(), rank.tolist(), (fresh == 0).tolist(), strict=True)
    ]


def stock_phrases(passage: ScoredPassage, text: str, rule: StockRule = StockRule()) -> list[Span]:
    """Spans of the stock phrases of a passage; `text` is the document that the offsets count in."""
    if not _may_hold(passage, rule):
        return []
    scored = word_scores(passage, text)
    found: list[Span] = []
    run: list[WordScores] = []
    for word in scored:
        if run and _BREAK.search(text, run[-1].span.end, word.span.start):
            found.extend(_judge(run, rule))
            run = []
        if word.rank < rule.max_rank and word.bits <= rule.max_bits:
            run.append(word)
        else:
            found.extend(_judge(run, rule))
            # The word that could not be guessed begins the phrase that could be guessed from it.
            run = []
    found.extend(_judge(run, rule))
    return found


def listed_phrases(passage: ScoredPassage, text: str, book: PhraseBook) -> list[Span]:
    """Spans of the phrases of `book` in a passage; what ends a run ends these too."""
    if not book.may_hold(text[passage.start : passage.end]):
        return []
    spans = words(text, passage.start, passage.end)
    return [
        Span(spans[first].start, spans[behind - 1].end)
        for first, behind in book.find([fold(span.of(text)) for span in spans])
        if not any(_BREAK.search(text, spans[k].end, spans[k + 1].start) for k in range(first, behind - 1))
    ]


def _may_hold(passage: ScoredPassage, rule: StockRule) -> bool:
    """Whether enough easy tokens stand together: most passages are told apart by this alone, twenty times as fast."""
    story = passage.views[STORY]
    easy = (story.rank < rule.max_rank) & (story.surprisal <= rule.max_bits)
    # Between two words of a run stands one token of punctuation at most.
    together = np.convolve(easy, np.ones(2 * rule.min_words, np.int64))
    return bool(together.max(initial=0) >= rule.min_words)


def _judge(run: Sequence[WordScores], rule: StockRule) -> list[Span]:
    if len(run) < rule.min_words:
        return []
    content = [word for word in run if fold(word.text) not in FUNCTION_WORDS]
    fresh = [word for word in content if not word.copied]
    mean = sum(word.bits for word in run) / len(run)
    if len(content) < rule.min_content or not fresh or mean > rule.mean_bits:
        return []
    return [Span(run[0].span.start, run[-1].span.end)]

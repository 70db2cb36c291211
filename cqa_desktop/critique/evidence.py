"""What was measured of a passage as a few sentences: what a model is told before it judges."""

from __future__ import annotations

from typing import Final

from cqa_desktop.critique.session import Task
from cqa_desktop.engine.errors import EngineError
from cqa_desktop.engine.expectations import explain_word
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.engine.scoring_model import Stop, never
from cqa_desktop.measure.explain import explain
from cqa_desktop.measure.function_words import FUNCTION_WORDS
from cqa_desktop.measure.stock import WordScores, word_scores
from cqa_desktop.measure.types import BARE, BRIEF, STORY, PassageMeasure, ScoredPassage
from cqa_desktop.text.normalise import as_one_line
from cqa_desktop.text.spans import Span
from cqa_desktop.text.words import fold

SENTENCES: Final = 4
"""Marked sentences that are told of."""
WORDS: Final = 3
"""Surprising words that are told of."""
EXPECTED: Final = 2
"""Of them, those at which it is also said what was expected."""
SHORTEST: Final = 3
"""Letters of such a word."""
FEWEST_BITS: Final = 8.0
"""A word of fewer is no surprise worth telling."""
SHOWN: Final = 80
"""Characters of a sentence by which it is named."""
QUICK: Final = 200_000_000
"""Parameters up to which a model is also asked what it expected at those words; a larger one takes too long without a
GPU, while the rest is what scoring the draft has left in the cache."""
LIKELY: Final = 0.05
HELP_BITS: Final = 1.5
HELP_SHARE: Final = 0.2
"""By so much, in bits and as a share, what is known must lower a word's surprisal if it is said to prepare for it."""


def evidence_lines(scorer: Scorer[LlamaModel], task: Task, stop: Stop = never) -> list[str]:
    """The strongest evidence first; the same lines for the same draft and model.

    Raises:
        CancelledError: once `stop()` is true; what was scored until then is in the cache.
        EngineError: if there are no words in the passage.
    """
    document = scorer.score(task.text, task.brief, within=Span(task.start, task.end), stop=stop)
    chosen = [
        (passage, measure)
        for passage, measure in zip(document.passages, document.measures, strict=True)
        if passage.start < task.end and task.start < passage.end and passage.words
    ]
    if not chosen:
        raise EngineError("There are no words here to judge - choose a sentence or more.")
    marked = [pair for pair in chosen if pair[1].kind != "steady"]
    marked.sort(key=lambda pair: -standing(pair[1]))
    lines = [f"{_named(task, measure)}: {explain(measure, bool(task.brief))}" for _, measure in marked[:SENTENCES]]
    if not lines:
        lines = ["No sentence of the passage stands out: it is about as surprising as published prose."]
    words = [word for passage, _ in chosen for word in _surprising(passage, task)]
    words.sort(key=lambda word: (-word[0].bits, word[0].span.start))
    for number, (word, bare) in enumerate(words[:WORDS]):
        expected = _expected(scorer, task, word, stop) if number < EXPECTED else ""
        lines.append(_about_word(task, word, bare, expected))
    return lines


def standing(measure: PassageMeasure) -> float:
    """How far from the middle of published prose a marked passage is, 0 to 100."""
    if measure.kind == "predictable":
        return 100 - measure.percentile.story_bits_per_token
    return measure.percentile.z if measure.kind == "unexplained" else measure.percentile.bits_per_token


def _named(task: Task, measure: PassageMeasure) -> str:
    stock = [mark for mark in measure.marks if mark.kind == "stock"]
    spans = [(mark.start, mark.end) for mark in stock] or [(measure.start, measure.end)]
    return ", ".join(f'"{_short(task.text[start:end])}"' for start, end in spans)


def _short(text: str) -> str:
    line = " ".join(as_one_line(text).split()).strip("\"'“”‘’")
    return line if len(line) <= SHOWN else line[: SHOWN - 1].rsplit(" ", 1)[0] + " …"


def _surprising(passage: ScoredPassage, task: Task) -> list[tuple[WordScores, float]]:
    """Words that surprise although all is known, each with its bits in the bare view."""
    informed = BRIEF if BRIEF in passage.views else STORY
    found = []
    for word, bare in zip(
        word_scores(passage, task.text, informed), word_scores(passage, task.text, BARE), strict=True
    ):
        folded = fold(word.text)
        plain = len(folded) >= SHORTEST and folded.isalpha() and folded not in FUNCTION_WORDS
        inside = task.start <= word.span.start < task.end
        if plain and inside and word.bits >= FEWEST_BITS and not word.copied:
            found.append((word, bare.bits))
    return found


def _about_word(task: Task, word: WordScores, bare: float, expected: str) -> str:
    known = "story and brief" if task.brief else "the story so far"
    helped = bare - word.bits
    if helped >= HELP_BITS and helped >= HELP_SHARE * bare:
        line = f'"{word.text}" is hard to see coming, though easier with {known} than without.'
    else:
        line = f'"{word.text}" is hard to see coming, with {known} as without.'
    return f'{line} A reader expected "{expected}".' if expected else line


def _expected(scorer: Scorer[LlamaModel], task: Task, word: WordScores, stop: Stop) -> str:
    """The likeliest other word in its place; empty if there is no likely one, or asking would take too long."""
    model = scorer.model
    if model.file.parameters > QUICK and not model.native().offload:
        return ""
    explained = explain_word(scorer, task.text, word.span.start, task.brief, stop=stop)
    own = fold(word.text)
    for guess in explained.expected if explained else ():
        folded = fold(guess.text)
        other = len(folded) >= SHORTEST and folded.isalpha() and not own.startswith(folded)
        if other and folded not in FUNCTION_WORDS and guess.probability >= LIKELY:
            return guess.text
    return ""

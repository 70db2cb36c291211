"""What a reader expected at a word: the model's likeliest words there, and how surprising the writer's was."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cqa_desktop.engine.batches import Run
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.messages import Expectation
from cqa_desktop.engine.plan import Plan, View
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.engine.scoring_model import Stop, never
from cqa_desktop.engine.windows import Unit
from cqa_desktop.measure.types import BRIEF, STORY, Brief, Floats, Ints, ViewScores
from cqa_desktop.text.spans import Span
from cqa_desktop.text.words import words

MAX_STEPS = 3
"""Tokens that a word's beginning is completed by."""


@dataclass(frozen=True, slots=True)
class WordExplained:
    """A word of a draft and what was expected in its place. Offsets count code points of the draft."""

    start: int
    end: int
    bits: float
    """Surprisal of the whole word in the most informed view, its end included (measure/word_bits)."""
    expected: list[Expectation]


def explain_word(
    scorer: Scorer[LlamaModel], text: str, offset: int, brief: Brief = Brief(), *, top: int = 5, stop: Stop = never
) -> WordExplained | None:
    """What a reader expected at the word that holds `offset`; None where there is no word.

    Raises:
        CancelledError: once `stop()` is true.
    """
    found = _locate(scorer, text, offset, brief)
    if found is None:
        return None
    view, run = found.view, found.run
    temperature = scorer.calibration.temperature
    scores = scorer.model.score([run], temperature=temperature, adapter=view.adapter, stop=stop)[0]
    bits = _whole_word(scores, found)
    before = run.tokens[: run.scored]
    logits = scorer.model.logits_after(before, adapter=view.adapter, stop=stop)
    # After a space, what goes on from the word before is not expected in this word's place.
    apart = scorer.model.piece(int(run.tokens[run.scored]))[:1].isspace()
    expected = _complete(scorer, len(before), logits, temperature, top, stop, apart=apart)
    return WordExplained(found.word.start, found.word.end, bits, expected)


@dataclass(frozen=True, slots=True)
class ReadBefore:
    """What a reader has read where a word begins, as tokens."""

    fixed: Ints
    """BOS, and the brief where there is one."""
    draft: Ints
    """The draft in the window, up to the word."""
    adapter: bool
    """Whether the model's adapter is on."""


def read_before(scorer: Scorer[LlamaModel], text: str, offset: int, brief: Brief = Brief()) -> ReadBefore | None:
    """What stands before the word that holds `offset` in the most informed view; None where there is no word."""
    found = _locate(scorer, text, offset, brief)
    if found is None:
        return None
    before = found.run.tokens[: found.run.scored]
    fixed = min(1 + len(found.view.prefix), len(before))
    return ReadBefore(before[:fixed], before[fixed:], found.view.adapter)


@dataclass(frozen=True, slots=True)
class _Located:
    """A word of a draft, the most informed view, and a run that scores the word after what stands before it."""

    word: Span
    view: View
    run: Run
    """It ends with the token after the word where the passage has one."""
    tokens: int
    """Of the word."""
    follows_word: bool
    """Whether another word stands directly before it in the passage."""


def _locate(scorer: Scorer[LlamaModel], text: str, offset: int, brief: Brief) -> _Located | None:
    plan = scorer.plan(text, brief)
    paragraph = next((i for i, span in enumerate(plan.spans) if span.start <= offset < span.end), None)
    if paragraph is None:
        return None
    span, tokens = plan.spans[paragraph], plan.paragraphs[paragraph]
    inside = offset - span.start
    word = next((found for found in words(tokens.text) if found.start <= inside < found.end), None)
    if word is None:
        return None
    # The word's tokens: those that begin in it, or the one that holds its beginning.
    first = int(np.searchsorted(tokens.end, word.start, side="right"))
    last = int(np.searchsorted(tokens.start, word.end, side="left"))
    if first >= last:
        return None
    view = next((one for one in plan.views if one.name == BRIEF), None) or next(
        v for v in plan.views if v.name == STORY
    )
    place = Span(span.start + word.start, span.start + word.end)
    passage = next(one for one in tokens.passages if one.first <= first < one.last)
    follows_word = first > passage.first and bool(passage.word_of[first - 1 - passage.first] >= 0)
    run = _run_to(plan, view, paragraph, first, min(last + 1, max(last, passage.last)))
    return _Located(place, view, run, min(last - first, len(run.tokens) - run.scored), follows_word)


def _whole_word(scores: ViewScores, found: _Located) -> float:
    """As `word_bits` does for a scored passage."""
    plain = scores.surprisal.astype(np.float64)
    bits = float(plain[: found.tokens].sum())
    if scores.boundary is not None:
        ends = np.minimum(scores.boundary, plain)
        bits -= float(ends[0]) if found.follows_word else 0.0
        bits += float(ends[found.tokens]) if len(ends) > found.tokens else 0.0
    return bits


def _run_to(plan: Plan, view: View, paragraph: int, first: int, last: int) -> Run:
    """A run that ends with tokens `first` to `last` of a paragraph, and scores those."""
    index, unit = _segment_with(plan, paragraph, first)
    run = plan.runs(index, view)[0]
    after = 0
    own = plan.units[plan.segments[index].first : plan.segments[index].last]
    for other in reversed(own):
        if other is unit:
            break
        after += other.last - other.first + (len(plan.model.separator) if other.opens else 0)
    end = len(run.tokens) - after - (unit.last - min(last, unit.last))
    return Run(run.tokens[:end], end - (min(last, unit.last) - first))


def _segment_with(plan: Plan, paragraph: int, token: int) -> tuple[int, Unit]:
    for index, segment in enumerate(plan.segments):
        for unit in plan.units[segment.first : segment.last]:
            if unit.paragraph == paragraph and unit.first <= token < unit.last:
                return index, unit
    raise LookupError(f"token {token} of paragraph {paragraph} is in no segment")


def _complete(
    scorer: Scorer[LlamaModel], length: int, logits: Floats, temperature: float, top: int, stop: Stop, *, apart: bool
) -> list[Expectation]:
    """The likeliest tokens, each continued greedily to the end of its word."""
    model = scorer.model
    log_probabilities = _log_softmax(logits, temperature)
    best = np.argsort(-log_probabilities)[: top * 3].astype(np.int32)
    visible = [int(token) for token in best if model.piece(int(token)).strip()]
    if apart:
        visible = [token for token in visible if not _goes_on(model.piece(token))]
    visible = visible[:top]
    pieces = [model.piece(token) for token in visible]
    chances = [float(log_probabilities[token]) for token in visible]
    open_ended = [True] * len(visible)
    tokens = np.array(visible, np.int32)
    for step in range(MAX_STEPS):
        if not any(open_ended) or not len(tokens):
            break
        following = model.continue_each(length, tokens, step, stop)
        tokens = following.argmax(axis=1).astype(np.int32)
        for index, token in enumerate(tokens):
            piece = model.piece(int(token))
            if not open_ended[index]:
                continue
            letters = pieces[index].strip()[-1:].isalpha()
            open_ended[index] = letters and piece[:1].isalpha()
            log_probabilities = _log_softmax(following[index], temperature)
            if open_ended[index]:
                pieces[index] += piece
                chances[index] += float(log_probabilities[token])
            elif letters:
                # That the word ends here is part of it, as of the writer's own.
                chances[index] += float(np.log(max(np.exp(log_probabilities[model.ends_words]).sum(), 1e-30)))
    merged: dict[str, float] = {}
    for piece, chance in zip(pieces, chances, strict=True):
        shown = piece.decode("utf-8", "replace").strip()
        merged[shown] = merged.get(shown, 0.0) + float(np.exp(chance))
    ranked = sorted(merged.items(), key=lambda item: -item[1])
    return [Expectation(shown, probability) for shown, probability in ranked]


def _goes_on(piece: bytes) -> bool:
    return piece.decode("utf-8", "replace")[:1].isalnum()


def _log_softmax(logits: Floats, temperature: float) -> Floats:
    scaled = (logits - logits.max()) / np.float32(temperature)
    found: Floats = scaled - np.log(np.exp(scaled).sum())
    return found

"""Try another version: a stretch of a draft and an alternative, scored in the same place under the same brief."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from cqa_desktop.annotations.prompt import BREAK
from cqa_desktop.engine.errors import EngineError
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.messages import VersionWord, ViewDifference
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.engine.scoring_model import Stop, never
from cqa_desktop.engine.tokens import CHARACTERS_A_TOKEN
from cqa_desktop.measure.language import latin
from cqa_desktop.measure.stock import word_scores
from cqa_desktop.measure.types import Brief, Floats, ScoredPassage
from cqa_desktop.measure.versions import compare_views, summary
from cqa_desktop.text.normalise import as_one_line, straighten_quotes
from cqa_desktop.text.paragraphs import is_hard_wrapped, paragraphs
from cqa_desktop.text.spans import Span

MOST_GLUED = 24
"""Characters: where a script has no spaces, a version begins in the middle of something all the same."""
PIECE = 20_000
"""Characters counted at once."""
_BLOCK = re.compile(r"\S(?:(?!\n[ \t]*\n).)*", re.DOTALL)
_LINE = re.compile(r"\S[^\n]*")


@dataclass(frozen=True)
class Compared:
    """Two versions in each view."""

    views: list[ViewDifference]
    first: list[VersionWord]
    """The draft's version."""
    second: list[VersionWord]
    summary: str


@dataclass(frozen=True)
class _Place:
    """Where both versions stand."""

    context: str
    """The draft before it, one line a paragraph; ends in a space where the versions go on in its last paragraph."""
    glued: str
    """What stands before the stretch without a space, as an opening quote mark: scored with both, counted in none."""
    wrapped: bool
    """Whether single line breaks are spaces."""


@dataclass(frozen=True)
class _Version:
    words: list[VersionWord]
    tokens: dict[str, Floats]


def compare(
    scorer: Scorer[LlamaModel],
    text: str,
    start: int,
    end: int,
    alternative: str,
    brief: Brief = Brief(),
    *,
    stop: Stop = never,
) -> Compared:
    """Score text[start:end] and `alternative`, each after the draft before `start` and under `brief`.

    What follows the stretch is not scored again: it stands as it is in both.

    Raises:
        CancelledError: once `stop()` is true.
        EngineError: if there is nothing to compare, or a version is longer than the model reads at once.
    """
    own = text[start:end]
    if not own.strip():
        raise EngineError("No words are chosen - choose those that the other version would replace.")
    if not alternative.strip():
        raise EngineError("The other version is empty - write it first.")
    if _plain(own) == _plain(alternative):
        raise EngineError("Both versions are the same - change some words.")
    if latin(own) != latin(alternative):
        raise EngineError(
            "The versions are in different scripts: their figures cannot be compared - write both in one."
        )
    for version, name in ((own, "The chosen passage"), (alternative, "The other version")):
        if _too_long(scorer, version):
            raise EngineError(
                f"{name} is longer than the {scorer.model.window:,} tokens read at once - compare a part of it."
            )
    place = _place(text, start + len(own) - len(own.lstrip()), scorer.model.window * CHARACTERS_A_TOKEN)
    first, second = (_score(scorer, place, version, brief, stop) for version in (own, alternative))
    if not all(len(tokens) for version in (first, second) for tokens in version.tokens.values()):
        raise EngineError("One of the versions holds nothing that can be scored - write it in words.")
    found = compare_views(first.tokens, second.tokens)
    views = [ViewDifference(one.view, one.first, one.second, one.low, one.high) for one in found]
    return Compared(views, first.words, second.words, summary(found))


def _place(text: str, start: int, room: int) -> _Place:
    glue = start
    while glue > max(0, start - MOST_GLUED) and not text[glue - 1].isspace():
        glue -= 1
    before = [span for span in paragraphs(text) if span.start < start]
    goes_on = bool(before) and before[-1].end > start and bool(text[before[-1].start : glue].strip())
    kept: list[str] = []
    used = 0
    for span in reversed(before):
        if used > room:
            break
        kept.append(as_one_line(text[span.start : min(span.end, glue)].rstrip()))
        used += len(kept[-1])
    context = BREAK.join(one for one in reversed(kept) if one)
    return _Place(context + (" " if goes_on else BREAK), text[glue:start], is_hard_wrapped(text))


def _score(scorer: Scorer[LlamaModel], place: _Place, version: str, brief: Brief, stop: Stop) -> _Version:
    """A version of several paragraphs is scored one after the other, each with those before it as context."""
    words: list[VersionWord] = []
    tokens: dict[str, list[Floats]] = {}
    context, glued = place.context, place.glued
    for span in _parts(version, wrapped=place.wrapped):
        piece = glued + as_one_line(span.of(version))
        scored = scorer.score_passage(context, piece, brief, stop=stop)
        # A space before the version that is a token of its own is part of what its first word costs.
        counted = (scored.token_end > len(glued)) | (not glued)
        for view, scores in scored.views.items():
            tokens.setdefault(view, []).append(scores.surprisal[counted])
        words.extend(_words(scored, piece, len(glued), span.start))
        context, glued = context + piece + BREAK, ""
    return _Version(words, {view: np.concatenate(parts) for view, parts in tokens.items()})


def _words(passage: ScoredPassage, text: str, glued: int, offset: int) -> Iterator[VersionWord]:
    whole = replace(passage, start=0, end=len(text))
    views = {view: word_scores(whole, text, view) for view in passage.views}
    for index, word in enumerate(next(iter(views.values()))):
        if word.span.end > glued:
            begin = max(word.span.start - glued, 0)
            bits = {view: scored[index].bits for view, scored in views.items()}
            yield VersionWord(offset + begin, offset + word.span.end - glued, bits)


def _parts(version: str, *, wrapped: bool) -> list[Span]:
    """The paragraphs of a version, by the kind of line break that its draft has, without white space around them."""
    pattern = _BLOCK if wrapped else _LINE
    return [Span(match.start(), match.start() + len(match[0].rstrip())) for match in pattern.finditer(version)]


def _plain(version: str) -> str:
    return " ".join(straighten_quotes(version).split())


def _too_long(scorer: Scorer[LlamaModel], version: str) -> bool:
    count = 0
    for at in range(0, len(version), PIECE):
        count += len(scorer.model.tokenize(version[at : at + PIECE]))
        if count > scorer.model.window:
            return True
    return False

"""What has to be evaluated to score a draft: its segments, their contexts, and the keys of their results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b

import numpy as np

from cqa_desktop.annotations.prompt import brief_text, only
from cqa_desktop.engine.batches import Run
from cqa_desktop.engine.cache import Key
from cqa_desktop.engine.errors import CancelledError
from cqa_desktop.engine.scoring_model import ScoringModel, Stop, never
from cqa_desktop.engine.tokens import ParagraphTokenizer, PassageTokens, TokenizedParagraph
from cqa_desktop.engine.windows import Segment, Unit, make_segments, split_units
from cqa_desktop.measure.types import BARE, BRIEF, FIELD_VIEWS, STORY, Bools, Brief, Ints
from cqa_desktop.text.normalise import as_one_line, straighten_quotes
from cqa_desktop.text.paragraphs import paragraphs
from cqa_desktop.text.spans import Span
from cqa_desktop.text.words import vocabulary

SEGMENT_SHARE, CONTEXT_SHARE, BRIEF_SHARE = 0.4375, 0.5, 0.25
"""Of the window; with BOS and a brief at its longest they overlap, and the segment gives way."""


@dataclass(frozen=True, slots=True)
class View:
    """One conditional distribution: what stands before the draft, and whether the adapter is on."""

    name: str
    prefix: Ints
    adapter: bool


@dataclass(frozen=True, slots=True)
class Job:
    """One segment in one view: the runs that score it, and the key under which the result is kept."""

    segment: int
    view: View
    key: Key


@dataclass(frozen=True)
class Plan:
    """A draft, ready to be scored."""

    model: ScoringModel
    spans: Sequence[Span]
    """Of the paragraphs; those before `begin` are context only."""
    paragraphs: Sequence[TokenizedParagraph]
    begin: int
    """First paragraph that is scored."""
    units: Sequence[Unit]
    segments: Sequence[Segment]
    views: Sequence[View]
    brief_words: frozenset[str]
    brief_trimmed: bool
    identity: bytes
    """Hash of what every result depends on: model, adapter, temperature."""
    _keys: dict[tuple[int, str], Key] = field(default_factory=dict)

    def jobs_of(self, index: int) -> list[Job]:
        """A segment in every view."""
        return [Job(index, view, self.key(index, view)) for view in self.views]

    def key(self, index: int, view: View) -> Key:
        """Hash of all that the segment's scores in the view depend on."""
        found = self._keys.get((index, view.name))
        if found is None:
            digest = blake2b(self.identity, digest_size=20)
            digest.update(b"adapter" if view.adapter else b"base")
            for run in self.runs(index, view):
                digest.update(run.scored.to_bytes(4, "little"))
                digest.update(run.tokens.tobytes())
            found = self._keys[index, view.name] = digest.digest()
        return found

    def runs(self, index: int, view: View) -> list[Run]:
        """The sequences to evaluate for a segment in a view."""
        segment = self.segments[index]
        if view.name == BARE:
            return [self._bare_run(unit) for unit in self.units[segment.first : segment.last]]
        bos = np.array([self.model.bos], np.int32)
        before = self._stream(segment.context, segment.first, opened=False)
        own = self._stream(segment.first, segment.last, opened=segment.context < segment.first)
        tokens = np.concatenate([bos, view.prefix, before, own])
        return [Run(tokens, len(tokens) - len(own))]

    def scored(self, index: int) -> Bools:
        """Which of the tokens that `runs` scores in a conditional view are the draft's, not separators."""
        segment = self.segments[index]
        keep: list[Bools] = []
        for at, unit in enumerate(self.units[segment.first : segment.last]):
            if unit.opens and (at > 0 or segment.context < segment.first):
                keep.append(np.zeros(len(self.model.separator), np.bool_))
            keep.append(np.ones(unit.last - unit.first, np.bool_))
        return np.concatenate(keep)

    def copied(self, index: int) -> list[tuple[Unit, Bools]]:
        """For each unit of a segment, which of its tokens belong to words that its context or the brief holds."""
        segment = self.segments[index]
        known = set(self.brief_words)
        for unit in self.units[segment.context : segment.first]:
            known.update(self.passage(unit).words)
        found: list[tuple[Unit, Bools]] = []
        # A long passage's later pieces are judged by what stood before its first one.
        before: frozenset[str] = frozenset(known)
        last: tuple[int, int] | None = None
        for unit in self.units[segment.first : segment.last]:
            passage = self.passage(unit)
            if (unit.paragraph, unit.passage) != last:
                before = frozenset(known)
                last = (unit.paragraph, unit.passage)
            flags = np.array([word in before for word in passage.words] + [False])
            found.append((unit, flags[passage.word_of[unit.first - passage.first : unit.last - passage.first]]))
            known.update(passage.words)
        return found

    def passage(self, unit: Unit) -> PassageTokens:
        return self.paragraphs[unit.paragraph].passages[unit.passage]

    def paragraphs_of(self, index: int) -> range:
        """The paragraphs that a segment has a part in."""
        segment = self.segments[index]
        return range(self.units[segment.first].paragraph, self.units[segment.last - 1].paragraph + 1)

    def _stream(self, first: int, last: int, *, opened: bool) -> Ints:
        parts: list[Ints] = [np.empty(0, np.int32)]
        for index in range(first, last):
            unit = self.units[index]
            if unit.opens and (opened or index > first):
                parts.append(self.model.separator)
            parts.append(self.paragraphs[unit.paragraph].ids[unit.first : unit.last])
        return np.concatenate(parts)

    def _bare_run(self, unit: Unit) -> Run:
        passage = self.passage(unit)
        earliest = max(passage.first, unit.first - int(self.model.window * CONTEXT_SHARE))
        ids = self.paragraphs[unit.paragraph].ids[earliest : unit.last]
        return Run(np.concatenate([np.array([self.model.bos], np.int32), ids]), unit.first - earliest + 1)


def make_plan(
    model: ScoringModel,
    tokenizer: ParagraphTokenizer,
    text: str,
    brief: Brief,
    *,
    temperature: float,
    fields: bool = False,
    preceding: str = "",
    stop: Stop = never,
) -> Plan:
    """Plan the scoring of `text`, which `preceding` comes before, in all views.

    The `brief` view is planned only where it differs from `story`: there is a brief, or an adapter.

    Raises:
        CancelledError: once `stop()` is true: a long novel takes seconds to tokenise.
    """
    before = [span.of(preceding) for span in paragraphs(preceding)]
    spans = paragraphs(text)
    tokenized = []
    for piece in (*before, *(span.of(text) for span in spans)):
        if stop():
            raise CancelledError("stopped")
        tokenized.append(tokenizer.tokenize(piece))
    return plan_paragraphs(
        model, [Span(0, 0)] * len(before) + spans, tokenized, len(before), brief, temperature=temperature, fields=fields
    )


def plan_paragraphs(
    model: ScoringModel,
    spans: Sequence[Span],
    tokenized: Sequence[TokenizedParagraph],
    begin: int,
    brief: Brief,
    *,
    temperature: float,
    fields: bool,
    joined: bool = False,
) -> Plan:
    """`make_plan` from tokenised paragraphs, of which those before `begin` are context only.

    `joined` says that the first scored one goes on in the paragraph before it.
    """
    views, trimmed = _views(model, brief, fields=fields)
    longest = max(len(view.prefix) for view in views)
    context = int(model.window * CONTEXT_SHARE) - 1
    limit = min(int(model.window * SEGMENT_SHARE), model.window - 1 - longest - context)
    sizes = [[(passage.first, passage.last) for passage in paragraph.passages] for paragraph in tokenized]
    units = split_units(sizes, limit, len(model.separator))
    first = next((index for index, unit in enumerate(units) if unit.paragraph >= begin), len(units))
    if joined and first < len(units):
        size = units[first].last - units[first].first
        units[first] = replace(units[first], opens=False, cost=size)
    hashes = [paragraph.digest for paragraph in tokenized]
    segments = make_segments(units, hashes, limit=limit, context=context, begin=first)
    identity = f"{model.sha256}/{model.adapter_sha256}/{temperature:.6f}".encode()
    words = frozenset(vocabulary(brief_text(brief)))
    return Plan(model, spans, tokenized, begin, units, segments, views, words, trimmed, identity)


def _views(model: ScoringModel, brief: Brief, *, fields: bool) -> tuple[list[View], bool]:
    nothing = np.empty(0, np.int32)
    views = [View(BARE, nothing, False), View(STORY, nothing, False)]
    has_adapter = bool(model.adapter_sha256)
    trimmed = False
    if brief or has_adapter:
        prefix, trimmed = _prefix(model, brief)
        views.append(View(BRIEF, prefix, has_adapter))
    if fields:
        for name in FIELD_VIEWS:
            part = only(brief, name)
            if part:
                views.append(View(name, _prefix(model, part)[0], has_adapter))
    return views, trimmed


def _prefix(model: ScoringModel, brief: Brief) -> tuple[Ints, bool]:
    text = brief_text(brief, model.prompt_format)
    if not text:
        return np.empty(0, np.int32), False
    ids = np.concatenate([_join(model, text), model.separator])
    room = int(model.window * BRIEF_SHARE)
    if len(ids) <= room:
        return ids, False
    # A brief is trimmed at its end: what stands first was thought of first.
    return np.concatenate([ids[: room - len(model.separator)], model.separator]), True


def _join(model: ScoringModel, text: str) -> Ints:
    parts: list[Ints] = []
    for index, paragraph in enumerate(text.split("\n\n")):
        if index:
            parts.append(model.separator)
        parts.append(model.tokenize(as_one_line(straighten_quotes(paragraph))))
    return np.concatenate(parts)

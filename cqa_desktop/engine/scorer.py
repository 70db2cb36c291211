"""Scoring a draft in every view: what is known from the cache, the rest by the model, nearest to the writer first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Generic, TypeVar

import numpy as np

from cqa_desktop.engine.ages import ages_for
from cqa_desktop.engine.cache import ScoreCache
from cqa_desktop.engine.errors import CancelledError
from cqa_desktop.engine.phrases import shipped_thresholds
from cqa_desktop.engine.plan import Job, Plan, make_plan, plan_paragraphs
from cqa_desktop.engine.scoring_model import ScoringModel, Stop, never
from cqa_desktop.engine.tokens import ParagraphTokenizer, PassageTokens, TokenizedParagraph, tokenize_paragraph
from cqa_desktop.engine.windows import Unit
from cqa_desktop.measure.calibration import Calibration
from cqa_desktop.measure.classes import Thresholds, measure_passages
from cqa_desktop.measure.reduce import concatenate
from cqa_desktop.measure.shift import shift_measure, shift_passage
from cqa_desktop.measure.types import BARE, Bools, Brief, PassageMeasure, ScoredPassage, ViewScores
from cqa_desktop.text.spans import Span

EMIT = 200
"""Paragraphs handed over at once."""


@dataclass(frozen=True, slots=True)
class ScoredParagraph:
    """One paragraph's passages and what the measure says of them. Offsets count from the paragraph's start."""

    span: Span
    text: str
    key: int
    """64 bits of hash of all that the result depends on."""
    passages: tuple[ScoredPassage, ...]
    measures: tuple[PassageMeasure, ...]


@dataclass(frozen=True)
class ScoredDocument:
    """A scored draft. Offsets count from the draft's start."""

    text: str
    paragraphs: Sequence[ScoredParagraph]
    brief_trimmed: bool
    """True when the brief was too long for its share of the window, and its end was left out."""

    @property
    def passages(self) -> list[ScoredPassage]:
        return [shift_passage(one, paragraph.span.start) for paragraph in self.paragraphs for one in paragraph.passages]

    @property
    def measures(self) -> list[PassageMeasure]:
        return [shift_measure(one, paragraph.span.start) for paragraph in self.paragraphs for one in paragraph.measures]


OnParagraphs = Callable[[list[ScoredParagraph], int, int], None]
"""Gets paragraphs as they are done, and how many are done of how many."""


M = TypeVar("M", bound=ScoringModel)


@dataclass
class Scorer(Generic[M]):
    """Scores drafts with one model. Not for use from two threads at once."""

    model: M
    calibration: Calibration
    cache: ScoreCache = field(default_factory=ScoreCache)
    thresholds: Thresholds = field(default_factory=shipped_thresholds)

    def __post_init__(self) -> None:
        self.tokenizer = ParagraphTokenizer(self.model)
        if not self.thresholds.ages:
            self.thresholds = replace(self.thresholds, ages=ages_for(self.model))

    def plan(self, text: str, brief: Brief, *, fields: bool = False, preceding: str = "", stop: Stop = never) -> Plan:
        """What scoring `text` under `brief` takes.

        Raises:
            CancelledError: once `stop()` is true.
        """
        return make_plan(
            self.model,
            self.tokenizer,
            text,
            brief,
            temperature=self.calibration.temperature,
            fields=fields,
            preceding=preceding,
            stop=stop,
        )

    def score(
        self,
        text: str,
        brief: Brief = Brief(),
        *,
        fields: bool = False,
        preceding: str = "",
        focus: int = 0,
        within: Span | None = None,
        known: Mapping[int, int] | None = None,
        stop: Stop = never,
        on_paragraphs: OnParagraphs | None = None,
    ) -> ScoredDocument:
        """Score every passage of `text`.

        Args:
            fields: also score one view for each field of the brief.
            preceding: draft that comes before `text` and is not scored.
            focus: where the writer looks; what is near is scored first.
            within: only the paragraphs that this touches: as they are scored in the whole, so that the cache has them.
            known: paragraph start to key of results that need not be made again; they are left out of the outcome.
            on_paragraphs: called as paragraphs are done.

        Raises:
            CancelledError: once `stop()` is true. What was scored until then is in the cache.
        """
        plan = self.plan(text, brief, fields=fields, preceding=preceding, stop=stop)
        work = _Work(plan, self.calibration, self.thresholds, known or {}, on_paragraphs, stop)
        wanted = range(len(plan.segments)) if within is None else _segments_within(plan, within)
        distance = {index: _distance(plan, index, focus) for index in wanted}
        order = sorted(distance, key=distance.__getitem__)
        # Where the writer looks comes out before the rest of a long draft is even looked up.
        near = [index for index in order if distance[index] == 0]
        try:
            for segments in (near, order[len(near) :]):
                self._score_segments(plan, segments, work, stop)
        finally:
            self.cache.flush()
        return ScoredDocument(text, work.results(), plan.brief_trimmed)

    def score_passage(
        self, context: str, passage: str, brief: Brief = Brief(), *, fields: bool = False, stop: Stop = never
    ) -> ScoredPassage:
        """Score a text as one passage, whatever its sentences, after a context that is trimmed to fit from its start.

        The passage begins a new paragraph unless the context ends in a space.
        """
        joined = context.endswith((" ", "\t")) and bool(context.strip())
        own = _as_one_passage(tokenize_paragraph(self.model, (" " if joined else "") + passage.strip()))
        plan = self.plan("", brief, fields=fields, preceding=context, stop=stop)
        paragraphs = [*plan.paragraphs, own]
        plan = plan_paragraphs(
            self.model,
            [Span(0, 0)] * len(paragraphs),
            paragraphs,
            len(paragraphs) - 1,
            brief,
            temperature=self.calibration.temperature,
            fields=fields,
            joined=joined,
        )
        work = _Work(plan, self.calibration, self.thresholds, {}, None, stop)
        for job in (job for index in range(len(plan.segments)) for job in plan.jobs_of(index)):
            work.fill(job, self._evaluate(plan, job, stop))
        work.finish(range(len(plan.segments)))
        found = work.results()[-1].passages[0]
        return shift_passage(found, -1) if joined else found

    def _score_segments(self, plan: Plan, segments: Sequence[int], work: _Work, stop: Stop) -> None:
        """First those that the cache holds whole, then the others, each in the order given."""
        jobs: list[Job] = []
        for index in segments:
            if stop():
                raise CancelledError("stopped")
            jobs.extend(plan.jobs_of(index))
        cached = self.cache.get_many(job.key for job in jobs)
        missing: dict[int, list[Job]] = {}
        for job in jobs:
            scores = cached.get(job.key)
            if scores is None:
                missing.setdefault(job.segment, []).append(job)
            else:
                work.fill(job, scores)
        work.finish([index for index in segments if index not in missing])
        for index, absent in missing.items():
            for job in absent:
                scores = self._evaluate(plan, job, stop)
                self.cache.put(job.key, scores)
                work.fill(job, scores)
            work.finish([index])

    def _evaluate(self, plan: Plan, job: Job, stop: Stop) -> ViewScores:
        """Scores of the segment's tokens in the job's view, separators left out."""
        parts = self.model.score(
            plan.runs(job.segment, job.view),
            temperature=self.calibration.temperature,
            adapter=job.view.adapter,
            stop=stop,
        )
        scores = concatenate(parts)
        if job.view.name == BARE:
            return scores
        return scores.where(plan.scored(job.segment))


def _as_one_passage(paragraph: TokenizedParagraph) -> TokenizedParagraph:
    passages = paragraph.passages
    base = 0
    word_of = []
    for passage in passages:
        word_of.append(np.where(passage.word_of < 0, -1, passage.word_of + base))
        base += len(passage.words)
    words = tuple(word for passage in passages for word in passage.words)
    whole = PassageTokens(
        passages[0].start, passages[-1].end, 0, len(paragraph.ids), words, np.concatenate(word_of).astype(np.int32)
    )
    return replace(paragraph, passages=(whole,))


def _segments_within(plan: Plan, within: Span) -> list[int]:
    """The segments of every paragraph that it touches, so that each of those paragraphs is whole."""
    touched = {i for i, span in enumerate(plan.spans) if span.start < within.end and within.start < span.end}
    return [index for index in range(len(plan.segments)) if not touched.isdisjoint(plan.paragraphs_of(index))]


def _distance(plan: Plan, index: int, focus: int) -> int:
    covered = plan.paragraphs_of(index)
    start, end = plan.spans[covered.start].start, plan.spans[covered.stop - 1].end
    return max(start - focus, focus - end, 0)


class _Work:
    """Results on their way from segments to paragraphs."""

    def __init__(
        self,
        plan: Plan,
        calibration: Calibration,
        thresholds: Thresholds,
        known: Mapping[int, int],
        on_paragraphs: OnParagraphs | None,
        stop: Stop,
    ) -> None:
        self._stop = stop
        self._plan = plan
        self._calibration = calibration
        self._thresholds = thresholds
        self._known = known
        self._tell = on_paragraphs
        self._segments_of: dict[int, list[int]] = {}
        for index in range(len(plan.segments)):
            for paragraph in plan.paragraphs_of(index):
                self._segments_of.setdefault(paragraph, []).append(index)
        self._scores: dict[tuple[int, str], ViewScores] = {}
        self._copied: dict[int, list[tuple[Unit, Bools]]] = {}
        self._finished: set[int] = set()
        self._done: dict[int, ScoredParagraph | None] = {}
        self._total = len(plan.paragraphs) - plan.begin

    def fill(self, job: Job, scores: ViewScores) -> None:
        self._scores[job.segment, job.view.name] = scores

    def finish(self, segments: Sequence[int]) -> None:
        """Segments all of whose views are filled: make the paragraphs that are whole now, and hand them over."""
        self._finished.update(segments)
        ready: list[ScoredParagraph] = []
        for index in segments:
            if self._stop():
                raise CancelledError("stopped")
            for paragraph in self._plan.paragraphs_of(index):
                if paragraph in self._done or not self._finished.issuperset(self._segments_of[paragraph]):
                    continue
                made = self._paragraph(paragraph)
                self._done[paragraph] = made
                if made is not None:
                    ready.append(made)
                if len(ready) >= EMIT:
                    self._hand_over(ready)
                    ready = []
        self._hand_over(ready)

    def results(self) -> list[ScoredParagraph]:
        return [made for _, made in sorted(self._done.items()) if made is not None]

    def _hand_over(self, ready: list[ScoredParagraph]) -> None:
        if self._tell is not None:
            self._tell(ready, len(self._done), self._total)

    def _paragraph(self, paragraph: int) -> ScoredParagraph | None:
        plan = self._plan
        span, tokens = plan.spans[paragraph], plan.paragraphs[paragraph]
        segments = self._segments_of[paragraph]
        keys = b"".join(plan.key(index, view) for index in segments for view in plan.views)
        digest = blake2b(keys, digest_size=7)
        digest.update(tokens.text.encode("utf-8", "replace"))
        key = int.from_bytes(digest.digest(), "little")
        if self._known.get(span.start) == key:
            return None
        copied = np.zeros(len(tokens.ids), np.bool_)
        views: dict[str, list[ViewScores]] = {view.name: [] for view in plan.views}
        for index in segments:
            self._collect(index, paragraph, copied, views)
        joined = {name: concatenate(parts) for name, parts in views.items()}
        passages = tuple(_passage(tokens, passage, copied, joined) for passage in tokens.passages)
        measures = measure_passages(passages, tokens.text, self._calibration, self._thresholds)
        return ScoredParagraph(span, tokens.text, key, passages, tuple(measures))

    def _collect(self, index: int, paragraph: int, copied: Bools, views: dict[str, list[ViewScores]]) -> None:
        at = 0
        if index not in self._copied:
            self._copied[index] = self._plan.copied(index)
        for unit, flags in self._copied[index]:
            size = unit.last - unit.first
            if unit.paragraph == paragraph:
                copied[unit.first : unit.last] = flags
                for name, parts in views.items():
                    parts.append(self._scores[index, name].slice(at, at + size))
            at += size


def _passage(
    tokens: TokenizedParagraph, passage: PassageTokens, copied: Bools, views: Mapping[str, ViewScores]
) -> ScoredPassage:
    part = slice(passage.first, passage.last)
    return ScoredPassage(
        start=passage.start,
        end=passage.end,
        words=len(passage.words),
        token_start=tokens.start[part],
        token_end=tokens.end[part],
        copied=copied[part],
        views={name: view.slice(passage.first, passage.last) for name, view in views.items()},
    )

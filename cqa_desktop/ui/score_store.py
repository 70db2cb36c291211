"""What is known of the draft's passages, in the editor's own offsets, kept true while the writer types.

Offsets are UTF-16 units, as Qt counts. An edit moves what comes after it, and takes away only the passages it touches.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from cqa_desktop.engine.messages import ParagraphScores
from cqa_desktop.measure.document import informed_bits
from cqa_desktop.measure.types import MarkKind, PassageMeasure
from cqa_desktop.text.offsets import Utf16Map


@dataclass(frozen=True, slots=True)
class ShownMark:
    """A mark in the editor."""

    start: int
    end: int
    kind: MarkKind

    @property
    def shown_as(self) -> str:
        """The class whose colour and line it has."""
        return "predictable" if self.kind == "stock" else self.kind

    def moved(self, by: int) -> ShownMark:
        return replace(self, start=self.start + by, end=self.end + by)


@dataclass(frozen=True, slots=True)
class ShownPassage:
    """A passage in the editor. It counts from its paragraph's start, or, handed out, from the draft's."""

    start: int
    end: int
    measure: PassageMeasure
    marks: tuple[ShownMark, ...]

    def moved(self, by: int) -> ShownPassage:
        return replace(
            self, start=self.start + by, end=self.end + by, marks=tuple(mark.moved(by) for mark in self.marks)
        )


@dataclass
class _Paragraph:
    length: int
    key: int | None
    """None once the paragraph was edited: what is shown is then not all that was computed."""
    passages: list[ShownPassage]

    @cached_property
    def marked(self) -> list[ShownPassage]:
        return [passage for passage in self.passages if passage.marks]

    @cached_property
    def bits(self) -> float:
        return sum(informed_bits(passage.measure) for passage in self.passages)

    @cached_property
    def words(self) -> int:
        return sum(passage.measure.words for passage in self.passages)

    @cached_property
    def unread(self) -> int:
        return sum(passage.end - passage.start for passage in self.passages if not passage.measure.readable)


class ScoreStore:
    """Paragraphs in the order of the draft."""

    def __init__(self) -> None:
        self._starts = np.empty(0, np.int64)
        self._paragraphs: list[_Paragraph] = []

    def clear(self) -> None:
        self._starts = np.empty(0, np.int64)
        self._paragraphs = []

    def put(self, scores: Sequence[ParagraphScores], offsets: Utf16Map) -> None:
        """Take results in, in place of what stood there; `offsets` is of the text they count code points of."""
        fresh = {}
        for one in scores:
            start = offsets.to_utf16(one.start)
            fresh[start] = _paragraph(one, start, offsets)
        ends = {start: start + paragraph.length for start, paragraph in fresh.items()}
        news = sorted(ends.items())
        news_starts = [start for start, _ in news]
        kept: dict[int, _Paragraph] = {}
        for start, paragraph in zip(self._starts.tolist(), self._paragraphs, strict=True):
            # A new paragraph that begins before this one's end and ends after its start takes its place.
            before = bisect_right(news_starts, max(start + paragraph.length - 1, start)) - 1
            if before < 0 or news[before][1] <= start:
                kept[start] = paragraph
        kept.update(fresh)
        order = sorted(kept)
        self._starts = np.asarray(order, np.int64)
        self._paragraphs = [kept[start] for start in order]

    def edit(self, position: int, removed: int, added: int) -> None:
        """Follow an edit: `removed` units at `position` gave way to `added` ones."""
        end, shift = position + removed, added - removed
        first = max(int(np.searchsorted(self._starts, position, side="right")) - 1, 0)
        last = int(np.searchsorted(self._starts, end, side="left"))
        gone: set[int] = set()
        for index in range(first, last):
            start, paragraph = int(self._starts[index]), self._paragraphs[index]
            stop = start + paragraph.length
            if stop < position:
                continue
            if position <= start and stop <= end:
                gone.add(index)
                continue
            begin = start if start < position else position + added
            self._paragraphs[index] = _Paragraph(
                max(stop, end) + shift - begin, None, _untouched(paragraph, start, begin, position, end, shift)
            )
            self._starts[index] = begin
        self._starts[last:] += shift
        if gone:
            self._starts = np.delete(self._starts, sorted(gone))
            self._paragraphs = [one for index, one in enumerate(self._paragraphs) if index not in gone]

    def known(self, offsets: Utf16Map) -> dict[int, int]:
        """Paragraph start, in code points, to the key of what is shown there, where that is whole."""
        return {
            offsets.to_code_points(start): paragraph.key
            for start, paragraph in zip(self._starts.tolist(), self._paragraphs, strict=True)
            if paragraph.key is not None
        }

    def between(self, start: int, end: int) -> Iterator[ShownPassage]:
        """The passages that touch a stretch of the draft."""
        first = max(int(np.searchsorted(self._starts, start, side="right")) - 1, 0)
        last = int(np.searchsorted(self._starts, end, side="right"))
        for index in range(first, last):
            base = int(self._starts[index])
            for passage in self._paragraphs[index].passages:
                if base + passage.end >= start and base + passage.start <= end:
                    yield passage.moved(base)

    def passages(self) -> Iterator[tuple[int, ShownPassage]]:
        """All of them, in order: the start of the paragraph, and the passage counted from there."""
        for base, paragraph in zip(self._starts.tolist(), self._paragraphs, strict=True):
            for passage in paragraph.passages:
                yield base, passage

    def is_fresh(self, position: int) -> bool:
        """Whether the paragraph at a position is scored as it now reads."""
        index = int(np.searchsorted(self._starts, position, side="right")) - 1
        return index >= 0 and self._paragraphs[index].key is not None

    def count(self) -> int:
        """How many passages there are."""
        return sum(len(paragraph.passages) for paragraph in self._paragraphs)

    def unread_share(self) -> float:
        """The share of the draft that the model can only spell."""
        length = sum(paragraph.length for paragraph in self._paragraphs)
        return sum(paragraph.unread for paragraph in self._paragraphs) / max(length, 1)

    def passage_at(self, position: int) -> ShownPassage | None:
        """The passage that holds the position or ends at it."""
        found = [one for one in self.between(position, position) if one.start <= position <= one.end]
        return found[-1] if found else None

    def marked(self, shown: Callable[[ShownPassage], bool]) -> list[ShownPassage]:
        """Passages with marks, of those that are `shown`, counted from the draft's start."""
        placed = (
            passage.moved(base)
            for base, paragraph in zip(self._starts.tolist(), self._paragraphs, strict=True)
            for passage in paragraph.marked
        )
        return [passage for passage in placed if shown(passage)]

    def stretches(self, fine: bool) -> list[tuple[int, int, float, int]]:
        """Start, end, bits in the most informed view, and words: of passages if `fine`, else of paragraphs."""
        paragraphs = zip(self._starts.tolist(), self._paragraphs, strict=True)
        if fine:
            return [
                (base + one.start, base + one.end, informed_bits(one.measure), one.measure.words)
                for base, paragraph in paragraphs
                for one in paragraph.passages
            ]
        return [(base, base + one.length, one.bits, one.words) for base, one in paragraphs]


def _paragraph(one: ParagraphScores, start: int, offsets: Utf16Map) -> _Paragraph:
    def local(offset: int) -> int:
        return offsets.to_utf16(one.start + offset) - start

    passages = [
        ShownPassage(
            local(measure.start),
            local(measure.end),
            measure,
            tuple(ShownMark(local(mark.start), local(mark.end), mark.kind) for mark in measure.marks),
        )
        for measure in one.passages
    ]
    return _Paragraph(offsets.to_utf16(one.end) - start, one.key, passages)


def _untouched(
    paragraph: _Paragraph, start: int, begin: int, position: int, end: int, shift: int
) -> list[ShownPassage]:
    """The passages before and after an edit, counted from `begin`, where the paragraph now starts."""
    kept: list[ShownPassage] = []
    for passage in paragraph.passages:
        if start + passage.end <= position:
            kept.append(passage.moved(start - begin))
        elif start + passage.start >= end:
            kept.append(passage.moved(start - begin + shift))
    return kept

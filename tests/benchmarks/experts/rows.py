"""Rows to train on, from the published judgments: short enough for a small window, and split by document.

A story of TTCW is longer than the reference model reads at once. A judgment that quotes the story becomes a row of the
paragraph that holds the quote, after what stood before it; the others, where their test is about language, turns,
clichés or subtext, a row of the story's beginning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from cqa_desktop.annotations.jsonl import load
from cqa_desktop.annotations.types import Annotation, Judgment
from cqa_desktop.resources import resource
from cqa_desktop.text.paragraphs import paragraphs
from cqa_desktop.text.spans import Span
from trainer.annotations.lamp import read_lamp
from trainer.annotations.mapping import load_mapping
from trainer.annotations.ttcw import read_ttcw

OPENING_WORDS: Final = 150
CONTEXT_WORDS: Final = 60
"""What stands before a quoted paragraph, at most, in whole paragraphs: it costs time, and the loss is not on it."""
EXPLAINED: Final = 4
EDITS: Final = 10
"""Most judgments of a row of TTCW, whose explanations are long, and of LAMP, where a word or two say why."""
EVERY: Final = 3
"""Of the plots, and of LAMP's writers, one in this many is held back."""
SHARE: Final = 2
"""One in this many of TTCW's rows is trained on: all would take a CPU twice as long."""
TESTED: Final = {("craft", "lexis"), ("craft", "dianoia")}
"""What a judgment without a quote must be about to be trained on (see trainer/annotations/mappings/ttcw.toml)."""


@dataclass(frozen=True)
class Split:
    """What is trained on, and which documents are not."""

    rows: Sequence[Annotation]
    plots: frozenset[str]
    """Plots of TTCW whose stories are held back: the same plot was told by three models."""
    writers: frozenset[str]
    """Writers of LAMP whose paragraphs are held back."""


def split(folder: Path) -> Split:
    """Rows of the starter set, of TTCW and of LAMP, without the documents that are held back.

    Raises:
        TrainerError, AnnotationError: if the files are not as published.
    """
    stories = read_ttcw(folder / "ttcw", load_mapping("ttcw")).annotations
    drafts = read_lamp(folder / "lamp_dev.json", load_mapping("lamp")).annotations
    plots = _held_back(sorted({_plot(one) for one in stories}, key=int))
    writers = _held_back(sorted({_writer(one) for one in drafts}))
    rows = list(load(resource("annotations", "starter.jsonl")))
    told = [row for story in stories if _plot(story) not in plots for row in story_rows(story)]
    rows += told[::SHARE]
    for draft in drafts:
        if _writer(draft) not in writers:
            rows += _in_parts(draft, draft.judgments, EDITS)
    return Split(rows, plots, writers)


def write_rows(rows: Sequence[Annotation], path: Path) -> None:
    """One annotation a line."""
    path.write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))


def without_quotes(rows: Sequence[Annotation]) -> list[Annotation]:
    """The rows with every judgment made one of the whole: what is trained on then copies no words of the passage."""
    return [
        msgspec.structs.replace(row, judgments=tuple(_unquoted(judgment) for judgment in row.judgments)) for row in rows
    ]


def story_rows(story: Annotation) -> list[Annotation]:
    """The rows of one story by one expert."""
    spans = paragraphs(story.passage)
    by_paragraph: dict[int, list[Judgment]] = {}
    unquoted: list[Judgment] = []
    for judgment in story.judgments:
        at = story.passage.find(judgment.quote) if judgment.quote else -1
        holder = next((k for k, span in enumerate(spans) if span.start <= at < span.end), None)
        inside = holder is not None and at + len(judgment.quote or "") <= spans[holder].end
        if holder is not None and inside:
            by_paragraph.setdefault(holder, []).append(judgment)
        elif (judgment.dimension, judgment.constraint) in TESTED:
            unquoted.append(_unquoted(judgment))
    found: list[Annotation] = []
    for index, judgments in sorted(by_paragraph.items()):
        span = spans[index]
        part = msgspec.structs.replace(
            story,
            id=f"{story.id}-p{index}",
            passage=story.passage[span.start : span.end],
            context=_context(story.passage, spans[:index]),
        )
        found += _in_parts(part, judgments, EXPLAINED)
    if unquoted:
        end = spans[0].end
        for span in spans:
            if len(story.passage[: span.end].split()) > OPENING_WORDS:
                break
            end = span.end
        opening = msgspec.structs.replace(story, id=f"{story.id}-opening", passage=story.passage[spans[0].start : end])
        found += _in_parts(opening, unquoted, EXPLAINED)
    return found


def _context(text: str, before: Sequence[Span]) -> str:
    kept: list[str] = []
    for span in reversed(before):
        kept.insert(0, span.of(text))
        if len(" ".join(kept).split()) > CONTEXT_WORDS:
            del kept[0]
            break
    return "\n\n".join(kept)


def _unquoted(judgment: Judgment) -> Judgment:
    """The judgment as one of the whole: its quote is elsewhere."""
    return msgspec.structs.replace(judgment, quote=None)


def _in_parts(annotation: Annotation, judgments: Sequence[Judgment], most: int) -> list[Annotation]:
    parts = [tuple(judgments[at : at + most]) for at in range(0, len(judgments), most)]
    if len(parts) == 1:
        return [msgspec.structs.replace(annotation, judgments=parts[0])]
    return [
        msgspec.structs.replace(annotation, id=f"{annotation.id}-{number}", judgments=part)
        for number, part in enumerate(parts, start=1)
    ]


def _held_back(names: Sequence[str]) -> frozenset[str]:
    return frozenset(names[1::EVERY])


def _plot(annotation: Annotation) -> str:
    return annotation.id.removeprefix("ttcw-").partition("_")[0]


def _writer(annotation: Annotation) -> str:
    return annotation.id.removeprefix("lamp-").partition("_")[0]

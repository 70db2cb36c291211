"""A scored text with everything that a report tells of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cqa_desktop.engine.scorer import ScoredDocument
from cqa_desktop.measure.document import measure_document
from cqa_desktop.measure.types import Brief, DocumentMeasure, PassageMeasure, ScoredPassage
from cqa_desktop.text.line_breaks import UnifiedText


@dataclass(frozen=True)
class ScoredText:
    """Passages and measures count in `text`, whose line breaks are all `\\n`; `source.given` leads back to the file."""

    name: str
    source: UnifiedText
    brief: Brief
    passages: Sequence[ScoredPassage]
    measures: Sequence[PassageMeasure]
    aggregates: DocumentMeasure

    @property
    def text(self) -> str:
        return self.source.text


def scored_text(name: str, source: UnifiedText, brief: Brief, document: ScoredDocument) -> ScoredText:
    """Put together what scoring gave."""
    measures = document.measures
    return ScoredText(name, source, brief, document.passages, measures, measure_document(measures))

"""Aggregates over a document."""

from __future__ import annotations

from collections.abc import Sequence

from cqa_desktop.measure.types import BRIEF, CLASSES, STORY, DocumentMeasure, PassageMeasure


def informed_bits(passage: PassageMeasure) -> float:
    """Surprisal of the passage in the most informed view, bits."""
    return passage.surprisal.get(BRIEF, passage.surprisal[STORY])


def measure_document(passages: Sequence[PassageMeasure]) -> DocumentMeasure:
    """Mean bits per word in the most informed view, information per token without copied words, class shares."""
    words = sum(passage.words for passage in passages)
    tokens = sum(passage.tokens for passage in passages)
    grounded = sum(passage.information.total - passage.information.copied for passage in passages)
    count = max(len(passages), 1)
    return DocumentMeasure(
        words=words,
        bits_per_word=sum(informed_bits(passage) for passage in passages) / max(words, 1),
        information_per_token=grounded / max(tokens, 1),
        shares={kind: sum(passage.kind == kind for passage in passages) / count for kind in CLASSES},
    )


def surprise_curve(passages: Sequence[PassageMeasure]) -> list[tuple[int, float]]:
    """(start of the passage, bits per word in the most informed view), in the order of the document."""
    return [(passage.start, informed_bits(passage) / max(passage.words, 1)) for passage in passages]

"""Scores as one self-contained HTML page: the text with its marks, the curve of surprise, and a legend."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.measure.document import surprise_curve
from cqa_desktop.measure.explain import bits_per_word, explain, headline
from cqa_desktop.measure.types import BRIEF, PassageMeasure
from cqa_desktop.report.scored import ScoredText
from cqa_desktop.text.paragraphs import paragraphs
from cqa_desktop.text.printable import printable

TEMPLATE = Path(__file__).with_name("page.html.jinja")
CURVE_WIDTH, CURVE_HEIGHT = 1000, 120
POINTS = 240
"""Points of the curve: passages are averaged into that many."""
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


@dataclass(frozen=True)
class _Bar:
    label: str
    bits: float
    percent: float


@dataclass(frozen=True)
class _Note:
    number: int
    kind: str
    title: str
    words: str
    quote: str
    bars: list[_Bar]


def html_page(texts: Sequence[ScoredText], model: LlamaModel) -> str:
    """The page of one or several texts."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    documents = []
    number = 0
    for scored in texts:
        marked = [measure for measure in scored.measures if measure.kind != "steady"]
        notes = [_note(scored, measure, number + index + 1) for index, measure in enumerate(marked)]
        documents.append(
            {
                "name": scored.name,
                "aggregates": scored.aggregates,
                "brief": scored.brief,
                "paragraphs": _paragraphs(scored, marked, number),
                "notes": notes,
                "curve": _curve(scored),
            }
        )
        number += len(notes)
    return printable(template.render(documents=documents, model=model, width=CURVE_WIDTH, height=CURVE_HEIGHT))


def _note(scored: ScoredText, measure: PassageMeasure, number: int) -> _Note:
    bars = bits_per_word(measure)
    top = max(bits for _, bits in bars) or 1.0
    return _Note(
        number,
        measure.kind,
        headline(measure.kind),
        explain(measure, BRIEF in measure.surprisal),
        " ".join(scored.text[measure.start : measure.end].split()),
        [_Bar(label, bits, 100 * bits / top) for label, bits in bars],
    )


def _paragraphs(scored: ScoredText, marked: Sequence[PassageMeasure], before: int) -> list[Markup]:
    """Each paragraph with its marks as spans; a mark inside one paragraph, as all marks are."""
    text = scored.text
    starts = [measure.start for measure in marked]
    found = []
    for span in paragraphs(text):
        parts: list[str] = []
        at = span.start
        first = bisect_left(starts, span.start)
        for index in range(first, len(marked)):
            measure = marked[index]
            if measure.start >= span.end:
                break
            for mark in measure.marks:
                parts.append(_escape(text[at : mark.start]))
                kind = "predictable" if mark.kind == "stock" else mark.kind
                number = before + index + 1
                parts.append(
                    f'<a class="mark {kind}" href="#note-{number}" id="mark-{number}-{mark.start}" '
                    f'title="{headline(measure.kind)}">{_escape(text[mark.start : mark.end])}</a>'
                )
                at = mark.end
        parts.append(_escape(text[at : span.end]))
        found.append(Markup("".join(parts)))
    return found


def _escape(text: str) -> str:
    return text.translate(_ESCAPES)


def _curve(scored: ScoredText) -> str:
    """Points of an SVG polyline: bits a word over the text, averaged, the mean at half height."""
    curve = surprise_curve(scored.measures)
    if not curve:
        return ""
    length = max(len(scored.text), 1)
    step = max(1, -(-len(curve) // POINTS))
    groups = [curve[index : index + step] for index in range(0, len(curve), step)]
    points = [(group[0][0] / length, sum(bits for _, bits in group) / len(group)) for group in groups]
    top = max(bits for _, bits in points) or 1.0
    return " ".join(f"{x * CURVE_WIDTH:.1f},{CURVE_HEIGHT * (1 - 0.92 * bits / top):.1f}" for x, bits in points)

"""Scores as lines for a terminal: the marked passages, why they are marked, and a summary."""

from __future__ import annotations

from bisect import bisect_right

from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.measure.explain import explain
from cqa_desktop.measure.types import BRIEF, PassageMeasure
from cqa_desktop.report.scored import ScoredText
from cqa_desktop.text.printable import printable, printable_line

QUOTE_MARKS = '"“”„«»'
QUOTED = 96
"""Characters of a passage that are shown."""


def plain_report(scored: ScoredText, model: LlamaModel) -> str:
    """The report, without a last line break."""
    text = scored.text
    breaks = [index for index, character in enumerate(text) if character == "\n"]
    size = f"{_count(scored.aggregates.words, 'word')}, {_count(len(scored.measures), 'passage')}"
    lines = [f"{printable_line(scored.name)}: {size}"]
    for number, measure in enumerate(scored.measures, start=1):
        if measure.kind != "steady":
            lines.append("")
            line = bisect_right(breaks, measure.start) + 1
            lines.append(f"line {line}  passage {number}  {measure.kind}  {_quote(text, measure)}")
            lines.append(f"    {explain(measure, BRIEF in measure.surprisal)}")
    lines.extend(["", _summary(scored, model)])
    return printable("\n".join(lines))


def _quote(text: str, measure: PassageMeasure) -> str:
    stock = [mark for mark in measure.marks if mark.kind == "stock"]
    spans = [(mark.start, mark.end) for mark in stock] or [(measure.start, measure.end)]
    quotes = [printable_line(" ".join(text[start:end].split())) for start, end in spans]
    # A passage of speech brings quote marks of its own.
    return ", ".join(f"“{_short(quote.strip(QUOTE_MARKS))}”" for quote in quotes)


def _short(quote: str) -> str:
    return quote if len(quote) <= QUOTED else quote[: QUOTED - 1].rstrip() + "…"


def _summary(scored: ScoredText, model: LlamaModel) -> str:
    figures = scored.aggregates
    shares = ", ".join(f"{kind} {share:.0%}" for kind, share in figures.shares.items())
    basis = "the story so far and the brief" if scored.brief else "the story so far (there is no brief)"
    return (
        f"{figures.bits_per_word:.1f} bits a word given {basis}; "
        f"{figures.information_per_token:.2f} bits of information a token.\n"
        f"Passages: {shares}.\n"
        f"Model: {model.file.name}, {model.file.quantization}, {_adapter(model)}on {model.device}."
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _adapter(model: LlamaModel) -> str:
    return f"with {model.adapter_file.name} over it in the brief view, " if model.adapter_file else ""

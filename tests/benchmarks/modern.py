"""How a present-day draft suffers from a model of old fiction, and what the allowance for new words takes back.

python -m tests.benchmarks modern

`charger.md` is beside `charger-older.md`, the same scenes in 1930; the reference prose is what must not change.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from cqa_desktop.commands.session import open_scorer
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.scorer import ScoredDocument, Scorer
from cqa_desktop.measure.ages import NO_AGES
from cqa_desktop.measure.classes import measure_passages
from cqa_desktop.measure.function_words import FUNCTION_WORDS
from cqa_desktop.measure.types import STORY, PassageMeasure
from cqa_desktop.measure.word_bits import word_bits
from cqa_desktop.models.registry import reference_prose
from cqa_desktop.resources import resource
from cqa_desktop.text.words import fold
from tests.benchmarks.common import Row

CHARACTERS = 30_000
"""Of each work of the reference prose."""
SHOWN = 30
TURN_WORDS = 3


@dataclass(frozen=True)
class Text:
    """A text, scored once and measured without and with the allowance."""

    name: str
    document: ScoredDocument
    before: list[PassageMeasure]
    after: list[PassageMeasure]


def read(scorer: Scorer[LlamaModel], name: str, text: str) -> Text:
    """Score a text and measure it twice."""
    document = scorer.score(text)
    without = replace(scorer.thresholds, ages=NO_AGES)
    passages, calibration = document.passages, scorer.calibration
    before = measure_passages(passages, text, calibration, without)
    return Text(name, document, before, measure_passages(passages, text, calibration, scorer.thresholds))


def share(measures: list[PassageMeasure], kind: str) -> str:
    """Passages of a class among those long enough to be judged."""
    judged = [one for one in measures if one.words >= 5]
    count = sum(one.kind == kind for one in judged)
    return f"{count} of {len(judged)} ({count / max(len(judged), 1):.1%})"


def mean(measures: list[PassageMeasure], of: Callable[[PassageMeasure], float]) -> float:
    """Mean of a figure over passages long enough to be judged."""
    judged = [of(one) for one in measures if one.words >= 5]
    return sum(judged) / max(len(judged), 1)


def new_words(scorer: Scorer[LlamaModel], text: Text) -> list[tuple[str, float, float]]:
    """The words that the allowance is for, dearest first: word, its bits after the story, what is allowed."""
    found: dict[str, tuple[float, float]] = {}
    for passage in text.document.passages:
        for word in word_bits(passage, text.document.text).words:
            allowed = scorer.thresholds.ages.allowed(word.text, word.bits)
            if allowed > found.get(fold(word.text), (0.0, 0.0))[1]:
                found[fold(word.text)] = (word.bits, allowed)
    return sorted(((word, *figures) for word, figures in found.items()), key=lambda row: -row[2])


def old_to_new(scorer: Scorer[LlamaModel], modern: Text, older: Text) -> list[tuple[str, float]]:
    """Turns of the modern text that cost most a word, none of whose words is allowed for."""
    known = {fold(word.text) for one in older.document.passages for word in word_bits(one, older.document.text).words}
    ages = scorer.thresholds.ages
    found: list[tuple[str, float]] = []
    for passage in modern.document.passages:
        row = word_bits(passage, modern.document.text).words
        for at in range(len(row) - TURN_WORDS + 1):
            part = row[at : at + TURN_WORDS]
            content = [word for word in part if fold(word.text) not in FUNCTION_WORDS]
            fresh = [word for word in content if fold(word.text) not in known]
            if fresh and not any(ages.allowed(word.text, word.bits) for word in part):
                shown = modern.document.text[part[0].span.start : part[-1].span.end]
                found.append((shown, sum(word.bits for word in part) / TURN_WORDS))
    found.sort(key=lambda row: -row[1])
    kept: list[tuple[str, float]] = []
    for shown, bits in found:
        if not any(set(shown.split()) & set(other.split()) - FUNCTION_WORDS for other, _ in kept):
            kept.append((shown, bits))
    return kept[: SHOWN // 2]


def rows() -> list[Row]:
    """The figures, as lines of the benchmarks' table."""
    with open_scorer(None) as scorer:
        samples = ("charger.md", "charger-older.md")
        texts = [read(scorer, name, resource("samples", name).read_text(encoding="utf-8")) for name in samples]
        texts += [read(scorer, path.stem, path.read_text(encoding="utf-8")[:CHARACTERS]) for path in reference_prose()]
        modern, older, prose = texts[0], texts[1], texts[2:]
        words, turns = new_words(scorer, modern), old_to_new(scorer, modern, older)
        size = len(scorer.thresholds.ages)
    whole = Text(
        "the reference prose",
        modern.document,
        [one for text in prose for one in text.before],
        [one for text in prose for one in text.after],
    )
    found = [Row("words in the table", str(size), "", None)]
    for text in (modern, older, whole):
        changed = sum(one.kind != other.kind for one, other in zip(text.before, text.after, strict=True))
        bits = sum(one.surprisal[STORY] for one in text.before) / sum(one.words for one in text.before)
        found += [
            Row(f"{text.name}: bits a word after the story", f"{bits:.2f}", "", None),
            Row(f"{text.name}: unexplained before", share(text.before, "unexplained"), "", None),
            Row(f"{text.name}: unexplained after", share(text.after, "unexplained"), "", None),
            Row(f"{text.name}: earned before", share(text.before, "earned"), "", None),
            Row(f"{text.name}: earned after", share(text.after, "earned"), "", None),
            Row(
                f"{text.name}: mean percentile of z, before and after",
                f"{mean(text.before, lambda one: one.percentile.z):.1f}, "
                f"{mean(text.after, lambda one: one.percentile.z):.1f}",
                "",
                None,
            ),
            Row(f"{text.name}: passages whose class changed", f"{changed} of {len(text.before)}", "", None),
            Row(
                f"{text.name}: allowed, bits a word",
                f"{sum(one.allowance.get(STORY, 0) for one in text.after) / sum(one.words for one in text.after):.3f}",
                "",
                None,
            ),
        ]
    listed = ", ".join(f"{word} {bits:.0f} ({allowed:.1f})" for word, bits, allowed in words[:SHOWN])
    found.append(Row(f"{len(words)} words allowed for; bits (allowed), the first {SHOWN}", listed, "", None))
    found.append(
        Row("turns still surprising, bits a word", ", ".join(f"{shown} {bits:.0f}" for shown, bits in turns), "", None)
    )
    return found

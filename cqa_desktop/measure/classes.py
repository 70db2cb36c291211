"""From figures to classes and marks (DESIGN section 2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from cqa_desktop.measure.ages import NO_AGES, WordAges, allowances
from cqa_desktop.measure.calibration import MIN_WORDS, Calibration, figures
from cqa_desktop.measure.language import looks_english, spelt
from cqa_desktop.measure.passages import sum_passage, z_score
from cqa_desktop.measure.phrases import NO_PHRASES, PhraseBook
from cqa_desktop.measure.stock import StockRule, listed_phrases, stock_phrases
from cqa_desktop.measure.types import BARE, Mark, PassageClass, PassageMeasure, Percentile, ScoredPassage
from cqa_desktop.text.spans import Span, join_spans


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Percentiles at which a class begins; settings of the app."""

    unexplained_z: float = 90.0
    """`unexplained`: z in the most informed view above this ..."""
    explained_information: float = 60.0
    """... and information per token not above this; `earned`: information above it ..."""
    earned_bits: float = 80.0
    """... and bare bits per token above this ..."""
    extreme_z: float = 97.0
    """... and z in the most informed view not above this."""
    predictable: float = 10.0
    """`predictable`: z_story and bits per token after the story both below this."""
    min_words: int = MIN_WORDS
    """A shorter passage is never marked."""
    stock: StockRule = field(default_factory=StockRule)
    phrases: PhraseBook = NO_PHRASES
    """Phrases that are stock whatever the model knows of them."""
    ages: WordAges = NO_AGES
    """Words that are not held against a draft for being newer than the model's text."""


def classify(
    percentile: Percentile, words: int, stock: Sequence[Span], thresholds: Thresholds, listed: Sequence[Span] = ()
) -> PassageClass:
    """The class of a passage. The first that fits, of unexplained, earned, predictable, steady.

    `stock` are the stock phrases that the model found. A `listed` one comes before all classes: that the model finds it
    surprising says only that the phrase is younger than what the model read.
    """
    if words < thresholds.min_words:
        return "steady"
    if listed:
        return "predictable"
    explained = percentile.information > thresholds.explained_information
    if percentile.z > thresholds.unexplained_z and not explained:
        return "unexplained"
    if percentile.bits_per_token > thresholds.earned_bits and explained and percentile.z <= thresholds.extreme_z:
        return "earned"
    dull = percentile.z_story < thresholds.predictable and percentile.story_bits_per_token < thresholds.predictable
    return "predictable" if dull or stock else "steady"


def measure_passage(
    passage: ScoredPassage, text: str, calibration: Calibration, thresholds: Thresholds = Thresholds()
) -> PassageMeasure:
    """Everything the measure says of one passage; `text` is the document its offsets count in."""
    sums = sum_passage(passage)
    allowed = allowances(passage, text, thresholds.ages)
    compared = figures(sums)
    if allowed:
        compared["z"] = z_score(passage.informed, allowed[sums.informed])
        compared["bits_per_token"] = sums.per_token(sums.surprisal[BARE] - allowed[BARE])
    percentile = Percentile(
        **{name: calibration.percentile(name, value, passage.words) for name, value in compared.items()}
    )
    judged = passage.words >= thresholds.min_words
    stock = stock_phrases(passage, text, thresholds.stock) if judged else []
    listed = listed_phrases(passage, text, thresholds.phrases) if judged else []
    kind = classify(percentile, passage.words, stock, thresholds, listed)
    marks: tuple[Mark, ...] = ()
    if kind == "predictable" and (stock or listed):
        marks = tuple(Mark(span.start, span.end, "stock") for span in join_spans([*stock, *listed]))
    elif kind != "steady":
        marks = (Mark(passage.start, passage.end, kind),)
    return PassageMeasure(
        start=passage.start,
        end=passage.end,
        kind=kind,
        tokens=sums.tokens,
        words=passage.words,
        surprisal=sums.surprisal,
        entropy=sums.entropy,
        z=sums.z,
        information=sums.information,
        percentile=percentile,
        marks=marks,
        allowance=allowed,
    )


def measure_passages(
    passages: Sequence[ScoredPassage], text: str, calibration: Calibration, thresholds: Thresholds = Thresholds()
) -> list[PassageMeasure]:
    """`measure_passage` of each passage of a paragraph, whose text is `text`."""
    found = [measure_passage(passage, text, calibration, thresholds) for passage in passages]
    if spelt(found) and not looks_english(text):
        return [replace(one, kind="steady", marks=(), readable=False) for one in found]
    return found

"""The shipped table of words newer than the reference model's training text: read once, and for that model alone."""

from __future__ import annotations

from functools import cache

from cqa_desktop.engine.scoring_model import ScoringModel
from cqa_desktop.measure.ages import NO_AGES, WordAges
from cqa_desktop.resources import resource


@cache
def shipped_ages() -> WordAges:
    """The table, whatever model it is for."""
    return WordAges.parse(resource("modern", "words.tsv").read_text(encoding="utf-8"))


def ages_for(model: ScoringModel) -> WordAges:
    """The table if it was counted on the text that the model was trained on; else none.

    A model that read present-day text needs no allowance.
    """
    # Only a model that our recipe trained from nothing knows what it has read.
    text = str(getattr(model, "training_text", ""))
    ages = shipped_ages()
    return ages if text and text == ages.training_text else NO_AGES

"""Words that are newer than what the model has read: what they cost only for that is not held against a draft.

A model of old fiction finds `laptop` more surprising than any reader does. What the word costs a reader of today who
knows nothing of the context is -log2 of its share of present-day English. A word that is far more frequent today than
it was in the training text is allowed whatever it costs above that price:

    allowed(word) = max(0, bits(word) + log2 f_now)

Surprisal stays as it was measured; what was allowed is told beside it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cqa_desktop.measure.types import BARE, BRIEF, STORY, ScoredPassage
from cqa_desktop.measure.word_bits import word_bits
from cqa_desktop.text.words import fold

TRAINED_ON: Final = "# training text\t"
_CANDIDATE = re.compile(r"[a-z]+(?:'[a-z]+)*")


@dataclass(frozen=True)
class WordAges:
    """Words that present-day English uses far more than a model's training text did."""

    prices: Mapping[str, float] = field(default_factory=dict)
    """Folded word to -log2 of its share of present-day text."""
    training_text: str = ""
    """Hash of the text that it was counted on."""

    def __len__(self) -> int:
        return len(self.prices)

    def allowed(self, word: str, bits: float) -> float:
        """What a word of `bits` surprisal costs for its age alone, bits."""
        return max(0.0, bits - self.prices.get(fold(word), math.inf))

    def may_hold(self, text: str) -> bool:
        """Whether `text` has such a word: most sentences are told apart by this alone."""
        return bool(self.prices) and not self.prices.keys().isdisjoint(_CANDIDATE.findall(text.lower()))

    @classmethod
    def parse(cls, text: str) -> WordAges:
        """Read the table that `trainer.reference.ages` prints: word, price, and how much rarer it was, for the record.

        Raises:
            ValueError: with one line, for what is no such row.
        """
        found: dict[str, float] = {}
        trained_on = ""
        for number, line in enumerate(text.splitlines(), start=1):
            if line.startswith("#"):
                trained_on = line.removeprefix(TRAINED_ON) if line.startswith(TRAINED_ON) else trained_on
            elif line.strip():
                try:
                    word, price, _ = line.split("\t")
                    found[fold(word)] = float(price)
                except ValueError as error:
                    raise ValueError(f"line {number}: not a word and two numbers ({error}) - mend it") from error
        return cls(found, trained_on)


NO_AGES: Final = WordAges()


def allowances(passage: ScoredPassage, text: str, ages: WordAges) -> dict[str, float]:
    """What a passage's words cost for their age alone, bits, in the bare and in the most informed view.

    Empty where there is no such word. `text` is the document that the offsets count in.
    """
    if not ages.may_hold(text[passage.start : passage.end]):
        return {}
    found = {
        view: sum(ages.allowed(word.text, word.bits) for word in word_bits(passage, text, view).words)
        for view in (BARE, BRIEF if BRIEF in passage.views else STORY)
    }
    return found if any(found.values()) else {}

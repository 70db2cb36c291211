"""What the measure takes in and what it gives back.

Every offset is a Unicode code point of the text that was scored. Every quantity of information is in bits.
Nothing here knows where the scores came from: no Qt, no llama.cpp, no files.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]

BARE: Final = "bare"
"""The passage alone."""
STORY: Final = "story"
"""The preceding draft."""
BRIEF: Final = "brief"
"""The brief and the preceding draft."""
INTENT: Final = "intent"
AUDIENCE: Final = "audience"
REALITY: Final = "reality"
FIELD_VIEWS: Final = (INTENT, AUDIENCE, REALITY)
"""One field of the brief and the preceding draft; scored on request."""

PassageClass = Literal["earned", "unexplained", "predictable", "steady"]
CLASSES: Final[tuple[PassageClass, ...]] = ("earned", "unexplained", "predictable", "steady")
MarkKind = Literal["earned", "unexplained", "predictable", "stock"]
"""`stock` marks a stock phrase inside a passage classed predictable."""


@dataclass(frozen=True, slots=True)
class ViewScores:
    """One view over n tokens, all arrays of shape (n,)."""

    surprisal: Floats
    """-log2 p(token), bits."""
    entropy: Floats
    """Expected surprisal under the model's own distribution, bits."""
    varentropy: Floats
    """Variance of surprisal under that distribution, bits squared."""
    rank: Ints
    """How many tokens the model thought likelier: 0 is its first guess."""
    boundary: Floats | None = None
    """-log2 of the probability that at this place no word goes on, bits (see measure/word_bits); None if not known."""

    def __len__(self) -> int:
        return int(self.surprisal.shape[0])

    def slice(self, start: int, stop: int) -> ViewScores:
        return self.where(slice(start, stop))

    def where(self, chosen: builtins.slice | Bools) -> ViewScores:
        """The tokens chosen."""
        return ViewScores(
            self.surprisal[chosen],
            self.entropy[chosen],
            self.varentropy[chosen],
            self.rank[chosen],
            None if self.boundary is None else self.boundary[chosen],
        )


@dataclass(frozen=True, slots=True)
class ScoredPassage:
    """A passage with its tokens scored in every view: the input of the measure.

    `views` holds BARE and STORY always; BRIEF when there is a brief (absent, it equals STORY);
    the FIELD_VIEWS when they were asked for. All views and arrays have the same length n.
    """

    start: int
    end: int
    """Code points of the document, without the white space around the passage."""
    words: int
    token_start: Ints
    token_end: Ints
    """Code points of the document; a token's leading white space is left out of its span."""
    copied: Bools
    """True where the token belongs to a word that already stands in the context or in the brief."""
    views: Mapping[str, ViewScores]

    @property
    def informed(self) -> ViewScores:
        """The most informed view: `brief` when there is one, else `story`."""
        return self.views.get(BRIEF, self.views[STORY])


@dataclass(frozen=True, slots=True)
class Mark:
    """A span to show in the editor."""

    start: int
    end: int
    kind: MarkKind


@dataclass(frozen=True, slots=True)
class Information:
    """Pointwise mutual information of a passage with what constrains it, bits (arXiv 2604.26269)."""

    story: float
    """S_bare - S_story."""
    brief: float
    """S_story - S_brief."""
    total: float
    """S_bare - S_brief, the sum of the two."""
    copied: float
    """The part of `total` on words that already stand in the context or the brief. The classes use total - copied."""


@dataclass(frozen=True, slots=True)
class Percentile:
    """Where a passage stands among reference passages of its length band, 0 to 100."""

    z: float
    """z in the most informed view."""
    information: float
    """(total - copied) information per token."""
    bits_per_token: float
    """Surprisal per token in the bare view."""
    z_story: float
    story_bits_per_token: float


@dataclass(frozen=True, slots=True)
class PassageMeasure:
    """What the measure says of one passage."""

    start: int
    end: int
    kind: PassageClass
    tokens: int
    words: int
    surprisal: Mapping[str, float]
    """View to summed surprisal S, bits."""
    entropy: Mapping[str, float]
    """View to summed entropy H, bits."""
    z: Mapping[str, float]
    """View to (S - H) / sqrt(V)."""
    information: Information
    percentile: Percentile
    marks: tuple[Mark, ...]
    allowance: Mapping[str, float] = field(default_factory=dict)
    """View (bare and the most informed) to the bits that words newer than the model's text cost for that alone; empty
    if there are none. Taken off before `percentile.z` and `percentile.bits_per_token` are looked up, nowhere else."""
    readable: bool = True
    """False in a paragraph of a language that the model can only spell: such a passage is steady, and never marked."""


@dataclass(frozen=True, slots=True)
class DocumentMeasure:
    """Aggregates over a document."""

    words: int
    bits_per_word: float
    information_per_token: float
    shares: Mapping[str, float]
    """Class to the fraction of passages in it."""


@dataclass(frozen=True, slots=True)
class Brief:
    """What the writer says constrains the text."""

    intent: str = ""
    """What the author wants the passage to do."""
    audience: str = ""
    """Who reads it and what they expect."""
    reality: str = ""
    """What is true in the story's world."""

    def __bool__(self) -> bool:
        return bool(self.intent.strip() or self.audience.strip() or self.reality.strip())

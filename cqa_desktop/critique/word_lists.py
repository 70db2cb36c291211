"""Words that the measured critic goes by where no score says it."""

from __future__ import annotations

from typing import Final

FEELINGS: Final = frozenset(
    [
        "afraid",
        "alone",
        "angry",
        "anger",
        "anxious",
        "ashamed",
        "bitter",
        "confused",
        "despair",
        "desperate",
        "disappointed",
        "embarrassed",
        "emotion",
        "emotions",
        "envy",
        "fear",
        "feeling",
        "feelings",
        "felt",
        "frightened",
        "furious",
        "glad",
        "grateful",
        "grief",
        "guilt",
        "guilty",
        "happiness",
        "happy",
        "hate",
        "hated",
        "helpless",
        "hope",
        "hopeless",
        "humble",
        "humiliated",
        "hurt",
        "jealous",
        "joy",
        "lonely",
        "loneliness",
        "love",
        "loved",
        "miserable",
        "nervous",
        "overwhelmed",
        "proud",
        "regret",
        "relief",
        "relieved",
        "sad",
        "sadness",
        "scared",
        "shame",
        "sorrow",
        "sorry",
        "terrified",
        "troubled",
        "unhappy",
        "upset",
        "worried",
    ]
)
"""Words that name a state of mind."""
BECAUSE: Final = frozenset(
    ["because", "since", "showed", "showing", "meant", "meaning", "proved", "proving", "revealed"]
)
"""Words that give a reason, or say what something was a sign of."""
LIGHT: Final = frozenset(
    [
        "anybody",
        "anyone",
        "anything",
        "everybody",
        "everyone",
        "everything",
        "nobody",
        "nothing",
        "somebody",
        "someone",
        "something",
        "thing",
        "things",
        "now",
        "though",
        "quite",
        "rather",
    ]
)
"""Words that no sentence hangs on, though they are no function words."""

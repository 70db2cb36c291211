"""Plain words for what was measured: what a writer reads before any number."""

from __future__ import annotations

from cqa_desktop.measure.types import BARE, BRIEF, STORY, PassageClass, PassageMeasure

_HEADLINES: dict[PassageClass, str] = {
    "earned": "Earned surprise",
    "unexplained": "Unexplained surprise",
    "predictable": "Predictable",
    "steady": "Steady",
}
NOTICEABLE = 0.03
"""A smaller share of the surprisal gained or lost is called no difference."""
ALLOWANCE_TOLD = 2.0
"""Bits of allowance that are told of."""


def headline(kind: PassageClass) -> str:
    """The class, as a heading."""
    return _HEADLINES[kind]


def explain(passage: PassageMeasure, has_brief: bool) -> str:
    """Two or three sentences on why the passage is classed as it is; `has_brief` says whether there is a brief."""
    if passage.words < 5:
        return "Too short to judge."
    if not passage.readable:
        return "The model can only spell this: it seems to be in a language it was not made from, so nothing is marked."
    newer = " Words in it that are newer than the model count only in part." if _has_newer_words(passage) else ""
    return _why(passage, has_brief) + newer


def unread_notice(model: str, unread: float) -> str:
    """What is told of a draft of which `model` can only spell the share `unread`; empty where that is half at most."""
    if unread <= 0.5:
        return ""
    return f"{model} can only spell this draft: it seems to be in a language it was not made from, so little is marked."


def _has_newer_words(passage: PassageMeasure) -> bool:
    """Whether what is said rests on an allowance for words newer than the model's text."""
    return passage.kind != "predictable" and max(passage.allowance.values(), default=0.0) >= ALLOWANCE_TOLD


def _why(passage: PassageMeasure, has_brief: bool) -> str:
    if passage.kind == "unexplained":
        return f"{_how_surprising(passage, informed=True)} {_what_explains(passage, has_brief)}"
    if passage.kind == "earned":
        return f"{_how_surprising(passage, informed=False)} {_what_explains(passage, has_brief)}"
    if passage.kind == "predictable" and any(mark.kind == "stock" for mark in passage.marks):
        count = sum(mark.kind == "stock" for mark in passage.marks)
        if count == 1:
            return "A phrase here is stock: a reader has met it often, or could finish it after a word or two."
        return f"{count} phrases here are stock: a reader has met them often, or could finish them after a word or two."
    if passage.kind == "predictable":
        share = min(99, max(1, round(100 - passage.percentile.story_bits_per_token)))
        return f"A reader sees this coming: {share}% of published sentences of this length surprise more."
    return f"{_how_surprising(passage, informed=False)} Nothing here stands out, and most of a good draft should not."


def _how_surprising(passage: PassageMeasure, *, informed: bool) -> str:
    standing = passage.percentile.z if informed else passage.percentile.bits_per_token
    rounded = min(99, max(1, round(standing)))
    if rounded >= 45:
        lead = "Even knowing what came before, this is more" if informed else "On its own this is more"
        return f"{lead} surprising than {rounded}% of published sentences of this length."
    lead = "Knowing what came before, this is less" if informed else "On its own this is less"
    return f"{lead} surprising than {100 - rounded}% of published sentences of this length."


def _what_explains(passage: PassageMeasure, has_brief: bool) -> str:
    bare = max(passage.surprisal[BARE], 1e-6)
    story = passage.information.story / bare > NOTICEABLE
    brief = has_brief and BRIEF in passage.surprisal and passage.information.brief / bare > NOTICEABLE
    if passage.kind == "earned":
        if story and brief:
            return "The story so far prepares for much of it, and your brief for more."
        if brief:
            return "Your brief explains much of it."
        return "The story so far prepares for much of it."
    copied = passage.information.copied > 0.6 * max(passage.information.total, 1e-6)
    if passage.information.total > 0 and copied:
        return "What help the story gives is mostly words it has already used."
    if story and brief:
        return "The story and your brief help a little, but less than they help elsewhere."
    if story:
        return "The story so far helps a little" + (", and your brief does not." if has_brief else ", but not enough.")
    if brief:
        return "Your brief helps a little; the story so far does not."
    if has_brief:
        return "Neither the story so far nor your brief makes it easier to see coming."
    return "The story so far does not make it easier to see coming."


def bits_per_word(passage: PassageMeasure) -> list[tuple[str, float]]:
    """The three bars of every explanation: label and bits per word; the last only where there is a brief."""
    labels = {BARE: "On its own", STORY: "After the story", BRIEF: "With the brief"}
    return [
        (label, passage.surprisal[view] / max(passage.words, 1))
        for view, label in labels.items()
        if view in passage.surprisal
    ]

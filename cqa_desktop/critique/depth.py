"""Whether a model can read a passage at all: what surprises one that knows only English says nothing about French."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from cqa_desktop.critique.measured_evidence import Evidence, head_of, look
from cqa_desktop.critique.measured_findings import Finding
from cqa_desktop.critique.session import Task
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.engine.scoring_model import Stop
from cqa_desktop.measure.function_words import FUNCTION_WORDS
from cqa_desktop.measure.types import STORY
from cqa_desktop.text.spans import Span
from cqa_desktop.text.words import fold, words

LOST: Final = 3.0
"""Bits a character after the story from which a text without English grammar is not read but spelt: the reference model
needs 1.4 to 2.8 for English prose, 3.2 to 5 for French, German and Spanish, 25 and more for Hebrew."""
GRAMMAR: Final = 0.12
"""Least share of a text's words that carry English grammar; of prose it is a third and more."""
FEWEST: Final = 8
"""Words of Latin letters under which nothing is said about their language."""
AROUND: Final = 1_000
"""Characters of the draft on each side that count too: a line of French on an English page is a surprise."""
COUNTED: Final = frozenset({"even", "openings", "again", "brief stop", "longer", "shorter", "unvaried"})
"""Kinds of findings that need no model."""


def beyond(scorer: Scorer[LlamaModel], task: Task, part: Span, stop: Stop) -> bool:
    """Whether the model is out of its depth. Only a text that does not look English is scored for it.

    Raises:
        CancelledError: once `stop()` is true.
        EngineError: if the model fails.
    """
    if looks_english(task.text[max(0, part.start - AROUND) : part.end + AROUND]):
        return False
    head = head_of(task.text, part)
    evidence = look(scorer, task, head, fields=False, stop=stop)
    return bits_a_character(evidence) >= LOST


def looks_english(text: str) -> bool:
    """Whether nothing speaks against it: a few words may be names."""
    if not latin(text):
        return False
    found = [fold(span.of(text)) for span in words(text)]
    return len(found) < FEWEST or sum(word in FUNCTION_WORDS for word in found) >= GRAMMAR * len(found)


def latin(text: str) -> bool:
    """Whether most of its letters are Latin; a text without letters is as good as that."""
    letters = [one for one in text if one.isalpha()]
    return sum(one <= "\u024f" for one in letters) * 2 >= len(letters)


def bits_a_character(evidence: Evidence) -> float:
    """Surprisal after the story, by the characters that it is spread over."""
    total = sum(one.measure.surprisal[STORY] for one in evidence.sentences)
    return total / max(sum(len(one.text) for one in evidence.sentences), 1)


def only_counted(found: list[Finding]) -> list[Finding]:
    """Of some findings those that hold whatever the model knows, without what it measured."""
    return [
        replace(
            one,
            verdict="asks" if one.kind == "again" else one.verdict,
            slots={name: value for name, value in one.slots.items() if name not in ("peak", "level")},
            figures=tuple(
                figure for figure in one.figures if figure.unit != "bits" and "of its length" not in figure.label
            ),
        )
        for one in found
        if one.kind in COUNTED
    ]


def notice(name: str) -> str:
    """What a writer should know of such a critique."""
    return (
        f"{name} can hardly read this, as it seems to be in a language it was not made from; "
        "so only rhythm and repetition were looked at."
    )

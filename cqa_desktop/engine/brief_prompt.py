"""How a brief is put to a model.

A base model of prose reads prose: what is true in the story's world, what the passage is to do, who reads it. A model
tuned on another format names it in its metadata (`cqa.prompt_format`).
"""

from __future__ import annotations

from cqa_desktop.engine.errors import ModelError
from cqa_desktop.measure.types import AUDIENCE, INTENT, REALITY, Brief

PROSE = "prose-1"
FORMATS = (PROSE,)


def brief_text(brief: Brief, prompt_format: str = PROSE) -> str:
    """The brief as paragraphs, without a break at the end; empty for an empty brief.

    Raises:
        ModelError: for a format this version does not know.
    """
    if prompt_format not in FORMATS:
        raise ModelError(f"the model was tuned on the prompt format '{prompt_format}' - a newer version may know it")
    return "\n\n".join(field.strip() for field in (brief.reality, brief.intent, brief.audience) if field.strip())


def only(brief: Brief, field: str) -> Brief:
    """The brief with one field alone."""
    return {
        INTENT: Brief(intent=brief.intent),
        AUDIENCE: Brief(audience=brief.audience),
        REALITY: Brief(reality=brief.reality),
    }[field]

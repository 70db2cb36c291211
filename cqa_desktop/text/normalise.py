"""Quote marks made one, character for character, before text meets a tokenizer: offsets stay true."""

from __future__ import annotations

_STRAIGHT = str.maketrans(
    dict.fromkeys("“”„‟", '"') | dict.fromkeys("‘’‚‛", "'") | dict.fromkeys("\u00a0\u202f\u2007", " ")
)


def straighten_quotes(text: str) -> str:
    """Curly and low quotes made straight, no-break spaces made spaces. The length never changes."""
    return text.translate(_STRAIGHT)

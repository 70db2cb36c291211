"""Quote marks made one, character for character, before text meets a tokenizer: offsets stay true."""

from __future__ import annotations

_STRAIGHT = str.maketrans(
    dict.fromkeys("“”„‟", '"') | dict.fromkeys("‘’‚‛", "'") | dict.fromkeys("\u00a0\u202f\u2007", " ")
)


def straighten_quotes(text: str) -> str:
    """Curly and low quotes made straight, no-break spaces made spaces. The length never changes."""
    return text.translate(_STRAIGHT)


_ONE_LINE = str.maketrans(dict.fromkeys("\n\r\t\x0b\x0c\u2028\u2029", " "))


def as_one_line(text: str) -> str:
    """A paragraph with its line breaks and tabs made spaces, one to one: where a line was wrapped means nothing."""
    return text.translate(_ONE_LINE)

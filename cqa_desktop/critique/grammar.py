"""The form of an answer as a GBNF grammar: whatever a model writes under it, `parse_answer` reads.

The labels are never the model's to choose. `forced` says which words must come next, so that they are put to the model
in the tokens that it was trained on.
"""

from __future__ import annotations

from typing import Final

from cqa_desktop.annotations.answer import LABELS, NOTHING
from cqa_desktop.annotations.types import CONSTRAINTS, DIMENSIONS, VERDICTS

POINTS: Final = 6
"""Judgments in one critique, at most."""
CHARACTERS: Final = 600
"""Of one field, at most."""
# Tokens can be parts of a character. llama.cpp refuses a part if any of its characters is excluded, so only ASCII is.
_ANY: Final = r"[^\x00-\x1F\x7F]"
_FIRST: Final = r"[!-,.-~\u00A1-\u167F\u1681-\u1FFF\u2010-\u2027\u2030-\u205E\u2070-\u2FFF\u3001-\U0010FFFF]"
"""No space and no `-`: a field that is something must not be read as nothing."""


def answer_grammar(points: int = POINTS, characters: int = CHARACTERS) -> str:
    """GBNF of one to `points` judgments, each field of at most `characters`."""
    quote, about, thought, otherwise, verdict, attempt = (literal(f"{label} ") for label in LABELS)
    end = literal("\n")
    rules = {
        "root": f"point ({end} point){{0,{points - 1}}}" if points > 1 else "point",
        "point": " ".join(
            (
                f"{quote} (nothing | quoted) {end}",
                f"{about} dimension {literal(', ')} constraint {end}",
                f"{thought} said {end}",
                f"{otherwise} (nothing | said) {end}",
                f"{verdict} verdict {end}",
                f"{attempt} (nothing | said) {end}",
            )
        ),
        "nothing": literal(NOTHING),
        "quoted": f"{literal(chr(34))} said {literal(chr(34))}",
        "dimension": _either(DIMENSIONS),
        "constraint": _either(CONSTRAINTS),
        "verdict": _either(VERDICTS),
        "said": f"{_FIRST} {_ANY}{{0,{characters - 1}}}",
    }
    return "".join(f"{name} ::= {rule}\n" for name, rule in rules.items())


def literal(text: str) -> str:
    """A text as GBNF that stands for it and nothing else."""
    return '"' + "".join(_escape(character) for character in text) + '"'


def forced(written: str) -> str:
    """What must follow the answer so far: the label, or the rest of it, where a line begins; else nothing."""
    lines = written.split("\n")
    fields = [line for line in lines[:-1] if line]
    label = LABELS[len(fields) % len(LABELS)]
    after_point = fields and len(fields) % len(LABELS) == 0
    # After a whole point it is the model that decides whether there is another: it ends, or writes a blank line.
    if after_point and lines[-1] == "" and not written.endswith("\n\n"):
        return ""
    return label[len(lines[-1]) :] if label.startswith(lines[-1]) else ""


def _either(words: tuple[str, ...]) -> str:
    return " | ".join(literal(word) for word in words)


def _escape(character: str) -> str:
    code = ord(character)
    if character.isascii() and (character.isalnum() or character in " ,.:-"):
        return character
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"

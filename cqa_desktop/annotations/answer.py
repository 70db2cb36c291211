"""Judgments as the text that a model writes: each field a line, reasoning before verdict.

    Quote: "the words it is about"
    About: craft, lexis
    Thought: the reasoning, in the expert's own words
    Otherwise: what another choice would have done
    Verdict: works
    Try: the suggestion

Judgments stand one blank line apart; `-` says that there is nothing to say. A quote of `-` means the whole passage.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from cqa_desktop.annotations.prompt import normalise
from cqa_desktop.annotations.types import (
    CONSTRAINTS,
    DIMENSIONS,
    EXPERT,
    VERDICTS,
    Judgment,
    Turn,
)

LABELS: Final = ("Quote:", "About:", "Thought:", "Otherwise:", "Verdict:", "Try:")
NOTHING: Final = "-"
_LINE = re.compile(r"(Quote|About|Thought|Otherwise|Verdict|Try):[ \t]*(.*)")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of an answer, and whether it is the expert's: the loss falls on those alone."""

    text: str
    trained: bool


def answer_pieces(judgments: Sequence[Judgment], dialogue: Sequence[Turn] = ()) -> list[Piece]:
    """An answer in pieces, whose texts joined are the answer.

    The labels are ours and not trained, except the one that begins a further judgment: that there is more to say is
    the expert's decision, as is the end.

    Args:
        dialogue: put before the judgments; the engineer's turns are not trained.
    """
    pieces: list[Piece] = []
    for turn in dialogue:
        mine = turn.role == EXPERT
        pieces += [Piece("Expert:" if mine else "Engineer:", False), Piece(f" {_line(turn.text)}\n", mine)]
    if dialogue:
        pieces.append(Piece("\n", False))
    for index, judgment in enumerate(judgments):
        quote = NOTHING if judgment.quote is None else f'"{_line(judgment.quote)}"'
        values = (
            quote,
            f"{judgment.dimension}, {judgment.constraint}",
            judgment.reasoning,
            judgment.counterfactual,
            judgment.verdict,
            judgment.suggestion,
        )
        for label, value in zip(LABELS, values, strict=True):
            opens = index > 0 and label == LABELS[0]
            pieces.append(Piece(f"\n{label}" if opens else label, opens))
            pieces.append(Piece(f" {_line(value) or NOTHING}\n", True))
    return pieces


def answer_text(judgments: Sequence[Judgment], dialogue: Sequence[Turn] = ()) -> str:
    """The answer whole."""
    return "".join(piece.text for piece in answer_pieces(judgments, dialogue))


def parse_answer(text: str) -> list[Judgment]:
    """The judgments of an answer; what is incomplete or says none of the allowed words is left out.

    A quote stands as the model wrote it: whether it is in the passage is for the caller to see.
    """
    found: list[Judgment] = []
    fields: dict[str, str] = {}
    for line in [*text.split("\n"), "Quote:"]:
        match = _LINE.fullmatch(line.strip())
        if match is None:
            continue
        if match[1] == "Quote" and fields:
            found += _judgment(fields)
            fields = {}
        fields.setdefault(match[1], match[2].strip())
    return found


def _judgment(fields: dict[str, str]) -> Iterable[Judgment]:
    about = [part.strip() for part in fields.get("About", "").split(",")]
    verdict, reasoning = fields.get("Verdict", ""), fields.get("Thought", "")
    if len(about) != 2 or about[0] not in DIMENSIONS or about[1] not in CONSTRAINTS or verdict not in VERDICTS:
        return
    if reasoning in ("", NOTHING):
        return
    quote = fields["Quote"]
    said = {name: "" if (value := fields.get(name, "")) == NOTHING else value for name in ("Otherwise", "Try")}
    yield Judgment(
        quote=None if quote == NOTHING else quote.removeprefix('"').removesuffix('"'),
        dimension=about[0],
        constraint=about[1],
        verdict=verdict,
        reasoning=reasoning,
        counterfactual=said["Otherwise"],
        suggestion=said["Try"],
    )


def _line(text: str) -> str:
    return normalise(text).replace("\n", " ").replace("  ", " ")

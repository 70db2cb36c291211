"""How a brief, a draft and a passage are put to a model: the same words in scoring, in training and in a critique.

Two formats. `prose-1` puts the brief as paragraphs of prose before the draft, for models of plain prose such as the
reference model. `headed-1` names each part, for models that follow instructions. A model tuned on one of them says so
in its metadata (`cqa.prompt_format`).

In both, what stands before the passage's judgments begins as the `brief` view of the measure does: brief, then draft.
So a model that was taught to judge a passage has read it in the very place where it is scored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from cqa_desktop.measure.types import AUDIENCE, INTENT, REALITY, Brief
from cqa_desktop.text.normalise import as_one_line, straighten_quotes
from cqa_desktop.text.paragraphs import paragraphs

PROSE: Final = "prose-1"
HEADED: Final = "headed-1"
FORMATS: Final = (PROSE, HEADED)
BREAK: Final = "\n\n"
"""Between paragraphs and between parts."""

_ASK: Final = (
    "Judge the passage as an expert reader of fiction would. For each point, copy the words it is about, say what it "
    "is about (craft, audience or reality; ethos, mythos, lexis or dianoia), think aloud, say what another choice "
    "would have done, then whether it works or fails, and what to try."
)


class UnknownFormatError(ValueError):
    """A prompt format that this version does not know."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a critique is asked about."""

    passage: str
    context: str = ""
    brief: Brief = Brief()
    evidence: Sequence[str] = ()
    """What the measure found, as sentences."""


def check_format(prompt_format: str) -> None:
    """Raises:
    UnknownFormatError: for a format that is not in FORMATS.
    """
    if prompt_format not in FORMATS:
        raise UnknownFormatError(f"prompt format '{prompt_format}' is not one of {', '.join(FORMATS)}")


def brief_text(brief: Brief, prompt_format: str = PROSE) -> str:
    """What stands before the draft, as paragraphs, without a break at the end; empty for an empty brief.

    Raises:
        UnknownFormatError: for a format this version does not know.
    """
    check_format(prompt_format)
    fields = [("Reality", brief.reality), ("Intent", brief.intent), ("Audience", brief.audience)]
    given = [(name, text.strip()) for name, text in fields if text.strip()]
    if prompt_format == PROSE or not given:
        return BREAK.join(text for _, text in given)
    return BREAK.join([*(f"{name}: {text}" for name, text in given), "The draft:"])


def only(brief: Brief, field: str) -> Brief:
    """The brief with one field alone."""
    return {
        INTENT: Brief(intent=brief.intent),
        AUDIENCE: Brief(audience=brief.audience),
        REALITY: Brief(reality=brief.reality),
    }[field]


def request_text(request: Request, prompt_format: str = PROSE) -> str:
    """The whole prompt, up to where the first judgment begins.

    Text is normalised as in scoring: quotes straight, line breaks inside a paragraph made spaces.

    Raises:
        UnknownFormatError: for a format this version does not know.
    """
    head, passage, tail = request_parts(request, prompt_format)
    return head + passage + tail


def request_parts(request: Request, prompt_format: str = PROSE) -> tuple[str, str, str]:
    """The prompt as what stands before the passage, the passage, and what follows it.

    Raises:
        UnknownFormatError: for a format this version does not know.
    """
    before = [normalise(brief_text(request.brief, prompt_format)), normalise(request.context)]
    after: list[str] = []
    if prompt_format == HEADED:
        before.append("The passage:")
    if request.evidence:
        after += ["Measured:" if prompt_format == HEADED else "***", *(normalise(one) for one in request.evidence)]
    after.append(_ASK if prompt_format == HEADED else "***")
    head = "".join(part + BREAK for part in before if part)
    return head, normalise(request.passage), BREAK + BREAK.join(after) + BREAK


def fit_request(request: Request, prompt_format: str, room: int, count: Callable[[str], int]) -> tuple[Request, int]:
    """The request with its context trimmed, from its start and by whole paragraphs, until the prompt fits.

    Args:
        room: tokens that the prompt may take.
        count: tokens of a text.

    Returns:
        The request, and how many paragraphs of the context were left out. What still does not fit then is the
        caller's to refuse: brief and passage are never cut.

    Raises:
        UnknownFormatError: for a format this version does not know.
    """
    kept = [request.context[span.start : span.end] for span in paragraphs(request.context)]
    total = len(kept)
    while kept and count(request_text(request, prompt_format)) > room:
        del kept[0]
        request = Request(request.passage, BREAK.join(kept), request.brief, request.evidence)
    return request, total - len(kept)


def normalise(text: str) -> str:
    """Paragraphs joined by one blank line, each on one line, with straight quotes: what the models read."""
    return BREAK.join(
        " ".join(as_one_line(straighten_quotes(text[span.start : span.end])).split()) for span in paragraphs(text)
    )

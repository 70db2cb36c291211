"""The messages between the window's process and the worker, typed and versioned.

Requests go to the worker, events come back. Both are msgpack (by msgspec, tagged by type), each preceded by its
length as four bytes, big-endian. Offsets are code points.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from cqa_desktop.annotations.critique import CriticName, Ending, Point
from cqa_desktop.annotations.types import Constraint, Dimension
from cqa_desktop.measure.types import Brief, PassageMeasure

PROTOCOL_VERSION = 2


class ModelInfo(msgspec.Struct, frozen=True):
    """What a loaded model is, for status bars and reports."""

    name: str
    path: str
    sha256: str
    parameters: int
    quantization: str
    context: int
    """Tokens the model was trained to see at once."""
    device: str
    """For example 'CPU, 2 threads' or 'CUDA: NVIDIA RTX 4070'."""
    adapter: str = ""
    calibrated: bool = True
    """False when no calibration is known for it: percentiles are then the reference model's."""


# --- requests ---------------------------------------------------------------------------------------------------


class Request(msgspec.Struct, tag=True, frozen=True):
    job: int
    """Chosen by the client, unique in a session; events that answer the request carry it."""


class LoadModel(Request, frozen=True, tag=True):
    path: str
    adapter: str = ""
    gpu: bool = True


class ScoreDocument(Request, frozen=True, tag=True):
    """Score a document in every view. Replaces an older, unfinished ScoreDocument of the same document."""

    document: str
    revision: int
    text: str
    brief: Brief = Brief()
    focus: int = 0
    """Where the writer looks: paragraphs near it come first."""
    known: dict[int, int] = {}
    """Paragraph start to the `key` of the result already shown there: those with the same key are not sent again."""


class ExplainToken(Request, frozen=True, tag=True):
    """Ask what a reader expected at an offset: runs before scoring jobs."""

    document: str
    revision: int
    text: str
    offset: int
    brief: Brief = Brief()
    top: int = 5


class WriteCritique(Request, frozen=True, tag=True):
    """Write a critique of part of a draft."""

    document: str
    revision: int
    text: str
    start: int
    end: int
    brief: Brief = Brief()
    critic: CriticName | Literal["auto"] = "auto"
    replace: bool = True
    """Whether an unfinished critique of the same document gives way; else this one waits for it."""
    preview: bool = False
    """Only say who would write and what the model would see."""
    seed: int = 1


class CompareVersions(Request, frozen=True, tag=True):
    """Score a stretch of a draft and another version of it under the same brief."""

    document: str
    revision: int
    text: str
    start: int
    end: int
    alternative: str
    brief: Brief = Brief()


class AskQuestions(Request, frozen=True, tag=True):
    """Ask what a knowledge engineer would ask an expert about a passage."""

    document: str
    revision: int
    text: str
    start: int
    end: int
    brief: Brief = Brief()
    counts: dict[str, int] = {}
    """Judgments there are of each dimension: what is rare is asked about first."""
    asked: tuple[str, ...] = ()
    """Questions that were put already."""
    skipped: tuple[str, ...] = ()
    """Questions that were put and not answered: they are not gone into more deeply."""


class Cancel(Request, frozen=True, tag=True):
    """Stop the named job, wherever it is, within 200 ms."""

    target: int


class Shutdown(Request, frozen=True, tag=True):
    pass


AnyRequest = (
    LoadModel | ScoreDocument | ExplainToken | WriteCritique | CompareVersions | AskQuestions | Cancel | Shutdown
)


# --- events -----------------------------------------------------------------------------------------------------


class Hello(msgspec.Struct, tag=True, frozen=True):
    """First message of the worker."""

    version: int
    pid: int


class Event(msgspec.Struct, tag=True, frozen=True):
    job: int


class JobStarted(Event, frozen=True, tag=True):
    """The worker turned to this job: if it dies now, the job is the one that killed it."""


class ModelLoaded(Event, frozen=True, tag=True):
    model: ModelInfo
    notice: str = ""
    """Something the writer should know, for example that the GPU failed and the CPU took over."""


class JobFailed(Event, frozen=True, tag=True):
    """The request could not be met; for LoadModel the previous model stays in use."""

    message: str
    """One line: what, where, how to fix it."""


class ParagraphScores(msgspec.Struct, frozen=True):
    """One paragraph's passages. Offsets in it are relative to `start`."""

    start: int
    end: int
    key: int
    """Hash of all that the result depends on; equal keys mean equal results."""
    passages: list[PassageMeasure]


class ScoresReady(Event, frozen=True, tag=True):
    """Some paragraphs are scored; arrives many times for one ScoreDocument, nearest to the focus first."""

    document: str
    revision: int
    paragraphs: list[ParagraphScores]
    done: int
    """Paragraphs finished so far, those with known keys included."""
    total: int


class Expectation(msgspec.Struct, frozen=True):
    text: str
    """The expected word, or beginning of a word, decoded, without its leading space."""
    probability: float


class TokenExplained(Event, frozen=True, tag=True):
    document: str
    revision: int
    start: int
    end: int
    """The word under the offset."""
    bits: float
    """Surprisal of the whole word, in the most informed view."""
    probability: float
    """2 ** -bits."""
    expected: list[Expectation]


class CritiqueStarted(Event, frozen=True, tag=True):
    """Who writes, and from what. Comes first, and alone for a preview."""

    document: str
    revision: int
    critic: CriticName
    notice: str = ""
    """Why this critic, and what to beware of."""
    prompt: str = ""
    """What the model sees, whole; empty for the measured critic."""
    trimmed: int = 0
    """Paragraphs of the draft before the passage that did not fit and were left out."""


class CritiqueText(Event, frozen=True, tag=True):
    """More words of the point that is being written, as they come; PointReady then brings the point whole."""

    text: str


class PointReady(Event, frozen=True, tag=True):
    document: str
    revision: int
    point: Point


class CritiqueEnded(Event, frozen=True, tag=True):
    document: str
    revision: int
    ending: Ending


class ViewDifference(msgspec.Struct, frozen=True):
    """Two versions in one view."""

    view: str
    first: float
    """Mean surprisal of a token of the draft's version, bits."""
    second: float
    """Of the alternative."""
    low: float
    """95% interval of second less first, from the per-token values of both."""
    high: float


class VersionWord(msgspec.Struct, frozen=True):
    start: int
    end: int
    """In its version's own text."""
    bits: dict[str, float]
    """View to surprisal of the word."""


class VersionsCompared(Event, frozen=True, tag=True):
    document: str
    revision: int
    views: list[ViewDifference]
    first: list[VersionWord]
    second: list[VersionWord]
    summary: str
    """What the evidence allows to be said, and no more."""


class Question(msgspec.Struct, frozen=True):
    """What a knowledge engineer asks. Offsets are code points of the draft."""

    text: str
    dimension: Dimension
    start: int
    end: int
    constraint: Constraint | None = None
    depth: int = 1
    """Above 1 it goes on from one of the depth before, about the same words."""


class QuestionsReady(Event, frozen=True, tag=True):
    document: str
    revision: int
    questions: list[Question]


class JobDone(Event, frozen=True, tag=True):
    pass


class JobCancelled(Event, frozen=True, tag=True):
    pass


AnyEvent = (
    Hello
    | JobStarted
    | ModelLoaded
    | JobFailed
    | ScoresReady
    | TokenExplained
    | CritiqueStarted
    | CritiqueText
    | PointReady
    | CritiqueEnded
    | VersionsCompared
    | QuestionsReady
    | JobDone
    | JobCancelled
)

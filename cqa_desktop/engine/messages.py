"""The messages between the window's process and the worker, typed and versioned.

Requests go to the worker, events come back. Both are msgpack (by msgspec, tagged by type), each preceded by its
length as four bytes, big-endian. Offsets are code points.
"""

from __future__ import annotations

import msgspec

from cqa_desktop.measure.types import Brief, PassageMeasure

PROTOCOL_VERSION = 1


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


class Cancel(Request, frozen=True, tag=True):
    """Stop the named job, wherever it is, within 200 ms."""

    target: int


class Shutdown(Request, frozen=True, tag=True):
    pass


AnyRequest = LoadModel | ScoreDocument | ExplainToken | Cancel | Shutdown


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


class JobDone(Event, frozen=True, tag=True):
    pass


class JobCancelled(Event, frozen=True, tag=True):
    pass


AnyEvent = Hello | JobStarted | ModelLoaded | JobFailed | ScoresReady | TokenExplained | JobDone | JobCancelled

"""Which job runs next. No threads and no clock: the worker brings both.

What the writer waits for at this moment comes first: loading a model, then what answers at once (a word, a comparison,
questions, what a model would see), then scoring and critiques, the newest request first. A newer request for the same
text replaces the older; critiques that wait are written one after the other, the oldest first.
A running job steps aside for one that precedes it and is put back; what it has made by then is kept. Scoring and a
critique take turns, so that marks come while a critique is written, and a critique while a novel is being scored.
"""

from __future__ import annotations

from collections.abc import Hashable

from cqa_desktop.engine.messages import (
    AskQuestions,
    CompareVersions,
    ExplainToken,
    LoadModel,
    Request,
    ScoreDocument,
    WriteCritique,
)


def urgency(request: Request) -> int:
    """Smaller is sooner."""
    match request:
        case LoadModel():
            return 0
        case ExplainToken() | CompareVersions() | AskQuestions() | WriteCritique(preview=True):
            return 1
        case _:
            return 2


def precedes(newer: Request, running: Request) -> bool:
    """Whether a running job should step aside for `newer`."""
    if takes_turns(newer, running):
        return True
    return urgency(newer) < urgency(running)


def takes_turns(one: Request, other: Request) -> bool:
    """Whether two jobs share the model: one critique, one scoring."""
    kinds = {type(one), type(other)}
    return kinds == {WriteCritique, ScoreDocument} and urgency(one) == urgency(other)


def replaces(newer: Request, older: Request) -> bool:
    """Whether nobody waits for `older` any more once `newer` is asked for."""
    if isinstance(newer, WriteCritique) and not newer.replace and not newer.preview:
        return False
    return newer.job != older.job and _subject(newer) == _subject(older)


class Scheduler:
    """The jobs that wait. Calls must not overlap."""

    def __init__(self) -> None:
        self._waiting: list[Request] = []
        self._turn = 0
        self._had: dict[int, int] = {}
        """Job to the turn in which it last ran, of those that wait again."""

    def __len__(self) -> int:
        return len(self._waiting)

    def submit(self, request: Request) -> list[Request]:
        """Take in a job; returns the waiting jobs that it replaces."""
        replaced = [older for older in self._waiting if replaces(request, older)]
        self._waiting = [older for older in self._waiting if older not in replaced]
        self._waiting.append(request)
        return replaced

    def next(self) -> Request | None:
        """The job to run now, or None. Of equally urgent ones, that which has waited longest for its turn, and of those
        that had none yet, the newest. Of critiques, the oldest alone: one that stepped aside goes on before the next.
        """
        critiques = [request for request in self._waiting if _is_written(request)]
        first = min(critiques, key=lambda request: request.job, default=None)
        able = [request for request in self._waiting if request is first or not _is_written(request)]
        if not able:
            return None
        request = min(able, key=self._order)
        self._waiting.remove(request)
        self._turn += 1
        self._had.pop(request.job, None)
        return request

    def _order(self, waiting: Request) -> tuple[int, int, int]:
        return urgency(waiting), self._had.get(waiting.job, 0), -waiting.job

    def waits_beside(self, running: Request) -> bool:
        """Whether a job waits that shares the model with the running one."""
        return any(takes_turns(waiting, running) for waiting in self._waiting)

    def cancel(self, job: int) -> Request | None:
        """Drop a waiting job; None if there is none of that number."""
        found = next((request for request in self._waiting if request.job == job), None)
        if found is not None:
            self._waiting.remove(found)
            self._had.pop(job, None)
        return found

    def put_back(self, request: Request) -> None:
        """A job that stepped aside waits again."""
        self._had[request.job] = self._turn
        self._waiting.append(request)


def _is_written(request: Request) -> bool:
    return isinstance(request, WriteCritique) and not request.preview


def _subject(request: Request) -> Hashable:
    match request:
        case LoadModel():
            return "model"
        case ExplainToken():
            return "word", request.document
        case ScoreDocument():
            return "document", request.document
        case WriteCritique():
            return "preview" if request.preview else "critique", request.document
        case CompareVersions():
            return "versions", request.document
        case AskQuestions():
            return "questions", request.document
        case _:
            return "job", request.job

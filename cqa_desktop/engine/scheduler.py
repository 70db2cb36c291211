"""Which job runs next. No threads and no clock: the worker brings both.

What the writer waits for at this moment comes first: loading a model, then explaining a word, then scoring, the newest
request first. A newer request for the same text replaces the older one. A running job steps aside for one that precedes
it and is put back; what it has scored by then is cached.
"""

from __future__ import annotations

from collections.abc import Hashable

from cqa_desktop.engine.messages import ExplainToken, LoadModel, Request, ScoreDocument


def urgency(request: Request) -> int:
    """Smaller is sooner."""
    match request:
        case LoadModel():
            return 0
        case ExplainToken():
            return 1
        case _:
            return 2


def precedes(newer: Request, running: Request) -> bool:
    """Whether a running job should step aside for `newer`."""
    return urgency(newer) < urgency(running)


def replaces(newer: Request, older: Request) -> bool:
    """Whether nobody waits for `older` any more once `newer` is asked for."""
    return newer.job != older.job and _subject(newer) == _subject(older)


class Scheduler:
    """The jobs that wait. Calls must not overlap."""

    def __init__(self) -> None:
        self._waiting: list[Request] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def submit(self, request: Request) -> list[Request]:
        """Take in a job; returns the waiting jobs that it replaces."""
        replaced = [older for older in self._waiting if replaces(request, older)]
        self._waiting = [older for older in self._waiting if older not in replaced]
        self._waiting.append(request)
        return replaced

    def next(self) -> Request | None:
        """The job to run now, or None. Of equally urgent ones, the newest."""
        if not self._waiting:
            return None
        request = min(self._waiting, key=lambda waiting: (urgency(waiting), -waiting.job))
        self._waiting.remove(request)
        return request

    def cancel(self, job: int) -> Request | None:
        """Drop a waiting job; None if there is none of that number."""
        found = next((request for request in self._waiting if request.job == job), None)
        if found is not None:
            self._waiting.remove(found)
        return found

    def put_back(self, request: Request) -> None:
        """A job that stepped aside waits again."""
        self._waiting.append(request)


def _subject(request: Request) -> Hashable:
    match request:
        case LoadModel():
            return "model"
        case ExplainToken():
            return "word", request.document
        case ScoreDocument():
            return "document", request.document
        case _:
            return "job", request.job

"""The worker process: owns the model, answers requests from standard input on standard output.

`python -m cqa_desktop.engine.worker [--cache FILE]`. A thread reads requests; the main thread does one job at a time.
It ends when its input closes, so a window that dies leaves no worker behind.
"""

from __future__ import annotations

import argparse
import faulthandler
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import msgspec

from cqa_desktop.engine.errors import CancelledError, EngineError
from cqa_desktop.engine.jobs import Handlers, JobRunner
from cqa_desktop.engine.messages import (
    PROTOCOL_VERSION,
    AnyRequest,
    Cancel,
    Event,
    Hello,
    JobCancelled,
    JobDone,
    JobFailed,
    JobStarted,
    Request,
    Shutdown,
)
from cqa_desktop.engine.scheduler import Scheduler, precedes, replaces
from cqa_desktop.engine.transport import TransportError, read_messages, write_message

COLLECT = (100_000, 50, 50)
"""Scores are many small objects without cycles: looking for some among them took an eighth of the time."""
SLICE = 2.0
"""Seconds after which a job steps aside for one that shares the model with it."""
NICENESS = 10
"""The window, where somebody types, goes before the model."""


@dataclass
class _Current:
    """The job in hand, and why it should stop."""

    request: Request
    cancelled: bool = False
    yielding: bool = False
    """Steps aside for a job that comes first, and goes on after it."""
    began: float = field(default_factory=time.monotonic)


@dataclass
class Worker:
    """Reads requests, runs jobs, writes events."""

    requests: BinaryIO
    events: BinaryIO
    runner: JobRunner
    _scheduler: Scheduler = field(default_factory=Scheduler)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _current: _Current | None = None
    _ending: bool = False
    _forgotten: list[int] = field(default_factory=list)
    """Jobs that were dropped while they waited: what the runner keeps for them can go."""

    def run(self) -> None:
        """Serve until the input closes."""
        self._send(Hello(PROTOCOL_VERSION, os.getpid()))
        reader = threading.Thread(target=self._read, name="requests", daemon=True)
        reader.start()
        while (current := self._next()) is not None:
            self._do(current)
        self.runner.close()

    def _next(self) -> _Current | None:
        with self._changed:
            while not self._ending:
                request = self._scheduler.next()
                if request is not None:
                    self._current = _Current(request)
                    return self._current
                self._changed.wait()
            return None

    def _do(self, current: _Current) -> None:
        job = current.request.job
        while self._forgotten:
            self.runner.forget(self._forgotten.pop())
        self._send(JobStarted(job))
        outcome: Event
        try:
            self.runner.run(current.request, self._send, lambda: self._should_stop(current))
            outcome = JobDone(job)
        except CancelledError:
            outcome = JobCancelled(job)
        except EngineError as error:
            outcome = JobFailed(job, str(error))
        except MemoryError:
            outcome = JobFailed(job, "Not enough memory - close other programs or choose a smaller model.")
        with self._changed:
            self._current = None
            if isinstance(outcome, JobCancelled) and current.yielding and not current.cancelled:
                self._scheduler.put_back(current.request)
                return
        self.runner.forget(job)
        self._send(outcome)

    def _should_stop(self, current: _Current) -> bool:
        if not current.yielding and time.monotonic() - current.began > SLICE:
            with self._changed:
                current.yielding = self._scheduler.waits_beside(current.request)
                current.began = time.monotonic()
        return current.cancelled or current.yielding

    def _read(self) -> None:
        decoder = msgspec.msgpack.Decoder(AnyRequest)
        try:
            for request in read_messages(self.requests, decoder):
                if isinstance(request, Shutdown):
                    break
                self._take(request)
        except (TransportError, OSError) as error:
            print(f"worker: {error}", file=sys.stderr)
        with self._changed:
            self._ending = True
            if self._current is not None:
                self._current.cancelled = True
            self._changed.notify()

    def _take(self, request: Request) -> None:
        gone: list[Request] = []
        with self._changed:
            current = self._current
            if isinstance(request, Cancel):
                if current is not None and current.request.job == request.target:
                    current.cancelled = True
                elif (queued := self._scheduler.cancel(request.target)) is not None:
                    gone.append(queued)
            else:
                gone = self._scheduler.submit(request)
                if current is not None and replaces(request, current.request):
                    current.cancelled = True
                elif current is not None and precedes(request, current.request):
                    current.yielding = True
                self._changed.notify()
        for one in gone:
            self._forgotten.append(one.job)
            self._send(JobCancelled(one.job))

    def _send(self, event: msgspec.Struct) -> None:
        with _SENDING:
            try:
                write_message(self.events, event)
            except OSError:
                # The window is gone: there is nobody to tell, and the closing input ends the worker.
                self._ending = True


_SENDING = threading.Lock()


def main(argv: Sequence[str] | None = None, handlers: Handlers | None = None) -> int:
    """Take over standard input and output for messages, and serve; `handlers` answer what the engine does not."""
    parser = argparse.ArgumentParser(prog="cqa-worker")
    parser.add_argument("--cache", type=Path)
    arguments = parser.parse_args(argv)
    faulthandler.enable()
    gc.set_threshold(*COLLECT)
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the program that started this one
    # What libraries print must not get between the messages.
    events = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    requests = os.fdopen(os.dup(0), "rb")
    Worker(requests, events, JobRunner(arguments.cache, handlers)).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())

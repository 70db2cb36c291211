"""The window's side of the worker: starts it, sends it requests, starts it again when it dies.

No Qt here. Callbacks come on a thread of the client's own.
"""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal, cast

import msgspec

from cqa_desktop.annotations.critique import CriticName
from cqa_desktop.engine.messages import (
    PROTOCOL_VERSION,
    AnyEvent,
    AskQuestions,
    Cancel,
    CompareVersions,
    CritiqueStarted,
    Event,
    ExplainToken,
    Hello,
    JobCancelled,
    JobDone,
    JobFailed,
    JobStarted,
    LoadModel,
    ModelLoaded,
    Request,
    ScoreDocument,
    ScoresReady,
    Shutdown,
    TokenExplained,
    WriteCritique,
)
from cqa_desktop.engine.scheduler import replaces
from cqa_desktop.engine.transport import TransportError, read_messages, write_message
from cqa_desktop.measure.types import Brief

MAX_KILLS = 2
MAX_STARTS_WITHOUT_HELLO = 3
CLOSE_SECONDS = 3.0

OnEvent = Callable[[AnyEvent], None]
OnNotice = Callable[[str], None]


@dataclass
class _Process:
    """One life of the worker."""

    popen: subprocess.Popen[bytes]
    outbox: queue.SimpleQueue[Request | None] = field(default_factory=queue.SimpleQueue)
    writer: threading.Thread | None = None

    def write(self) -> None:
        # A pipe can fill up: only this thread ever waits for it.
        pipe = cast(BinaryIO, self.popen.stdin)
        with suppress(OSError):
            while (request := self.outbox.get()) is not None:
                write_message(pipe, request)
        with suppress(OSError):
            pipe.close()


class EngineClient:
    """Requests to the worker, events back. Every method returns at once, except `close`.

    Results of a revision older than the last one sent for scoring are dropped here: they are never painted.
    """

    def __init__(
        self, on_event: OnEvent, on_notice: OnNotice, *, cache: Path | None = None, command: Sequence[str] | None = None
    ) -> None:
        default = [sys.executable, "-m", "cqa_desktop.engine.worker", *(["--cache", str(cache)] if cache else [])]
        self._command = list(command or default)
        self._on_event = on_event
        self._on_notice = on_notice
        self._lock = threading.Lock()
        self._next_job = 1
        self._outstanding: dict[int, Request] = {}
        self._revisions: dict[str, int] = {}
        self._model: LoadModel | None = None
        """The load that last succeeded: what is loaded again after a crash."""
        self._running: int | None = None
        self._begun: set[int] = set()
        """Critiques of which something has come."""
        self._kills: dict[object, int] = {}
        self._closing = False
        self._silent_starts = 0
        self._process = self._start()
        self._thread = threading.Thread(target=self._watch, name="engine client", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int:
        """Process id of the worker."""
        return self._process.popen.pid

    def load_model(self, path: str, adapter: str = "", gpu: bool = True) -> int:
        """Load a model; answered by ModelLoaded or JobFailed. Returns the job's number, as all do."""
        return self._submit(LoadModel(self._number(), str(path), str(adapter), gpu))

    def score_document(
        self,
        document: str,
        revision: int,
        text: str,
        brief: Brief = Brief(),
        focus: int = 0,
        known: dict[int, int] | None = None,
    ) -> int:
        """Score a document; replaces an older request for it."""
        with self._lock:
            self._revisions[document] = revision
        return self._submit(
            ScoreDocument(self._number(), document, revision, sendable(text), brief, focus, known or {})
        )

    def explain_token(
        self, document: str, revision: int, text: str, offset: int, brief: Brief = Brief(), top: int = 5
    ) -> int:
        """Ask what was expected at an offset."""
        return self._submit(ExplainToken(self._number(), document, revision, sendable(text), offset, brief, top))

    def write_critique(
        self,
        document: str,
        revision: int,
        text: str,
        start: int,
        end: int,
        brief: Brief = Brief(),
        *,
        critic: CriticName | Literal["auto"] = "auto",
        replace: bool = True,
        preview: bool = False,
        seed: int = 1,
    ) -> int:
        """Ask for a critique of a stretch of a draft; offsets are code points."""
        return self._submit(
            WriteCritique(
                self._number(), document, revision, sendable(text), start, end, brief, critic, replace, preview, seed
            )
        )

    def compare_versions(
        self, document: str, revision: int, text: str, start: int, end: int, alternative: str, brief: Brief = Brief()
    ) -> int:
        """Score a stretch of a draft beside another version of it."""
        return self._submit(
            CompareVersions(
                self._number(), document, revision, sendable(text), start, end, sendable(alternative), brief
            )
        )

    def ask_questions(
        self,
        document: str,
        revision: int,
        text: str,
        start: int,
        end: int,
        brief: Brief = Brief(),
        *,
        counts: dict[str, int] | None = None,
        asked: Sequence[str] = (),
        skipped: Sequence[str] = (),
    ) -> int:
        """Ask what a knowledge engineer would ask about a stretch of a draft."""
        return self._submit(
            AskQuestions(
                self._number(),
                document,
                revision,
                sendable(text),
                start,
                end,
                brief,
                counts or {},
                tuple(map(sendable, asked)),
                tuple(map(sendable, skipped)),
            )
        )

    def cancel(self, job: int) -> None:
        """Stop a job."""
        with self._lock:
            process = self._process
        process.outbox.put(Cancel(self._number(), job))

    def close(self) -> None:
        """Stop everything; no thread and no process is left. A second call does nothing."""
        with self._lock:
            if self._closing:
                return
            self._closing = True
            process = self._process
        process.outbox.put(Shutdown(0))
        process.outbox.put(None)
        try:
            process.popen.wait(CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            process.popen.kill()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    # --- requests -------------------------------------------------------------------------------------------------

    def _number(self) -> int:
        with self._lock:
            self._next_job += 1
            return self._next_job - 1

    def _submit(self, request: Request) -> int:
        with self._lock:
            for older in [job for job, one in self._outstanding.items() if replaces(request, one)]:
                if older != self._running:
                    del self._outstanding[older]
            self._outstanding[request.job] = request
            # Put while the lock is held: a restart must not miss it, nor send it twice.
            self._process.outbox.put(request)
        return request.job

    # --- the worker's life ----------------------------------------------------------------------------------------

    def _start(self) -> _Process:
        popen = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        process = _Process(popen)
        process.writer = threading.Thread(target=process.write, name="engine requests", daemon=True)
        process.writer.start()
        return process

    def _watch(self) -> None:
        decoder = msgspec.msgpack.Decoder(AnyEvent)
        while True:
            process = self._process
            pipe = cast(BinaryIO, process.popen.stdout)
            try:
                for event in read_messages(pipe, decoder):
                    self._receive(event)
            except (TransportError, OSError, ValueError):
                process.popen.kill()
            self._bury(process)
            with self._lock:
                if self._closing:
                    return
            if not self._revive():
                return

    def _bury(self, process: _Process) -> None:
        process.popen.wait()
        process.outbox.put(None)
        if process.writer is not None:
            process.writer.join()
        cast(BinaryIO, process.popen.stdout).close()
        with suppress(OSError):
            cast(BinaryIO, process.popen.stdin).close()

    def _revive(self) -> bool:
        """Start the worker again and give it back its work, less a job that killed it twice."""
        failed: list[JobFailed] = []
        with self._lock:
            self._silent_starts += 1
            if self._silent_starts > MAX_STARTS_WITHOUT_HELLO:
                self._closing = True
                notice = "The model's engine does not start. Writing goes on without marks; 'cqa doctor' says more."
                failed = [JobFailed(job, notice) for job in self._outstanding]
            else:
                notice, failed = self._blame()
                failed += self._broken_critiques()
                self._running = None
                self._process = self._start()
                again = [self._model] if self._model is not None else []
                for request in [*again, *self._outstanding.values()]:
                    self._process.outbox.put(request)
            ended = self._closing
        for one in failed:
            self._on_event(one)
        self._on_notice(notice)
        return not ended

    def _blame(self) -> tuple[str, list[JobFailed]]:
        culprit = self._outstanding.get(self._running) if self._running is not None else None
        if self._model is not None and self._model.job == self._running:
            culprit = self._model  # the model in use, loaded again after an earlier crash
        restarted = "The model's engine stopped unexpectedly and was started again. Your draft is untouched."
        if culprit is None:
            return restarted, []
        identity = _identity(culprit)
        self._kills[identity] = self._kills.get(identity, 0) + 1
        if self._kills[identity] < MAX_KILLS:
            return restarted, []
        self._outstanding.pop(culprit.job, None)
        if isinstance(culprit, LoadModel):
            name = Path(culprit.path).name
            if self._model is not None and self._model.path == culprit.path:
                self._model = None
            message = f"{name} stopped the engine twice and was given up - choose another model."
        else:
            message = "This text stopped the engine twice and is left unmarked until it changes."
        notice = "The model's engine stopped unexpectedly twice on the same work, which was given up."
        return notice, [JobFailed(culprit.job, message)]

    def _broken_critiques(self) -> list[JobFailed]:
        """A critique that had begun is not begun again by itself: what was written of it stays on the screen."""
        broken = [job for job in self._begun if job in self._outstanding]
        for job in broken:
            del self._outstanding[job]
        self._begun.clear()
        return [
            JobFailed(job, "The engine stopped while it wrote. What it had written is kept; ask again.")
            for job in broken
        ]

    def _receive(self, event: AnyEvent) -> None:
        with self._lock:
            if isinstance(event, Hello):
                if event.version != PROTOCOL_VERSION:
                    raise TransportError(f"the worker speaks version {event.version}, not {PROTOCOL_VERSION}")
                self._silent_starts = 0
                return
            if isinstance(event, JobStarted):
                self._running = event.job
            if isinstance(event, CritiqueStarted):
                self._begun.add(event.job)
            if isinstance(event, ModelLoaded):
                request = self._outstanding.get(event.job)
                if isinstance(request, LoadModel):
                    self._model = request
            if isinstance(event, (JobDone, JobFailed, JobCancelled)):
                self._finish(event)
            if self._closing or self._is_stale(event):
                return
        self._on_event(event)

    def _finish(self, event: Event) -> None:
        request = self._outstanding.pop(event.job, None)
        self._begun.discard(event.job)
        if request is not None:
            self._kills.pop(_identity(request), None)
        if self._running == event.job:
            self._running = None

    def _is_stale(self, event: AnyEvent) -> bool:
        if isinstance(event, (ScoresReady, TokenExplained)):
            return event.revision < self._revisions.get(event.document, 0)
        return False


def sendable(text: str) -> str:
    """The text as UTF-8 can carry it: half a surrogate pair, which an editor can hold, becomes one question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _identity(request: Request) -> object:
    """What a job is blamed by: the file it loads, or the text it reads."""
    if isinstance(request, LoadModel):
        return ("model", request.path, request.adapter)
    if isinstance(request, ScoreDocument):
        return ("text", request.document, hash(request.text))
    return ("job", request.job)

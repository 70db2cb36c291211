"""The engine's client as Qt signals: what it says on its own thread arrives on the window's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from cqa_desktop.engine.client import EngineClient
from cqa_desktop.engine.messages import (
    AnyEvent,
    JobCancelled,
    JobDone,
    JobFailed,
    ModelLoaded,
    ScoresReady,
    TokenExplained,
)


class EngineBridge(QObject):
    """Signals carry the messages of `cqa_desktop.engine.messages`."""

    model_loaded = Signal(object)
    scores_ready = Signal(object)
    word_explained = Signal(object)
    job_failed = Signal(object)
    job_ended = Signal(int)
    notice = Signal(str)

    def __init__(self, cache: Path | None, command: Sequence[str] | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._routes = {
            ModelLoaded: self.model_loaded,
            ScoresReady: self.scores_ready,
            TokenExplained: self.word_explained,
            JobFailed: self.job_failed,
        }
        self.client = EngineClient(self._receive, self.notice.emit, cache=cache, command=command)

    def _receive(self, event: AnyEvent) -> None:
        if isinstance(event, (JobDone, JobCancelled)):
            self.job_ended.emit(event.job)
        elif type(event) in self._routes:
            self._routes[type(event)].emit(event)

    def close(self) -> None:
        """End the worker; nothing is left running."""
        self.client.close()

"""The engine's client as Qt signals: what it says on its own thread arrives on the window's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from cqa_desktop.critique.worker import worker_command
from cqa_desktop.engine.client import EngineClient
from cqa_desktop.engine.messages import (
    AnyEvent,
    CritiqueEnded,
    CritiqueStarted,
    CritiqueText,
    JobCancelled,
    JobDone,
    JobFailed,
    ModelLoaded,
    PointReady,
    QuestionsReady,
    ScoresReady,
    TokenExplained,
    VersionsCompared,
)


class EngineBridge(QObject):
    """Signals carry the messages of `cqa_desktop.engine.messages`."""

    model_loaded = Signal(object)
    scores_ready = Signal(object)
    word_explained = Signal(object)
    critique_started = Signal(object)
    critique_text = Signal(object)
    point_ready = Signal(object)
    critique_ended = Signal(object)
    versions_compared = Signal(object)
    questions_ready = Signal(object)
    job_failed = Signal(object)
    job_ended = Signal(int)
    notice = Signal(str)

    def __init__(self, cache: Path | None, command: Sequence[str] | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._routes = {
            ModelLoaded: self.model_loaded,
            ScoresReady: self.scores_ready,
            TokenExplained: self.word_explained,
            CritiqueStarted: self.critique_started,
            CritiqueText: self.critique_text,
            PointReady: self.point_ready,
            CritiqueEnded: self.critique_ended,
            VersionsCompared: self.versions_compared,
            QuestionsReady: self.questions_ready,
            JobFailed: self.job_failed,
        }
        self.client = EngineClient(
            self._receive, self.notice.emit, cache=cache, command=command or worker_command(cache)
        )

    def _receive(self, event: AnyEvent) -> None:
        if isinstance(event, (JobDone, JobCancelled)):
            self.job_ended.emit(event.job)
        elif type(event) in self._routes:
            self._routes[type(event)].emit(event)

    def close(self) -> None:
        """End the worker; nothing is left running."""
        self.client.close()

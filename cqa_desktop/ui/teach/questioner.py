"""Lets the worker look at the passage that is judged, and brings its questions."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, Signal

from cqa_desktop.annotations.types import ENGINEER
from cqa_desktop.critique.interview import Interview
from cqa_desktop.documents.teaching import TeachingSet
from cqa_desktop.engine.messages import JobFailed, QuestionsReady
from cqa_desktop.ui.bridge import EngineBridge

DOCUMENT: Final = "teaching"
LATELY: Final = 6
"""Annotations whose questions are not put again to the next one."""


class Questioner(QObject):
    """One request at a time; what comes of an older one is dropped."""

    changed = Signal()
    """It is being asked now, or no longer."""
    came = Signal(tuple)
    """Questions about the passage at hand."""
    told = Signal(str)

    def __init__(self, bridge: EngineBridge, parent: QObject) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self.asking = False
        self.unread = False
        """Whether the worker could not look at the passage."""
        self._job: int | None = None
        self._revision = 0
        bridge.questions_ready.connect(self._ready)
        bridge.job_failed.connect(self._failed)
        bridge.job_ended.connect(self._ended)

    def drop(self) -> None:
        """The words are others now: questions on their way are not about them."""
        self._revision += 1
        if self._job is not None:
            self._bridge.client.cancel(self._job)
            self._job, self.asking = None, False

    def ask(self, interview: Interview | None, kept: TeachingSet | None) -> None:
        """Ask for questions, if there is none to go on with."""
        if interview is None or not interview.needs_questions or self._job is not None or not interview.passage.strip():
            return
        text, start, end = interview.source()
        self._job = self._bridge.client.ask_questions(
            DOCUMENT,
            self._revision,
            text,
            start,
            end,
            interview.annotation().brief,
            counts=_counts(interview, kept),
            asked=interview.asked,
            skipped=[*interview.skipped, *_lately(interview, kept)],
        )
        self.asking, self.unread = True, False
        self.changed.emit()

    def _ready(self, event: QuestionsReady) -> None:
        if event.document == DOCUMENT and event.revision == self._revision:
            self.came.emit(tuple(event.questions))

    def _failed(self, event: JobFailed) -> None:
        if event.job == self._job:
            self.unread = True
            self._ended(event.job)
            self.told.emit(event.message)

    def _ended(self, job: int) -> None:
        if job == self._job:
            self._job, self.asking = None, False
            self.changed.emit()


def _lately(interview: Interview, kept: TeachingSet | None) -> list[str]:
    """What was asked about the passages before: most of it fits any passage, and nobody wants it each time."""
    others = [one.annotation for one in kept.entries if one.annotation.id != interview.name] if kept else []
    return [turn.text for one in others[-LATELY:] for turn in one.dialogue if turn.role == ENGINEER]


def _counts(interview: Interview, kept: TeachingSet | None) -> dict[str, int]:
    """What the set has, this passage with it even where it is unfinished."""
    counts = dict(kept.coverage().counts) if kept else {}
    entry = kept.find(interview.name) if kept else None
    for one in interview.sketches if entry is None or not entry.trained else ():
        for name in (one.dimension, one.constraint):
            if name is not None:
                counts[name] = counts.get(name, 0) + 1
    return counts

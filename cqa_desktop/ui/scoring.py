"""From edits to fresh marks: what is sent to the engine, and what comes back into the store."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from cqa_desktop.engine.messages import JobFailed, ModelInfo, ModelLoaded, ScoresReady, TokenExplained
from cqa_desktop.measure.types import Brief
from cqa_desktop.text.offsets import Utf16Map
from cqa_desktop.ui.bridge import EngineBridge
from cqa_desktop.ui.editor import DraftEditor
from cqa_desktop.ui.score_store import ScoreStore

PAUSE_MS: Final = 60
"""After the last keystroke."""
DOCUMENT: Final = "draft"


class Scoring(QObject):
    """Keeps the store in step with the draft. Never waits: requests go out, results come in as signals."""

    changed = Signal()
    """Marks are new."""
    progress = Signal(int, int)
    """Paragraphs done, of how many."""
    finished = Signal()
    """Everything in the draft is scored."""
    model_changed = Signal(object)
    failed = Signal(str)
    explained = Signal(int, int, object)
    """Start and end of a word in the editor's offsets, and the TokenExplained."""

    def __init__(self, editor: DraftEditor, store: ScoreStore, bridge: EngineBridge, parent: QObject) -> None:
        super().__init__(parent)
        self._editor = editor
        self._store = store
        self._bridge = bridge
        self._brief = Brief()
        self._revision = 0
        self._sent = -1
        self._text = ""
        self._offsets = Utf16Map("")
        self._job: int | None = None
        self._load_job: int | None = None
        self._explain_job: int | None = None
        self.model: ModelInfo | None = None
        self._timer = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._timer.timeout.connect(self._send)
        editor.edited.connect(self._edited)
        bridge.model_loaded.connect(self._model_loaded)
        bridge.scores_ready.connect(self._scores_ready)
        bridge.word_explained.connect(self._word_explained)
        bridge.job_failed.connect(self._job_failed)
        bridge.job_ended.connect(self._job_ended)

    @property
    def brief(self) -> Brief:
        return self._brief

    @property
    def busy(self) -> bool:
        """Whether a scoring is under way or about to be."""
        return self._job is not None or self._timer.isActive() or self._load_job is not None

    def load_model(self, path: str, adapter: str = "") -> None:
        """Load another model; until it stands, the one in use stays."""
        self._load_job = self._bridge.client.load_model(path, adapter)

    def set_brief(self, brief: Brief) -> None:
        """Score everything under another brief."""
        if brief != self._brief:
            self._brief = brief
            self._restart()

    def reset(self, brief: Brief) -> None:
        """Another draft was opened."""
        self._brief = brief
        self._revision += 1
        self._timer.start(0)

    def stop(self) -> None:
        """Stop scoring until the next edit."""
        self._timer.stop()
        if self._job is not None:
            self._bridge.client.cancel(self._job)

    def explain(self, position: int) -> None:
        """Ask what a reader expected at a position of the editor; answered by `explained`."""
        if self.model is None:
            return
        self._take_text()
        if self._explain_job is not None:
            self._bridge.client.cancel(self._explain_job)
        self._explain_job = self._bridge.client.explain_token(
            DOCUMENT, self._revision, self._text, self._offsets.to_code_points(position), self._brief
        )

    def _restart(self) -> None:
        self._revision += 1
        self._timer.start(PAUSE_MS)

    def _edited(self, _position: int, _removed: int, _added: int) -> None:
        self._restart()

    def _take_text(self) -> None:
        """Read the draft, once for a revision."""
        if self._sent != self._revision:
            self._text = self._editor.text()
            self._offsets = Utf16Map(self._text)
            self._sent = self._revision

    def _send(self) -> None:
        if self.model is None:
            return
        self._take_text()
        self._job = self._bridge.client.score_document(
            DOCUMENT,
            self._revision,
            self._text,
            self._brief,
            focus=self._offsets.to_code_points(self._editor.textCursor().position()),
            known=self._store.known(self._offsets),
        )

    def _model_loaded(self, event: ModelLoaded) -> None:
        self._load_job = None
        self.model = event.model
        self.model_changed.emit(event)
        self._restart()

    def _scores_ready(self, event: ScoresReady) -> None:
        if event.revision != self._revision or event.document != DOCUMENT:
            return  # of a text that is no longer there
        if event.paragraphs:
            self._store.put(event.paragraphs, self._offsets)
            self.changed.emit()
        self.progress.emit(event.done, event.total)

    def _word_explained(self, event: TokenExplained) -> None:
        if event.revision == self._revision:
            self.explained.emit(self._offsets.to_utf16(event.start), self._offsets.to_utf16(event.end), event)

    def _job_failed(self, event: JobFailed) -> None:
        if event.job not in (self._job, self._load_job):
            return  # somebody else's, or of a text that is no longer there
        self._job_ended(event.job)
        self.failed.emit(event.message)

    def _job_ended(self, job: int) -> None:
        if job == self._load_job:
            self._load_job = None
        if job == self._job:
            self._job = None
            if not self._timer.isActive():
                self.finished.emit()

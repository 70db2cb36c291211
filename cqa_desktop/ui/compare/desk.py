"""Compares two versions as they are written: sends them, takes results in, and drops what is no longer true."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from cqa_desktop.documents.notes import moved
from cqa_desktop.engine.client import sendable
from cqa_desktop.engine.messages import JobFailed, VersionsCompared
from cqa_desktop.text.offsets import Utf16Map
from cqa_desktop.text.spans import Span
from cqa_desktop.ui.bridge import EngineBridge
from cqa_desktop.ui.compare.dialog import HINT, VersionsDialog
from cqa_desktop.ui.critique.passage import passage_at_caret
from cqa_desktop.ui.editor import DraftEditor
from cqa_desktop.ui.score_store import ScoreStore
from cqa_desktop.ui.scoring import DOCUMENT, Scoring
from cqa_desktop.ui.theme import LIGHT, Theme

NOTHING = "Select a passage, or put the caret in a sentence, to try another version of it."


class CompareDesk(QObject):
    """One passage at a time. The draft is never touched."""

    notice = Signal(str)

    def __init__(
        self, window: QWidget, editor: DraftEditor, store: ScoreStore, scoring: Scoring, bridge: EngineBridge
    ) -> None:
        super().__init__(window)
        self._window = window
        self._editor = editor
        self._store = store
        self._scoring = scoring
        self._bridge = bridge
        self._theme: Theme = LIGHT
        self._place: Span | None = None
        """The passage, in UTF-16 units of the draft as it is now."""
        self._job: int | None = None
        self._sent: object = None
        """What the last answer depends on."""
        self._revision = 0
        self.dialog: VersionsDialog | None = None
        editor.edited.connect(self._draft_edited)
        scoring.finished.connect(self._look_again)
        bridge.versions_compared.connect(self._compared)
        bridge.job_failed.connect(self._failed)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        if self.dialog is not None:
            self.dialog.set_theme(theme)

    def open(self) -> None:
        """Set another version beside what is selected, or beside the passage at the caret."""
        text = sendable(self._editor.text())
        passage = passage_at_caret(self._editor, self._store, text)
        if passage is None:
            self.notice.emit(NOTHING)
            return
        if self.dialog is None:
            self.dialog = VersionsDialog(self._window)
            self.dialog.set_theme(self._theme)
            self.dialog.compare_asked.connect(self._compare)
            self.dialog.left.connect(self._let_go)
        self._forget()
        offsets = Utf16Map(text)
        self._place = Span(offsets.to_utf16(passage.start), offsets.to_utf16(passage.end))
        self.dialog.begin(passage.of(text))
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()

    def _compare(self) -> None:
        dialog, place = self.dialog, self._place
        if dialog is None or place is None:
            return
        self._forget()
        text = sendable(self._editor.text())
        offsets = Utf16Map(text)
        start, end = offsets.to_code_points(place.start), offsets.to_code_points(place.end)
        other = dialog.second.text()
        if not other.strip():
            dialog.tell("Write another version, and both are read in the same place, under the same brief.")
        elif other == text[start:end]:
            dialog.tell(HINT)
        else:
            self._revision += 1
            self._sent = self._depends_on(text[:end])
            self._job = self._bridge.client.compare_versions(
                DOCUMENT, self._revision, text, start, end, other, self._scoring.brief
            )
            dialog.wait()

    def _depends_on(self, text: str) -> object:
        model = self._scoring.model
        return text, self._scoring.brief, (model.sha256, model.adapter) if model is not None else None

    def _forget(self) -> None:
        """What is under way is of versions that are no longer there."""
        if self._job is not None:
            self._bridge.client.cancel(self._job)
        self._job, self._sent = None, None

    def _let_go(self) -> None:
        self._forget()
        self._place = None

    def _draft_edited(self, position: int, removed: int, added: int) -> None:
        if self._place is None or self.dialog is None:
            return
        self._place, intact = moved(self._place, position, removed, added)
        if intact:
            return
        self._forget()
        if not len(self._place):
            self._place = None
            self.dialog.tell("The passage is no longer in the draft.")
            return
        text = sendable(self._editor.text())
        offsets = Utf16Map(text)
        start, end = (offsets.to_code_points(one) for one in (self._place.start, self._place.end))
        self.dialog.show_passage(text[start:end])

    def _look_again(self) -> None:
        """The draft was scored: if what stands before the passage, the brief or the model is new, so is the answer."""
        if self._sent is None or self._place is None:
            return
        text = sendable(self._editor.text())
        if self._depends_on(text[: Utf16Map(text).to_code_points(self._place.end)]) != self._sent:
            self._compare()

    def _compared(self, event: VersionsCompared) -> None:
        if event.job == self._job and self.dialog is not None:
            self._job = None
            self.dialog.show_found(event)

    def _failed(self, event: JobFailed) -> None:
        if event.job == self._job and self.dialog is not None:
            self._job = None
            self.dialog.tell(event.message)

    def close(self) -> None:
        """The draft or the window goes."""
        if self.dialog is not None:
            self.dialog.close()

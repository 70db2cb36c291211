"""The draft's file behind the editor: opening, saving, its sidecar, and keeping unsaved text safe from a crash."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from cqa_desktop.documents.errors import DocumentError, SidecarError
from cqa_desktop.documents.files import Document, changed_outside, new_document, open_document, save_document
from cqa_desktop.documents.notes import Note
from cqa_desktop.documents.recovery import FileLock, Recovered, RecoveryFile, find_unsaved
from cqa_desktop.documents.sidecar import (
    Sidecar,
    load_sidecar,
    save_sidecar,
    sidecar_from,
    sidecar_path,
    sidecar_text,
)
from cqa_desktop.measure.types import Brief
from cqa_desktop.ui.draft_text import survives
from cqa_desktop.ui.editor import DraftEditor

KEEP_MS: Final = 4000
MOST_IN_PARAGRAPH: Final = 400_000
MARKDOWN: Final = (".md", ".markdown")


class DraftFile(QObject):
    """One draft at a time."""

    left = Signal()
    """The draft that was open is about to give way to another."""
    opened = Signal()
    saved = Signal()
    notice = Signal(str)
    recovered = Signal(object)
    """A Recovered: unsaved text of a program that ended without saving."""

    def __init__(self, editor: DraftEditor, parent: QObject) -> None:
        super().__init__(parent)
        self._editor = editor
        self._document: Document | None = None
        self._sidecar = Sidecar()
        self._sidecar_is_sound = True
        self._lock: FileLock | None = None
        self._recovery = RecoveryFile()
        # Writing to disk can wait for seconds, and typing must not.
        self._writer = ThreadPoolExecutor(1, "recovery")
        self._pending: Future[None] | None = None
        self._timer = QTimer(self, singleShot=True, interval=KEEP_MS)
        self._timer.timeout.connect(self._keep)
        editor.edited.connect(lambda *_: self._timer.start() if not self._timer.isActive() else None)

    # --- what it is -----------------------------------------------------------------------------------------------

    @property
    def path(self) -> Path | None:
        return self._document.path if self._document else None

    @property
    def name(self) -> str:
        return self.path.name if self.path else "Untitled"

    @property
    def sidecar(self) -> Sidecar:
        return self._sidecar

    @property
    def modified(self) -> bool:
        return self._editor.document().isModified()

    # --- opening --------------------------------------------------------------------------------------------------

    def new(self) -> None:
        """An empty draft without a name."""
        self._take(None, "", Sidecar())

    def open(self, path: Path) -> None:
        """Open a draft. A file that does not exist yet is begun.

        Raises:
            DocumentError: if it cannot be; the draft that was open stays.
        """
        missing = not path.exists() and path.parent.is_dir() and not path.is_symlink()
        document = new_document(path) if missing else open_document(path)
        longest = max(map(len, document.text.split("\n")), default=0)
        if longest > MOST_IN_PARAGRAPH:
            raise DocumentError(
                f"{path}: holds a paragraph of {longest:,} characters, too long to edit - break it up; "
                "'cqa score' reads it as it is"
            )
        self._sidecar_is_sound = True
        try:
            sidecar = load_sidecar(path)
        except SidecarError as error:
            sidecar = Sidecar()
            self._sidecar_is_sound = False
            self.notice.emit(str(error))
        self._take(document, document.text, sidecar)
        for line in document.notices:
            self.notice.emit(line)
        if missing:
            self.notice.emit(f"{path.name} does not exist yet; saving makes it.")
        if not survives(document.text):
            self._editor.setReadOnly(True)
            self.notice.emit(f"{path.name} holds characters that the editor cannot keep; it is open for reading only.")

    def look_for_unsaved(self) -> None:
        """Tell of texts that a crash left behind."""
        for one in find_unsaved():
            self.recovered.emit(one)

    def restore(self, found: Recovered) -> None:
        """Put recovered text into the editor, unsaved, over the file it belongs to.

        Raises:
            DocumentError: if that file cannot be read.
        """
        if found.path is not None:
            self.open(found.path)
        else:
            self.new()
        if found.sidecar:
            try:
                self._sidecar = sidecar_from(found.sidecar, found.file)
            except SidecarError as error:
                self.notice.emit(str(error))
        self._editor.replace_all(found.text)
        self._recovery.keep(found.text, found.path, found.sidecar)
        found.file.unlink(missing_ok=True)
        self.opened.emit()  # brief and notes belong to this text, not to the one that it took the place of

    def _take(self, document: Document | None, text: str, sidecar: Sidecar) -> None:
        self.left.emit()
        self._let_go()
        self._document, self._sidecar = document, sidecar
        if document is not None:
            self._lock = FileLock(document.path)
            if not self._lock.take():
                self.notice.emit(f"{document.path.name} is open in another window; the last to save wins.")
        self._editor.setReadOnly(False)
        self._editor.load(text, markdown=document is not None and document.path.suffix.lower() in MARKDOWN)
        self.opened.emit()

    # --- saving ---------------------------------------------------------------------------------------------------

    def save(self, path: Path | None = None, *, force: bool = False, confirm_shorter: bool = False) -> None:
        """Save, or save as `path`.

        Raises:
            DocumentError: if it cannot be; the text stays in the editor, unsaved.
        """
        target = path or self.path
        if target is None:
            raise DocumentError("Untitled: has no name yet - save it as a file")
        document = self._document or new_document(target)
        text = self._editor.text()
        moved = path is not None and path != self.path
        self._document = save_document(document, text, path=path, force=force or moved, confirm_shorter=confirm_shorter)
        self._editor.document().setModified(False)
        self._forget()
        if moved:
            if self._lock is not None:
                self._lock.release()
            self._lock = FileLock(target)
            self._lock.take()
            self._save_sidecar()
        self.saved.emit()

    def set_brief(self, brief: Brief) -> None:
        """Keep the brief beside the draft."""
        if brief != self._sidecar.brief:
            self._sidecar = self._sidecar.with_brief(brief)
            self._save_sidecar()

    def set_ignored(self, quote: str, *, ignored: bool) -> None:
        """Keep or forget a passage whose marks are not shown."""
        self._sidecar = self._sidecar.with_ignored(quote, ignored=ignored)
        self._save_sidecar()

    def set_notes(self, notes: Sequence[Note]) -> None:
        """Keep the notes beside the draft."""
        if tuple(notes) != self._sidecar.notes:
            self._sidecar = self._sidecar.with_notes(notes)
            self._save_sidecar()

    def sidecar_place(self) -> str:
        """Where the brief is kept, for people."""
        if self.path is None:
            return "Kept once the draft has a name."
        return f"Kept in {sidecar_path(self.path).name}, beside the draft."

    def changed_outside(self) -> bool:
        """Whether another program changed the file."""
        return self._document is not None and bool(self._document.digest) and changed_outside(self._document)

    def _save_sidecar(self) -> None:
        if self.path is None:
            self._timer.start()  # with the text that has no name
            return
        if not self._sidecar_is_sound:
            return
        try:
            save_sidecar(self.path, self._sidecar)
        except DocumentError as error:
            self.notice.emit(str(error))

    # --- what a crash cannot reach --------------------------------------------------------------------------------

    def _keep(self) -> None:
        if self.modified:
            beside = sidecar_text(self._sidecar) if self.path is None else ""
            self._pending = self._writer.submit(self._recovery.keep, self._editor.text(), self.path, beside)
            self._pending.add_done_callback(self._kept)

    def _kept(self, done: Future[None]) -> None:
        error = None if done.cancelled() else done.exception()
        if isinstance(error, DocumentError):
            self.notice.emit(str(error))

    def _forget(self) -> None:
        self._timer.stop()
        if self._pending is not None:
            with suppress(DocumentError):
                self._pending.result()
            self._pending = None
        self._recovery.discard()

    def _let_go(self) -> None:
        self._forget()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def close(self) -> None:
        """The window goes; what was to be saved is saved, or let go by the writer."""
        self._let_go()
        self._writer.shutdown()

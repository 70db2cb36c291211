"""Counting the draft's words when the writer pauses: it takes longer than a keystroke may."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from cqa_desktop.text.words import words
from cqa_desktop.ui.editor import DraftEditor

PAUSE_MS: Final = 700
SLICE: Final = 400
"""Paragraphs counted at once."""


class WordCount(QObject):
    """Counts slice by slice, so that typing never waits for it."""

    counted = Signal(int)

    def __init__(self, editor: DraftEditor, parent: QObject) -> None:
        super().__init__(parent)
        self._editor = editor
        self._so_far = 0
        self._next = 0
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(self.count)
        self._step = QTimer(self, singleShot=True, interval=0)
        self._step.timeout.connect(self._count_slice)
        editor.edited.connect(self._begin_again)

    def count(self) -> None:
        """Count from the start."""
        self._so_far = self._next = 0
        self._count_slice()

    def _begin_again(self) -> None:
        self._step.stop()
        self._pause.start()

    def _count_slice(self) -> None:
        document = self._editor.document()
        block = document.findBlockByNumber(self._next)
        for _ in range(SLICE):
            if not block.isValid():
                self.counted.emit(self._so_far)
                return
            self._so_far += len(words(block.text()))
            block = block.next()
        self._next += SLICE
        self._step.start()

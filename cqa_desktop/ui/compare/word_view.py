"""A version's text, each word tinted by how surprising it was. Tints are no part of the text nor of its undo."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QTextBlockFormat, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QTextEdit

from cqa_desktop.ui.draft_text import from_qt, to_qt
from cqa_desktop.ui.theme import LIGHT, Theme, serif

LEAST_BITS: Final = 3.0
"""Words that cost less are not tinted."""
MOST_BITS: Final = 15.0
DEEPEST: Final = 0.42
PIXELS: Final = 18
LEADING: Final = 150


@dataclass(frozen=True)
class TintedWord:
    """A word, in UTF-16 units of its version."""

    start: int
    end: int
    bits: float
    only_here: bool
    """The other version does not have it."""


class WordView(QTextEdit):
    """Plain text in the draft's typeface."""

    edited = Signal()
    pointed = Signal(int)
    """The word under the pointer, or at the caret; -1: none."""

    def __init__(self, *, editable: bool) -> None:
        super().__init__()
        self.setObjectName("field")
        self.setAcceptRichText(False)
        self.setReadOnly(not editable)
        self.setTabChangesFocus(True)
        if not editable:
            flags = Qt.TextInteractionFlag
            self.setTextInteractionFlags(flags.TextSelectableByMouse | flags.TextSelectableByKeyboard)
        self.setMouseTracking(True)
        self.document().setDefaultFont(serif(PIXELS))
        self.setFont(serif(PIXELS))
        self._theme: Theme = LIGHT
        self._words: list[TintedWord] = []
        self._taking = False
        self.document().contentsChange.connect(self._contents_changed)
        self.cursorPositionChanged.connect(lambda: self._point(self.textCursor().position()))

    # --- text -----------------------------------------------------------------------------------------------------

    def text(self) -> str:
        return from_qt(self.document(), odd_bytes=False)

    def take(self, text: str) -> None:
        """Show a text; nothing of this can be undone, and it counts as no edit."""
        self._taking = True
        self.setUndoRedoEnabled(False)
        self.setPlainText(to_qt(text))
        shape = QTextBlockFormat()
        shape.setLineHeight(LEADING, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        cursor = QTextCursor(self.document())
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.setBlockFormat(shape)
        self.setUndoRedoEnabled(not self.isReadOnly())
        self._taking = False
        self.show_words([])

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Paste words, never formats."""
        if source.hasText():
            self.textCursor().insertText(source.text().replace("\r\n", "\n").replace("\r", "\n"))

    def _contents_changed(self, _position: int, removed: int, added: int) -> None:
        if not self._taking and (removed or added):
            self.show_words([])
            self.edited.emit()

    # --- tints ----------------------------------------------------------------------------------------------------

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.show_words(self._words)

    def show_words(self, words: Sequence[TintedWord]) -> None:
        """Tint these, in order; none takes all tints away."""
        self._words = list(words)
        self.setExtraSelections([self._tint(word) for word in self._words])

    def _tint(self, word: TintedWord) -> QTextEdit.ExtraSelection:
        shown = QTextEdit.ExtraSelection()
        cursor = QTextCursor(self.document())
        cursor.setPosition(word.start)
        cursor.setPosition(word.end, QTextCursor.MoveMode.KeepAnchor)
        form = QTextCharFormat()
        colour = QColor(self._theme.accent)
        colour.setAlphaF(depth(word.bits))
        form.setBackground(colour)
        if word.only_here:
            form.setUnderlineStyle(QTextCharFormat.UnderlineStyle.DashUnderline)
            form.setUnderlineColor(QColor(self._theme.quiet))
        shown.cursor = cursor
        shown.format = form
        return shown

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self._point(self.cursorForPosition(event.position().toPoint()).position())

    def _point(self, at: int) -> None:
        index = bisect_right([word.start for word in self._words], at) - 1
        self.pointed.emit(index if index >= 0 and at <= self._words[index].end else -1)


def depth(bits: float) -> float:
    """How deep a word is tinted, 0 to 1."""
    return DEEPEST * min(max((bits - LEAST_BITS) / (MOST_BITS - LEAST_BITS), 0.0), 1.0)

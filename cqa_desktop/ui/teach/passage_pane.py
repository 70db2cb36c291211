"""The passage that is judged, after the draft that leads up to it. Selected, never edited here."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QColor, QResizeEvent, QShowEvent, QTextBlockFormat, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QTextEdit

from cqa_desktop.critique.interview import BREAK, whole_words
from cqa_desktop.documents.teaching import Sketch
from cqa_desktop.text.offsets import Utf16Map
from cqa_desktop.text.spans import Span
from cqa_desktop.ui.theme import LIGHT, Theme, serif

PIXELS: Final = 19
SMALL: Final = 15
LEADING: Final = 156
MEASURE: Final = 62
"""Characters in a line."""
MARGIN: Final = 34
BETWEEN: Final = 70
"""Line height of a blank line, percent."""
ABOVE: Final = 96
"""Pixels of the context that are seen above the passage at first."""
LEADING_UP: Final = 900
"""Characters of the context that are shown."""
_SHOWN = str.maketrans(
    {"\r": " ", "\u2028": " ", "\u2029": " ", "\ufdd0": "\ufffd", "\ufdd1": "\ufffd", "\0": "\ufffd"}
)
"""What Qt takes for its own; one for one, so that offsets stay true."""


class PassagePane(QTextEdit):
    """Offsets are code points of the passage."""

    selected = Signal(bool)
    """Whether words of the passage are selected."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("passage")
        self.setAccessibleName("Passage")
        self.setAccessibleDescription("Select the words that you judge")
        self.setReadOnly(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByKeyboard | Qt.TextInteractionFlag.TextSelectableByMouse
        )
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setCursorWidth(2)
        self.setLineWrapMode(QTextEdit.LineWrapMode.FixedPixelWidth)
        self.document().setDocumentMargin(0)
        self._theme: Theme = LIGHT
        self._passage = ""
        self._context = ""
        self._base = 0
        """Where the passage begins, in Qt's units."""
        self._offsets = Utf16Map("")
        self._asked: Span | None = None
        self._sketches: list[Sketch] = []
        self._current: int | None = None
        self.selectionChanged.connect(lambda: self.selected.emit(self.chosen() is not None))

    def show_passage(self, passage: str, context: str) -> None:
        """Show a passage, and the end of what stands before it."""
        self._passage, self._context = passage, context
        self._offsets = Utf16Map(passage)
        self._asked, self._sketches, self._current = None, [], None
        self._write()

    def _write(self) -> None:
        self.clear()
        self.setFont(serif(PIXELS))
        cursor = QTextCursor(self.document())
        before = _ending(self._context)
        if before:
            self._put(cursor, before.translate(_SHOWN), QColor(self._theme.quiet), SMALL)
            self._put(cursor, "\n\n", QColor(self._theme.quiet), SMALL)
        self._base = cursor.position()
        self._put(cursor, self._passage.translate(_SHOWN), QColor(self._theme.ink), PIXELS)
        start = self.textCursor()
        start.setPosition(self._base)
        self.setTextCursor(start)
        self._mark()
        QTimer.singleShot(0, self, self._to_passage)

    def _to_passage(self) -> None:
        """The passage begins below some lines of what leads up to it."""
        if self.isVisible():
            bar = self.verticalScrollBar()
            bar.setValue(bar.value() + self.cursorRect().top() - ABOVE)

    def _put(self, cursor: QTextCursor, text: str, colour: QColor, pixels: int) -> None:
        shape = QTextBlockFormat()
        shape.setLineHeight(LEADING, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        shape.setBottomMargin(0 if BREAK in text else pixels * 0.62)
        letters = QTextCharFormat()
        letters.setForeground(colour)
        letters.setFont(serif(pixels))
        cursor.setBlockFormat(shape)
        cursor.setCharFormat(letters)
        cursor.insertText(text)
        between = QTextBlockFormat(shape)
        between.setLineHeight(BETWEEN, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        block = cursor.block()
        for _ in range(text.count("\n")):
            if not block.text():
                QTextCursor(block).setBlockFormat(between)
            block = block.previous()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        asked, sketches, current = self._asked, self._sketches, self._current
        self._write()
        self.mark(asked, sketches, current)

    # --- what is chosen -------------------------------------------------------------------------------------------

    def chosen(self) -> str | None:
        """The selected words of the passage, whole; None if there are none."""
        cursor = self.textCursor()
        length = self._offsets.to_utf16(len(self._passage))
        start = min(max(0, cursor.selectionStart() - self._base), length)
        end = min(max(0, cursor.selectionEnd() - self._base), length)
        span = Span(self._offsets.to_code_points(start), self._offsets.to_code_points(end))
        if not span.of(self._passage).strip():
            return None
        return whole_words(self._passage, span).of(self._passage)

    def choose(self, start: int, end: int) -> None:
        """Select words of the passage."""
        cursor = self.textCursor()
        cursor.setPosition(self._base + self._offsets.to_utf16(start))
        cursor.setPosition(self._base + self._offsets.to_utf16(end), QTextCursor.MoveMode.KeepAnchor)
        self.setTextCursor(cursor)

    # --- marks ----------------------------------------------------------------------------------------------------

    def mark(self, asked: Span | None, sketches: list[Sketch], current: int | None) -> None:
        """Show the words that a question is about, and those that are judged; `current` is the judgment being read."""
        self._asked, self._sketches, self._current = asked, list(sketches), current
        self._mark()

    def _mark(self) -> None:
        found: list[QTextEdit.ExtraSelection] = []
        if self._asked is not None:
            letters = QTextCharFormat()
            letters.setBackground(QColor(self._theme.selection))
            found.append(self._selection(self._asked, letters))
        for at, one in enumerate(self._sketches):
            place = self._passage.find(one.quote) if one.quote else -1
            if one.quote and place >= 0:
                span = Span(place, place + len(one.quote))
                found.append(self._selection(span, self._letters(one, current=at == self._current)))
        self.setExtraSelections(found)

    def _letters(self, one: Sketch, *, current: bool) -> QTextCharFormat:
        """Told apart by the line too: solid for what works, wavy for what does not, dotted where that is not said."""
        theme = self._theme
        colour, tint, line = {
            "works": (theme.earned, theme.earned_tint, QTextCharFormat.UnderlineStyle.SingleUnderline),
            "fails": (theme.unexplained, theme.unexplained_tint, QTextCharFormat.UnderlineStyle.WaveUnderline),
        }.get(one.verdict or "", (theme.quiet, theme.control, QTextCharFormat.UnderlineStyle.DotLine))
        letters = QTextCharFormat()
        letters.setUnderlineStyle(line)
        letters.setUnderlineColor(QColor(colour))
        if current:
            letters.setBackground(QColor(tint))
        return letters

    def _selection(self, span: Span, letters: QTextCharFormat) -> QTextEdit.ExtraSelection:
        one = QTextEdit.ExtraSelection()
        cursor = QTextCursor(self.document())
        cursor.setPosition(self._base + self._offsets.to_utf16(span.start))
        cursor.setPosition(self._base + self._offsets.to_utf16(span.end), QTextCursor.MoveMode.KeepAnchor)
        one.cursor = cursor
        one.format = letters
        return one

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        width = self.fontMetrics().horizontalAdvance("n" * 10) / 10 * MEASURE * 0.93
        side = max(MARGIN, int((self.width() - width - self.verticalScrollBar().sizeHint().width()) / 2))
        self.setViewportMargins(side, MARGIN, side, 0)
        # Margins that are set while the pane is hidden do not lay the text out anew.
        self.setLineWrapColumnOrWidth(self.viewport().width())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        QTimer.singleShot(0, self, self._to_passage)


def _ending(context: str) -> str:
    """The end of the draft before the passage, from the beginning of a word."""
    kept = context.rstrip()
    if len(kept) <= LEADING_UP:
        return kept
    tail = kept[-LEADING_UP:]
    return "… " + tail[tail.find(" ") + 1 :]

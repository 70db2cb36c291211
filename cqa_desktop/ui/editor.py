"""The editor: the writer's text, in a comfortable measure, with marks painted beside it and never into it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QMimeData, QPoint, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextBlockFormat,
    QTextCursor,
    QTextOption,
    QWheelEvent,
)
from PySide6.QtWidgets import QTextEdit, QWidget

from cqa_desktop.text.spans import Span
from cqa_desktop.ui import theme as themes
from cqa_desktop.ui.draft_text import from_qt, has_odd_bytes, to_qt
from cqa_desktop.ui.mark_paint import line_rects, paint_lines, paint_pointed, paint_tints, stretches
from cqa_desktop.ui.markdown import MarkdownHighlighter
from cqa_desktop.ui.score_store import ScoreStore, ShownPassage
from cqa_desktop.ui.theme import LIGHT, Theme

BASE_PIXELS: Final = 20.0
SIZES: Final = (12, 13, 14, 16, 18, 20, 22, 24, 27, 30, 34, 40, 48)
MEASURE: Final = 66
"""Characters in a line."""
LEADING: Final = 158
"""Line height, percent of the typeface's own."""
HOVER_MS: Final = 350
MARGIN: Final = 28


class DraftEditor(QTextEdit):
    """Plain text, undo untouched by marks. Offsets in its signals are UTF-16 units."""

    edited = Signal(int, int, int)
    """Position, units removed, units added."""
    hovered = Signal(int)
    """The pointer rests on a character."""
    left = Signal()
    """The pointer, or the text under it, moved on."""
    scrolled = Signal()
    zoomed = Signal(int)

    def __init__(self, store: ScoreStore, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("draft")
        self.setAccessibleName("Draft")
        self.setAcceptRichText(False)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setCursorWidth(2)
        self._store = store
        self._theme: Theme = LIGHT
        self._hidden: set[str] = set()
        self._ignored: frozenset[str] = frozenset()
        self._pointed: Span | None = None
        self._pixels = 20
        self._loading = False
        self._odd_bytes = False
        self._markdown = MarkdownHighlighter(self.document())
        self._hover = QTimer(self, singleShot=True, interval=HOVER_MS)
        self._hover.timeout.connect(self._rested)
        self._pointer = QPoint()
        self.document().contentsChange.connect(self._contents_changed)
        self.document().setDocumentMargin(0)
        self.verticalScrollBar().valueChanged.connect(lambda _value: self._moved_on())
        self.set_zoom(20)
        self.load("", markdown=False)

    # --- text -----------------------------------------------------------------------------------------------------

    def load(self, text: str, *, markdown: bool) -> None:
        """Show a draft; nothing of this can be undone."""
        self._loading = True
        self._store.clear()
        self.setUndoRedoEnabled(False)
        self._markdown.set_enabled(markdown)
        self._odd_bytes = has_odd_bytes(text)
        self.setPlainText(to_qt(text))
        self._format_frame()
        self._format_blocks()
        self.setUndoRedoEnabled(True)
        self.document().setModified(False)
        self._loading = False
        self.moveCursor(QTextCursor.MoveOperation.Start)
        self.viewport().update()

    def text(self) -> str:
        """The draft."""
        return from_qt(self.document(), odd_bytes=self._odd_bytes)

    def replace_all(self, text: str) -> None:
        """Put another text in place of the draft; one step of undo."""
        cursor = QTextCursor(self.document())
        cursor.select(QTextCursor.SelectionType.Document)
        self._odd_bytes = self._odd_bytes or has_odd_bytes(text)
        cursor.insertText(to_qt(text))

    def quote(self, start: int, end: int) -> str:
        """A stretch of the draft on one line."""
        cursor = QTextCursor(self.document())
        cursor.setPosition(start)
        cursor.setPosition(min(end, self.document().characterCount() - 1), QTextCursor.MoveMode.KeepAnchor)
        return " ".join(cursor.selectedText().split())

    def _format_frame(self) -> None:
        """Room above the first line that scrolls away with it: a band that stays would cut through letters."""
        frame = self.document().rootFrame()
        shape = frame.frameFormat()
        shape.setTopMargin(MARGIN)
        shape.setBottomMargin(MARGIN)
        frame.setFrameFormat(shape)

    def _format_blocks(self) -> None:
        shape = QTextBlockFormat()
        shape.setLineHeight(LEADING, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        # Where blank lines part the paragraphs, they are the space between them.
        blank = self.document().findBlockByNumber(1).text() == "" and self.document().blockCount() > 1
        shape.setBottomMargin(0.0 if blank else self._pixels * 0.62)
        cursor = QTextCursor(self.document())
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.setBlockFormat(shape)

    def _contents_changed(self, position: int, removed: int, added: int) -> None:
        if self._loading:
            return
        # Qt counts the last paragraph's end, which is no character of the draft, when all text is replaced.
        length = self.document().characterCount() - 1
        added = min(added, length - position)
        self._store.edit(position, removed, added)
        self._moved_on()
        self.edited.emit(position, removed, added)

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Paste words, never formats."""
        if source.hasText():
            self.textCursor().insertText(source.text().replace("\r\n", "\n").replace("\r", "\n"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._moved_on()
        if (
            event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            and event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        ):
            # Qt would put a line separator, which is no line break in a plain file.
            self.textCursor().insertBlock()
            self.ensureCursorVisible()
            return
        super().keyPressEvent(event)

    # --- looks ----------------------------------------------------------------------------------------------------

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._markdown.set_theme(theme)
        self.viewport().update()

    def set_hidden(self, kinds: set[str]) -> None:
        """Classes whose marks are not shown."""
        self._hidden = set(kinds)
        self.viewport().update()

    def set_ignored(self, quotes: frozenset[str]) -> None:
        """Passages, as they read, whose marks are not shown."""
        self._ignored = quotes
        self.viewport().update()

    def is_shown(self, passage: ShownPassage) -> bool:
        """Whether the passage's marks are to be seen."""
        if not passage.marks or passage.measure.kind in self._hidden:
            return False
        return not self._ignored or self.quote(passage.start, passage.end) not in self._ignored

    def point_at(self, place: Span | None) -> None:
        """Tint a stretch of the draft that something beside it speaks of; UTF-16 units."""
        if place != self._pointed:
            self._pointed = place
            self.viewport().update()

    def set_zoom(self, pixels: int) -> None:
        """Size of the draft's type, in pixels."""
        self._pixels = max(SIZES[0], min(SIZES[-1], pixels))
        font = themes.serif(self._pixels)
        self.document().setDefaultFont(font)
        self.setFont(font)
        self._place_column()
        self.zoomed.emit(self._pixels)

    def zoom_step(self, by: int) -> None:
        """To the next larger or smaller size; 0 is back to the first."""
        if by == 0:
            self.set_zoom(round(BASE_PIXELS))
            return
        index = min(range(len(SIZES)), key=lambda one: abs(SIZES[one] - self._pixels))
        self.set_zoom(SIZES[max(0, min(len(SIZES) - 1, index + by))])

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom_step(1 if event.angleDelta().y() > 0 else -1)
            return
        super().wheelEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_column()

    def _place_column(self) -> None:
        width = self.fontMetrics().horizontalAdvance("n" * 10) / 10 * MEASURE * 0.93
        side = max(MARGIN, int((self.width() - width - self.verticalScrollBar().sizeHint().width()) / 2))
        self.setViewportMargins(side, 0, side, 0)
        if self.document().textWidth() != self.viewport().width():
            # While a window is being shown Qt forgets a second change of size, and lines would run out of sight.
            size = self.viewport().size()
            super().resizeEvent(QResizeEvent(size, QSize()))

    def paintEvent(self, event: QPaintEvent) -> None:
        marks = [mark for passage in self._visible() if self.is_shown(passage) for mark in passage.marks]
        found = stretches(self, marks)
        painter = QPainter(self.viewport())
        paint_tints(painter, found, self._theme)
        if self._pointed is not None:
            first, last = self.visible_range()
            start, end = max(self._pointed.start, first), min(self._pointed.end, last + 1)
            paint_pointed(painter, line_rects(self, start, end) if start < end else [], self._theme)
        painter.end()
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        paint_lines(painter, found, self._theme, self._pixels / BASE_PIXELS)
        painter.end()

    def _visible(self) -> list[ShownPassage]:
        start, end = self.visible_range()
        return list(self._store.between(start, end))

    def visible_range(self) -> tuple[int, int]:
        """First and last position on the screen."""
        start = self.cursorForPosition(QPoint(0, 0)).position()
        end = self.cursorForPosition(self.viewport().rect().bottomRight()).position()
        return start, end

    # --- pointer --------------------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        point = event.position().toPoint()
        if (point - self._pointer).manhattanLength() > 3:
            self.left.emit()
            self._pointer = point
            if event.buttons() == Qt.MouseButton.NoButton:
                self._hover.start()

    def leaveEvent(self, event: object) -> None:
        self._moved_on()
        super().leaveEvent(event)  # type: ignore[arg-type]

    def _rested(self) -> None:
        position = self.cursorForPosition(self._pointer).position()
        # The nearest character may be far away: in a margin, or below the last line.
        for at in (position, position - 1):
            rects = line_rects(self, at, at + 1) if at >= 0 else []
            if any(rect.adjusted(-2, -3, 2, 3).contains(self._pointer) for rect in rects):
                self.hovered.emit(at)
                return

    def _moved_on(self) -> None:
        self._hover.stop()
        self.left.emit()
        self.scrolled.emit()

    def rect_of(self, start: int, end: int) -> QRectF | None:
        """Where a stretch of the draft begins on the screen, in the viewport's pixels: its first line."""
        rects = line_rects(self, start, end)
        return rects[0] if rects else None

    def go_to(self, start: int) -> None:
        """Put the caret there, in the middle of the screen."""
        cursor = self._cursor_at(start)
        self.setTextCursor(cursor)
        self._show_line(cursor)

    def show_place(self, start: int) -> None:
        """Bring a place to the middle of the screen; the caret stays where it is."""
        self._show_line(self._cursor_at(start))

    def _cursor_at(self, start: int) -> QTextCursor:
        cursor = self.textCursor()
        cursor.setPosition(min(max(start, 0), self.document().characterCount() - 1))
        return cursor

    def _show_line(self, cursor: QTextCursor) -> None:
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + self.cursorRect(cursor).center().y() - self.viewport().height() // 2)

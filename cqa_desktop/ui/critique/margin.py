"""A thin bar beside the lines that a note is about, painted beside the text: the draft's undo knows nothing of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from cqa_desktop.documents.notes import Note, Notes
from cqa_desktop.text.spans import Span
from cqa_desktop.ui.editor import DraftEditor
from cqa_desktop.ui.mark_paint import line_rects
from cqa_desktop.ui.theme import LIGHT, Theme

WIDTH: Final = 12
GAP: Final = 6
"""Between a bar and the text."""
BAR: Final = 2.6


class NoteMargin(QWidget):
    """Lies in the editor's margin. A click on a bar goes to its note."""

    pressed = Signal(str)

    def __init__(self, editor: DraftEditor, notes: Notes) -> None:
        super().__init__(editor)
        self._editor = editor
        self._notes = notes
        self._theme: Theme = LIGHT
        self._current = ""
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        editor.viewport().installEventFilter(self)
        editor.verticalScrollBar().valueChanged.connect(lambda _value: self.update())
        editor.edited.connect(lambda *_: self.update())
        self._place()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def set_current(self, note_id: str) -> None:
        self._current = note_id
        self.update()

    def bars(self) -> Iterator[tuple[Note, QRectF]]:
        """The notes on the screen, each with its bar in this widget's pixels."""
        if not self._notes.all():
            return
        first, last = self._editor.visible_range()
        for note in self._notes.all():
            place = self._notes.place(note.id)
            if note.state == "dismissed" or place is None or place.start > last or place.end < first:
                continue
            rects = line_rects(self._editor, *_seen(place, first, last))
            if rects:
                top, bottom = min(rect.top() for rect in rects), max(rect.bottom() for rect in rects)
                yield note, QRectF(WIDTH - GAP - BAR, top, BAR, bottom - top)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for note, bar in sorted(self.bars(), key=lambda one: one[0].id == self._current):
            colour = QColor(self._theme.accent if note.id == self._current else self._theme.quiet)
            colour.setAlphaF(1.0 if note.id == self._current else 0.55)
            pen = QPen(colour, BAR)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            if note.changed:
                pen.setDashPattern([0.6, 1.8])
            painter.setPen(pen)
            middle = bar.center().x()
            painter.drawLine(QPointF(middle, bar.top() + BAR), QPointF(middle, bar.bottom() - BAR))
        painter.end()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show):
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        view = self._editor.viewport().geometry()
        self.setGeometry(view.left() - WIDTH, view.top(), WIDTH, view.height())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        over = self._at(event.position().y()) is not None
        self.setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        found = self._at(event.position().y())
        if found is not None:
            self.pressed.emit(found.id)

    def _at(self, y: float) -> Note | None:
        """The note whose bar is there; of several, the shortest."""
        under = [(note, bar.height()) for note, bar in self.bars() if bar.top() <= y <= bar.bottom()]
        return min(under, key=lambda one: one[1])[0] if under else None


def _seen(place: Span, first: int, last: int) -> tuple[int, int]:
    """The part of a place that is on the screen: a chapter's lines need not all be laid out."""
    return max(place.start, first - 1), min(max(place.end, place.start + 1), last + 1)

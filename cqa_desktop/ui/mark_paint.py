"""Painting marks under and over the text, so that the text document, its undo and its layout know nothing of them."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QTextBlock
from PySide6.QtWidgets import QTextEdit

from cqa_desktop.ui.score_store import ShownMark
from cqa_desktop.ui.theme import Theme

FADE = 0.46
"""How much of the paper shows through predictable text."""
TINT_ABOVE, TINT_BELOW = 0.86, 0.30
"""How far a tint reaches from the baseline, in ascents and descents."""
WAVE, HEIGHT = 8.4, 1.75
"""Length and half height of a wave, pixels."""


class Stretch:
    """A mark's part of one line, in the viewport's pixels."""

    __slots__ = ("baseline", "kind", "left", "rect", "right")

    def __init__(self, kind: str, rect: QRectF, baseline: float) -> None:
        self.kind = kind
        self.rect = rect
        self.left, self.right = rect.left(), rect.right()
        self.baseline = baseline


def stretches(editor: QTextEdit, marks: list[ShownMark]) -> list[Stretch]:
    """The lines that the marks cover."""
    return [one for mark in marks for one in _stretches_of(editor, mark)]


def line_rects(editor: QTextEdit, start: int, end: int) -> list[QRectF]:
    """The rectangles, in the viewport's pixels, of a stretch of the draft."""
    return [one.rect for one in _stretches_of(editor, ShownMark(start, end, "earned"))]


def _stretches_of(editor: QTextEdit, mark: ShownMark) -> Iterator[Stretch]:
    document = editor.document()
    layout = document.documentLayout()
    down, right = editor.verticalScrollBar().value(), editor.horizontalScrollBar().value()
    block: QTextBlock = document.findBlock(mark.start)
    while block.isValid() and block.position() < mark.end:
        origin = layout.blockBoundingRect(block).topLeft() - QPointF(right, down)
        base = block.position()
        for index in range(block.layout().lineCount()):
            line = block.layout().lineAt(index)
            first = max(mark.start - base, line.textStart())
            last = min(mark.end - base, line.textStart() + line.textLength())
            if first >= last:
                continue
            x1, x2 = _x(line.cursorToX(first)), _x(line.cursorToX(last))
            x2 = min(x2, line.x() + line.naturalTextWidth()) if x2 > x1 else x2
            baseline = origin.y() + line.y() + line.ascent()
            top = baseline - line.ascent() * TINT_ABOVE
            bottom = baseline + line.descent() + line.ascent() * TINT_BELOW * 0.5
            rect = QRectF(QPointF(origin.x() + min(x1, x2), top), QPointF(origin.x() + max(x1, x2), bottom))
            yield Stretch(mark.shown_as, rect, baseline)
        block = block.next()


def _x(found: object) -> float:
    return float(found[0]) if isinstance(found, tuple) else float(found)  # type: ignore[arg-type]


def paint_tints(painter: QPainter, found: list[Stretch], theme: Theme) -> None:
    """What lies under the text."""
    tints = {"earned": QColor(theme.earned_tint), "unexplained": QColor(theme.unexplained_tint)}
    for one in found:
        if one.kind in tints:
            painter.fillRect(one.rect, tints[one.kind])


def paint_pointed(painter: QPainter, rects: list[QRectF], theme: Theme) -> None:
    """What a note speaks of, over the tint of a mark."""
    colour = QColor(theme.accent)
    colour.setAlphaF(0.26 if theme.dark else 0.15)
    for rect in rects:
        painter.fillRect(rect.adjusted(-1, -1, 1, 1), colour)


def paint_lines(painter: QPainter, found: list[Stretch], theme: Theme, scale: float) -> None:
    """What lies over it: lines, and the paper through which predictable text fades. `scale` grows with the zoom."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paper = QColor(theme.paper)
    paper.setAlphaF(FADE)
    for one in found:
        y = one.baseline + 4.2 * scale
        pen = QPen(theme.of(one.kind), 1.7 * scale)
        if one.kind == "unexplained":
            pen.setWidthF(1.3 * scale)
            painter.setPen(pen)
            painter.drawPath(_wave(one.left, one.right, y + 1.0 * scale, scale))
            continue
        if one.kind == "predictable":
            painter.fillRect(one.rect.adjusted(0, -2, 0, 0), paper)
            pen.setWidthF(1.1 * scale)
            pen.setDashPattern([3.2, 2.4])
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.drawLine(QPointF(one.left, y), QPointF(one.right, y))


def _wave(left: float, right: float, y: float, scale: float) -> QPainterPath:
    path = QPainterPath(QPointF(left, y))
    half, height = WAVE * scale / 2, HEIGHT * scale
    x, up = left, True
    while x < right:
        to = min(x + half, right)
        path.quadTo(QPointF((x + to) / 2, y + (-2 * height if up else 2 * height)), QPointF(to, y))
        x, up = to, not up
    return path

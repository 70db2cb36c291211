"""Labels with air between their lines, the sign of a verdict, and buttons of the panel's sizes."""

from __future__ import annotations

import html
import re

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QColor,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QLabel, QPushButton, QSizePolicy, QWidget

from cqa_desktop.annotations.critique import PointVerdict
from cqa_desktop.ui.theme import Theme

SIGN = 13
_LONG = re.compile(r"\S{28}(?=\S{4})")


def words_label(text: str = "", percent: int = 132) -> QLabel:
    """A label for plain words over several lines. It takes no clicks: they belong to what it lies on."""
    label = QLabel(wordWrap=True, textFormat=Qt.TextFormat.RichText)
    # Rich text asks for more width than it needs; it takes what there is.
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    set_words(label, text, percent)
    return label


def as_wide_as_there_is(widget: QWidget) -> None:
    """Let nothing in a widget make it wider than its place: a wide row would be scrolled out of sight, and words above
    it, measured for more room than they get, would be cut off.
    """
    widget.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)


def set_words(label: QLabel, text: str, percent: int = 132, lead: str = "") -> None:
    """Show plain words, after a `lead` in bold if there is one."""
    bold = f"<b>{html.escape(lead)}</b> " if lead else ""
    # Labels break lines at spaces only: what has none is given places where it may break.
    words = html.escape(_LONG.sub("\\g<0>\u200b", text)).replace("\n", "<br>")
    label.setText(f'<p style="line-height: {percent}%; margin: 0">{bold}{words}</p>' if text or lead else "")


def key_words(keys: str) -> str:
    """A key as it stands on a button."""
    native = QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
    return native.replace("Return", "↵").replace("Enter", "↵")


def button(text: str, name: str, says: str = "", *, checkable: bool = False) -> QPushButton:
    """A button in the style sheet's style `name`; `says` is what it does, for tool tips and for those who listen."""
    made = QPushButton(text)
    made.setObjectName(name)
    made.setCheckable(checkable)
    if says:
        made.setToolTip(says)
        made.setAccessibleDescription(says)
    return made


def announce(widget: QWidget, words: str) -> None:
    """Have a screen reader say what came without being asked for at this moment."""
    if words and QAccessible.isActive():
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, words))


class VerdictSign(QWidget):
    """A disc for what works, a triangle for what does not, a ring for a question. Hollow once the words changed."""

    def __init__(self, verdict: PointVerdict) -> None:
        super().__init__()
        self.verdict = verdict
        self._colour = QColor()
        self._hollow = False
        self.setFixedSize(QSize(SIGN, SIGN))

    def show_as(self, colour: QColor, *, hollow: bool) -> None:
        self._colour, self._hollow = colour, hollow
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._colour, 1.7))
        hollow = self._hollow or self.verdict == "asks"
        painter.setBrush(Qt.BrushStyle.NoBrush if hollow else self._colour)
        box = QRectF(self.rect()).adjusted(1.8, 1.8, -1.8, -1.8)
        if self.verdict == "fails":
            top = QPointF(box.center().x(), box.top())
            painter.drawPolygon(QPolygonF([top, box.bottomRight(), box.bottomLeft()]))
        else:
            painter.drawEllipse(box)
        painter.end()


def verdict_colour(verdict: PointVerdict, theme: Theme) -> QColor:
    """The colour that goes with the sign and the word."""
    return QColor({"works": theme.earned, "fails": theme.unexplained}.get(verdict, theme.accent))

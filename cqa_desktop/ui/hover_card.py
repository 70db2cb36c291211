"""What a reader expected at a word, and how surprising the writer's word was: a card beside the line, never over it."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QFrame, QGraphicsDropShadowEffect, QLabel, QVBoxLayout, QWidget

from cqa_desktop.engine.messages import TokenExplained
from cqa_desktop.ui.bars import BarRow
from cqa_desktop.ui.theme import LIGHT, Theme, serif

ROWS = 5
WIDTH = 288
GAP = 9


class HoverCard(QFrame):
    """A child of the window, placed within it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFixedWidth(WIDTH)
        self._theme: Theme = LIGHT
        layout = QVBoxLayout(self)
        layout.setContentsMargins(15, 12, 15, 12)
        layout.setSpacing(2)
        self._title = QLabel(textFormat=Qt.TextFormat.RichText)
        layout.addWidget(self._title)
        layout.addSpacing(4)
        self._rows = [BarRow(92, 50, serif(17)) for _ in range(ROWS)]
        for row in self._rows:
            layout.addWidget(row)
        layout.addSpacing(4)
        self._foot = QLabel()
        layout.addWidget(self._foot)
        self._shadow = QGraphicsDropShadowEffect(blurRadius=26, offset=QPointF(0, 7))
        self.setGraphicsEffect(self._shadow)
        self.hide()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._shadow.setColor(QColor(0, 0, 0, 150 if theme.dark else 46))
        self._foot.setStyleSheet(f"color: {theme.quiet}")

    def tell(self, word: str, event: TokenExplained, line: QRect, within: QRect) -> None:
        """Show it for a word whose line is at `line`, both in the parent's pixels; stays inside `within`."""
        theme = self._theme
        self._title.setText(
            f"<b>{_escaped(word)}</b> <span style='color:{theme.quiet}'>· {event.bits:.1f} bits · "
            f"a reader gave it {share(event.probability)}</span>"
        )
        top = max((one.probability for one in event.expected), default=1.0)
        for row, expected in zip(self._rows, [*event.expected, *[None] * ROWS], strict=False):
            row.setVisible(expected is not None)
            if expected is not None:
                # The longest bar is the likeliest word: bars are read against each other.
                part = 0.62 * expected.probability / max(top, 1e-9) if top < 0.62 else expected.probability
                row.show_bar(shown(expected.text), part, share(expected.probability), QColor(theme.predictable), theme)
        self._foot.setText("What a reader expected here" if event.expected else "Nothing in particular was expected")
        self.adjustSize()
        self.move(_beside(line, self.height(), within))
        self.show()
        self.raise_()


def _beside(line: QRect, height: int, within: QRect) -> QPoint:
    below = line.bottom() + GAP
    y = below if below + height <= within.bottom() else line.top() - GAP - height
    x = min(max(line.left() - 14, within.left() + 8), within.right() - WIDTH - 8)
    return QPoint(x, max(y, within.top()))


def share(probability: float) -> str:
    """A probability as a percentage that is not nothing."""
    percent = 100 * probability
    if percent >= 10:
        return f"{percent:.0f}%"
    if percent >= 0.095:
        return f"{percent:.1f}%"
    return f"{percent:.2f}%" if percent >= 0.01 else "under 0.01%"


def shown(text: str) -> str:
    """An expected word, or a name for what cannot be seen."""
    plain = text.strip()
    return plain if plain else "a new paragraph" if "\n" in text else "a space"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")

"""What a set covers: a bar for each dimension, constraint and verdict, and in words what it still lacks."""

from __future__ import annotations

import re
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from cqa_desktop.annotations.coverage import ENOUGH, SHARE_OF, Coverage
from cqa_desktop.annotations.types import CONSTRAINTS, DIMENSIONS, VERDICTS
from cqa_desktop.ui.labels import set_words, words_label
from cqa_desktop.ui.theme import LIGHT, Theme

GROUPS: Final = (DIMENSIONS, CONSTRAINTS, VERDICTS)
LABEL: Final = 74
FIGURE: Final = 82
BAR: Final = 7.0
_WANTED: Final = re.compile(r"(\w+): \d+ of \d+; write about (\d+) more")


class ShareBar(QWidget):
    """How much of the judgments one word of the schema has; a tick stands at the least share it should have."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._count, self._total = 0, 0
        self._theme: Theme = LIGHT
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_count(self, count: int, total: int, theme: Theme) -> None:
        self._count, self._total, self._theme = count, total, theme
        self.setAccessibleName(f"{self._name}: {self.figure}; at least {SHARE_OF[self._name]:.0%} is wanted")
        self.setToolTip(f"At least {SHARE_OF[self._name]:.0%} of the judgments should be this")
        self.update()

    @property
    def share(self) -> float:
        return self._count / self._total if self._total else 0.0

    @property
    def figure(self) -> str:
        return f"{self._count:,} · {self.share:.0%}"

    def sizeHint(self) -> QSize:
        return QSize(240, round(QFontMetricsF(self.font()).height() * 1.3))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        whole = QRectF(self.rect())
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
        painter.setPen(QColor(self._theme.ink))
        painter.drawText(QRectF(0, 0, LABEL, whole.height()), flags | Qt.AlignmentFlag.AlignLeft, self._name)
        painter.setPen(QColor(self._theme.quiet))
        right = QRectF(whole.width() - FIGURE, 0, FIGURE, whole.height())
        painter.drawText(right, flags | Qt.AlignmentFlag.AlignRight, self.figure)
        track = QRectF(LABEL + 8, (whole.height() - BAR) / 2, whole.width() - LABEL - FIGURE - 18, BAR)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.track))
        painter.drawRoundedRect(track, 3, 3)
        least = SHARE_OF[self._name]
        if self._count:
            enough = self.share >= least
            painter.setBrush(QColor(self._theme.earned if enough else self._theme.unexplained))
            filled = QRectF(track)
            filled.setWidth(max(track.width() * min(self.share, 1.0), 4.0))
            painter.drawRoundedRect(filled, 3, 3)
        at = track.left() + track.width() * least
        painter.setPen(QPen(QColor(self._theme.ink), 1.4))
        painter.drawLine(round(at), round(track.top() - 3), round(at), round(track.bottom() + 3))
        painter.end()


class CoverageView(QWidget):
    """Bars, and what to write next."""

    def __init__(self) -> None:
        super().__init__()
        self._theme: Theme = LIGHT
        self._coverage: Coverage | None = None
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        self.total = QLabel()
        self.total.setStyleSheet("font-weight: 600")
        rows.addWidget(self.total)
        rows.addSpacing(5)
        self.bars: dict[str, ShareBar] = {}
        for group in GROUPS:
            for name in group:
                self.bars[name] = ShareBar(name)
                rows.addWidget(self.bars[name])
            rows.addSpacing(6)
        self.wanted = words_label()
        rows.addWidget(self.wanted)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.wanted.setStyleSheet(f"color: {theme.quiet}")
        if self._coverage is not None:
            self.show_coverage(self._coverage)

    def show_coverage(self, coverage: Coverage) -> None:
        """Show the counts of what would be trained on."""
        self._coverage = coverage
        count = coverage.judgments
        self.total.setText(
            f"{count:,} judgment{'' if count == 1 else 's'} in {coverage.annotations:,} finished "
            f"annotation{'' if coverage.annotations == 1 else 's'}"
        )
        for name, bar in self.bars.items():
            bar.show_count(coverage.counts[name], count, self._theme)
        set_words(self.wanted, lacking(coverage))


def lacking(coverage: Coverage) -> str:
    """What the set still lacks, most urgent first."""
    more = [(match[1], match[2]) for line in coverage.wanted if (match := _WANTED.match(line))]
    lead = "" if coverage.judgments >= ENOUGH else f"A set should hold about {ENOUGH} judgments. "
    if not more:
        return lead + "Every part has its share."
    return f"{lead}Still lacking: about {', '.join(f'{count} {name}' for name, count in more)}."


def most_wanted(coverage: Coverage) -> str:
    """What to write next, in one line."""
    if not coverage.judgments:
        return "No finished judgment is in the set yet"
    match = next((match for line in coverage.wanted if (match := _WANTED.match(line))), None)
    if match is None:
        return "Every part of the set has its share"
    name = match[1]
    return f"Most wanted: {name}, {coverage.counts[name]} of {coverage.judgments} judgments"

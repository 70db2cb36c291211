"""The panel that explains the passage under the caret: plain words first, the numbers one click away."""

from __future__ import annotations

import html

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from cqa_desktop.measure.explain import bits_per_word, explain, headline
from cqa_desktop.measure.types import BRIEF, PassageMeasure
from cqa_desktop.ui.bars import BarRow
from cqa_desktop.ui.labels import button, key_words
from cqa_desktop.ui.theme import LIGHT, Theme, serif

SCALE_BITS = 11.0
"""Bits a word that fill a bar; more shrinks all three."""
QUOTED = 260
VIEW_LABELS = {"bare": "on its own", "story": "after the story", "brief": "with the brief"}


class PassagePanel(QWidget):
    """Shows one passage, or what to do to see one."""

    ignore_toggled = Signal(bool)
    critique_asked = Signal()
    version_asked = Signal()
    """The writer wants to try another version of the passage."""

    def __init__(self) -> None:
        super().__init__()
        self._theme: Theme = LIGHT
        self._measure: PassageMeasure | None = None
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        area = QScrollArea(widgetResizable=True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        outer.addWidget(area)
        inside = QWidget()
        area.setWidget(inside)
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(20, 20, 20, 20)
        layout.setSpacing(0)
        self._title = _label()
        self._quote = _label()
        self._quote.setFont(serif(19))
        self._words = _label()
        self._bars = [BarRow(96, 70) for _ in range(3)]
        self._compare = _label()
        self._ask = button(f"Ask for a critique  {key_words('Ctrl+Return')}", "", "What works here, what does not, why")
        self._ask.setAccessibleName("Ask for a critique")
        self._ask.clicked.connect(self.critique_asked)
        self._version = button("Try another version…", "link", "Set another version beside this passage")
        self._version.clicked.connect(self.version_asked)
        self._numbers_button = button("Numbers", "link", "Show the figures behind the words", checkable=True)
        self._numbers_button.toggled.connect(self._show_numbers)
        self._ignore = QPushButton("Ignore")
        self._ignore.setCheckable(True)
        self._ignore.setToolTip("Do not mark this passage while it reads as it does")
        self._ignore.clicked.connect(self.ignore_toggled)
        self._numbers = QWidget()
        self._grid = QGridLayout(self._numbers)
        self._grid.setContentsMargins(0, 16, 0, 0)
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(5)
        self._numbers.hide()
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self._ask)
        buttons.addWidget(self._ignore)
        buttons.addStretch(1)
        more = QHBoxLayout()
        more.setSpacing(16)
        more.addWidget(self._version)
        more.addWidget(self._numbers_button)
        more.addStretch(1)
        for widget, space in ((self._title, 6), (self._quote, 14), (self._words, 16)):
            layout.addWidget(widget)
            layout.addSpacing(space)
        for bar in self._bars:
            layout.addWidget(bar)
            layout.addSpacing(5)
        layout.addSpacing(12)
        layout.addWidget(self._compare)
        layout.addSpacing(16)
        layout.addLayout(buttons)
        layout.addSpacing(8)
        layout.addLayout(more)
        layout.addWidget(self._numbers)
        layout.addStretch(1)
        self.show_nothing("Put the caret in a sentence to see what a reader makes of it.")

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._compare.setStyleSheet(f"color: {theme.quiet}")
        self._refresh()

    def show_nothing(self, words: str) -> None:
        """No passage: say why."""
        self._measure = None
        self._title.setText("")
        self._words.setText(_spaced(words))
        for widget in (self._title, self._quote, self._compare, *self._buttons(), *self._bars):
            widget.hide()
        self._numbers.hide()

    def show_passage(self, measure: PassageMeasure, quote: str, compare: str, *, ignored: bool) -> None:
        """Explain a passage; `compare` is a sentence that sets it beside the rest of the draft."""
        self._measure = measure
        self._quote.setText(_spaced(quote if len(quote) <= QUOTED else quote[: QUOTED - 1].rstrip() + "…", 112))
        self._words.setText(_spaced(explain(measure, BRIEF in measure.surprisal)))
        self._compare.setText(_spaced(compare))
        for widget in (self._title, self._quote, *self._buttons()):
            widget.show()
        self._compare.setVisible(bool(compare))
        self._ignore.setVisible(measure.kind != "steady")
        self._ignore.setChecked(ignored)
        self._ignore.setText("Ignored" if ignored else "Ignore")
        self._refresh()

    def _buttons(self) -> tuple[QPushButton, ...]:
        return self._ask, self._version, self._numbers_button, self._ignore

    def _refresh(self) -> None:
        measure = self._measure
        if measure is None:
            return
        colour = self._theme.of(measure.kind)
        self._title.setText(headline(measure.kind))
        self._title.setStyleSheet(f"color: {colour.name()}; font-weight: 600")
        rows = bits_per_word(measure)
        full = max(SCALE_BITS, *(bits for _, bits in rows))
        for bar, row in zip(self._bars, [*rows, None, None], strict=False):
            bar.setVisible(row is not None)
            if row is not None:
                unit = " bits/w" if row is rows[0] else ""
                bar.show_bar(row[0], row[1] / full, f"{row[1]:.1f}{unit}", colour, self._theme)
        self._show_numbers(self._numbers_button.isChecked())

    def _show_numbers(self, on: bool) -> None:
        if on and self._measure is not None:
            self._fill_numbers(self._measure)
        self._numbers.setVisible(on and self._measure is not None)

    def _fill_numbers(self, measure: PassageMeasure) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        self._row(0, "bits", "surprisal", "entropy", "z")
        views = [view for view in VIEW_LABELS if view in measure.surprisal]
        for index, view in enumerate(views, start=1):
            figures = (measure.surprisal[view], measure.entropy[view])
            self._row(index, VIEW_LABELS[view], *(f"{one:.1f}" for one in figures), f"{measure.z[view]:+.2f}")
        information = measure.information
        at = len(views) + 1
        for label, figure in (
            ("information", information.total),
            ("· from the story", information.story),
            ("· from the brief", information.brief),
            ("· on words used before", information.copied),
        ):
            self._row(at, label, f"{figure:+.1f}")
            at += 1
        standing = measure.percentile
        for label, percent in (
            ("percentile of z", standing.z),
            ("· of information", standing.information),
            ("· of bits a token", standing.bits_per_token),
        ):
            self._row(at, label, f"{percent:.0f}")
            at += 1
        self._row(at, "tokens, words", f"{measure.tokens}, {measure.words}")

    def _row(self, index: int, label: str, *figures: str) -> None:
        name = QLabel(label)
        name.setStyleSheet(f"color: {self._theme.quiet}")
        self._grid.addWidget(name, index, 0)
        for column, figure in enumerate(figures, start=1):
            cell = QLabel(figure)
            cell.setAlignment(Qt.AlignmentFlag.AlignRight)
            if index == 0:
                cell.setStyleSheet(f"color: {self._theme.quiet}")
            self._grid.addWidget(cell, index, column)


def _label() -> QLabel:
    label = QLabel(wordWrap=True, textFormat=Qt.TextFormat.RichText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def _spaced(text: str, percent: int = 135) -> str:
    """Words with air between their lines, which plain labels do not give."""
    return f'<p style="line-height: {percent}%; margin: 0">{html.escape(text)}</p>'

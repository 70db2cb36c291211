"""The judgments of a passage: which words, about what, how they fare, and why."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Final

import msgspec
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from cqa_desktop.documents.teaching import Sketch
from cqa_desktop.ui.labels import button, key_words, set_words, words_label
from cqa_desktop.ui.scroll import page_area
from cqa_desktop.ui.teach.choice import Choice
from cqa_desktop.ui.teach.fields import Field, named
from cqa_desktop.ui.theme import LIGHT, Theme, serif

CHOICES: Final = (
    (
        "dimension",
        "About",
        {
            "craft": "How it is made",
            "audience": "What it does to whom it is for",
            "reality": "Whether it could be so, in its world",
        },
    ),
    (
        "constraint",
        "Held to",
        {"ethos": "Character", "mythos": "Plot", "lexis": "Style", "dianoia": "Thought"},
    ),
    ("verdict", "Verdict", {"works": "It does what it should", "fails": "It does not"}),
)
WORDS: Final = (
    ("reasoning", "Why", "In your own words: what it does, and by what.", 5),
    ("counterfactual", "Otherwise", "What would another choice have done?", 3),
    ("suggestion", "Try", "A direction, rather than a rewrite. May be left empty.", 2),
)
MOST_SHOWN: Final = 150
MOST_IN_ROW: Final = 32
"""Characters."""
ROW: Final = 30
MOST_ROWS: Final = 5


class JudgmentPage(QWidget):
    """Judgments in a list; the chosen one in fields below it. What is changed is said at once."""

    new_asked = Signal()
    changed = Signal(int, object, str)
    """Place, the Sketch as it is now, and the field that changed."""
    removed = Signal(int)
    quote_asked = Signal(int)
    """The selected words become the judgment's."""
    turned_to = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._theme: Theme = LIGHT
        self._sketches: list[Sketch] = []
        self._passage = ""
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        holder = QWidget()
        rows = QVBoxLayout(holder)
        rows.setContentsMargins(22, 18, 22, 20)
        rows.setSpacing(0)
        self.hint = words_label()
        self.new = button(f"Judge the selected words  {key_words('Ctrl+J')}", "", "Begin a judgment (Ctrl+J)")
        self.new.clicked.connect(self.new_asked)
        self.list = QListWidget()
        self.list.setAccessibleName("Judgments")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.currentRowChanged.connect(self._turned)
        delete = QShortcut(QKeySequence("Delete"), self.list, context=Qt.ShortcutContext.WidgetShortcut)
        delete.activated.connect(lambda: self.removed.emit(self.list.currentRow()))
        rows.addWidget(self.hint)
        rows.addWidget(self.list)
        rows.addSpacing(10)
        rows.addWidget(self.new, 0, Qt.AlignmentFlag.AlignLeft)
        self.form = QWidget()
        self._fill_form()
        rows.addWidget(self.form)
        rows.addStretch(1)
        outer.addWidget(page_area(holder))

    def _fill_form(self) -> None:
        rows = QVBoxLayout(self.form)
        rows.setContentsMargins(0, 18, 0, 0)
        rows.setSpacing(5)
        self.quote = words_label(percent=124)
        self.quote.setFont(serif(16))
        rows.addWidget(self.quote)
        row = QHBoxLayout()
        row.setContentsMargins(-6, 0, 0, 0)
        row.setSpacing(2)
        self.take = button("Use the selected words", "flat", "The words selected in the passage become this judgment's")
        self.take.clicked.connect(lambda: self.quote_asked.emit(self.list.currentRow()))
        self.whole = button("The whole passage", "flat", "This judgment is of the passage as a whole")
        self.whole.clicked.connect(lambda: self.set_quote(None))
        self.remove = button("Remove", "flat", "Remove this judgment; Undo brings it back")
        self.remove.clicked.connect(lambda: self.removed.emit(self.list.currentRow()))
        for one in (self.take, self.whole, self.remove):
            row.addWidget(one)
        row.addStretch(1)
        rows.addLayout(row)
        self.choices: dict[str, Choice] = {}
        for field, name, options in CHOICES:
            choice = Choice(name, options)
            choice.chosen.connect(lambda value, field=field: self._change(field, value))
            self.choices[field] = choice
            rows.addSpacing(7)
            rows.addWidget(named(name, choice))
            rows.addWidget(choice)
            if field == "constraint":
                fine = QLabel("ethos: character · mythos: plot · lexis: style · dianoia: thought")
                fine.setObjectName("fine")
                rows.addWidget(fine)
        self.fields: dict[str, Field] = {}
        for field, name, hint, lines in WORDS:
            words = Field(name, hint, lines)
            words.textChanged.connect(lambda field=field, words=words: self._change(field, words.text()))
            self.fields[field] = words
            rows.addSpacing(7)
            rows.addWidget(named(name, words))
            rows.addWidget(words)
        self.lacks = QLabel(wordWrap=True)
        self.lacks.setObjectName("fine")
        rows.addSpacing(6)
        rows.addWidget(self.lacks)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.hint.setStyleSheet(f"color: {theme.quiet}")
        self._list()

    @property
    def current(self) -> int | None:
        """The place of the judgment in the fields."""
        row = self.list.currentRow()
        return row if 0 <= row < len(self._sketches) else None

    def show_sketches(self, sketches: Sequence[Sketch] | None, turn_to: int | None = None) -> None:
        """Show a passage's judgments; None where there is no passage."""
        before = self.current
        self._sketches = list(sketches or [])
        self.new.setEnabled(sketches is not None)
        self._list()
        wanted = turn_to if turn_to is not None else before
        if self._sketches:
            row = min(wanted if wanted is not None else 0, len(self._sketches) - 1)
            self.list.blockSignals(True)
            self.list.setCurrentRow(row)
            self.list.blockSignals(False)
        self._show_form()

    def show_passage(self, passage: str) -> None:
        """What quotes must stand in."""
        self._passage = passage
        if self.current is not None:
            self._show_lacks(self._sketches[self.current])

    def turn_to(self, at: int) -> None:
        """Put a judgment into the fields, and the keyboard where something is lacking."""
        self.list.setCurrentRow(at)
        lacks = self._sketches[at].lacks
        first = lacks[0] if lacks else "reasoning"
        (self.choices[first] if first in self.choices else self.fields[first]).setFocus()

    def set_quote(self, quote: str | None) -> None:
        """Tie the judgment in the fields to words of the passage, or to the whole of it."""
        self._change("quote", quote)

    def _list(self) -> None:
        row = self.list.currentRow()
        self.list.blockSignals(True)
        while self.list.count() > len(self._sketches):
            self.list.takeItem(self.list.count() - 1)
        while self.list.count() < len(self._sketches):
            item = QListWidgetItem()
            item.setSizeHint(QSize(10, ROW))
            self.list.addItem(item)
        for at, one in enumerate(self._sketches):
            item = self.list.item(at)
            item.setText(_line(one))
            item.setToolTip(html.escape(one.quote or "The whole passage"))
            item.setForeground(QColor(self._theme.quiet if one.lacks else self._theme.ink))
        self.list.setCurrentRow(row)
        self.list.blockSignals(False)
        self.list.setFixedHeight(ROW * min(MOST_ROWS, len(self._sketches)) + 10)
        self.list.setVisible(bool(self._sketches))
        set_words(
            self.hint,
            ""
            if self._sketches
            else "Nothing is judged yet. Select words of the passage and judge them, or make a judgment of an answer.",
        )
        self.hint.setVisible(not self._sketches)
        if not self._sketches:
            self.hint.setContentsMargins(0, 0, 0, 12)

    def _show_form(self) -> None:
        at = self.current
        self.form.setVisible(at is not None)
        if at is None:
            return
        one = self._sketches[at]
        set_words(self.quote, _marked(_shortened(one.quote)) if one.quote else "The whole passage", 124)
        self.whole.setEnabled(one.quote is not None)
        for field, choice in self.choices.items():
            choice.show_value(getattr(one, field))
        for field, words in self.fields.items():
            words.show_text(getattr(one, field))
        self._show_lacks(one)

    def _show_lacks(self, one: Sketch) -> None:
        names = {"dimension": "what it is about", "constraint": "what it is held to", "verdict": "the verdict"}
        missing = [names.get(name, "why") for name in one.lacks]
        said = f"Still to say: {', '.join(missing)}. It is kept, and trained on once that is said." if missing else ""
        if one.quote is not None and one.quote not in self._passage:
            said = "Its words do not stand in the passage any more: select others, and use those."
        self.lacks.setText(said)
        self.lacks.setVisible(bool(said))

    def _turned(self, _row: int) -> None:
        self._show_form()
        if self.current is not None:
            self.turned_to.emit(self.current)

    def _change(self, field: str, value: str | None) -> None:
        at = self.current
        if at is None or getattr(self._sketches[at], field) == value:
            return
        self._sketches[at] = msgspec.structs.replace(self._sketches[at], **{field: value})
        self._list()
        self._show_lacks(self._sketches[at])
        if field == "quote":
            self._show_form()
        self.changed.emit(at, self._sketches[at], field)

    def focusInEvent(self, event: QFocusEvent) -> None:
        (self.list if self._sketches else self.new).setFocus(event.reason())


def _line(one: Sketch) -> str:
    sign = {"works": "●", "fails": "▲"}.get(one.verdict or "", "○")
    quote = " ".join(one.quote.split()) if one.quote else "The whole passage"
    about = " · ".join(part for part in (one.dimension, one.constraint) if part)
    short = quote if len(quote) <= MOST_IN_ROW else quote[: MOST_IN_ROW - 1].rstrip() + "…"
    shown = _marked(short) if one.quote else quote
    return f"{sign}  {shown}   {about}"


def _marked(quote: str) -> str:
    """In quote marks, unless it brings its own."""
    return quote if any(mark in quote for mark in '“”"') else f"“{quote}”"


def _shortened(quote: str) -> str:
    line = " ".join(quote.split())
    if len(line) <= MOST_SHOWN:
        return line
    return f"{line[: MOST_SHOWN // 2].rsplit(' ', 1)[0]} … {line[-MOST_SHOWN // 2 :].split(' ', 1)[-1]}"

"""Try another version: it stands beside the passage, and never goes into the draft by itself."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QHideEvent
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from cqa_desktop.engine.messages import VersionsCompared, VersionWord
from cqa_desktop.text.offsets import Utf16Map
from cqa_desktop.text.words import fold
from cqa_desktop.ui.compare.differences import VIEWS, Differences
from cqa_desktop.ui.compare.word_view import TintedWord, WordView
from cqa_desktop.ui.labels import button, set_words, words_label
from cqa_desktop.ui.theme import LIGHT, Theme

SIZE: Final = (880, 560)
PAUSE_MS: Final = 500
"""After the last keystroke."""
HINT: Final = "Change some words of the second version: both are then read in the same place, under the same brief."
FOOT: Final = "More surprising is neither better nor worse. Nothing here goes into the draft."


class VersionsDialog(QDialog):
    """Stands beside the window; the writing goes on."""

    compare_asked = Signal()
    left = Signal()
    """It was closed."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Try another version")
        self.setModal(False)
        self.resize(*SIZE)
        self._theme: Theme = LIGHT
        self._found: VersionsCompared | None = None
        self._tried: dict[str, str] = {}
        """Passages to their other versions: closing loses nothing."""
        self._partners: tuple[dict[int, int], dict[int, int]] = ({}, {})
        self.first = WordView(editable=False)
        self.second = WordView(editable=True)
        self.second.setPlaceholderText("Write another version here.")
        self.says = words_label(HINT, 140)
        self.says.setMinimumHeight(2 * self.fontMetrics().lineSpacing() + 8)
        self.word = QLabel()
        self.word.setTextFormat(Qt.TextFormat.PlainText)
        self.differences = Differences()
        self.differences.hide()
        self._foot = words_label(FOOT)
        self._captions = [QLabel("First version: as it stands in the draft"), QLabel("Second version")]
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(self.compare_asked)
        self._lay_out()
        self.second.edited.connect(self._edited)
        self.first.pointed.connect(lambda index: self._point(0, index))
        self.second.pointed.connect(lambda index: self._point(1, index))
        self.differences.view_chosen.connect(lambda _view: self._tint())

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(22, 18, 22, 16)
        layout.setSpacing(8)
        texts = QGridLayout()
        texts.setHorizontalSpacing(16)
        texts.setVerticalSpacing(6)
        for column, (caption, text) in enumerate(zip(self._captions, (self.first, self.second), strict=True)):
            caption.setBuddy(text)
            text.setAccessibleName(caption.text())
            texts.addWidget(caption, 0, column)
            texts.addWidget(text, 1, column)
            texts.setColumnStretch(column, 1)
        layout.addLayout(texts, 1)
        layout.addWidget(self.word)
        layout.addSpacing(2)
        layout.addWidget(self.says)
        layout.addWidget(self.differences)
        layout.addSpacing(2)
        layout.addWidget(self._foot)
        row = QHBoxLayout()
        self.numbers = button("Numbers", "link", "Show the figures behind the words", checkable=True)
        self.numbers.toggled.connect(self.differences.show_numbers)
        self.copy = button("Copy the second version", "")
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.second.text()))
        close = button("Close", "")
        close.clicked.connect(self.close)
        for one in (self.numbers, self.copy, close):
            one.setAutoDefault(False)
        row.addWidget(self.numbers)
        row.addStretch(1)
        row.addWidget(self.copy)
        row.addWidget(close)
        layout.addLayout(row)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        for label in (*self._captions, self.word, self._foot):
            label.setStyleSheet(f"color: {theme.quiet}")
        for text in (self.first, self.second):
            text.set_theme(theme)
        self.differences.set_theme(theme)

    # --- the two texts --------------------------------------------------------------------------------------------

    def begin(self, passage: str) -> None:
        """Take a passage: the second version starts from its words."""
        self._keep()
        self.first.take(passage)
        self.second.take(self._tried.get(passage, passage))
        self.second.selectAll()
        self.second.setFocus()
        self._forget(HINT)
        self._pause.start()

    def _keep(self) -> None:
        own, other = self.first.text(), self.second.text()
        if other.strip() and other != own:
            self._tried[own] = other

    def show_passage(self, passage: str) -> None:
        """The passage as the draft now has it."""
        if passage != self.first.text():
            self.first.take(passage)
            self._edited()

    def _edited(self) -> None:
        self._found = None
        self.first.show_words([])
        self.second.show_words([])
        self.word.setText("")
        # The figures before stay to be seen, quiet, until new ones take their place.
        self.differences.setEnabled(False)
        self._pause.start()

    def _forget(self, words: str) -> None:
        self._found = None
        self.differences.hide()
        self.word.setText("")
        set_words(self.says, words, 140)

    def tell(self, words: str) -> None:
        """Say why nothing can be compared."""
        self._pause.stop()
        self._forget(words)

    def wait(self) -> None:
        """Both are being read."""
        if self.differences.isHidden():
            set_words(self.says, "Both versions are being read.", 140)

    # --- what was found -------------------------------------------------------------------------------------------

    def show_found(self, found: VersionsCompared) -> None:
        """How the two compare."""
        self._found = found
        self._partners = _partners(self.first.text(), found.first, self.second.text(), found.second)
        set_words(self.says, found.summary, 140)
        self.differences.setEnabled(True)
        self.differences.show_views(found.views)
        self.differences.show()
        self._tint()

    def _tint(self) -> None:
        found, view = self._found, self.differences.view()
        if found is None:
            return
        sides = ((self.first, found.first), (self.second, found.second))
        for (text, words), partners in zip(sides, self._partners, strict=True):
            offsets = Utf16Map(text.text())
            text.show_words(
                [
                    TintedWord(
                        offsets.to_utf16(word.start),
                        offsets.to_utf16(word.end),
                        word.bits.get(view, 0.0),
                        index not in partners,
                    )
                    for index, word in enumerate(words)
                ]
            )
        self._point(1, -1)

    def _point(self, side: int, index: int) -> None:
        """Say how surprising one word is, and the same word in the other version."""
        found, view = self._found, self.differences.view()
        if found is None:
            self.word.setText("")
            return
        if index < 0:
            self.word.setText("The deeper a word’s tint, the more surprising. Point at a word to see by how much.")
            return
        own, other = (found.first, found.second) if side == 0 else (found.second, found.first)
        text = (self.first, self.second)[side].text()
        word = own[index]
        said = f"{text[word.start : word.end]} · {word.bits.get(view, 0.0):.1f} bits {VIEWS.get(view, view).lower()}"
        partner = self._partners[side].get(index)
        where = "second" if side == 0 else "first"
        if partner is not None:
            self.word.setText(f"{said} · {other[partner].bits.get(view, 0.0):.1f} in the {where} version")
        else:
            self.word.setText(f"{said} · not in the {where} version")

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._keep()
        self._pause.stop()
        self.left.emit()


def _partners(
    first: str, first_words: Sequence[VersionWord], second: str, second_words: Sequence[VersionWord]
) -> tuple[dict[int, int], dict[int, int]]:
    """Which word of one version is which of the other, both ways."""
    one = [fold(first[word.start : word.end]) for word in first_words]
    other = [fold(second[word.start : word.end]) for word in second_words]
    pairs: dict[int, int] = {}
    for block in SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks():
        pairs.update({block.a + step: block.b + step for step in range(block.size)})
    return pairs, {there: here for here, there in pairs.items()}

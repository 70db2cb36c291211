"""What the marks can say and what they cannot, in plain words: a page to read, beside the draft."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QTextBlock, QTextBlockFormat, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QDialog, QTextBrowser, QVBoxLayout, QWidget

from cqa_desktop.resources import resource
from cqa_desktop.ui.theme import LIGHT, Theme, serif

TITLE: Final = "What the marks say"
SIZE: Final = (680, 720)
MARGIN: Final = 44
TEXT_PIXELS, HEADING_PIXELS, TITLE_PIXELS = 17, 20, 27
LINE_HEIGHT: Final = 145.0
"""Per cent of the type's own."""
_KINDS: Final = {"Earned surprise": "earned", "Unexplained surprise": "unexplained", "Predictable": "predictable"}
"""Headings that have the colour of their mark."""


class HelpPage(QDialog):
    """A page that stays open beside the draft; Escape closes it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = LIGHT
        self._written = False
        self.setWindowTitle(TITLE)
        self.setModal(False)
        self.resize(*SIZE)
        self.page = QTextBrowser(self)
        self.page.setObjectName("help")
        self.page.setAccessibleName(TITLE)
        self.page.setFrameShape(QTextBrowser.Shape.NoFrame)
        self.page.setOpenLinks(False)
        self.page.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.page)

    def open_page(self) -> None:
        """Show it; it is written when it is first asked for."""
        if not self._written:
            self._write()
        self.show()
        self.raise_()
        self.activateWindow()

    def set_theme(self, theme: Theme) -> None:
        """A page that was shown is written anew in the theme's colours, where it was scrolled to."""
        self._theme = theme
        if self._written:
            self._write()

    def _write(self) -> None:
        theme = self._theme
        self._written = True
        at = self.page.verticalScrollBar().value()
        self.setStyleSheet(f"QDialog, #help {{ background: {theme.paper}; color: {theme.ink}; }}")
        document = self.page.document()
        document.setDefaultFont(serif(TEXT_PIXELS))
        document.setDocumentMargin(MARGIN)
        self.page.setMarkdown(resource("help", "marks.md").read_text(encoding="utf-8"))
        block = document.begin()
        while block.isValid():
            _set(block, theme)
            block = block.next()
        self.page.moveCursor(QTextCursor.MoveOperation.Start)
        self.page.verticalScrollBar().setValue(at)


def _set(block: QTextBlock, theme: Theme) -> None:
    level = block.blockFormat().headingLevel()
    form = QTextBlockFormat()
    form.setLineHeight(LINE_HEIGHT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    form.setTopMargin({0: 0, 1: 0}.get(level, 22))
    form.setBottomMargin({0: 9, 1: 14}.get(level, 4))
    cursor = QTextCursor(block)
    cursor.mergeBlockFormat(form)
    cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
    look = QTextCharFormat()
    if level:
        font = serif(TITLE_PIXELS if level == 1 else HEADING_PIXELS)
        font.setWeight(QFont.Weight.DemiBold)
        look.setFont(font)
    kind = _KINDS.get(block.text())
    look.setForeground(theme.of(kind) if level and kind else QColor(theme.ink))
    cursor.mergeCharFormat(look)

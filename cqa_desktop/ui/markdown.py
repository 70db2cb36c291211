"""Headings, scene breaks and emphasis of Markdown, shown lightly: the text itself stays as it is."""

from __future__ import annotations

import re

from PySide6.QtGui import QColor, QFont, QSyntaxHighlighter, QTextCharFormat, QTextDocument

from cqa_desktop.ui.theme import LIGHT, Theme

_HEADING = re.compile(r"(#{1,6}) \S")
_BREAK = re.compile(r"\s*(?:\*\s*){3,}$|\s*-{3,}\s*$")
_EMPHASIS = re.compile(
    r"(?<![\w*])(\*{1,2})(?=\S)([^*\n]+?)(?<=\S)\1(?![\w*])|(?<!\w)(_{1,2})(?=\S)([^_\n]+?)(?<=\S)\3(?!\w)"
)
_GROWTH = {1: 1.45, 2: 1.25, 3: 1.12}


class MarkdownHighlighter(QSyntaxHighlighter):
    """Works on the layout alone; undo knows nothing of it."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self._enabled = False
        self._theme: Theme = LIGHT

    def set_enabled(self, enabled: bool) -> None:
        if enabled != self._enabled:
            self._enabled = enabled
            self.rehighlight()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        if self._enabled:
            self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        if not self._enabled:
            return
        quiet = QTextCharFormat()
        quiet.setForeground(QColor(self._theme.quiet))
        heading = _HEADING.match(text)
        if heading:
            level = len(heading.group(1))
            large = QTextCharFormat()
            pixels = self.document().defaultFont().pixelSize() * _GROWTH.get(level, 1.0)
            font = QFont(self.document().defaultFont())
            font.setPixelSize(round(pixels))
            large.setFont(font)
            self.setFormat(0, len(text), large)
            marker = QTextCharFormat(large)
            marker.setForeground(QColor(self._theme.quiet))
            self.setFormat(0, level, marker)
        elif _BREAK.match(text):
            self.setFormat(0, len(text), quiet)
        elif "*" in text or "_" in text:
            for match in _EMPHASIS.finditer(text):
                marks = match.group(1) or match.group(3)
                shape = QTextCharFormat()
                shape.setFontItalic(len(marks) == 1)
                if len(marks) == 2:
                    shape.setFontWeight(QFont.Weight.DemiBold)
                start, end = (_units(text, offset) for offset in match.span())
                self.setFormat(start, end - start, shape)
                self.setFormat(start, len(marks), quiet)
                self.setFormat(end - len(marks), len(marks), quiet)


def _units(text: str, offset: int) -> int:
    """UTF-16 units before a code point of one line."""
    return offset if text.isascii() else len(text[:offset].encode("utf-16-le", "surrogatepass")) // 2

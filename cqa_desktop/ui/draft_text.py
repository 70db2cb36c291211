"""Between a draft's text and what Qt's text document can hold.

Qt drops lone surrogates, which is how bytes that are no UTF-8 are kept; they are shown as private-use characters,
one for one. Its own `toPlainText` would turn no-break spaces into spaces, so the raw text is read instead.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtGui import QTextDocument

ODD_BYTES: Final = range(0xDC80, 0xDD00)
SHOWN_FROM: Final = 0xEF80

_TO_QT = {byte: SHOWN_FROM + index for index, byte in enumerate(ODD_BYTES)}
_FROM_QT = {shown: byte for byte, shown in _TO_QT.items()} | {0x2029: "\n"}


def to_qt(text: str) -> str:
    """The text for Qt, of the same length."""
    return text.translate(_TO_QT) if not text.isascii() else text


def from_qt(document: QTextDocument) -> str:
    """The draft's text."""
    return document.toRawText().translate(_FROM_QT)


def survives(text: str) -> bool:
    """Whether the editor gives back what it is given."""
    return not any("\uef80" <= character <= "\uefff" or character in "\u2029\ufdd0\ufdd1" for character in text) and (
        text.isascii() or all(ord(c) in ODD_BYTES or not "\ud800" <= c <= "\udfff" for c in text)
    )

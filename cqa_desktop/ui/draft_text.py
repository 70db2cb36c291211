"""Between a draft's text and what Qt's text document can hold.

Qt drops lone surrogates, which is how bytes that are no UTF-8 are kept; they are shown as private-use characters,
one for one. Its own `toPlainText` would turn no-break spaces into spaces, so the raw text is read instead.
"""

from __future__ import annotations

import re
from typing import Final

from PySide6.QtGui import QTextDocument

ODD_BYTES: Final = range(0xDC80, 0xDD00)
SHOWN_FROM: Final = 0xEF80

_LOST = re.compile("[\uef80-\uefff\u2029\ufdd0\ufdd1\ud800-\udc7f\udd00-\udfff]")
"""Characters that are shown as others, and surrogates that stand for no byte."""
_TO_QT = {byte: SHOWN_FROM + index for index, byte in enumerate(ODD_BYTES)}
_FROM_QT = {shown: byte for byte, shown in _TO_QT.items()}
_ODD = re.compile("[\udc80-\udcff]")
_SHOWN = re.compile("[\uef80-\uefff]")


def to_qt(text: str) -> str:
    """The text for Qt, of the same length."""
    return text.translate(_TO_QT) if _ODD.search(text) else text


def from_qt(document: QTextDocument) -> str:
    """The draft's text."""
    text = document.toRawText().replace("\u2029", "\n")
    # Translating takes twenty times as long as looking whether there is anything to translate.
    return text.translate(_FROM_QT) if _SHOWN.search(text) else text


def survives(text: str) -> bool:
    """Whether the editor gives back what it is given."""
    return _LOST.search(text) is None

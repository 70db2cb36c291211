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

_TO_QT = {byte: SHOWN_FROM + index for index, byte in enumerate(ODD_BYTES)}
_FROM_QT = {shown: byte for byte, shown in _TO_QT.items()}
_ODD = re.compile("[\udc80-\udcff]")
_SHOWN = re.compile("[\uef80-\uefff]")
_LOST = re.compile("[\u2029\ufdd0\ufdd1\ud800-\udc7f\udd00-\udfff]")
"""What Qt takes for its own, and surrogates that stand for no byte."""


def has_odd_bytes(text: str) -> bool:
    """Whether the text holds bytes that are no UTF-8."""
    return _ODD.search(text) is not None


def to_qt(text: str) -> str:
    """The text for Qt, of the same length."""
    return text.translate(_TO_QT) if has_odd_bytes(text) else text


def from_qt(document: QTextDocument, *, odd_bytes: bool) -> str:
    """The draft's text; `odd_bytes` says whether what was put in had any."""
    text = document.toRawText().replace("\u2029", "\n")
    return text.translate(_FROM_QT) if odd_bytes else text


def survives(text: str) -> bool:
    """Whether the editor gives back what it is given."""
    return _LOST.search(text) is None and not (has_odd_bytes(text) and _SHOWN.search(text))

"""Text made fit to be printed: a draft may hold what would steer a terminal, or what no file can hold."""

from __future__ import annotations

from typing import Final

_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
_CONTROLS: Final = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "\N{SYMBOL FOR DELETE}"}
_UPPER_CONTROLS: Final = dict.fromkeys(range(0x80, 0xA0), _REPLACEMENT)
_DIRECTIONS: Final = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_BREAKS: Final = {code: chr(code) for code in (0x09, 0x0A, 0x0D)}
_TEXT: Final = {**_CONTROLS, **_UPPER_CONTROLS, **_BREAKS}
_LINE: Final = {**_CONTROLS, **_UPPER_CONTROLS, **_DIRECTIONS, 0x2028: " ", 0x2029: " "}


def printable(text: str) -> str:
    """Controls made visible, halves of surrogate pairs replaced, one for one; tabs and line breaks stay."""
    return _whole(text).translate(_TEXT)


def printable_line(text: str) -> str:
    """`printable` as one line; marks that turn the direction of what follows are left out."""
    return _whole(text).translate(_LINE)


def _whole(text: str) -> str:
    # Half a surrogate pair stands for a byte that is no UTF-8, and cannot be written.
    return text.encode("utf-8", "replace").decode("utf-8")

"""Between code points (ours), UTF-16 units (Qt's) and UTF-8 bytes (tokens')."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Offsets = npt.NDArray[np.int64]


def _code_points(text: str) -> npt.NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


class Utf16Map:
    """Both ways between code points and UTF-16 units of one text. Free where the text has no astral character."""

    def __init__(self, text: str) -> None:
        self._units: Offsets | None = None
        # Encoding takes a tenth of the time of looking at each character.
        if len(text.encode("utf-16-le", "surrogatepass")) != 2 * len(text):
            wide = _code_points(text) > 0xFFFF
            self._units = np.concatenate(([0], np.cumsum(1 + wide.astype(np.int64))))

    def to_utf16(self, code_point: int) -> int:
        return code_point if self._units is None else int(self._units[code_point])

    def to_code_points(self, unit: int) -> int:
        """The code point that the unit belongs to."""
        return unit if self._units is None else int(np.searchsorted(self._units, unit, side="right")) - 1


def utf8_offsets(text: str) -> Offsets:
    """Byte offset of every code point in the UTF-8 form, and the length at the end: shape (len(text) + 1,)."""
    if text.isascii():
        return np.arange(len(text) + 1)
    points = _code_points(text)
    sizes = 1 + (points >= 0x80).astype(np.int64) + (points >= 0x800) + (points >= 0x10000)
    return np.concatenate(([0], np.cumsum(sizes)))

"""Line breaks made one kind, with the way back to the offsets of the text as it was given."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_RETURN = re.compile(r"\r\n?")


@dataclass(frozen=True, slots=True)
class UnifiedText:
    """A text with `\\n` for every line break."""

    text: str
    _removed: npt.NDArray[np.int64]
    """Offsets in `text` after which the given text has one more character."""

    def given(self, offset: int) -> int:
        """The offset in the text as it was given, in code points."""
        return offset + int(np.searchsorted(self._removed, offset, side="left"))


def unify_line_breaks(text: str) -> UnifiedText:
    """Windows and old Mac line breaks made `\\n`; a text without them is left as it is."""
    if "\r" not in text:
        return UnifiedText(text, np.empty(0, np.int64))
    pairs = [match.start() for match in _RETURN.finditer(text) if match.end() - match.start() == 2]
    removed = np.asarray(pairs, np.int64) - np.arange(len(pairs))
    return UnifiedText(_RETURN.sub("\n", text), removed)

"""Loading llama.cpp, in the one place that may: some settings count only if they are made before.

Its log is one for the process. It is kept silent, and its last lines serve messages.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections import deque
from typing import Any, Final

LINES: Final = 40
WARNING: Final = 3
"""GGML_LOG_LEVEL_WARN; errors are above it."""

_LOG: deque[str] = deque(maxlen=LINES)
_CALLBACKS: list[Any] = []
"""The callback must outlive every model."""


def load_library() -> Any:
    """The module llama_cpp, its log silenced."""
    # Read by OpenMP as it is loaded. By default its threads wait for each other in busy loops: on two cores with two
    # other busy processes that made scoring ten times slower.
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    os.environ.setdefault("KMP_BLOCKTIME", "0")
    import llama_cpp

    if not _CALLBACKS:
        _CALLBACKS.append(llama_cpp.llama_log_callback(_keep))
        llama_cpp.llama_log_set(_CALLBACKS[0], ctypes.c_void_p(0))
        llama_cpp.llama_backend_init()
    return llama_cpp


def give_back_memory() -> None:
    """Hand freed memory back to the system, where the C library keeps it until it is told (glibc).

    llama.cpp builds its graphs anew when an adapter goes on or off. What the old ones held is freed, but in pieces that
    glibc does not give back: over some thousand changes that came to 6 GB.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


def clear_errors() -> None:
    """Forget what was logged: the next `last_error` tells of what comes after."""
    _LOG.clear()


def last_error() -> str:
    """The first thing that went wrong since `clear_errors`, in llama.cpp's words."""
    lines = [line.split(": ", 1)[-1] for line in _LOG if line]
    return lines[0] if lines else "no reason given"


def _keep(level: int, text: bytes, _: Any) -> None:
    if level >= WARNING or text.startswith(b"error"):
        _LOG.append(text.decode("utf-8", "replace").strip())

"""One program at a time: for files that are read, changed and written again as a whole."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import platformdirs

from cqa_desktop.documents.errors import DocumentError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

MOST_SECONDS: Final = 5.0
"""Nobody needs a file for longer, unless something hangs."""
PAUSE: Final = 0.02


@contextmanager
def exclusive(path: Path, seconds: float = MOST_SECONDS) -> Iterator[None]:
    """Wait until no other program, and no other part of this one, is inside for the same path. Not to be nested.

    A program that dies lets go. Where no lock can be made at all, nobody is kept out.

    Raises:
        DocumentError: if the other one does not let go.
    """
    name = hashlib.sha256(os.path.realpath(path).encode("utf-8", "surrogateescape")).hexdigest()[:24]
    folder = Path(platformdirs.user_state_dir("cqa-desktop")) / "locks"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / f"{name}.exclusive", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        yield
        return
    try:
        until = time.monotonic() + seconds
        while not _take(handle):
            if time.monotonic() > until:
                raise DocumentError(f"{path}: another program is writing it and does not end - close that program")
            time.sleep(PAUSE)
        try:
            yield
        finally:
            _release(handle)
    finally:
        os.close(handle)


def _take(handle: int) -> bool:
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _release(handle: int) -> None:
    if sys.platform == "win32":
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)
    else:
        fcntl.flock(handle, fcntl.LOCK_UN)

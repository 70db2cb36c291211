"""Text that was not saved yet, kept where a crash cannot reach it, and one writer to a file."""

from __future__ import annotations

import hashlib
import json
import os
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from cqa_desktop.documents.errors import DocumentError
from cqa_desktop.documents.files import write_atomically


@dataclass(frozen=True, slots=True)
class Recovered:
    """Unsaved text of a program that ended without saving."""

    file: Path
    path: Path | None
    """The draft it belongs to; None if it was never named."""
    text: str
    saved_at: float
    sidecar: str = ""
    """Brief and notes of a draft that was never named, and so had no file beside it."""


def recovery_folder() -> Path:
    return Path(platformdirs.user_state_dir("cqa-desktop")) / "recovery"


class RecoveryFile:
    """Keeps the unsaved text of one window."""

    def __init__(self, folder: Path | None = None) -> None:
        self._file = (folder or recovery_folder()) / f"{os.getpid()}-{uuid.uuid4().hex[:8]}.json"

    def keep(self, text: str, path: Path | None, sidecar: str = "") -> None:
        """Write the text down, and with it what stands beside it nowhere else.

        Raises:
            DocumentError: if it cannot be.
        """
        data = {
            "pid": os.getpid(),
            "path": str(path) if path else None,
            "text": text,
            "saved_at": time.time(),
            "sidecar": sidecar,
        }
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self._file, json.dumps(data).encode("utf-8", "surrogatepass"))
        except OSError as error:
            raise DocumentError(f"{self._file}: the unsaved text could not be kept ({error.strerror})") from error

    def discard(self) -> None:
        """The text is saved, or its writer let it go."""
        with suppress(OSError):
            self._file.unlink(missing_ok=True)


def find_unsaved(folder: Path | None = None) -> list[Recovered]:
    """Unsaved texts of programs that are no longer running, latest first."""
    found: list[Recovered] = []
    for file in (folder or recovery_folder()).glob("*.json"):
        try:
            data = json.loads(file.read_bytes().decode("utf-8", "surrogatepass"))
            if is_running(int(data["pid"])):
                continue
            path = Path(data["path"]) if data["path"] else None
            sidecar = str(data.get("sidecar", ""))
            found.append(Recovered(file, path, str(data["text"]), float(data["saved_at"]), sidecar))
        except (OSError, ValueError, KeyError, TypeError):
            continue  # half a file of a program that died while writing: the one before it was replaced whole
    return sorted(found, key=lambda one: -one.saved_at)


def is_running(pid: int) -> bool:
    """Whether a process is there."""
    if pid <= 0:
        return False
    if os.name == "nt":
        import ctypes

        handle = ctypes.windll.kernel32.OpenProcess(0x1000, False, pid)  # type: ignore[attr-defined]
        if handle:
            ctypes.windll.kernel32.CloseHandle(handle)  # type: ignore[attr-defined]
        return bool(handle)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class FileLock:
    """Says to other windows that a draft is being written here. Advice, not force: a stale lock stops nobody."""

    def __init__(self, draft: Path, folder: Path | None = None) -> None:
        name = hashlib.sha256(os.path.realpath(draft).encode("utf-8", "surrogateescape")).hexdigest()[:24]
        self._file = (folder or recovery_folder().parent / "locks") / name

    def holder(self) -> int | None:
        """Process id of the other program that has the draft open, if there is one."""
        try:
            pid = int(self._file.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None
        return pid if pid != os.getpid() and is_running(pid) else None

    def take(self) -> bool:
        """Take the lock; False if another running program has it."""
        if self.holder() is not None:
            return False
        with suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.write_text(str(os.getpid()), encoding="ascii")
        return True

    def release(self) -> None:
        with suppress(OSError, ValueError):
            if int(self._file.read_text(encoding="ascii")) == os.getpid():
                self._file.unlink()

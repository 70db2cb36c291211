"""A file that is being downloaded: locked, filled piece by piece, hashed as it grows."""

from __future__ import annotations

import errno
import hashlib
import os
import sys
from collections.abc import Callable
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

from cqa_desktop.models.errors import DownloadStoppedError, HubError
from cqa_desktop.models.hub import RemoteFile, as_size

BLOCK: Final = 1 << 20


class Digest:
    """The hash of a file's bytes, in the kinds that the hub may list."""

    def __init__(self, file: RemoteFile) -> None:
        self._file = file
        self._sha256 = hashlib.sha256()
        # What git itself holds is listed under git's name for it, which is no secret's keeper but finds damage.
        git = not file.sha256
        self._blob = hashlib.sha1(b"blob %d\0" % file.size, usedforsecurity=False) if git else None

    def update(self, data: bytes | memoryview) -> None:
        """Hash what comes next."""
        self._sha256.update(data)
        if self._blob is not None:
            self._blob.update(data)

    def read(self, opened: BinaryIO | FileIO, stop: Callable[[], bool]) -> int:
        """Hash the rest of an open file; returns how much that was.

        Raises:
            DownloadStoppedError: if `stop` said so.
            OSError: if it cannot be read.
        """
        size = 0
        while data := opened.read(BLOCK):
            if stop():
                raise DownloadStoppedError(f"{self._file.name}: stopped")
            self.update(data)
            size += len(data)
        return size

    @property
    def sha256(self) -> str:
        return self._sha256.hexdigest()

    def matches(self) -> bool:
        """Whether the bytes are those that the hub lists."""
        if self._blob is not None:
            return self._blob.hexdigest() == self._file.blob_id
        return self.sha256 == self._file.sha256


class Part:
    """NAME.part, open for as long as the `with` lasts, and kept after it.

    Raises:
        HubError: if it cannot be written, or another program is filling it. So do the methods.
    """

    def __init__(self, path: Path, file: RemoteFile) -> None:
        self.path = path
        self.file = file
        self.digest = Digest(file)
        self.size = 0
        """Bytes in it, all of them hashed once `rehash` was called."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
            # Unbuffered: what was written is in the file, whatever ends the program.
            self._opened = open(handle, "r+b", buffering=0)  # noqa: SIM115
        except OSError as error:
            raise self._told(error) from error
        try:
            self._lock()
        except BaseException:
            self._opened.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._opened.close()

    def rehash(self, stop: Callable[[], bool]) -> None:
        """Take up what an earlier download left, unless it is too long to be of this file."""
        try:
            if os.fstat(self._opened.fileno()).st_size > self.file.size:
                self.restart()
            self._opened.seek(0)
            self.size = self.digest.read(self._opened, stop)
        except OSError as error:
            raise self._told(error) from error

    def restart(self) -> None:
        """Begin again with nothing."""
        try:
            self._opened.truncate(0)
            self._opened.seek(0)
        except OSError as error:
            raise self._told(error) from error
        self.size = 0
        self.digest = Digest(self.file)

    def write(self, data: bytes) -> None:
        """Add what came.

        Raises:
            HubError: also if it is more than the file has: the part is then emptied.
        """
        if self.size + len(data) > self.file.size:
            self.restart()
            raise HubError(
                f"{self.file.name}: the hub sent more than the {as_size(self.file.size)} it lists - try later"
            )
        rest = memoryview(data)
        try:
            while rest:
                count = self._opened.write(rest) or 0
                self.digest.update(rest[:count])
                self.size += count
                rest = rest[count:]
        except OSError as error:
            raise self._told(error) from error

    def remove(self) -> None:
        """Delete it."""
        self._opened.close()
        self.path.unlink(missing_ok=True)

    def name_it(self, path: Path) -> None:
        """Give it its name: from now on it is whole."""
        try:
            os.fsync(self._opened.fileno())
            # Windows renames no open file.
            self._opened.close()
            os.replace(self.path, path)
        except OSError as error:
            raise self._told(error) from error

    def _lock(self) -> None:
        """Two programs that fill one file would both believe it whole. The lock goes when the file is closed."""
        try:
            if sys.platform == "win32":
                import msvcrt

                # Windows lets nobody read what is locked: so a byte far behind the end.
                self._opened.seek(1 << 50)
                msvcrt.locking(self._opened.fileno(), msvcrt.LK_NBLCK, 1)
                self._opened.seek(0)
            else:
                import fcntl

                fcntl.flock(self._opened.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever had the lock before may have named the file, and it is no part any more.
            mine = os.path.samestat(os.fstat(self._opened.fileno()), os.stat(self.path))
        except OSError as error:
            if error.errno in (errno.ENOTSUP, errno.ENOLCK, errno.ENOSYS):
                return  # a network disk without locks
            mine = False
        if not mine:
            raise HubError(f"{self.path}: another program is downloading it - wait for it, or use another folder")

    def _told(self, error: OSError) -> HubError:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        fix = "make room and download again: it goes on from here" if full else "mend that, or use another folder"
        return HubError(f"{self.path}: cannot be written ({error.strerror}) - {fix}")

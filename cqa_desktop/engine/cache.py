"""Scores kept by content, in memory and on disk: what was scored once is never evaluated again."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from cqa_desktop.measure.types import ViewScores

log = logging.getLogger(__name__)

Key = bytes
MEMORY_TOKENS = 4_000_000
"""Tokens of scores kept in memory: 80 MB, a long novel in every view."""
DISK_BYTES = 512 * 1024 * 1024
BATCH = 400
TRIES = 40
VERSION = 2


class ScoreCache:
    """Scores by key. With a path, also in a SQLite file that several processes may share.

    A file that is damaged is set aside and begun anew; one that cannot be written is done without. Neither is the
    writer's problem: the cache only saves time.
    """

    def __init__(self, path: Path | None = None, *, memory_tokens: int = MEMORY_TOKENS, disk_bytes: int = DISK_BYTES):
        self._memory: OrderedDict[Key, ViewScores] = OrderedDict()
        self._tokens = 0
        self._memory_tokens = memory_tokens
        self._disk_bytes = disk_bytes
        self._pending: dict[Key, bytes] = {}
        self._used: set[Key] = set()
        """Read from the disk since the last flush: they count as used."""
        self._disk = _open(path) if path else None

    def get_many(self, keys: Iterable[Key]) -> dict[Key, ViewScores]:
        """The scores of those keys that are known."""
        found: dict[Key, ViewScores] = {}
        missing: list[Key] = []
        for key in keys:
            scores = self._memory.get(key)
            if scores is None:
                missing.append(key)
            else:
                self._memory.move_to_end(key)
                found[key] = scores
        for key, blob in self._read(missing).items():
            scores = _unpack(blob)
            if scores is not None:
                found[key] = scores
                self._remember(key, scores)
                self._used.add(key)
        return found

    def put(self, key: Key, scores: ViewScores) -> None:
        """Keep scores; they reach the disk at the next `flush`."""
        self._remember(key, scores)
        if self._disk is not None:
            self._pending[key] = _pack(scores)

    def flush(self) -> None:
        """Write what is pending, and drop the oldest rows if the file has grown too large."""
        if self._disk is None or not self._pending:
            return
        now = time.time_ns()
        rows = [(key, now, blob) for key, blob in self._pending.items()]
        touched = [(now, key) for key in self._used]
        self._pending.clear()
        self._used.clear()
        try:
            with self._disk:
                self._disk.executemany("UPDATE scores SET used = ? WHERE key = ?", touched)
                self._disk.executemany("INSERT OR REPLACE INTO scores (key, used, scores) VALUES (?, ?, ?)", rows)
                self._evict()
        except sqlite3.Error as error:
            log.warning("the score cache could not be written (%s); going on without", error)
            self._drop_disk()

    def close(self) -> None:
        """Flush and let go of the file."""
        self.flush()
        self._drop_disk()

    def _evict(self) -> None:
        assert self._disk is not None
        pages, size = (self._disk.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
        free = self._disk.execute("PRAGMA freelist_count").fetchone()[0]
        if (pages - free) * size > self._disk_bytes:
            self._disk.execute(
                "DELETE FROM scores WHERE key IN (SELECT key FROM scores ORDER BY used "
                "LIMIT (SELECT count(*) / 4 + 1 FROM scores))"
            )

    def _remember(self, key: Key, scores: ViewScores) -> None:
        old = self._memory.pop(key, None)
        self._tokens += len(scores) - (len(old) if old is not None else 0)
        self._memory[key] = scores
        while self._tokens > self._memory_tokens and len(self._memory) > 1:
            _, dropped = self._memory.popitem(last=False)
            self._tokens -= len(dropped)

    def _read(self, keys: list[Key]) -> Mapping[Key, bytes]:
        found = {key: self._pending[key] for key in keys if key in self._pending}
        if self._disk is None:
            return found
        wanted = [key for key in keys if key not in found]
        try:
            for start in range(0, len(wanted), BATCH):
                part = wanted[start : start + BATCH]
                marks = ",".join("?" * len(part))
                found.update(self._disk.execute(f"SELECT key, scores FROM scores WHERE key IN ({marks})", part))
        except sqlite3.Error as error:
            log.warning("the score cache could not be read (%s); going on without", error)
            self._drop_disk()
        return found

    def _drop_disk(self) -> None:
        disk, self._disk = self._disk, None
        if disk is not None:
            disk.close()


def _open(path: Path) -> sqlite3.Connection | None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return _connect_patiently(path)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError) and "malformed" not in str(error):
                raise
            aside = path.with_suffix(".damaged")
            log.warning("the score cache was damaged (%s); set aside as %s", error, aside.name)
            path.replace(aside)
            return _connect(path)
    except (OSError, sqlite3.Error) as error:
        log.warning("no score cache on disk (%s); scores are kept in memory", error)
        return None


def _connect_patiently(path: Path) -> sqlite3.Connection:
    # Two processes that open a new file at once: SQLite's own timeout does not cover the switch to WAL.
    for _ in range(TRIES):
        try:
            return _connect(path)
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            time.sleep(0.05)
    return _connect(path)


def _connect(path: Path) -> sqlite3.Connection:
    # A connection belongs to one scorer, which runs one job at a time, though perhaps not on the thread that opened it.
    disk = sqlite3.connect(path, timeout=5.0, check_same_thread=False)
    try:
        disk.execute("PRAGMA journal_mode = WAL")
        disk.execute("PRAGMA synchronous = NORMAL")
        version = disk.execute("PRAGMA user_version").fetchone()[0]
        if version != VERSION:
            disk.execute("DROP TABLE IF EXISTS scores")
            disk.execute(f"PRAGMA user_version = {VERSION}")
        disk.execute(
            "CREATE TABLE IF NOT EXISTS scores (key BLOB PRIMARY KEY, used INTEGER NOT NULL, scores BLOB NOT NULL)"
            " WITHOUT ROWID"
        )
        disk.execute("SELECT count(*) FROM (SELECT 1 FROM scores LIMIT 1)").fetchone()
        disk.commit()
    except sqlite3.Error:
        disk.close()
        raise
    return disk


def _pack(scores: ViewScores) -> bytes:
    floats = [scores.surprisal, scores.entropy, scores.varentropy]
    if scores.boundary is not None:
        floats.append(scores.boundary)
    parts = [bytes([len(floats)]), *(part.astype("<f4").tobytes() for part in floats)]
    return b"".join([*parts, scores.rank.astype("<i4").tobytes()])


def _unpack(blob: bytes) -> ViewScores | None:
    columns = blob[0] if blob else 0
    if columns not in (3, 4) or (len(blob) - 1) % (4 * columns + 4):
        return None
    count = (len(blob) - 1) // (4 * columns + 4)
    floats = np.frombuffer(blob, "<f4", columns * count, 1).astype(np.float32).reshape(columns, count)
    rank = np.frombuffer(blob, "<i4", count, 1 + 4 * columns * count).astype(np.int32)
    return ViewScores(floats[0], floats[1], floats[2], rank, floats[3] if columns == 4 else None)

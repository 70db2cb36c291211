from __future__ import annotations

import logging
import os
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cqa_desktop.engine.cache import ScoreCache
from cqa_desktop.measure.types import ViewScores


def scores(count: int = 5, seed: int = 1) -> ViewScores:
    random = np.random.default_rng(seed)
    floats = [random.random(count).astype(np.float32) for _ in range(3)]
    return ViewScores(*floats, random.integers(0, 1000, count).astype(np.int32))


def same(a: ViewScores, b: ViewScores) -> bool:
    names = ("surprisal", "entropy", "varentropy", "rank")
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in names)


def key(number: int) -> bytes:
    return number.to_bytes(20, "little")


def test_what_was_put_comes_back_the_same_from_memory_and_from_disk(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "scores.sqlite3"
    cache = ScoreCache(path)
    for number in range(1000):
        cache.put(key(number), scores(seed=number))
    assert same(cache.get_many([key(3)])[key(3)], scores(seed=3))
    cache.close()
    again = ScoreCache(path)
    found = again.get_many(key(number) for number in range(1200))
    assert set(found) == {key(number) for number in range(1000)}
    assert all(same(found[key(number)], scores(seed=number)) for number in range(1000))
    again.close()


@pytest.mark.parametrize("count", [0, 5, 7])
def test_boundaries_come_back_too(tmp_path: Path, count: int) -> None:
    given = replace(scores(count), boundary=np.arange(count, dtype=np.float32))
    cache = ScoreCache(tmp_path / "scores.sqlite3")
    cache.put(key(1), given)
    cache.put(key(2), scores(count))
    cache.close()
    again = ScoreCache(tmp_path / "scores.sqlite3")
    found = again.get_many([key(1), key(2)])
    again.close()
    assert same(found[key(1)], given)
    assert found[key(1)].boundary is not None
    assert np.array_equal(found[key(1)].boundary, np.arange(count))
    assert same(found[key(2)], scores(count))
    assert found[key(2)].boundary is None


def test_without_a_path_it_works_in_memory() -> None:
    cache = ScoreCache()
    cache.put(key(1), scores())
    assert same(cache.get_many([key(1), key(2)])[key(1)], scores())
    cache.close()


def test_memory_is_bounded_and_what_was_used_last_stays() -> None:
    cache = ScoreCache(memory_tokens=50)
    for number in range(10):
        cache.put(key(number), scores(5))
    cache.get_many([key(0)])
    cache.put(key(10), scores(5))
    assert key(0) in cache.get_many([key(0)])
    assert key(1) not in cache.get_many([key(1)])


def test_the_file_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "scores.sqlite3"
    for turn in range(12):
        cache = ScoreCache(path, disk_bytes=400_000)
        for number in range(20):
            cache.put(key(turn * 100 + number), scores(200))
        cache.close()
    with sqlite3.connect(path) as disk:
        kept = disk.execute("SELECT sum(length(scores)) FROM scores").fetchone()[0]
    disk.close()
    assert 100_000 < kept < 800_000, "12 turns wrote 770 kB; about 400 kB may stay"
    assert len(ScoreCache(path).get_many([key(1100)])) == 1, "the newest stay"


@pytest.mark.parametrize("content", [b"this is no database at all" * 100, b"SQLite format 3\x00" + os.urandom(8000)])
def test_a_damaged_file_is_set_aside(tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "scores.sqlite3"
    path.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        cache = ScoreCache(path)
    assert any("set aside" in record.message for record in caplog.records)
    cache.put(key(1), scores())
    cache.close()
    assert len(ScoreCache(path).get_many([key(1)])) == 1
    assert [other.name for other in tmp_path.glob("*.damaged*")]


def test_a_file_damaged_in_the_middle_costs_only_the_cache(tmp_path: Path) -> None:
    path = tmp_path / "scores.sqlite3"
    cache = ScoreCache(path)
    for number in range(3000):
        cache.put(key(number), scores(30, seed=number))
    cache.close()
    raw = bytearray(path.read_bytes())
    raw[8192:-4096] = os.urandom(len(raw) - 8192 - 4096)
    path.write_bytes(raw)
    again = ScoreCache(path)
    again.get_many(key(number) for number in range(3000))
    again.put(key(1), scores())
    assert same(again.get_many([key(1)])[key(1)], scores())
    again.close()


def test_a_folder_that_cannot_be_made_is_done_without(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("not a folder")
    with caplog.at_level(logging.WARNING):
        cache = ScoreCache(tmp_path / "file" / "scores.sqlite3")
    assert "in memory" in caplog.text
    cache.put(key(1), scores())
    assert len(cache.get_many([key(1)])) == 1
    cache.close()


def test_two_processes_may_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "scores.sqlite3"
    script = (
        "import sys, numpy as np\n"
        "from pathlib import Path\n"
        "from cqa_desktop.engine.cache import ScoreCache\n"
        "from cqa_desktop.measure.types import ViewScores\n"
        "cache = ScoreCache(Path(sys.argv[1]))\n"
        "f = np.ones(20, np.float32)\n"
        "for turn in range(20):\n"
        "    for n in range(20):\n"
        "        k = (int(sys.argv[2]) * 10000 + turn * 100 + n).to_bytes(20, 'little')\n"
        "        cache.put(k, ViewScores(f, f, f, np.ones(20, np.int32)))\n"
        "    cache.flush()\n"
        "cache.close()\n"
    )
    writers = [
        subprocess.Popen([sys.executable, "-W", "error", "-c", script, str(path), str(number)]) for number in range(2)
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    cache = ScoreCache(path)
    wanted = [key(process * 10000 + turn * 100 + n) for process in range(2) for turn in range(20) for n in range(20)]
    assert len(cache.get_many(wanted)) == 800
    cache.close()

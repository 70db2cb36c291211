"""What every test gets: no display, no files of the writer's own, and a check that nothing is left running."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import psutil
import pytest

# Machines are shared: how long an example takes says nothing.
hypothesis.settings.register_profile("suite", deadline=None, max_examples=60)
hypothesis.settings.load_profile("suite")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

GRACE_SECONDS = 3.0


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings, caches and state go to a folder of the test's own."""
    home: Path = tmp_path_factory.mktemp("home")
    for variable, folder in {
        "XDG_CONFIG_HOME": "config",
        "XDG_DATA_HOME": "data",
        "XDG_CACHE_HOME": "cache",
        "XDG_STATE_HOME": "state",
    }.items():
        monkeypatch.setenv(variable, str(home / folder))
    return home


@pytest.fixture(autouse=True)
def nothing_left_running() -> Iterator[None]:
    """A thread or a process that outlives its test fails it."""
    threads_before = set(threading.enumerate())
    children_before = {child.pid for child in psutil.Process().children(recursive=True)}
    yield
    deadline = time.monotonic() + GRACE_SECONDS
    while True:
        threads = [t for t in threading.enumerate() if t not in threads_before and t.is_alive() and not _is_pool(t)]
        children = [
            child
            for child in psutil.Process().children(recursive=True)
            if child.pid not in children_before and child.status() != psutil.STATUS_ZOMBIE
        ]
        if not threads and not children:
            return
        if time.monotonic() > deadline:
            pytest.fail(f"left running: threads {[t.name for t in threads]}, processes {children}")
        time.sleep(0.02)


def _is_pool(thread: threading.Thread) -> bool:
    # torch, tqdm and friends keep one helper thread of their own for the life of the process.
    return thread.name.startswith(("tqdm", "pymp", "Thread-TMonitor")) or type(thread).__name__ == "TMonitor"

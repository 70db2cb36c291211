"""Whole programs, as a user starts them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from PySide6.QtGui import QImage

from cqa_desktop.resources import resource

ROOT = Path(__file__).parents[2]
APP = [sys.executable, "-m", "cqa_desktop.app"]


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    for name in ("ferry.md", "ferry.cqa.toml"):
        shutil.copy(resource("samples", name), tmp_path / name)
    return tmp_path / "ferry.md"


@pytest.mark.parametrize("scale", [1, 2])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_picture_of_the_window(draft: Path, tmp_path: Path, theme: str, scale: int) -> None:
    out = tmp_path / "window.png"
    before = draft.read_bytes()
    done = subprocess.run(
        [*APP, str(draft), "--theme", theme, "--screenshot", str(out), "--screenshot-scale", str(scale)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    image = QImage(str(out))
    assert (image.width(), image.height()) == (1360 * scale, 850 * scale)
    paper = image.pixelColor(40 * scale, 400 * scale).lightness()
    assert (paper > 240) == (theme == "light")
    assert (paper < 50) == (theme == "dark")
    assert draft.read_bytes() == before


def test_a_picture_of_a_critique(draft: Path, tmp_path: Path) -> None:
    out = tmp_path / "critique.png"
    before = draft.read_bytes()
    words = [
        "--screenshot-of",
        "critique",
        "--screenshot-words",
        "His eyes filled with tears and he took a deep breath.",
    ]
    done = subprocess.run(
        [*APP, str(draft), "--theme", "light", "--screenshot", str(out), *words],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (QImage(str(out)).width(), QImage(str(out)).height()) == (1360, 850)
    assert draft.read_bytes() == before
    assert "[[notes]]" in draft.with_name("ferry.cqa.toml").read_text(encoding="utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script")
def test_the_sample_runs_without_a_display(tmp_path: Path) -> None:
    copy = tmp_path / "checkout"
    shutil.copytree(ROOT / "resources" / "samples", copy / "resources" / "samples")
    shutil.copytree(ROOT / "packaging", copy / "packaging")
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    done = subprocess.run(
        [str(copy / "packaging" / "run-sample"), str(Path(sys.executable).parent)],
        cwd=copy, env=environment, capture_output=True, text=True, timeout=150, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for label, name in (("The window:", "window.png"), ("The report:", "report.html")):
        line = next(line for line in done.stdout.splitlines() if line.startswith(label))
        path = Path(line.removeprefix(label).strip())
        assert path.name == name
        assert path.stat().st_size > 10_000


def test_a_place_for_the_picture_that_is_not_there(draft: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [*APP, str(draft), "--screenshot", str(tmp_path / "no" / "window.png")],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "no such folder" in done.stderr


def test_interrupting_the_app_leaves_no_process_behind(draft: Path) -> None:
    process = subprocess.Popen([*APP, str(draft)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    workers: list[psutil.Process] = []
    while not workers and time.monotonic() < deadline:
        time.sleep(0.1)
        workers = psutil.Process(process.pid).children()
    time.sleep(1.5)
    os.kill(process.pid, signal.SIGINT)
    assert process.wait(timeout=15) == 0
    gone, alive = psutil.wait_procs(workers, timeout=5)
    assert gone
    assert not alive


def test_killing_the_app_takes_its_worker_with_it(draft: Path) -> None:
    process = subprocess.Popen([*APP, str(draft)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    workers: list[psutil.Process] = []
    while not workers and time.monotonic() < deadline:
        time.sleep(0.1)
        workers = psutil.Process(process.pid).children()
    time.sleep(1)
    process.kill()
    process.wait()
    assert not psutil.wait_procs(workers, timeout=10)[1]

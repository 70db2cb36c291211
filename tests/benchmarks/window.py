"""The window with a draft of 100,000 words: keystrokes, edit to fresh highlights, opening it again, and stopping."""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from cqa_desktop.app import quiet_collector
from cqa_desktop.documents.sidecar import load_sidecar
from cqa_desktop.engine.cache import ScoreCache
from cqa_desktop.engine.calibrations import find_calibration
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.models.registry import reference_model
from cqa_desktop.ui.bridge import EngineBridge
from cqa_desktop.ui.main_window import MainWindow
from tests.benchmarks.common import Row, folder, novel, percentile

WORDS = 100_000
KEYS = 400
EDITS = 40
WAIT_MS = 600_000


def rows() -> list[Row]:
    """All figures of the window."""
    quiet_collector()
    application = QApplication.instance() or QApplication(["bench"])
    assert isinstance(application, QApplication)
    with folder() as place:
        # Settings, caches and recovery go where they disturb nobody.
        for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
            os.environ[name] = str(place / name)
        draft, cache = place / "novel.txt", place / "scores.sqlite3"
        draft.write_text(novel(WORDS), encoding="utf-8")
        with _window(cache) as window:
            first = _seconds(lambda: window.open(draft), window)
            stopped = [_stop(window) for _ in range(5)]
            _wait(lambda: not window.scoring.busy)
            keys = _type(window)
            fresh = [_edit(window, number) for number in range(EDITS)]
            window.editor.document().setModified(False)
        # The file is as it was, but it has a brief now, under which not all of it was scored.
        for _ in range(2):
            with _window(cache) as window:
                again = _seconds(lambda: window.open(draft), window)
        evaluated = _evaluated(cache, draft)
    slow = percentile(keys, 99) * 1000
    late = percentile(fresh, 95) * 1000
    silence = statistics.median(stopped) * 1000
    middle = statistics.median(keys) * 1000
    return [
        Row(
            "a keystroke in 100,000 words, 99th percentile", f"{slow:.1f} ms (median {middle:.1f})", "16 ms", slow < 16
        ),
        Row(
            "edit to fresh highlights on its paragraph, 95th percentile",
            f"{late:.0f} ms (median {statistics.median(fresh) * 1000:.0f})",
            "400 ms",
            late < 400,
        ),
        Row("opening 100,000 scored words again", f"{again:.2f} s (the first time {first:.0f} s)", "2 s", again < 2),
        Row("tokens evaluated by the model for that", f"{evaluated}", "0", evaluated == 0),
        Row("stop to silence", f"{silence:.0f} ms (most {max(stopped) * 1000:.0f})", "200 ms", max(stopped) < 0.2),
    ]


@contextmanager
def _window(cache: Path) -> Iterator[MainWindow]:
    window = MainWindow(EngineBridge(cache), theme="light")
    window.show()
    _wait(lambda: window.scoring.model is not None)
    try:
        yield window
    finally:
        window.editor.document().setModified(False)
        window.close()


def _wait(holds: Callable[[], bool], limit_ms: int = WAIT_MS) -> None:
    deadline = time.monotonic() + limit_ms / 1000
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError("the window did not get there")
        _pause(20)


def _pause(milliseconds: float) -> None:
    """Let the window work for a while, as between a writer's keystrokes."""
    loop = QEventLoop()
    QTimer.singleShot(round(milliseconds), loop.quit)
    loop.exec()


def _seconds(do: Callable[[], None], window: MainWindow) -> float:
    began = time.perf_counter()
    do()
    loop = QEventLoop()
    window.scoring.finished.connect(loop.quit)
    loop.exec()
    window.scoring.finished.disconnect(loop.quit)
    window.editor.viewport().repaint()
    return time.perf_counter() - began


def _type(window: MainWindow) -> list[float]:
    """Seconds on the window's thread from a key to the painted letter, while scoring goes on behind it."""
    chance = random.Random(4)
    times = []
    length = window.editor.document().characterCount()
    for number in range(KEYS):
        if number % 40 == 0:
            window.editor.go_to(chance.randrange(length - 10))
            _pause(300)
        key = chance.choice("etaoinshrdlu ,.")
        began = time.perf_counter()
        QTest.keyClick(window.editor, key)
        QApplication.sendPostedEvents()  # what the key left to be painted, and what came from the engine meanwhile
        times.append(time.perf_counter() - began)
        _pause(chance.uniform(60, 180))
    _wait(lambda: not window.scoring.busy)
    return times


def _edit(window: MainWindow, number: int) -> float:
    """Seconds from a key to fresh, painted highlights in the paragraph where it was struck."""
    chance = random.Random(number)
    window.editor.go_to(chance.randrange(window.editor.document().characterCount() - 10))
    _wait(lambda: not window.scoring.busy)
    at = window.editor.textCursor().position()
    fresh = False

    def look() -> None:
        nonlocal fresh
        fresh = fresh or window.store.is_fresh(at)
        if fresh:
            loop.quit()

    loop = QEventLoop()
    window.scoring.changed.connect(look)
    began = time.perf_counter()
    QTest.keyClick(window.editor, chance.choice("etaoin"))
    if window.store.is_fresh(at):  # between paragraphs: nothing to highlight anew
        window.scoring.changed.disconnect(look)
        _wait(lambda: not window.scoring.busy)
        return _edit(window, number + 1000)
    QTimer.singleShot(10_000, loop.quit)
    loop.exec()
    window.editor.viewport().repaint()
    taken = time.perf_counter() - began
    window.scoring.changed.disconnect(look)
    return taken


def _stop(window: MainWindow) -> float:
    """Seconds from Stop to a worker that is idle, in the middle of scoring everything under a new brief."""
    window.brief_panel._fields["intent"].insertPlainText("x")
    window.brief_panel.flush()
    _pause(700)
    assert window.scoring.busy
    began = time.perf_counter()
    window.status.stop_asked.emit()
    loop = QEventLoop()
    window.scoring.finished.connect(loop.quit)
    loop.exec()
    window.scoring.finished.disconnect(loop.quit)
    return time.perf_counter() - began


def _evaluated(cache: Path, draft: Path) -> int:
    """Tokens that go through the model when a scored draft is scored again with its cache."""
    with LlamaModel(reference_model()) as model:
        scores = ScoreCache(cache)
        scorer = Scorer(model, find_calibration(model)[0], scores)
        scorer.score(draft.read_text(encoding="utf-8"), load_sidecar(draft).brief)
        scores.close()
        return model.tokens_evaluated

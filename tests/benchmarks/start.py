"""From starting the program to a window that can be typed in, the model loading behind it."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from cqa_desktop.resources import resource
from tests.benchmarks.common import REPEATS, Row

BUDGET = 1.5
CHILD = """
import sys, time
began = float(sys.argv[1])
from PySide6.QtCore import QObject, QEvent
from cqa_desktop import app
from cqa_desktop.ui.editor import DraftEditor

class FirstPaint(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint and isinstance(watched.parent(), DraftEditor) and watched.parent().text():
            print(time.time() - began, flush=True)
            import os
            window = watched.window()
            window.editor.insertPlainText("x")
            assert window.editor.text().startswith("x")
            window.bridge.close()
            os._exit(0)
        return False

watch = FirstPaint()
original = app.open_window
def opened(*arguments):
    window = original(*arguments)
    window.editor.viewport().installEventFilter(watch)
    return window
app.open_window = opened
app.main([sys.argv[2]])
"""


def rows() -> list[Row]:
    """Seconds, the median of several starts."""
    sample = str(resource("samples", "ferry.md"))
    times = []
    for _ in range(REPEATS):
        done = subprocess.run(
            [sys.executable, "-c", CHILD, str(time.time()), sample],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        times.append(float(done.stdout.split()[0]))
    median = statistics.median(times)
    return [Row("start to a usable window", f"{median:.2f} s", "1.5 s", median < BUDGET)]

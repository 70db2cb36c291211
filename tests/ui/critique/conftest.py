"""Windows whose critic follows a script."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cqa_desktop.ui.bridge import EngineBridge
from cqa_desktop.ui.main_window import MainWindow
from tests.ui.conftest import DRAFT, wait_until_scored

SCRIPTED = Path(__file__).with_name("scripted_worker.py")
TEARS = "His eyes filled with tears"
BISHOP = "zinc bishop"
Step = dict[str, Any]
Scripted = Callable[..., MainWindow]

WHOLE: list[Step] = [
    {"words": "Two gestures "},
    {"words": "that a reader has met."},
    {"quote": TEARS, "verdict": "fails", "constraint": "lexis", "reasoning": "Two gestures that a reader has met.",
     "figures": [{"label": "On its own", "value": 6.1, "unit": "bits"}]},
    {"quote": BISHOP, "verdict": "works", "dimension": "reality", "reasoning": "Nobody expects him."},
    {"ending": {"points": 2, "dropped": 1, "moved": 2}},
]  # fmt: skip


@pytest.fixture
def scripted(qtbot: QtBot, tmp_path: Path) -> Iterator[Scripted]:
    """Windows on a draft that is scored; each critique takes the next list of steps."""
    made: list[MainWindow] = []

    def make(*critiques: list[Step], text: str | None = DRAFT) -> MainWindow:
        script = tmp_path / "script.json"
        script.write_text(json.dumps(critiques or [WHOLE]), encoding="utf-8")
        window = MainWindow(EngineBridge(None, command=[sys.executable, str(SCRIPTED), str(script)]), theme="light")
        made.append(window)
        window.show()
        if text is None:
            window.file.new()
            qtbot.keyClicks(window.editor, DRAFT.split("\n")[2])
        else:
            path = tmp_path / "draft.md"
            path.write_text(text, encoding="utf-8")
            window.open(path)
        wait_until_scored(window, qtbot)
        window.editor.go_to(window.editor.text().index(TEARS))
        return window

    yield make
    for window in made:
        window.editor.document().setModified(False)
        window.close()
        window.deleteLater()
    QApplication.sendPostedEvents(None, 52)  # deferred deletes

"""A window with a real worker and the reference model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cqa_desktop.ui.bridge import EngineBridge
from cqa_desktop.ui.main_window import MainWindow

DRAFT = (
    "The ferryman wrote the crossing in his ledger, and beside the doctor's name he wrote no charge.\n\n"
    "His eyes filled with tears and he took a deep breath. The zinc bishop photographed eleven parliaments of custard."
    "\n\n"
    "In the morning he wrote the crossing in his ledger again, and beside the bride's name he wrote no charge. "
    "Purple algebra swallowed the archbishop sideways under seven trombones.\n"
)
WAIT_MS = 60_000


@pytest.fixture(scope="session")
def qapp_args() -> list[str]:
    return ["cqa-desktop"]


MakeWindow = Callable[..., MainWindow]


@pytest.fixture
def make_window(qtbot: QtBot, tmp_path: Path) -> Iterator[MakeWindow]:
    """Windows that are closed at the end, whatever they hold."""
    made: list[MainWindow] = []

    def make(text: str | None = DRAFT, name: str = "draft.md", model: Path | None = None) -> MainWindow:
        window = MainWindow(EngineBridge(tmp_path / "scores.sqlite3"), model=model, theme="light")
        made.append(window)
        window.show()
        if text is not None:
            path = tmp_path / name
            path.write_text(text, encoding="utf-8")
            window.open(path)
        else:
            window.file.new()
        return window

    yield make
    for window in made:
        window.editor.document().setModified(False)
        window.close()
        window.deleteLater()
    QApplication.sendPostedEvents(None, 52)  # deferred deletes


@pytest.fixture
def window(make_window: MakeWindow, qtbot: QtBot) -> MainWindow:
    """A window whose draft is scored."""
    made = make_window()
    wait_until_scored(made, qtbot)
    return made


def wait_until_scored(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(
        lambda: window.scoring.model is not None and not window.scoring.busy and window.store.count() > 0,
        timeout=WAIT_MS,
    )

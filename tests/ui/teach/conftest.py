"""The studio with a real worker and the reference model, on a set of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cqa_desktop.models.registry import reference_model
from cqa_desktop.ui.bridge import EngineBridge
from cqa_desktop.ui.teach.remembered import Remembered
from cqa_desktop.ui.teach.window import TeachWindow
from cqa_desktop.ui.theme import LIGHT

MakeStudio = Callable[..., TeachWindow]


@pytest.fixture
def set_path(tmp_path: Path) -> Path:
    return tmp_path / "mine.jsonl"


@pytest.fixture
def make_studio(qtbot: QtBot, set_path: Path) -> Iterator[MakeStudio]:
    """Studios that share one worker and are closed at the end."""
    made: list[TeachWindow] = []
    bridges: list[EngineBridge] = []

    def make(*, trainer: list[str] | None = None, said: bool = True) -> TeachWindow:
        remembered = Remembered()
        remembered.set_path = set_path
        if said:
            for field, value in {"expert": "A. Writer", "source": "a test", "licence": "CC0-1.0"}.items():
                remembered.set(field, value)
        if not bridges:
            bridges.append(EngineBridge(None))
            bridges[0].client.load_model(str(reference_model()))
        window = TeachWindow(bridges[0], LIGHT, trainer)
        made.append(window)
        window.show()
        qtbot.waitUntil(window.isActiveWindow)
        return window

    yield make
    for window in made:
        window.training.close()
        window.close()
        window.deleteLater()
    for bridge in bridges:
        bridge.close()
    QApplication.sendPostedEvents(None, 52)  # deferred deletes

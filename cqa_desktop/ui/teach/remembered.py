"""What is asked once, and remembered: who judges, where passages come from, which set is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import platformdirs
from PySide6.QtCore import QSettings

from cqa_desktop.annotations.types import ENGINEER, EXPERT, Annotator
from cqa_desktop.documents.teaching import default_set

FIELDS: Final = ("expert", "colleague", "source", "licence", "language")


class Remembered:
    """In the window's small file of settings."""

    def __init__(self) -> None:
        path = Path(platformdirs.user_config_dir("cqa-desktop")) / "window.ini"
        self._store = QSettings(str(path), QSettings.Format.IniFormat)

    def get(self, field: str) -> str:
        """One of FIELDS; empty if it was not said yet."""
        return str(self._store.value(f"teach/{field}", "en" if field == "language" else ""))

    def set(self, field: str, value: str) -> None:
        self._store.setValue(f"teach/{field}", value.strip())

    @property
    def complete(self) -> bool:
        """Whether everything is said that an annotation needs; a colleague is not."""
        return all(self.get(field) for field in FIELDS if field != "colleague")

    @property
    def set_path(self) -> Path:
        """The set that was open last."""
        value = str(self._store.value("teach/set", ""))
        return Path(value) if value else default_set()

    @set_path.setter
    def set_path(self, path: Path) -> None:
        self._store.setValue("teach/set", str(path))

    def skipped(self, name: str) -> list[str]:
        """Questions that were left out in an annotation: they are not put again, in another session either."""
        try:
            return [str(one) for one in json.loads(str(self._store.value(f"skipped/{name}", "[]")))]
        except (ValueError, TypeError):
            return []

    def set_skipped(self, name: str, questions: list[str]) -> None:
        self._store.setValue(f"skipped/{name}", json.dumps(questions))

    @property
    def base(self) -> str:
        """What was trained from last."""
        return str(self._store.value("teach/base", "reference")) or "reference"

    @base.setter
    def base(self, value: str) -> None:
        self._store.setValue("teach/base", value)


def annotators(expert: str, colleague: str) -> tuple[Annotator, ...]:
    """Who takes part. The app's questions make nobody an engineer: a record names people."""
    named = (Annotator(role=EXPERT, name=expert.strip()),)
    return (*named, Annotator(role=ENGINEER, name=colleague.strip())) if colleague.strip() else named

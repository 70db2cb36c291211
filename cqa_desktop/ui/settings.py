"""What the window remembers from one start to the next."""

from __future__ import annotations

from pathlib import Path

import platformdirs
from PySide6.QtCore import QByteArray, QSettings

from cqa_desktop.ui.theme import THEMES, ThemeName


class Settings:
    """Typed access to one small file; a value that makes no sense counts as absent."""

    def __init__(self) -> None:
        path = Path(platformdirs.user_config_dir("cqa-desktop")) / "window.ini"
        self._store = QSettings(str(path), QSettings.Format.IniFormat)

    @property
    def theme(self) -> ThemeName:
        value = self._store.value("theme", "system")
        return next((name for name in THEMES if name == value), "system")

    @theme.setter
    def theme(self, value: ThemeName) -> None:
        self._store.setValue("theme", value)

    @property
    def zoom(self) -> int:
        value = str(self._store.value("zoom", ""))
        return int(value) if value.isdigit() else 20

    @zoom.setter
    def zoom(self, value: int) -> None:
        self._store.setValue("zoom", value)

    @property
    def hidden(self) -> set[str]:
        return {kind for kind in str(self._store.value("hidden", "")).split(" ") if kind}

    @hidden.setter
    def hidden(self, kinds: set[str]) -> None:
        self._store.setValue("hidden", " ".join(sorted(kinds)))

    @property
    def model(self) -> str:
        """A model of the writer's own; empty for the reference model."""
        return str(self._store.value("model", ""))

    @model.setter
    def model(self, path: str) -> None:
        self._store.setValue("model", path)

    @property
    def critic(self) -> str:
        """Who writes critiques: auto, measured or model."""
        return str(self._store.value("critic", "auto"))

    @critic.setter
    def critic(self, name: str) -> None:
        self._store.setValue("critic", name)

    @property
    def geometry(self) -> QByteArray | None:
        value = self._store.value("geometry")
        return value if isinstance(value, QByteArray) else None

    @geometry.setter
    def geometry(self, value: QByteArray) -> None:
        self._store.setValue("geometry", value)

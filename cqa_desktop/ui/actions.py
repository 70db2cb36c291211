"""The window's commands: their names, their keys, and the menu they stand in."""

from __future__ import annotations

import platform
from collections.abc import Callable

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

from cqa_desktop.ui.theme import THEMES, ThemeName

Keys = QKeySequence.StandardKey | str | None
Command = tuple[str, Keys, Callable[[], object]]


def add_commands(window: QMainWindow, menu: QMenu, commands: list[Command | None]) -> None:
    """Put commands into a menu, None as a line between them; their keys work in the whole window."""
    for command in commands:
        if command is None:
            menu.addSeparator()
            continue
        name, keys, run = command
        action = QAction(name, window)
        if isinstance(keys, str):
            action.setShortcuts([QKeySequence(one) for one in keys.split("|")])
        elif keys is not None:
            action.setShortcuts(QKeySequence.keyBindings(keys))
        action.triggered.connect(lambda _on=False, run=run: run())
        window.addAction(action)
        menu.addAction(action)


def add_theme_menu(window: QMainWindow, menu: QMenu, chosen: ThemeName, choose: Callable[[ThemeName], None]) -> None:
    """System, light or dark."""
    group = QActionGroup(window)
    themes = menu.addMenu("Theme")
    for name in THEMES:
        action = QAction(name.capitalize(), window, checkable=True, checked=name == chosen)
        action.triggered.connect(lambda _on=False, name=name: choose(name))
        group.addAction(action)
        themes.addAction(action)


def fill_menu_bar(window: QMainWindow, menu: QMenu) -> bool:
    """On macOS, where menus stand at the top of the screen, put them there; says whether it did."""
    if platform.system() != "Darwin":
        return False
    for action in menu.actions():
        if isinstance(submenu := action.menu(), QMenu):
            window.menuBar().addMenu(submenu)
    return True

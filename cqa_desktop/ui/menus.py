"""The window's menus: every command, and its keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu

from cqa_desktop.models.registry import reference_model
from cqa_desktop.ui.actions import Command, add_commands, add_theme_menu
from cqa_desktop.ui.theme import ThemeName

if TYPE_CHECKING:
    from cqa_desktop.ui.main_window import MainWindow


def fill_menu(window: MainWindow, menu: QMenu, theme: ThemeName) -> None:
    """File, Edit, View, Critique and Help; `theme` is the one that was chosen last."""
    standard = QKeySequence.StandardKey
    file: list[Command | None] = [
        ("New", standard.New, window.new),
        ("Open…", standard.Open, window.open_dialog),
        ("Save", standard.Save, window.save),
        ("Save as…", "Ctrl+Shift+S", window.save_as),
        None,
        ("Open model…", None, window.choose_model),
        ("Use the reference model", None, lambda: window.load_model(str(reference_model()))),
        None,
        ("Quit", "Ctrl+Q", window.close),
    ]
    edit: list[Command | None] = [
        ("Undo", None, window.editor.undo),
        ("Redo", None, window.editor.redo),
        None,
        ("Find…", standard.Find, window.find_bar.open),
    ]
    view: list[Command | None] = [
        ("Next mark", "F8", lambda: window.passage_view.go_to_mark(1)),
        ("Previous mark", "Shift+F8", lambda: window.passage_view.go_to_mark(-1)),
        (
            "What a reader expected here",
            "Ctrl+E",
            lambda: window.scoring.explain(window.editor.textCursor().position()),
        ),
        None,
        ("Passage", "Ctrl+1", lambda: window.panel.show_page(window.passage_panel)),
        ("Critique", "Ctrl+2", lambda: window.panel.show_page(window.critique.panel)),
        ("Brief", "Ctrl+3", lambda: window.panel.show_page(window.brief_panel)),
        ("Draft", "Escape", window.to_draft),
        ("Show or hide the panel", "F9", lambda: window.panel.setVisible(not window.panel.isVisible())),
        None,
        ("Larger type", "Ctrl++|Ctrl+=", lambda: window.editor.zoom_step(1)),
        ("Smaller type", "Ctrl+-", lambda: window.editor.zoom_step(-1)),
        ("First size of type", "Ctrl+0", lambda: window.editor.zoom_step(0)),
    ]
    critique = window.critique
    notes: list[Command | None] = [
        ("Ask for a critique", "Ctrl+Return|Ctrl+Enter", critique.ask),
        ("Stop the critique", None, critique.asking.stop),
        ("What the model sees…", None, critique.show_prompt),
        ("Try another version…", "Ctrl+Shift+Return|Ctrl+Shift+Enter", window.compare.open),
        None,
        ("Next note", "F7", lambda: critique.step(1)),
        ("Previous note", "Shift+F7", lambda: critique.step(-1)),
        ("Accept the note", None, lambda: critique.act_on_current("accept")),
        ("Dismiss the note", None, lambda: critique.act_on_current("dismiss")),
        None,
        ("Undo in the notes", None, lambda: critique.of_all("undo")),
        ("Redo in the notes", None, lambda: critique.of_all("redo")),
        ("Export the notes…", None, lambda: critique.of_all("export")),
        None,
        ("Teach…", "Ctrl+T", window.teaching.open),
    ]
    pages: list[Command | None] = [("What the marks say", "F1", window.help_page.open_page)]
    for title, commands in (("File", file), ("Edit", edit), ("View", view), ("Critique", notes), ("Help", pages)):
        submenu = menu.addMenu(title)
        add_commands(window, submenu, commands)
        if title == "View":
            add_theme_menu(window, submenu, theme, window.set_theme)

"""The few questions that a window must ask before it goes on."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

DRAFTS = "Drafts (*.txt *.md *.markdown *.text);;All files (*)"
MARKDOWN = "Markdown (*.md)"
NOTES = {MARKDOWN: "md", "Web page (*.html)": "html"}
MODELS = "GGUF models (*.gguf);;All files (*)"


class Answer(Enum):
    SAVE = "save"
    DISCARD = "discard"
    CANCEL = "cancel"


def ask_to_save(parent: QWidget, name: str) -> Answer:
    """What to do with changes that are not saved."""
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.NoIcon)
    box.setText(f"{name} has changes that are not saved.")
    buttons = QMessageBox.StandardButton
    box.setStandardButtons(buttons.Save | buttons.Discard | buttons.Cancel)
    box.setDefaultButton(buttons.Save)
    return {buttons.Save: Answer.SAVE, buttons.Discard: Answer.DISCARD}.get(buttons(box.exec()), Answer.CANCEL)


def ask_for_draft(parent: QWidget, current: Path | None) -> str:
    """A draft to open; empty if there is none."""
    return QFileDialog.getOpenFileName(parent, "Open a draft", str(current.parent) if current else "", DRAFTS)[0]


def ask_where_to_save(parent: QWidget, current: Path | None) -> str:
    """A name to save under; empty if there is none."""
    return QFileDialog.getSaveFileName(parent, "Save the draft", str(current) if current else "Untitled.md", DRAFTS)[0]


def ask_where_to_export(parent: QWidget, current: Path | None) -> str:
    """A file for the draft's notes; empty if there is none. Its ending is that of the kind that was chosen."""
    dialog = QFileDialog(parent, "Export the notes", str(current.parent) if current else "")
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilters(list(NOTES))
    dialog.setDefaultSuffix(NOTES[MARKDOWN])
    dialog.filterSelected.connect(lambda kind: dialog.setDefaultSuffix(NOTES.get(kind, NOTES[MARKDOWN])))
    dialog.selectFile(f"{current.stem if current else 'Untitled'} notes")
    return dialog.selectedFiles()[0] if dialog.exec() else ""


def ask_for_model(parent: QWidget) -> str:
    """A model to load; empty if there is none."""
    return QFileDialog.getOpenFileName(parent, "Open a model", "", MODELS)[0]

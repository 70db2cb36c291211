"""Train on these: the exact command, the run while it goes, and what comes after it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QGuiApplication
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from cqa_desktop.documents.teaching import shown, train_command, trainer_program
from cqa_desktop.ui.labels import button, set_words, words_label
from cqa_desktop.ui.scroll import page_area
from cqa_desktop.ui.teach.fields import Field, named
from cqa_desktop.ui.teach.remembered import Remembered
from cqa_desktop.ui.teach.training import INSTALL, Outcome, Training, free_folder, missing
from cqa_desktop.ui.theme import Theme


class CopyRow(QWidget):
    """A command, or a place, to be read and copied."""

    def __init__(self, name: str, lines: int = 2) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        self.field = Field(name, "", lines)
        self.field.setObjectName("command")
        self.field.setReadOnly(True)
        self.field.setFixedHeight(self.field.sizeHint().height() + 8)
        self.copy = button("Copy", "", f"Copy: {name}")
        self.copy.clicked.connect(self._copy)
        head = QHBoxLayout()
        head.addWidget(named(name, self.field))
        head.addStretch(1)
        head.addWidget(self.copy)
        layout.addLayout(head)
        layout.addWidget(self.field)

    def show_command(self, command: list[str]) -> None:
        self.show_text(shown(command))

    def show_text(self, text: str) -> None:
        self.field.show_text(text)
        self.copy.setText("Copy")

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.field.text())
        self.copy.setText("Copied")


class TrainPage(QWidget):
    """Says what would be run, and runs it if the trainer is installed."""

    about_to_run = Signal()
    running_changed = Signal(bool)

    def __init__(self, training: Training, remembered: Remembered) -> None:
        super().__init__()
        self.training = training
        self._remembered = remembered
        self._path = Path()
        self._count = 0
        self._ran = Path()
        """Folder of the run that was started last."""
        self._used = False
        """Whether that run came to its end: the next one needs another folder."""
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        holder = QWidget()
        rows = QVBoxLayout(holder)
        rows.setContentsMargins(22, 18, 22, 20)
        rows.setSpacing(0)
        self.lead = words_label()
        rows.addWidget(self.lead)
        rows.addSpacing(12)
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(7)
        self.base = QLineEdit(remembered.base)
        self.base.setAccessibleName("Base model")
        self.out = QLineEdit()
        self.out.setAccessibleName("Folder of the run")
        for at, (title, line) in enumerate((("Base", self.base), ("Folder", self.out))):
            line.textChanged.connect(lambda _text: self._show_command())
            grid.addWidget(named(title, line), at, 0)
            grid.addWidget(line, at, 1)
        fine = QLabel("A base is reference, a folder of transformers' files, or owner/name on the hub", wordWrap=True)
        fine.setObjectName("fine")
        grid.addWidget(fine, 2, 1)
        rows.addLayout(grid)
        rows.addSpacing(14)
        self.command = CopyRow("What is run", 4)
        rows.addWidget(self.command)
        rows.addSpacing(12)
        self.install = CopyRow("What installs the trainer", 1)
        self.install.show_command(INSTALL)
        self.install.setContentsMargins(0, 0, 0, 12)
        rows.addWidget(self.install)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        self.run = QPushButton("Train")
        self.run.setObjectName("primary")
        self.run.clicked.connect(self.start)
        self.stop = button("Stop", "", "Stop the training; finished epochs stay")
        self.stop.clicked.connect(self._stop)
        buttons.addWidget(self.run)
        buttons.addWidget(self.stop)
        buttons.addStretch(1)
        rows.addLayout(buttons)
        rows.addSpacing(12)
        self.bar = QProgressBar(textVisible=False)
        self.bar.setAccessibleName("Training")
        rows.addWidget(self.bar)
        rows.addSpacing(8)
        self.says = words_label()
        self.says.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        rows.addWidget(self.says)
        rows.addSpacing(14)
        self.adapter = CopyRow("Where the adapter is")
        self.evaluate = CopyRow("Did it calibrate the reader, and move the writer?")
        self.export = CopyRow("What the app loads")
        for one in (self.adapter, self.evaluate, self.export):
            rows.addWidget(one)
            rows.addSpacing(10)
            one.hide()
        rows.addStretch(1)
        outer.addWidget(page_area(holder))
        training.progress.connect(self._progress)
        training.ended.connect(self._ended)
        self.bar.hide()
        self.stop.hide()

    def set_theme(self, theme: Theme) -> None:
        self.lead.setStyleSheet(f"color: {theme.quiet}")

    def show_set(self, path: Path, count: int) -> None:
        """The set to train on, and how many annotations of it are finished."""
        another = path != self._path or self._used
        self._path, self._count = path, count
        if another and not self.training.running:
            self._used = False
            self.out.setText(str(free_folder(path)))
        lacking = missing()
        self.install.setVisible(bool(lacking))
        named_parts = f" ({', '.join(lacking)})" if lacking and "trainer" not in lacking else ""
        says = f"{count:,} finished annotation{'' if count == 1 else 's'} of {path.name}."
        if not count:
            says = f"No annotation of {path.name} is finished yet."
        if lacking:
            says += f" The trainer is an extra, and is not installed{named_parts}; the command runs wherever it is."
        elif not count:
            says += " Finish one, and it can be trained on."
        set_words(self.lead, says)
        self._show_command()
        self._show_buttons()

    def arguments(self) -> list[str]:
        """The command, word by word."""
        base = self.base.text().strip() or "reference"
        return train_command(self._path, self._folder(), base)

    def _folder(self) -> Path:
        text = self.out.text().strip()
        return Path(text).expanduser() if text else free_folder(self._path)

    def _show_command(self) -> None:
        self.command.show_command(self.arguments())

    def start(self) -> None:
        """Run the command that is shown."""
        if self.training.running or missing() or not self._count:
            return
        self.about_to_run.emit()
        self._remembered.base = self.base.text().strip()
        for one in (self.adapter, self.evaluate, self.export):
            one.hide()
        self.bar.setRange(0, 0)
        self.bar.show()
        self._ran = self._folder()
        self.training.start(self.arguments()[1:], self._ran)
        self._show_buttons()
        self.running_changed.emit(True)
        self.stop.setFocus()

    def _stop(self) -> None:
        set_words(self.says, "Stopping…")
        self.training.stop()

    def _show_buttons(self) -> None:
        running = self.training.running
        self.run.setVisible(not running)
        self.run.setEnabled(bool(self._count) and not missing())
        self.stop.setVisible(running)
        for line in (self.base, self.out):
            line.setEnabled(not running)

    def _progress(self, done: int, steps: int, line: str) -> None:
        self.bar.setRange(0, steps)
        self.bar.setValue(done)
        set_words(self.says, line)

    def _ended(self, outcome: Outcome) -> None:
        self.bar.setVisible(outcome.kind == "done")
        if outcome.kind == "done":
            self.bar.setRange(0, 1)
            self.bar.setValue(1)
        self._used = outcome.kind == "done"
        lead = {"done": "Trained.", "failed": "It did not work.", "stopped": ""}[outcome.kind]
        set_words(self.says, outcome.words, lead=lead)
        if outcome.kind == "done":
            self.adapter.show_text(str(outcome.adapter or self._ran))
            self.evaluate.show_command([trainer_program(), "evaluate", str(self._ran)])
            self.export.show_command([trainer_program(), "export", str(self._ran), "--adapter-only"])
            for one in (self.adapter, self.evaluate, self.export):
                one.show()
        self._show_buttons()
        self.running_changed.emit(False)

    def focusInEvent(self, event: QFocusEvent) -> None:
        (self.stop if self.training.running else self.run if self.run.isEnabled() else self.command.copy).setFocus(
            event.reason()
        )

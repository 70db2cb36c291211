"""`cqa-train fit` in a process of its own: started, followed, stopped. The app imports neither trainer nor torch."""

from __future__ import annotations

import importlib.util
import os
import re
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

NEEDED: Final = (
    "trainer", "torch", "transformers", "peft", "accelerate", "tokenizers", "safetensors", "matplotlib",
)  # fmt: skip
"""What the extra `train` brings."""
INSTALL: Final = ["pip", "install", "cqa-desktop[train]"]
GRACE_MS: Final = 3000
LOOK_MS: Final = 500
KEPT_LINES: Final = 200
_STEP: Final = re.compile(r"step (\d+) of (\d+)")


@dataclass(frozen=True)
class Outcome:
    """How a run ended."""

    kind: Literal["done", "failed", "stopped"]
    words: str
    """One line."""
    adapter: Path | None = None
    """The folder of the last epoch's adapter, if there is one."""


def missing() -> list[str]:
    """What is not installed of what training needs; nothing is imported to find out."""
    return [name for name in NEEDED if importlib.util.find_spec(name) is None]


class Training(QObject):
    """One run at a time."""

    progress = Signal(int, int, str)
    """Steps done, of how many (0 while that is not known), and the latest line."""
    ended = Signal(object)
    """An Outcome."""

    def __init__(self, parent: QObject | None = None, program: Sequence[str] | None = None) -> None:
        super().__init__(parent)
        # -P: a folder named `trainer` where the app was started is not ours.
        self._program = list(program or [sys.executable, "-P", "-m", "trainer.cli"])
        self._process: QProcess | None = None
        self._out = Path()
        self._stopped = False
        self._steps = self._done = 0
        self._rest = ""
        self.lines: list[str] = []
        """What the trainer said, the latest last."""
        self._look = QTimer(self, interval=LOOK_MS)
        self._look.timeout.connect(self._count)

    @property
    def running(self) -> bool:
        return self._process is not None

    def start(self, arguments: Sequence[str], out: Path) -> None:
        """Run `cqa-train` with these arguments; `out` is the folder it writes."""
        if self._process is not None:
            return
        self._out, self._stopped = out, False
        self._steps = self._done = 0
        self._rest, self.lines = "", []
        process = QProcess(self)
        environment = QProcessEnvironment.systemEnvironment()
        environment.insert("PYTHONUNBUFFERED", "1")
        process.setProcessEnvironment(environment)
        process.setProcessChannelMode(QProcess.ProcessChannelMode.MergedChannels)
        if os.name != "nt":
            parameters = QProcess.UnixProcessParameters()
            # A session of its own: what the trainer starts ends with it.
            parameters.flags = QProcess.UnixProcessFlag.CreateNewSession
            process.setUnixProcessParameters(parameters)
        process.readyReadStandardOutput.connect(self._read)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._error)
        self._process = process
        process.start(self._program[0], [*self._program[1:], *arguments])
        self._look.start()
        self.progress.emit(0, 0, "Starting…")

    def stop(self) -> None:
        """Ask the run to end; it is made to after some seconds. What it finished stays on disk."""
        process = self._process
        if process is None:
            return
        self._stopped = True
        self._signal(process, kill=False)
        QTimer.singleShot(GRACE_MS, self, lambda: self._process is process and self._signal(process, kill=True))

    def close(self) -> None:
        """End the run now and wait for it: nothing is left behind."""
        process = self._process
        if process is None:
            return
        self._stopped = True
        self._signal(process, kill=False)
        if not process.waitForFinished(GRACE_MS):
            self._signal(process, kill=True)
            process.waitForFinished(GRACE_MS)

    @staticmethod
    def _signal(process: QProcess, *, kill: bool) -> None:
        pid = process.processId()
        if pid and os.name != "nt":
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL if kill else signal.SIGTERM)
                return
        process.kill()

    # --- what it says ---------------------------------------------------------------------------------------------

    def _read(self) -> None:
        if self._process is None:
            return
        text = self._rest + bytes(self._process.readAllStandardOutput().data()).decode("utf-8", "replace")
        *lines, self._rest = text.replace("\r", "\n").split("\n")
        self._take(lines)

    def _take(self, lines: list[str]) -> None:
        for line in (one.strip() for one in lines):
            if not line:
                continue
            self.lines = [*self.lines[-KEPT_LINES:], line]
            step = _STEP.search(line)
            if step is not None:
                self._done, self._steps = int(step[1]), int(step[2])
            self.progress.emit(self._done, self._steps, line)

    def _count(self) -> None:
        """Steps between two lines of the trainer, from its log."""
        if not self._steps:
            return
        try:
            rows = (self._out / "log.csv").read_text(encoding="utf-8").count("\n") - 1
        except (OSError, UnicodeDecodeError):
            return
        if self._done < rows <= self._steps:
            self._done = rows
            self.progress.emit(self._done, self._steps, self.lines[-1] if self.lines else "")

    # --- how it ends ----------------------------------------------------------------------------------------------

    def _error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and self._process is not None:
            words = self._process.errorString()
            self._end(Outcome("failed", f"The trainer could not be started: {words}"))

    def _finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._read()
        self._take([self._rest])
        adapter = last_adapter(self._out)
        if self._stopped:
            kept = (
                f" {adapter.name} and those before it are kept; the same command goes on from there." if adapter else ""
            )
            self._end(Outcome("stopped", f"Stopped.{kept}", adapter))
        elif code == 0 and status == QProcess.ExitStatus.NormalExit:
            self._end(Outcome("done", self.lines[-1] if self.lines else "Trained.", adapter))
        else:
            self._end(Outcome("failed", self._reason(code, status), adapter))

    def _reason(self, code: int, status: QProcess.ExitStatus) -> str:
        told = next((line for line in reversed(self.lines) if line.startswith("cqa-train: ")), None)
        if told is not None:
            return told.removeprefix("cqa-train: ")
        how = f"by signal {code}" if status == QProcess.ExitStatus.CrashExit else f"with code {code}"
        last = f"; its last words: {self.lines[-1]}" if self.lines else ", without a word"
        return f"The trainer ended unexpectedly, {how}{last}"

    def _end(self, outcome: Outcome) -> None:
        self._look.stop()
        process, self._process = self._process, None
        if process is not None:
            process.deleteLater()
        self.ended.emit(outcome)


def last_adapter(out: Path) -> Path | None:
    """The folder of the last epoch that was finished."""
    found = [one for one in out.glob("epoch-*") if (one / "adapter_model.safetensors").is_file()]
    return max(found, key=lambda one: (len(one.name), one.name), default=None)


def free_folder(path: Path) -> Path:
    """A folder beside a set file that no run has yet."""
    first = path.with_name(f"{path.stem}-run")
    others = (path.with_name(f"{path.stem}-run-{number}") for number in range(2, 10_000))
    return next(one for one in (first, *others) if not one.exists())

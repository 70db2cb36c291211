"""What a run tells while it goes: a line that lives, a CSV, and a picture."""

from __future__ import annotations

import csv
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

COLUMNS: Final = ("step", "epoch", "tokens", "loss", "learning_rate", "grad_norm", "tokens_per_second", "seconds")
"""loss is nats a trained token; tokens are all that went through the model."""
QUIET: Final = 10.0
"""Seconds between lines where there is no terminal."""


@dataclass
class StepRecord:
    """One optimiser step."""

    step: int
    epoch: int
    tokens: int
    loss: float
    learning_rate: float
    grad_norm: float
    tokens_per_second: float
    seconds: float


@dataclass
class RunLog:
    """Writes `log.csv` as steps are done, and a line on standard error."""

    path: Path
    steps: int
    """Of the whole run."""
    records: list[StepRecord] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._shown = 0.0
        self._began = time.monotonic()
        self._first = len(self.records)
        self._live = sys.stderr.isatty()
        # Steps of an epoch that was not finished are done again.
        with self.path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows(_row(one) for one in self.records)

    @property
    def seconds(self) -> float:
        """Spent in steps, over all starts."""
        return self.records[-1].seconds if self.records else 0.0

    def add(self, record: StepRecord) -> None:
        self.records.append(record)
        with self.path.open("a", encoding="utf-8", newline="") as file:
            csv.writer(file).writerow(_row(record))
        now = time.monotonic()
        last = record.step == self.steps
        if self._live or last or now - self._shown >= QUIET:
            self._shown = now
            done = len(self.records) - self._first
            left = (now - self._began) / done * (self.steps - record.step)
            line = (
                f"epoch {record.epoch}, step {record.step} of {self.steps}: loss {record.loss:.3f}, "
                f"{record.tokens_per_second:,.0f} tokens/s, {_duration(left)} left"
            )
            if self._live:
                print(f"\r{line:<79}", end="\n" if last else "", file=sys.stderr, flush=True)
            else:
                print(line, file=sys.stderr, flush=True)

    def epoch_done(self, epoch: int, loss: float, folder: Path) -> None:
        """A line that stays."""
        line = f"epoch {epoch}: mean loss {loss:.3f}, saved as {folder.name}"
        print(f"\r{line:<79}" if self._live else line, file=sys.stderr, flush=True)


def read_log(path: Path, until_epoch: int) -> list[StepRecord]:
    """The records of the epochs that were finished, as far as they are there: a kill may have torn the last line."""
    try:
        with path.open(encoding="utf-8", errors="replace", newline="") as file:
            found = [record for row in csv.reader(file) if (record := _record(row)) is not None]
    except (OSError, csv.Error):
        return []
    return [record for record in found if record.epoch <= until_epoch]


def draw_loss(records: list[StepRecord], picture: Path) -> None:
    """The loss of each step and the mean of each epoch, as a PNG."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(8, 4.5), layout="constrained")
    axis.plot([r.step for r in records], [r.loss for r in records], color="#b9bcc6", linewidth=1, label="each step")
    epochs = sorted({record.epoch for record in records})
    means = [epoch_mean(records, epoch) for epoch in epochs]
    steps = [[r.step for r in records if r.epoch == epoch] for epoch in epochs]
    middles = [sum(one) / len(one) for one in steps]
    axis.plot(middles, means, "o-", color="#0b7a5b", label="mean of each epoch")
    axis.set(xlabel="step", ylabel="loss, nats a trained token")
    axis.legend()
    axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(picture, dpi=150)
    plt.close(figure)


def epoch_mean(records: list[StepRecord], epoch: int) -> float:
    """Mean loss over the steps of an epoch; not a number if the log of it was lost."""
    losses = [record.loss for record in records if record.epoch == epoch]
    return sum(losses) / len(losses) if losses else float("nan")


def _record(row: list[str]) -> StepRecord | None:
    if len(row) != len(COLUMNS):
        return None
    try:
        return StepRecord(*map(int, row[:3]), *map(float, row[3:]))
    except ValueError:
        return None


def _row(record: StepRecord) -> list[str]:
    whole = [str(getattr(record, name)) for name in COLUMNS[:3]]
    return whole + [f"{getattr(record, name):.6g}" for name in COLUMNS[3:]]


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s" if minutes else f"{rest} s"

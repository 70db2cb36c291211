"""What commands that use a model share: loading it, stopping, and a progress bar where there is a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cqa_desktop.commands.errors import CommandError
from cqa_desktop.commands.interrupts import ended_by_interrupt
from cqa_desktop.engine.cache import ScoreCache
from cqa_desktop.engine.calibrations import find_calibration
from cqa_desktop.engine.errors import ModelError
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.models.registry import reference_model
from cqa_desktop.text.printable import printable_line

Advance = Callable[[int, int], None]
"""Gets how much is done of how much."""


@contextmanager
def open_model(path: Path | None, adapter: Path | None = None) -> Iterator[LlamaModel]:
    """The model at `path`, or the reference model.

    Raises:
        CommandError: if it cannot be loaded.
    """
    try:
        with ended_by_interrupt():
            model = LlamaModel(path or reference_model(), adapter=adapter)
    except ModelError as error:
        raise CommandError(str(error)) from error
    if model.notice:
        warn(model.notice)
    with model:
        yield model


@contextmanager
def open_scorer(
    path: Path | None, adapter: Path | None = None, cache: Path | None = None
) -> Iterator[Scorer[LlamaModel]]:
    """A scorer over `open_model`, with the model's calibration.

    Raises:
        CommandError: if the model cannot be loaded.
    """
    with open_model(path, adapter) as model:
        calibration, own = find_calibration(model)
        if not own:
            warn(f"{model.file.name} is not calibrated; its classes are a guess - run: cqa calibrate {model.file.path}")
        scores = ScoreCache(cache)
        try:
            yield Scorer(model, calibration, scores)
        finally:
            scores.close()


@contextmanager
def progress_bar(label: str) -> Iterator[Advance]:
    """A bar on standard error if that is a terminal, else nothing. Yields what to call with (done, total)."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(label, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def warn(line: str) -> None:
    """One line on standard error."""
    print(f"cqa: {printable_line(line)}", file=sys.stderr)


def json_line(record: Mapping[str, Any]) -> str:
    """A record as one line of JSON, in ASCII where standard output cannot say everything."""
    utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    return json.dumps(record, ensure_ascii=not utf8)

"""The adapter that is compared with its base: rows, one fit, one export. What is there already is not made again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.benchmarks.agreement.data import DataError
from tests.benchmarks.experts.rows import Split, split, without_quotes, write_rows

OUT: Final = Path("out") / "experts"
SETTINGS: Final = (
    *("--base", "reference", "--prompt-format", "prose-1", "--overlong", "skip"),
    *("--epochs", "1", "--learning-rate", "1e-3", "--batch-size", "8", "--micro-batch", "1"),
)
"""Chosen before any figure was seen: one epoch, since a CPU does not do many; a rate three times that of the recipe of
five epochs."""


def tuned_adapter(data: Path, out: Path = OUT, *, quotes: bool = True) -> tuple[Split, Path]:
    """What was held back, and the adapter as GGUF.

    Args:
        quotes: whether the answers that are trained on quote the words they are about.

    Raises:
        DataError: if fitting or exporting fails.
    """
    from cqa_desktop.annotations.jsonl import AnnotationError
    from trainer.errors import TrainerError

    try:
        parts = split(data)
    except (TrainerError, AnnotationError) as error:
        raise DataError(str(error)) from error
    name = "" if quotes else "-unquoted"
    rows, run = out / f"rows{name}.jsonl", out / f"run{name}"
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_rows(parts.rows if quotes else without_quotes(parts.rows), rows)
    except OSError as error:
        raise DataError(f"{rows}: cannot be written ({error.strerror}) - run from a folder of yours") from error
    _trainer("fit", *SETTINGS, "--data", str(rows), "--out", str(run))
    found = sorted((run / "export").glob("*-adapter.gguf"))
    if not found:
        _trainer("export", str(run), "--adapter-only")
        found = sorted((run / "export").glob("*-adapter.gguf"))
    return parts, found[0]


def _trainer(*arguments: str) -> None:
    done = subprocess.run([sys.executable, "-m", "trainer.cli", *arguments], stdout=sys.stderr)
    if done.returncode:
        raise DataError(f"cqa-train {arguments[0]} failed with {done.returncode}; what it said stands above")

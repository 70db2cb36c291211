"""Models and baselines side by side on the held-out works, in bits per character."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from cqa_desktop.engine.errors import ModelError
from trainer.errors import TrainerError
from trainer.reference.baselines import baseline_bits
from trainer.reference.corpus import Work, find_works, read_work, sample_text
from trainer.reference.gguf_bits import gguf_bits

BASELINE_MEGABYTES = 40
"""Training text that the character model counts."""

Columns = Mapping[str, Mapping[str, float]]


def baseline_columns(train: Sequence[Work], held_out: Sequence[Work], limit: int | None = None) -> Columns:
    """Name of the baseline to work to bits per character, `mean` included."""
    sample = list(sample_text(train, BASELINE_MEGABYTES, seed=1))
    found = baseline_bits(sample, [read_work(work.path)[:limit] for work in held_out])
    names = [work.path.stem for work in held_out]
    return {name: {**dict(zip(names, bits, strict=True)), "mean": float(np.mean(bits))} for name, bits in found.items()}


def as_table(columns: Columns) -> str:
    """A Markdown table: works down, models and baselines across, the mean last."""
    names = list(columns)
    rows = list(next(iter(columns.values())))
    lines = [f"| work | {' | '.join(names)} |", f"|---|{'---:|' * len(names)}"]
    for row in rows:
        label = "**mean**" if row == "mean" else row.replace("_", ": ").replace("-", " ")
        lines.append(f"| {label} | {' | '.join(f'{columns[name][row]:.3f}' for name in names)} |")
    return "\n".join(lines)


def print_bits(models: Sequence[Path], corpus: Path, characters: int | None, *, baselines: bool) -> int:
    """Print the table of `as_table`; returns 0.

    Raises:
        TrainerError: for a corpus or a model that cannot be read.
    """
    held_out = find_works(corpus, "valid")
    columns: dict[str, Mapping[str, float]] = {}
    for path in models:
        print(f"evaluating {path.name}", file=sys.stderr)
        try:
            columns[path.stem] = gguf_bits(path, held_out, characters)
        except ModelError as error:
            raise TrainerError(str(error)) from error
    if baselines:
        print("evaluating bz2 and the character 6-gram model", file=sys.stderr)
        columns.update(baseline_columns(find_works(corpus, "train"), held_out, characters))
    print(as_table(columns))
    return 0

"""`cqa calibrate`: the temperature and percentiles that make a model's marks mean what any other's do."""

from __future__ import annotations

import argparse
from pathlib import Path

from cqa_desktop.commands.errors import CommandError
from cqa_desktop.commands.interrupts import interruptible
from cqa_desktop.commands.session import open_model, progress_bar
from cqa_desktop.documents.errors import DocumentError
from cqa_desktop.documents.files import read_text, write_atomically
from cqa_desktop.engine.calibrate import calibrate
from cqa_desktop.measure.calibration import MIN_SAMPLES
from cqa_desktop.models.registry import calibration_file, reference_prose
from cqa_desktop.text.line_breaks import unify_line_breaks


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command's arguments."""
    parser = commands.add_parser(
        "calibrate",
        help="fit temperature and percentiles of a model on reference prose",
        description="Fit a model's temperature and percentile tables on reference prose, and keep them for the app and "
        "for 'cqa score'.",
    )
    parser.add_argument("model", type=Path, metavar="MODEL", help="a GGUF file")
    parser.add_argument("--prose", type=Path, metavar="DIR", help="folder of .txt files (default: the shipped prose)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Calibrate and keep the outcome.

    Raises:
        CommandError: if the model or the prose cannot be read, or the outcome not be written.
    """
    texts = _prose(arguments.prose)
    with open_model(arguments.model) as model, interruptible() as stop:
        with progress_bar(f"calibrating {model.file.name}") as advance:
            calibration = calibrate(model, texts, on_progress=advance, stop=stop)
        if calibration.passages < MIN_SAMPLES:
            raise CommandError(
                f"the prose holds {calibration.passages} sentences that can be judged - give at least {MIN_SAMPLES}, "
                "better thousands"
            )
        path = calibration_file(model.sha256)
        name = model.file.name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, calibration.to_json().encode("utf-8"))
    except OSError as error:
        raise CommandError(f"{path}: cannot be written ({error.strerror})") from error
    print(f"{name}: temperature {calibration.temperature:.3f}, percentiles of {calibration.passages:,} passages")
    print(f"kept in {path}")
    return 0


def _prose(folder: Path | None) -> list[str]:
    paths = reference_prose() if folder is None else sorted(folder.glob("*.txt"))
    if not paths:
        raise CommandError(f"{folder}: holds no .txt files - give a folder of prose")
    try:
        return [unify_line_breaks(read_text(path)[0]).text for path in paths]
    except DocumentError as error:
        raise CommandError(str(error)) from error

"""Which models there are, and where their calibrations are kept."""

from __future__ import annotations

from pathlib import Path

import platformdirs

from cqa_desktop.resources import resource

APP = "cqa-desktop"


def reference_model() -> Path:
    """The reference model, which ships with the program."""
    return resource("models", "reference.gguf")


def reference_prose() -> list[Path]:
    """The files of reference prose that calibration reads."""
    return sorted(resource("prose").glob("*.txt"))


def data_folder() -> Path:
    """Where the app keeps what is the writer's: models, calibrations, backups."""
    return Path(platformdirs.user_data_dir(APP))


def user_models() -> Path:
    """The folder of models that the writer added."""
    return data_folder() / "models"


def calibration_file(sha256: str) -> Path:
    """Where the calibration of a model without one of its own is kept, by the hash of the model."""
    return data_folder() / "calibrations" / f"{sha256}.json"


def score_cache() -> Path:
    """The file of scores kept from one start to the next."""
    return Path(platformdirs.user_cache_dir(APP)) / "scores.sqlite3"

"""What of a run is published: these files and no others. Annotations, configuration and training state never are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from cqa_desktop.engine.errors import ModelError
from cqa_desktop.engine.gguf_file import BASE_SHA_KEY, inspect_gguf
from trainer.errors import TrainerError

RECORD: Final = "run.json"
EXPORTED: Final = "export.json"
EVALUATED: Final = ("evaluation.json", "evaluation.html")
ADAPTER: Final = "adapter_config.json"
WEIGHTS: Final = "adapter_model.safetensors"
CARD: Final = "README.md"
DATA_SHA_KEY: Final = "cqa.data_sha256"


@dataclass(frozen=True)
class Item:
    """A file as it will be in the repository."""

    name: str
    source: Path | bytes

    @property
    def size(self) -> int:
        return len(self.source) if isinstance(self.source, bytes) else self.source.stat().st_size

    @cached_property
    def sha256(self) -> str:
        if isinstance(self.source, bytes):
            return hashlib.sha256(self.source).hexdigest()
        with self.source.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class Publication:
    """A run, read for publishing."""

    record: Mapping[str, Any]
    """run.json."""
    exported: Mapping[str, Any]
    """export.json."""
    evaluation: Mapping[str, Any] | None
    """evaluation.json, if the run was evaluated."""
    epoch: int
    models: tuple[Item, ...]
    """The GGUFs."""
    others: tuple[Item, ...]
    """All else but the card."""
    left_out: tuple[str, ...]
    """GGUFs that lie beside and are of another epoch."""

    @property
    def base(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.record["base"]
        return found

    def figures(self, name: str) -> Mapping[str, Any]:
        """What export.json says of a GGUF; empty if a later export wrote over it."""
        rows: list[Mapping[str, Any]] = self.exported["files"]
        return next((row for row in rows if row["name"] == name), {})


def collect(folder: Path) -> Publication:
    """Read a run that was exported.

    Raises:
        TrainerError: if it was not, or files are missing, damaged, or of another run.
    """
    record = _read(folder / RECORD, "give the folder that cqa-train fit wrote", ("base", "prompt_format"))
    export = folder / "export"
    exported = _read(export / EXPORTED, "run cqa-train export first", ("epoch", "files"))
    try:
        epoch = int(exported["epoch"])
        listed = [str(row["name"]) for row in exported["files"]]
        record["base"]["id"], record["base"]["sha256"]
    except (KeyError, TypeError, ValueError) as error:
        raise TrainerError(f"{folder}: run.json or export.json is damaged ({error}) - export again") from error
    models, left_out = _models(export, listed, epoch, record)
    adapter = folder / f"epoch-{epoch:02}"
    if not (adapter / WEIGHTS).is_file():
        raise TrainerError(f"{adapter}: the exported epoch's adapter is not there - export again")
    evaluation = folder / EVALUATED[0]
    others = [
        Item(ADAPTER, _shareable(adapter / ADAPTER, record["base"])),
        Item(WEIGHTS, adapter / WEIGHTS),
        Item(RECORD, folder / RECORD),
        Item(EXPORTED, export / EXPORTED),
        *(Item(name, folder / name) for name in EVALUATED if (folder / name).is_file()),
    ]
    return Publication(
        record,
        exported,
        _read(evaluation, "evaluate again", ("epochs", "main_group")) if evaluation.is_file() else None,
        epoch,
        tuple(models),
        tuple(others),
        tuple(left_out),
    )


def _models(export: Path, listed: list[str], epoch: int, record: Mapping[str, Any]) -> tuple[list[Item], list[str]]:
    missing = [name for name in listed if not (export / name).is_file()]
    if missing:
        raise TrainerError(f"{export / missing[0]}: export.json lists it, and it is not there - export again")
    models, left_out = [], []
    for path in sorted(export.glob("*.gguf")):
        # A merged model and an adapter are exported one after the other, and export.json lists the last.
        if path.name not in listed and f"-epoch-{epoch:02}-" not in path.name:
            left_out.append(path.name)
            continue
        try:
            labels = inspect_gguf(path).metadata
        except ModelError as error:
            raise TrainerError(f"{error} - or export again") from error
        mine = {BASE_SHA_KEY: record["base"]["sha256"], DATA_SHA_KEY: record.get("data_sha256", "")}
        if any(str(labels.get(key, "")) != value for key, value in mine.items()):
            raise TrainerError(f"{path}: is of another base or other data than this run - remove it, or export again")
        models.append(Item(path.name, path))
    if not models:
        raise TrainerError(f"{export}: holds no GGUF of epoch {epoch} - run cqa-train export")
    return models, left_out


def _shareable(path: Path, base: Mapping[str, Any]) -> bytes:
    """The adapter's configuration with the base's id: peft writes where the base lay on this machine."""
    config = _read(path, "export again", ())
    config["base_model_name_or_path"] = base["id"]
    config["revision"] = base.get("revision")
    return (json.dumps(config, indent=2, sort_keys=True) + "\n").encode()


def _read(path: Path, fix: str, needed: tuple[str, ...]) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise TrainerError(f"{path}: there is no such file - {fix}") from error
    except (OSError, ValueError) as error:
        raise TrainerError(f"{path}: cannot be read ({error}) - {fix}") from error
    if not isinstance(found, dict) or any(key not in found for key in needed):
        raise TrainerError(f"{path}: is not what cqa-train writes - {fix}")
    return found

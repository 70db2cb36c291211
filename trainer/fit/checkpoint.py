"""One adapter an epoch, and what it takes to go on after a kill. A name appears only when what it names is whole."""

from __future__ import annotations

import os
import pickle
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch

from trainer.errors import TrainerError
from trainer.fit.faults import full_disk

STATE: Final = "state.pt"


@dataclass
class State:
    """Where a run stands after a finished epoch."""

    epoch: int
    optimizer: dict[str, Any]
    adapter: dict[str, torch.Tensor]


def epoch_folder(out: Path, epoch: int) -> Path:
    """Where an epoch's adapter is, counted from 1."""
    return out / f"epoch-{epoch:02}"


def finished_epochs(out: Path) -> list[int]:
    """The epochs whose adapters a run's folder holds, in order."""
    names = (re.fullmatch(r"epoch-(\d{2,})", path.name) for path in out.glob("epoch-*") if path.is_dir())
    return sorted(int(name[1]) for name in names if name)


def save_epoch(out: Path, epoch: int, model: Any, optimizer: torch.optim.Optimizer) -> Path:
    """Write the adapter of an epoch, then the state: a kill in between costs that epoch and no more.

    Raises:
        TrainerError: if the disk is full or refuses. The epochs before stay as they are.
    """
    folder = epoch_folder(out, epoch)
    part = out / f"{folder.name}.part"
    with full_disk(out):
        shutil.rmtree(part, ignore_errors=True)
        try:
            model.save_pretrained(part, save_embedding_layers=False)
            (part / "README.md").unlink(missing_ok=True)  # peft's template, which says nothing
            shutil.rmtree(folder, ignore_errors=True)
            os.replace(part, folder)
            state = {"epoch": epoch, "optimizer": optimizer.state_dict(), "adapter": adapter_weights(model)}
            torch.save(state, out / f"{STATE}.part")
            os.replace(out / f"{STATE}.part", out / STATE)
        finally:
            shutil.rmtree(part, ignore_errors=True)
            (out / f"{STATE}.part").unlink(missing_ok=True)
    return folder


def load_state(out: Path) -> State | None:
    """The state of a run that was stopped; None if no epoch of it was finished.

    Raises:
        TrainerError: if the file cannot be read.
    """
    path = out / STATE
    if not path.exists():
        return None
    try:
        data = torch.load(path, map_location="cpu", weights_only=True)
        return State(data["epoch"], data["optimizer"], data["adapter"])
    except (OSError, RuntimeError, KeyError, EOFError, ValueError, pickle.UnpicklingError) as error:
        raise TrainerError(f"{path}: cannot be read - remove it, or use another --out, to begin again") from error


def adapter_weights(model: Any) -> dict[str, torch.Tensor]:
    """The trainable weights by name, on the CPU."""
    return {name: weight.detach().cpu() for name, weight in model.named_parameters() if weight.requires_grad}


def restore(model: Any, optimizer: torch.optim.Optimizer, state: State) -> None:
    """Put a state back."""
    weights = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
    with torch.no_grad():
        for name, weight in weights.items():
            weight.copy_(state.adapter[name])
    optimizer.load_state_dict(state.optimizer)

"""One tiny base and one run of it, for all tests of evaluation."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from bases import annotations, tiny_base
from readings import CPU, torch_model
from safetensors.torch import load_file, save_file

from trainer.cli import main
from trainer.evaluate.torch_model import TorchModel
from trainer.fit.config import FitConfig
from trainer.fit.model import load_adapters, load_base


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny base whose logits differ from each other, so that an error shows."""
    folder = tiny_base(tmp_path_factory.mktemp("base"))
    weights = load_file(folder / "model.safetensors")
    scaled = {name: weight * 4 if weight.ndim == 2 else weight for name, weight in weights.items()}
    save_file(scaled, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


@pytest.fixture(scope="session")
def run(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two epochs, and next to them `zero`, an adapter that changes nothing."""
    folder = tmp_path_factory.mktemp("run")
    quick = ["--learning-rate", "0.02", "--dropout", "0", "--batch-size", "2", "--rank", "4", "--epochs", "2"]
    data = str(annotations(folder / "a.jsonl"))
    assert main(["fit", "--base", str(base), "--data", data, "--out", str(folder / "out"), *quick]) == 0
    shutil.copytree(folder / "out" / "epoch-01", folder / "zero")
    path = folder / "zero" / "adapter_model.safetensors"
    weights = load_file(path)
    save_file({name: weight * (".lora_A." in name) for name, weight in weights.items()}, path)
    return folder / "out"


@pytest.fixture(scope="session")
def peft_model(base: Path, run: Path) -> Any:
    folders = {"one": run / "epoch-01", "two": run / "epoch-02", "zero": run.parent / "zero"}
    return load_adapters(load_base(base, FitConfig(), CPU), folders)


@pytest.fixture
def model(base: Path, peft_model: Any) -> TorchModel:
    return torch_model(base, peft_model)

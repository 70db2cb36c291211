"""`cqa doctor`: what is installed, what is used, where files live, and what would go wrong."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from cqa_desktop import __version__
from cqa_desktop.engine.calibrations import find_calibration
from cqa_desktop.engine.devices import devices
from cqa_desktop.engine.errors import ModelError
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.models.registry import (
    calibration_file,
    data_folder,
    reference_model,
    reference_prose,
    score_cache,
    user_models,
)

PACKAGES = ("pyside6", "llama-cpp-python", "gguf", "numpy", "huggingface-hub")
TRAINING = ("torch", "transformers", "peft")
NEEDED_BYTES = 200_000_000
WINDOW_CHECK = "import sys; from PySide6.QtWidgets import QApplication; QApplication(sys.argv[:1]); print('ok')"


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command's arguments."""
    parser = commands.add_parser("doctor", help="what is installed and used, and what would go wrong")
    parser.add_argument("--model", type=Path, metavar="GGUF", help="check this model (default: the reference model)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print what was found; 0 if nothing would go wrong, else 1."""
    problems: list[str] = []
    _section("Versions", _versions())
    _section("Devices", _devices())
    _section("Model", _model(arguments.model or reference_model(), problems))
    _section("Files", _files(problems))
    _section("Window", _window(problems))
    print("Would go wrong:" if problems else "Nothing would go wrong.")
    for problem in problems:
        print(f"  {problem}")
    return 1 if problems else 0


def _section(title: str, lines: Iterator[tuple[str, str]]) -> None:
    print(title)
    for label, value in lines:
        print(f"  {label:<20} {value}")
    print()


def _versions() -> Iterator[tuple[str, str]]:
    yield "cqa-desktop", __version__
    yield "Python", f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    for name in (*PACKAGES, *TRAINING):
        try:
            yield name, version(name)
        except PackageNotFoundError:
            yield name, "not installed (only cqa-train needs it)" if name in TRAINING else "not installed"


def _devices() -> Iterator[tuple[str, str]]:
    for device in devices():
        yield device.name, f"{device.description}{', a GPU' if device.is_gpu else ''}"


def _model(path: Path, problems: list[str]) -> Iterator[tuple[str, str]]:
    yield "file", str(path)
    try:
        model = LlamaModel(path)
    except ModelError as error:
        problems.append(str(error))
        return
    with model:
        yield "name", f"{model.file.name}, {model.file.parameters / 1e6:.1f}M parameters, {model.file.quantization}"
        yield "sha256", model.sha256
        yield "runs on", model.device
        if model.notice:
            problems.append(model.notice)
        calibration, own = find_calibration(model)
        yield "calibration", f"temperature {calibration.temperature:.3f}, {calibration.passages:,} passages"
        if not own:
            problems.append(f"{path.name} has no calibration of its own, so classes are a guess - cqa calibrate {path}")
        scored = Scorer(model, calibration).score("The ferry was late, and nobody on the quay said why.")
        bits = scored.measures[0].surprisal["story"]
        yield "a sentence scores", f"{bits:.1f} bits"
        if not bits > 0:
            problems.append(f"{path.name} gives no usable scores")


def _files(problems: list[str]) -> Iterator[tuple[str, str]]:
    yield "reference prose", f"{len(reference_prose())} files beside {reference_model().parent}"
    places = {"models": user_models(), "calibrations": calibration_file("").parent, "score cache": score_cache().parent}
    for label, folder in {**places, "drafts' backups": data_folder() / "backups"}.items():
        existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
        free = shutil.disk_usage(existing).free
        yield label, f"{folder} ({free / 1e9:.1f} GB free)"
        if not os.access(existing, os.W_OK):
            problems.append(f"{existing}: cannot be written to - change its permissions")
        if free < NEEDED_BYTES:
            problems.append(f"{existing}: the disk is nearly full - free some space")


def _window(problems: list[str]) -> Iterator[tuple[str, str]]:
    """Qt ends the process when it cannot open a window, so another one tries."""
    try:
        tried = subprocess.run(
            [sys.executable, "-c", WINDOW_CHECK], capture_output=True, text=True, timeout=30, check=False
        )
        opened, said = tried.stdout.strip() == "ok", tried.stderr.strip().splitlines()
    except subprocess.TimeoutExpired:
        opened, said = False, ["no answer in 30 seconds"]
    if opened:
        yield "Qt", f"opens windows on {os.environ.get('QT_QPA_PLATFORM') or 'this display'}"
        return
    yield "Qt", "cannot open a window here; cqa works all the same"
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        problems.append("there is no display: the app needs one, or QT_QPA_PLATFORM=offscreen with --screenshot")
    else:
        problems.append(f"the app's window does not open ({said[0] if said else 'no reason given'})")

"""`cqa-train fit`: annotations in; adapters, log, picture and run.json out."""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
import sys
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import tomli_w
import torch

from cqa_desktop.annotations.jsonl import AnnotationError, load
from cqa_desktop.annotations.types import SCHEMA, Annotation
from trainer.annotations.check import prompt_format_for
from trainer.bases import REFERENCE, Base, resolve_base, window_of
from trainer.errors import TrainerError
from trainer.fit.checkpoint import STATE, finished_epochs, load_state
from trainer.fit.config import FitConfig
from trainer.fit.encode import Encoder, Example, encode_all, has_chat_template
from trainer.fit.faults import LOADING, full_disk, out_of_memory
from trainer.fit.log import RunLog, draw_loss, epoch_mean, read_log
from trainer.fit.loop import Team, steps_of, train
from trainer.fit.loss import trained_tokens
from trainer.fit.model import add_lora, load_base, use_bf16

RECORD: Final = "run.json"
FREE: Final = ("base", "data", "micro_batch", "gradient_checkpointing")
"""Settings that may be others when a run goes on: places of files, whose hashes are compared, and what saves memory."""
PACKAGES: Final = ("torch", "transformers", "peft", "accelerate", "tokenizers", "numpy", "cqa-desktop", "bitsandbytes")


def fit(config: FitConfig, out: Path) -> int:
    """Fine-tune, or go on where an earlier start of the same run was stopped; returns 0.

    Leaves in `out`: config.toml, run.json, log.csv, loss.png, epoch-01, epoch-02, ... and state.pt.

    Raises:
        TrainerError: for data, base or folder that does not do, and whatever training raises.
    """
    annotations, files = _read_data(config)
    base = resolve_base(config.base, config.revision)
    team = _team(config)
    prompt_format = prompt_format_for(config.base, None if config.prompt_format == "auto" else config.prompt_format)
    encoder = _encoder(config, base, prompt_format)
    examples = encode_all(
        annotations, encoder, skip=config.overlong == "skip", say=lambda line: _say(line) if team.leads else None
    )
    record = {
        "schema": 1,
        "base": {
            "id": base.id,
            "revision": base.revision,
            "sha256": base.sha256,
            "config_sha256": base.config_sha256,
        },
        "data": files,
        "data_sha256": _sha256(json.dumps([one["sha256"] for one in files]).encode()),
        "annotation_schema": SCHEMA,
        "prompt_format": prompt_format,
        "chat_template": _uses_chat(config, base, prompt_format),
        "stop_token": encoder.stop_token,
        "context": encoder.context,
        "epochs": config.epochs,
        "config": _shareable(config),
        **_machine(team),
    }
    _refuse_another_run(out, record)
    _prepare(out, config, record, team)
    state = load_state(out)
    log = None
    if team.leads:
        with full_disk(out):
            done = state.epoch if state else 0
            log = RunLog(out / "log.csv", steps_of(config, len(examples)), read_log(out / "log.csv", done))
        _announce(config, base, examples, done)
    with out_of_memory("loading the base", LOADING):
        torch.manual_seed(config.seed)
        model = add_lora(load_base(base.folder, config, team.device), config, team.device)
    bf16 = use_bf16(config, team.device)
    train(model, examples, config, team, out, log=log, state=state, bf16=bf16)
    if log is not None:
        with full_disk(out):
            draw_loss(log.records, out / "loss.png")
            _finish(out, record, log, examples, model, team)
        loss = epoch_mean(log.records, config.epochs)
        said = f"loss {loss:.3f} nats a trained token" if math.isfinite(loss) else "its log was lost"
        print(f"{out}: {config.epochs} epochs, {said}")
    return 0


def _shareable(config: FitConfig) -> dict[str, Any]:
    """The configuration without the places of files: run.json goes to whoever the adapter goes to."""
    values = {name: value for name, value in asdict(config).items() if value is not None}
    return {**values, "base": Path(config.base).name, "data": [Path(name).name for name in config.data]}


def _read_data(config: FitConfig) -> tuple[list[Annotation], list[dict[str, Any]]]:
    annotations: list[Annotation] = []
    files: list[dict[str, Any]] = []
    for name in config.data:
        path = Path(name).expanduser()
        try:
            rows = load(path)
        except AnnotationError as error:
            raise TrainerError(str(error)) from error
        annotations += rows
        files.append({"name": path.name, "sha256": _sha256(path.read_bytes()), "rows": len(rows)})
    names = [one.id for one in annotations]
    repeated = next((name for name in names if names.count(name) > 1), None) if len(set(names)) < len(names) else None
    if repeated is not None:
        raise TrainerError(f"data: the id '{repeated}' is in two files - give each annotation its own")
    return annotations, files


def _encoder(config: FitConfig, base: Base, prompt_format: str) -> Encoder:
    window = window_of(base.folder)
    if config.context > window:
        raise TrainerError(f"context is {config.context}, and the base reads {window} - give at most that")
    chat = _uses_chat(config, base, prompt_format)
    context = config.context or window
    return Encoder(base.folder, prompt_format=prompt_format, chat=chat, context=context, dialogue=config.dialogue)


def _uses_chat(config: FitConfig, base: Base, prompt_format: str) -> bool:
    if config.chat_template == "auto":
        return prompt_format != "prose-1" and has_chat_template(base.folder)
    return config.chat_template == "on"


def _team(config: FitConfig) -> Team:
    from accelerate.accelerator import Accelerator

    wants_cpu = not torch.cuda.is_available()
    accelerator = Accelerator(cpu=wants_cpu)
    return Team(
        accelerator.device,
        accelerator.process_index,
        accelerator.num_processes,
        lambda tensor: accelerator.reduce(tensor, "sum"),
        accelerator.wait_for_everyone,
    )


def _refuse_another_run(out: Path, record: dict[str, Any]) -> None:
    """A folder holds one run: going on with other settings would make neither."""
    if not _begun(out):
        return
    try:
        found = json.loads((out / RECORD).read_text(encoding="utf-8"))
        before = dict(found["config"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainerError(f"{out / RECORD}: cannot be read ({error}) - use another --out") from error
    for key in ("base", "data_sha256", "prompt_format", "chat_template", "context"):
        if found.get(key) != record[key]:
            raise TrainerError(f"{out}: holds a run with another {key} - use another --out")
    now = json.loads(json.dumps(record["config"]))
    for key in sorted((before.keys() | now.keys()) - set(FREE)):
        if before.get(key) != now.get(key):
            raise TrainerError(
                f"{out}: holds a run with {key} = {before.get(key)}, not {now.get(key)} - use another --out"
            )


def _begun(out: Path) -> bool:
    """Whether a run has something to lose here: what failed before its first epoch has not."""
    return (out / STATE).exists() or bool(finished_epochs(out))


def _prepare(out: Path, config: FitConfig, record: dict[str, Any], team: Team) -> None:
    if team.leads:
        with full_disk(out):
            out.mkdir(parents=True, exist_ok=True)
            resolved = {name: value for name, value in asdict(config).items() if value is not None}
            # Whole, so that the file can be used from any folder, and the base is found again.
            resolved |= {"base": _whole(config.base), "data": list(map(_whole, config.data))}
            (out / "config.toml").write_text(tomli_w.dumps(resolved), encoding="utf-8")
            if not _begun(out):
                _write(out / RECORD, record)
    team.wait()


def _whole(name: str) -> str:
    """The whole path of what is a file or folder here."""
    path = Path(name).expanduser()
    return str(path.resolve()) if name != REFERENCE and path.exists() else name


def _announce(config: FitConfig, base: Base, examples: list[Example], done: int) -> None:
    tokens, trained = sum(len(one.ids) for one in examples), trained_tokens(examples)
    _say(f"{len(examples)} annotations, {tokens:,} tokens, {trained:,} of them the expert's; base {base.id}")
    if done:
        _say(
            f"{done} of {config.epochs} epochs were finished before"
            + ("" if done < config.epochs else "; nothing is left")
        )


def _finish(out: Path, record: dict[str, Any], log: RunLog, examples: list[Example], model: Any, team: Team) -> None:
    means = [epoch_mean(log.records, epoch) for epoch in range(1, record["epochs"] + 1)]
    record |= {
        "rows": len(examples),
        "tokens": sum(len(one.ids) for one in examples),
        "trained_tokens": trained_tokens(examples),
        "parameters": sum(weight.numel() for weight in model.parameters()),
        "trained_parameters": sum(weight.numel() for weight in model.parameters() if weight.requires_grad),
        "loss": [round(loss, 4) if math.isfinite(loss) else None for loss in means],
        "seconds": round(log.seconds, 1),
        "tokens_per_second": round(sum(one.tokens for one in log.records) / max(log.seconds, 1e-9), 1),
        "peak_gpu_megabytes": round(torch.cuda.max_memory_allocated() / 1e6) if team.device.type == "cuda" else None,
    }
    _write(out / RECORD, record)


def _machine(team: Team) -> dict[str, Any]:
    """What a run is made on and with; written at its start, so that a run that was killed says it too."""
    cuda = team.device.type == "cuda"
    return {
        "hardware": torch.cuda.get_device_name() if cuda else f"{platform.machine()}, {os.cpu_count()} CPU cores",
        "processes": team.size,
        "packages": _packages(),
        "python": platform.python_version(),
    }


def _packages() -> dict[str, str]:
    found: dict[str, str] = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _write(path: Path, record: dict[str, Any]) -> None:
    part = path.with_suffix(".part")
    part.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(part, path)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)

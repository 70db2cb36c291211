"""`cqa-train reference`: tokenizer, training, evaluation, conversion, calibration and card, in that order.

Each step leaves a file behind that the next start finds, so that a run that was killed goes on where it was.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers.utils.logging import disable_progress_bar

from cqa_desktop.models.registry import reference_prose
from trainer.errors import TrainerError
from trainer.reference.card import write_card
from trainer.reference.compare import baseline_columns
from trainer.reference.config import ReferenceConfig, load_config
from trainer.reference.corpus import Work, find_works, sample_text
from trainer.reference.earlier import earlier_record, earlier_tokenizer
from trainer.reference.evaluate import write_curve
from trainer.reference.finish import finish
from trainer.reference.tokenizer import save_tokenizer, train_tokenizer
from trainer.reference.train import train

PACKAGES = ("torch", "transformers", "tokenizers", "gguf", "llama-cpp-python", "numpy")


def reference(
    corpus: Path,
    out: Path,
    *,
    config: Path | None = None,
    recipe: str = "auto",
    max_megabytes: float = 50.0,
    prose: Path | None = None,
) -> int:
    """Train, evaluate, convert, quantise and calibrate; returns 0.

    Leaves in `out`: tokenizer/, checkpoint.pt, log.csv, hf/, f32.gguf, reference.gguf, curve.png, run.json, card.md.

    Raises:
        TrainerError: for a corpus, configuration or folder that does not do, and whatever training and finishing raise.
    """
    gpu = torch.cuda.is_available()
    chosen = ("gpu" if gpu else "cpu") if recipe == "auto" else recipe
    settings = load_config(config, chosen)
    works, held_out = find_works(corpus, "train"), find_works(corpus, "valid")
    prose_texts = _read_prose(prose)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainerError(f"{out}: cannot be made ({error.strerror}) - choose another folder") from error
    print(f"{len(works)} works to train on, {len(held_out)} held out; recipe '{chosen}'", file=sys.stderr)
    disable_progress_bar()
    tokenizer = _tokenizer(settings, works, out / "tokenizer")
    before = earlier_record(settings.training.start) if settings.training.start else None
    model, progress = train(settings, works, held_out, tokenizer, out)
    checkpoint = out / "hf"
    model.float().cpu().save_pretrained(checkpoint)
    save_tokenizer(tokenizer, checkpoint)
    write_curve(out / "log.csv", out / "curve.png")
    data_hash = _hash(works)
    finished = finish(
        checkpoint,
        out,
        name=settings.name,
        held_out=held_out,
        prose=prose_texts,
        max_megabytes=max_megabytes,
        metadata={"cqa.data_sha256": data_hash, "cqa.recipe": json.dumps(asdict(settings))},
    )
    print("measuring the baselines", file=sys.stderr)
    columns = {"F32": finished.before, finished.kind: finished.after, **baseline_columns(works, held_out)}
    record: dict[str, Any] = {
        "recipe": chosen,
        "before": before,
        "config": asdict(settings),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "works": len(works),
        "data_sha256": data_hash,
        "steps": progress.step,
        "tokens_seen": progress.tokens,
        "seconds": round(progress.seconds, 1),
        "kind": finished.kind,
        "megabytes": round(finished.model.stat().st_size / 1e6, 2),
        "kinds": finished.kinds,
        "nmse": finished.parity.nmse,
        "temperature": finished.temperature,
        "bits_per_character": columns,
        "packages": {name: version(name) for name in PACKAGES},
        "hardware": torch.cuda.get_device_name() if gpu else f"{platform.machine()}, {os.cpu_count()} CPU cores",
        "python": platform.python_version(),
    }
    (out / "run.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    write_card(record, out / "card.md")
    mean = finished.after["mean"]
    print(f"{finished.model}: {record['megabytes']} MB, {mean:.3f} bits per character on the held-out works")
    return 0


def _tokenizer(settings: ReferenceConfig, works: Sequence[Work], folder: Path) -> Tokenizer:
    path = folder / "tokenizer.json"
    if path.exists():
        found = Tokenizer.from_file(str(path))
        if found.get_vocab_size() > settings.tokenizer.vocab_size:
            raise TrainerError(f"{path}: was made with another tokenizer.vocab_size - use another --out")
        return found
    earlier = settings.training.start or settings.training.teacher
    if earlier:
        tokenizer = earlier_tokenizer(earlier)
        if (size := tokenizer.get_vocab_size()) != settings.tokenizer.vocab_size:
            raise TrainerError(f"'{earlier}' has {size} tokens - set tokenizer.vocab_size to that")
    else:
        print(f"learning {settings.tokenizer.vocab_size} tokens", file=sys.stderr)
        sample = sample_text(works, settings.tokenizer.sample_megabytes, settings.training.seed)
        tokenizer = train_tokenizer(sample, settings.tokenizer.vocab_size)
    save_tokenizer(tokenizer, folder)
    return tokenizer


def _read_prose(folder: Path | None) -> list[str]:
    paths = sorted(folder.glob("*.txt")) if folder else reference_prose()
    if not paths:
        raise TrainerError(f"{folder}: holds no .txt file - give a folder of reference prose")
    return [path.read_text(encoding="utf-8") for path in paths]


def _hash(works: Sequence[Work]) -> str:
    digest = hashlib.sha256()
    for work in works:
        digest.update(hashlib.sha256(work.path.read_bytes()).digest())
    return digest.hexdigest()

"""Fine-tuning beside a plain transformers Trainer on the same recipe: tokens a second and peak memory.

python -m tests.benchmarks.training paper: the same at the paper's size (random weights of Qwen2.5-7B's shape; a GPU).
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from cqa_desktop.annotations.jsonl import load
from cqa_desktop.resources import resource
from tests.benchmarks.common import Row, folder

OURS, PLAIN = "ours", "trainer"
REPEATS: Final = 3
EPOCHS: Final = 1
PAPER: Final = {
    "model_type": "qwen2", "hidden_size": 3584, "intermediate_size": 18944, "num_hidden_layers": 28,
    "num_attention_heads": 28, "num_key_value_heads": 4, "vocab_size": 152_064, "max_position_embeddings": 4096,
    "tie_word_embeddings": False,
}  # fmt: skip
"""Qwen2.5-7B."""


def rows() -> list[Row]:
    """Both, turn by turn, each in a process of its own."""
    found = compare("reference")
    ours, plain = found[OURS], found[PLAIN]
    speed = ours["tokens_per_second"] / plain["tokens_per_second"]
    return [
        Row(
            "fine-tuning, beside a plain transformers Trainer",
            f"{speed:.2f} times ({ours['tokens_per_second']:,.0f} and {plain['tokens_per_second']:,.0f} tokens/s)",
            "",
            None,
        ),
        Row(
            "peak memory of fine-tuning, ours and the Trainer's",
            f"{ours['peak_mb']:,.0f} and {plain['peak_mb']:,.0f} MB",
            "",
            None,
        ),
    ]


def compare(base: str, repeats: int = REPEATS) -> dict[str, dict[str, float]]:
    """Medians of both."""
    results: dict[str, list[dict[str, float]]] = {OURS: [], PLAIN: []}
    for _ in range(repeats):
        for kind, several in results.items():
            command = [sys.executable, "-m", "tests.benchmarks.training", kind, base]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise RuntimeError(f"{kind}: {done.stderr[-2000:]}")
            several.append(json.loads(done.stdout.splitlines()[-1]))
    return {
        kind: {name: statistics.median(one[name] for one in several) for name in several[0]}
        for kind, several in results.items()
    }


def child(kind: str, base: str) -> dict[str, float]:
    """Train one epoch of the starter set, or of as many rows as long on the paper's shape."""
    import torch

    from trainer.bases import resolve_base
    from trainer.fit.config import FitConfig
    from trainer.fit.encode import Encoder, encode_all
    from trainer.fit.model import add_lora, load_base, use_bf16

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    config = FitConfig(epochs=EPOCHS, batch_size=8, micro_batch=1)
    reference = resolve_base("reference")
    encoder = Encoder(reference.folder, prompt_format="prose-1", chat=False, context=1024, dialogue=False)
    annotations = load(resource("annotations", "starter.jsonl"))
    examples = encode_all(annotations, encoder, skip=False, say=lambda _line: None)
    plain = load_base(reference.folder, config, device) if base == "reference" else _random(device)
    model = add_lora(plain, config, device)
    bf16 = use_bf16(config, device)
    tokens = EPOCHS * sum(len(one.ids) for one in examples)
    with folder() as out:
        run = _ours if kind == OURS else _trainer
        seconds = run(model, examples, config, device, out, bf16=bf16)
    return {"tokens_per_second": tokens / seconds, "seconds": seconds, "peak_mb": _peak(device) / 1e6}


def _ours(model: Any, examples: Sequence[Any], config: Any, device: Any, out: Path, *, bf16: bool) -> float:
    from trainer.fit.log import RunLog
    from trainer.fit.loop import Team, steps_of, train

    team = Team(device, 0, 1, lambda tensor: tensor, lambda: None)
    log = RunLog(out / "log.csv", steps_of(config, len(examples)))
    began = time.perf_counter()
    train(model, examples, config, team, out, log=log, state=None, bf16=bf16)
    return time.perf_counter() - began


def _trainer(model: Any, examples: Sequence[Any], config: Any, device: Any, out: Path, *, bf16: bool) -> float:
    from transformers import Trainer, TrainingArguments

    rows = [
        {
            "input_ids": one.ids,
            "attention_mask": [1] * len(one.ids),
            "labels": [token if trained else -100 for token, trained in zip(one.ids, one.trained, strict=True)],
        }
        for one in examples
    ]
    arguments = TrainingArguments(
        output_dir=str(out), num_train_epochs=config.epochs, per_device_train_batch_size=config.micro_batch,
        gradient_accumulation_steps=config.batch_size // config.micro_batch, learning_rate=config.learning_rate,
        lr_scheduler_type="cosine", max_grad_norm=config.max_grad_norm, bf16=bf16, use_cpu=device.type == "cpu",
        save_strategy="epoch", logging_steps=1, report_to=[], disable_tqdm=True, seed=config.seed,
    )  # fmt: skip
    trainer = Trainer(model=model, args=arguments, train_dataset=rows, data_collator=_stack)
    began = time.perf_counter()
    trainer.train()
    return time.perf_counter() - began


def _stack(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """A batch of one row needs no padding."""
    import torch

    return {name: torch.tensor([row[name] for row in rows]) for name in rows[0]}


def _random(device: Any) -> Any:
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    options = dict(PAPER)
    config = AutoConfig.for_model(options.pop("model_type"), **options)
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16)
    try:
        with torch.device(device):
            return AutoModelForCausalLM.from_config(config)
    finally:
        torch.set_default_dtype(before)


def _peak(device: Any) -> float:
    if device.type == "cuda":
        import torch

        return float(torch.cuda.max_memory_allocated())
    import resource as limits

    return float(limits.getrusage(limits.RUSAGE_SELF).ru_maxrss * 1024)


if __name__ == "__main__":
    if sys.argv[1] == "paper":
        for name, figures in compare("paper", repeats=1).items():
            hundred = figures["seconds"] / EPOCHS / 63 * 100 * 5
            print(
                f"{name}: {figures['tokens_per_second']:,.0f} tokens/s, peak {figures['peak_mb'] / 1000:.1f} GB, "
                f"100 annotations x 5 epochs in {hundred / 60:.1f} minutes"
            )
    else:
        print(json.dumps(child(sys.argv[1], sys.argv[2])))

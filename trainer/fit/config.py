"""What a fine-tuning run is made of: flags over a TOML file over defaults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from trainer.errors import TrainerError
from trainer.settings import build, merge, read_toml

PROJECTIONS: Final = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
"""Attention and MLP, by the names that the supported families share."""
EMBEDDINGS: Final = ("embed_tokens", "lm_head", "wte", "embed_in", "embed_out")
"""Never adapted: llama.cpp cannot load a LoRA on them (llama.cpp#11554)."""


@dataclass(frozen=True)
class FitConfig:
    """A run, resolved. Every value is a key of the TOML file and of run.json."""

    base: str = "reference"
    """`reference`, a folder, or owner/name on the hub."""
    revision: str | None = None
    data: tuple[str, ...] = ()
    """Files of annotations."""
    prompt_format: Literal["auto", "prose-1", "headed-1"] = "auto"
    chat_template: Literal["auto", "on", "off"] = "auto"
    """Whether the base's chat template goes around prompt and answer; auto: if it has one and the format is headed."""
    dialogue: bool = False
    """Whether the dialogue is trained on too, before the judgments."""
    context: int = 0
    """Most tokens of a row; 0: what the base reads."""
    overlong: Literal["error", "skip"] = "error"
    """What happens to a row that does not fit when all of its context is left out."""
    epochs: int = 5
    batch_size: int = 8
    """Rows of an optimiser step, over all devices."""
    micro_batch: int = 1
    """Rows that one device takes at once."""
    learning_rate: float = 2e-4
    warmup: float = 0.05
    """Fraction of the steps in which the learning rate rises; after them it falls to zero as a cosine does."""
    weight_decay: float = 0.0
    max_grad_norm: float = 1.0
    rank: int = 16
    alpha: int = 32
    dropout: float = 0.05
    targets: tuple[str, ...] = PROJECTIONS
    precision: Literal["auto", "bf16", "float32"] = "auto"
    """auto: bf16 on a GPU, float32 on a CPU."""
    gradient_checkpointing: Literal["auto", "on", "off"] = "auto"
    """auto: on a GPU."""
    load_in_4bit: bool = False
    """A 4-bit base, by bitsandbytes, on a CUDA GPU."""
    seed: int = 1


def load_fit_config(path: Path | None, flags: Mapping[str, Any]) -> FitConfig:
    """Flags that were given over the file's values over the defaults.

    Raises:
        TrainerError: for what cannot be read, an unknown key (naming the nearest), or values that do not do.
    """
    values = read_toml(path) if path else {}
    for nested in [key for key, value in values.items() if isinstance(value, dict)]:
        raise TrainerError(f"{path}: '[{nested}]' is a table - the keys of a run stand at the top, without one")
    given = {key: value for key, value in flags.items() if value is not None}
    build(FitConfig, values, str(path))
    config = build(FitConfig, merge(values, given), "flags")
    _check(config, lambda name: str(path) if path and name not in given else "flags")
    return config


def _check(config: FitConfig, where: Callable[[str], str]) -> None:
    """Raises:
    TrainerError: for the first value that does not do, and where it stands. (What is no number fails every comparison.)
    """

    def need(holds: bool, name: str, what: str) -> None:
        if not holds:
            value = getattr(config, name)
            shown = f"{value:g}" if isinstance(value, float) else value
            raise TrainerError(f"{where(name)}: {name} is {shown} - it must be {what}")

    if not config.data:
        raise TrainerError(f"{where('data')}: no data - give --data FILE")
    for name in ("epochs", "batch_size", "micro_batch", "rank", "alpha"):
        need(getattr(config, name) >= 1, name, "at least 1")
    need(0 < config.learning_rate < 1, "learning_rate", "between 0 and 1")
    need(0 <= config.dropout < 1, "dropout", "at least 0 and under 1")
    need(0 <= config.warmup < 1, "warmup", "at least 0 and under 1")
    need(0 <= config.weight_decay < 1, "weight_decay", "at least 0 and under 1")
    need(config.max_grad_norm > 0, "max_grad_norm", "above 0")
    need(config.context == 0 or config.context >= 64, "context", "at least 64 tokens, or 0")
    need(0 <= config.seed < 1 << 32, "seed", "at least 0 and under 2^32")
    if not config.targets:
        raise TrainerError(
            f"{where('targets')}: targets is empty - name projections such as {', '.join(PROJECTIONS[:2])}"
        )
    for target in config.targets:
        if target in EMBEDDINGS:
            raise TrainerError(
                f"{where('targets')}: targets: '{target}' is an embedding, which a GGUF cannot adapt - leave it out"
            )

"""What a training run of the reference model is made of, read from TOML over one of the shipped recipes."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from trainer.errors import TrainerError
from trainer.settings import build, merge, read_toml

RECIPES = Path(__file__).parent / "recipes"


@dataclass(frozen=True)
class TokenizerConfig:
    vocab_size: int = 8192
    sample_megabytes: int = 48
    """How much of the corpus the merges are learned from."""


@dataclass(frozen=True)
class ModelConfig:
    hidden_size: int = 256
    intermediate_size: int = 768
    layers: int = 4
    heads: int = 4
    kv_heads: int = 2
    context: int = 1024
    rope_theta: float = 10000.0


@dataclass(frozen=True)
class Phase:
    until: float
    """Fraction of the run at which the phase ends."""
    sequence: int
    """Tokens a sequence."""


@dataclass(frozen=True)
class TrainingConfig:
    minutes: float = 85.0
    """Wall-clock budget; the learning rate reaches zero when it or `tokens` is spent, whichever comes first."""
    tokens: int = 40_000_000
    start: str = ""
    """The model whose weights and tokenizer the run starts from: `reference`, or a folder; empty: random weights."""
    batch_tokens: int = 8192
    pool: int = 8192
    """Sequences to mix before any is given out: about as many works as a hundred sequences each allows."""
    optimizer: Literal["muon", "adamw"] = "muon"
    """For the matrices inside the layers."""
    matrix_lr: float = 6e-3
    """Its learning rate."""
    other_lr: float = 4e-3
    """AdamW's learning rate for embeddings and norms."""
    weight_decay: float = 0.05
    warmup: float = 0.02
    """Fraction of the run in which the learning rate rises."""
    decay: float = 0.55
    """Last fraction of the run in which it falls to zero."""
    average: float = 0.0
    """What a step leaves of an exponential moving average of the weights, which is then what is kept; 0: none."""
    teacher: str = ""
    """A model of the same tokenizer to learn from besides the text, named as `start` is (Hinton et al. 2015)."""
    teacher_share: float = 0.5
    """Of the loss that is cross-entropy against the teacher's prediction."""
    threads: int = 2
    seed: int = 1
    compile: bool = True
    eval_every_minutes: float = 10.0
    checkpoint_every_minutes: float = 3.0
    phases: tuple[Phase, ...] = (Phase(1.0, 512),)


@dataclass(frozen=True)
class SamplingConfig:
    since: tuple[int, ...] = (0,)
    """First years of the groups that works fall into, latest first; the last must be 0."""
    share: tuple[float, ...] = (1.0,)
    """The share of training tokens drawn from each group; groups the corpus lacks are left out."""


@dataclass(frozen=True)
class ReferenceConfig:
    name: str = "CQA reference"
    tokenizer: TokenizerConfig = field(default_factory=TokenizerConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    sampling: SamplingConfig = field(default_factory=SamplingConfig)


def load_config(path: Path | None, recipe: str) -> ReferenceConfig:
    """The shipped recipe (`cpu`, `further` or `gpu`) with the values of the TOML file at `path` over it.

    Raises:
        TrainerError: for a missing or malformed file, an unknown key (naming the nearest), a value of the wrong
            type, or values that do not fit each other.
    """
    values = tomllib.loads((RECIPES / f"{recipe}.toml").read_text(encoding="utf-8"))
    if path is not None:
        values = merge(values, read_toml(path))
    where = str(path) if path else recipe
    config = build(ReferenceConfig, values, where)
    _check(config, where)
    return config


def _check(config: ReferenceConfig, where: str) -> None:
    model, training, sampling = config.model, config.training, config.sampling
    for name in ("hidden_size", "intermediate_size"):
        if getattr(model, name) <= 0 or getattr(model, name) % 256:
            raise TrainerError(f"{where}: model.{name} is {getattr(model, name)} - K-quants need a multiple of 256")
    if model.heads <= 0 or model.hidden_size % model.heads or model.kv_heads <= 0 or model.heads % model.kv_heads:
        raise TrainerError(f"{where}: model.heads must divide hidden_size, and kv_heads must divide heads")
    if config.tokenizer.vocab_size < 258:
        raise TrainerError(f"{where}: tokenizer.vocab_size must be at least 258 (256 bytes and two special tokens)")
    if not training.phases or training.phases[-1].until != 1.0:
        raise TrainerError(f"{where}: the last of training.phases must end at 1.0")
    for phase in training.phases:
        if not 0 < phase.sequence <= min(model.context, training.batch_tokens):
            raise TrainerError(f"{where}: a phase's sequence must be between 1 and model.context and batch_tokens")
    if len(sampling.since) != len(sampling.share) or not sampling.since or sampling.since[-1] != 0:
        raise TrainerError(
            f"{where}: sampling.since and sampling.share must be equally long, and since must end with 0"
        )
    if not 0 <= training.average < 1 or not 0 <= training.teacher_share <= 1:
        raise TrainerError(f"{where}: training.average and training.teacher_share are fractions")
    if training.pool <= 0 or training.minutes <= 0 or training.tokens <= 0 or model.layers <= 0:
        raise TrainerError(f"{where}: training.pool, minutes and tokens and model.layers must be above 0")

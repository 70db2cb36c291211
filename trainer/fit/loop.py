"""The training loop: epochs of shuffled rows, each device its share, one optimiser step a batch."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from trainer.errors import TrainerError
from trainer.fit.checkpoint import State, restore, save_epoch
from trainer.fit.config import FitConfig
from trainer.fit.encode import Example
from trainer.fit.faults import TRAINING, full_disk, out_of_memory
from trainer.fit.log import RunLog, StepRecord, epoch_mean
from trainer.fit.loss import loss_sum, trained_tokens


@dataclass
class Team:
    """The devices that train together: one process each."""

    device: torch.device
    rank: int
    size: int
    sum: Callable[[torch.Tensor], torch.Tensor]
    """Adds a tensor up over the processes."""
    wait: Callable[[], None]
    """Returns when every process got here."""

    @property
    def leads(self) -> bool:
        """Whether this process writes files and lines."""
        return self.rank == 0


def steps_of(config: FitConfig, rows: int) -> int:
    """Optimiser steps of the whole run."""
    return config.epochs * math.ceil(rows / config.batch_size)


def learning_rate(config: FitConfig, step: int, steps: int) -> float:
    """A linear rise, then a cosine to zero; `step` counts from 0."""
    rise = max(1, round(config.warmup * steps))
    if step < rise:
        return config.learning_rate * (step + 1) / rise
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, steps - rise)))


def train(
    model: Any,
    examples: Sequence[Example],
    config: FitConfig,
    team: Team,
    out: Path,
    *,
    log: RunLog | None,
    state: State | None,
    bf16: bool,
) -> None:
    """Train the epochs that are left, saving an adapter after each.

    Args:
        log: given to the leading process, None to the others.

    Raises:
        TrainerError: out of memory, a loss or gradient that is not finite, or a disk that is full.
    """
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=config.learning_rate, weight_decay=config.weight_decay)
    done = 0
    if state is not None:
        restore(model, optimizer, state)
        done = state.epoch
    steps = steps_of(config, len(examples))
    step = steps // config.epochs * done
    seconds = log.seconds if log else 0.0
    model.train()
    for epoch in range(done + 1, config.epochs + 1):
        # Seeded by epoch, so that an epoch done again after a kill is the same epoch.
        torch.manual_seed(config.seed * 1_000_003 + epoch * 1_009 + team.rank)
        order = torch.randperm(len(examples), generator=torch.Generator().manual_seed(config.seed + epoch)).tolist()
        for start in range(0, len(order), config.batch_size):
            began = time.perf_counter()
            rows = [examples[index] for index in order[start : start + config.batch_size]]
            rate = learning_rate(config, step, steps)
            for group in optimizer.param_groups:
                group["lr"] = rate
            with out_of_memory(f"epoch {epoch}, rows of up to {max(len(row.ids) for row in rows)} tokens", TRAINING):
                loss = _gradients(model, weights, rows, config, team, bf16=bf16)
            norm = float(torch.nn.utils.clip_grad_norm_(weights, config.max_grad_norm))
            if not math.isfinite(loss) or not math.isfinite(norm):
                raise TrainerError(
                    f"epoch {epoch}, step {step + 1}: the loss is not finite ({loss}); the last finished epoch is "
                    "safe - lower learning_rate and use another --out"
                )
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            step += 1
            took = time.perf_counter() - began
            seconds += took
            if log is not None:
                tokens = sum(len(row.ids) for row in rows)
                with full_disk(out):
                    log.add(StepRecord(step, epoch, tokens, loss, rate, norm, tokens / took, seconds))
        if log is not None:
            folder = save_epoch(out, epoch, model, optimizer)
            log.epoch_done(epoch, epoch_mean(log.records, epoch), folder)
        team.wait()


def _gradients(
    model: Any, weights: Sequence[torch.Tensor], rows: Sequence[Example], config: FitConfig, team: Team, *, bf16: bool
) -> float:
    """Leave in the weights the gradient of the batch's mean loss a trained token; returns that loss, nats.

    The sum over all rows of all devices is divided by the number of trained tokens in them, so that neither the size of
    a micro-batch nor the number of devices changes what is learned.
    """
    mine = rows[team.rank :: team.size]
    total = torch.zeros(1, dtype=torch.float64)
    for start in range(0, len(mine), config.micro_batch):
        with torch.autocast(team.device.type, dtype=torch.bfloat16, enabled=bf16):
            loss = loss_sum(model, mine[start : start + config.micro_batch], team.device)
        loss.backward()
        total += loss.detach().double().cpu()
    count = trained_tokens(rows)
    # One buffer for all: the adapter is small, and one message is cheaper than hundreds.
    flat = torch.cat([torch.zeros_like(w).flatten() if w.grad is None else w.grad.flatten() for w in weights])
    flat = team.sum(flat) / count
    at = 0
    for weight in weights:
        weight.grad = flat[at : at + weight.numel()].view_as(weight).clone()
        at += weight.numel()
    return float(team.sum(total.to(torch.float32).to(team.device))) / count

"""The training loop: a wall-clock and a token budget, checkpoints that a killed run resumes from."""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from trainer.errors import TrainerError
from trainer.reference.config import ReferenceConfig, TrainingConfig
from trainer.reference.corpus import SequenceStream, Work, WorkOrder
from trainer.reference.earlier import check_shape, earlier_model, earlier_tokenizer
from trainer.reference.evaluate import bits_per_character
from trainer.reference.model import build_model, distilled_losses, lr_factor, make_optimizers, token_losses

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import LlamaForCausalLM

Losses = Callable[..., tuple[torch.Tensor, ...]]

QUICK_CHARACTERS = 12_000
"""Characters of each held-out work that the evaluations during training read."""


@dataclass
class Progress:
    """How far a run is; saved in every checkpoint."""

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    smoothed: float = 0.0
    """Training loss, bits per token, exponentially smoothed."""

    def fraction(self, training: TrainingConfig) -> float:
        return min(1.0, max(self.tokens / training.tokens, self.seconds / (training.minutes * 60)))


def train(
    config: ReferenceConfig, works: Sequence[Work], held_out: Sequence[Work], tokenizer: Tokenizer, out: Path
) -> tuple[LlamaForCausalLM, Progress]:
    """Train to the end of the budget, resuming from `out/checkpoint.pt` if there is one.

    Writes `out/log.csv` (seconds, tokens, bits per token, held-out bits per character) as it goes.

    Raises:
        TrainerError: if the loss is not finite, the disk is full, or the checkpoint is of another configuration (the
            last good checkpoint stays); for a model to start from or to learn from that does not do.
    """
    training = config.training
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(training.seed)
    if device.type == "cpu":
        torch.set_num_threads(training.threads)
    model = _first_model(config, tokenizer)
    model.to(device)  # type: ignore[arg-type]  # annotated for its wrapper
    averaged = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(training.average)) if training.average else None
    optimizers = make_optimizers(model, training)
    base_rates = [optimizer.param_groups[0]["lr"] for optimizer in optimizers]
    losses_of = _losses(training, tokenizer, device)
    order = WorkOrder(works, config.sampling, training.seed)
    progress = Progress()
    saved = _load(out / "checkpoint.pt", config)
    if saved is not None:
        model.load_state_dict(saved["model"])
        if averaged is not None:
            averaged.load_state_dict(saved["averaged"])
        for optimizer, state in zip(optimizers, saved["optimizers"], strict=True):
            optimizer.load_state_dict(state)
        progress = Progress(**saved["progress"])
        order.restore(saved["order"])
        print(f"resuming at {progress.tokens / 1e6:.1f}M tokens", file=sys.stderr)
    log = _Log(out / "log.csv", resumed=saved is not None)
    stream: SequenceStream | None = None
    last_eval = last_save = progress.seconds
    model.train()
    while (fraction := progress.fraction(training)) < 1.0:
        began = time.monotonic()
        length = next(phase.sequence for phase in training.phases if fraction < phase.until)
        if stream is None or stream.length != length:
            stream = SequenceStream(order, tokenizer, length, training.seed + progress.step, training.pool)
        rows = max(1, training.batch_tokens // length)
        batch = torch.from_numpy(stream.batch(rows)).to(device).long()
        factor = lr_factor(fraction, training.warmup, training.decay)
        for optimizer, rate in zip(optimizers, base_rates, strict=True):
            optimizer.param_groups[0]["lr"] = rate * factor
        losses, minimised = losses_of(model, batch[:, :-1], batch[:, 1:])
        minimised.mean().backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        if averaged is not None:
            averaged.update_parameters(model)
        bits = float(losses.detach().mean()) / math.log(2)
        if not math.isfinite(bits):
            raise TrainerError(f"{out}: the loss is not finite at step {progress.step} - lower the learning rates")
        progress.step += 1
        progress.tokens += rows * length
        progress.smoothed = bits if progress.step == 1 else 0.98 * progress.smoothed + 0.02 * bits
        progress.seconds += time.monotonic() - began
        if progress.step % 10 == 0:
            log.write(progress, None)
            _show(progress, training, length)
        if progress.seconds - last_eval > training.eval_every_minutes * 60:
            began = time.monotonic()
            scores = bits_per_character(model, tokenizer, held_out, length, QUICK_CHARACTERS)
            log.write(progress, scores["mean"])
            print(f"\nheld-out works: {scores['mean']:.3f} bits per character", file=sys.stderr)
            progress.seconds += time.monotonic() - began
            last_eval = progress.seconds
        if progress.seconds - last_save > training.checkpoint_every_minutes * 60:
            _save(out / "checkpoint.pt", config, model, averaged, optimizers, progress, order)
            last_save = progress.seconds
    _save(out / "checkpoint.pt", config, model, averaged, optimizers, progress, order)
    return (model if averaged is None else cast("LlamaForCausalLM", averaged.module)), progress


def _first_model(config: ReferenceConfig, tokenizer: Tokenizer) -> LlamaForCausalLM:
    start = config.training.start
    if not start:
        return build_model(config.model, tokenizer.get_vocab_size())
    model = earlier_model(start)
    check_shape(model, config.model, start)
    return model


def _losses(training: TrainingConfig, tokenizer: Tokenizer, device: torch.device) -> Losses:
    """Compiled where the configuration says so: the model's losses, and what is minimised."""

    def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
        return torch.compile(function, dynamic=False) if training.compile else function

    if not training.teacher:
        plain = compiled(token_losses)

        def same(model: LlamaForCausalLM, inputs: torch.Tensor, targets: torch.Tensor) -> tuple[torch.Tensor, ...]:
            losses = plain(model, inputs, targets)
            return losses, losses

        return same
    if earlier_tokenizer(training.teacher).get_vocab() != tokenizer.get_vocab():
        raise TrainerError(f"training.teacher: '{training.teacher}' has another tokenizer - use another --out")
    teacher = earlier_model(training.teacher).to(device).eval()  # type: ignore[arg-type]  # annotated for its wrapper
    return partial(compiled(distilled_losses), teacher=teacher, share=training.teacher_share)


def _show(progress: Progress, training: TrainingConfig, length: int) -> None:
    fraction = progress.fraction(training)
    left = progress.seconds * (1 - fraction) / max(fraction, 1e-6)
    line = (
        f"{fraction:6.1%}  step {progress.step}  {progress.tokens / 1e6:.2f}M tokens  "
        f"{progress.smoothed:.3f} bits/token  {progress.tokens / max(progress.seconds, 1e-6):,.0f} tokens/s  "
        f"sequence {length}  {left / 60:.0f} min left"
    )
    # One line rewritten on a terminal, one line in fifty in a log file.
    if sys.stderr.isatty():
        print(f"\r{line}\x1b[K", end="", file=sys.stderr, flush=True)
    elif progress.step % 50 == 0:
        print(line, file=sys.stderr, flush=True)


class _Log:
    def __init__(self, path: Path, *, resumed: bool) -> None:
        self._path = path
        if not resumed or not path.exists():
            path.write_text("seconds,tokens,bits_per_token,held_out_bits_per_character\n", encoding="utf-8")

    def write(self, progress: Progress, held_out: float | None) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            bits = "" if held_out is None else f"{held_out:.5f}"
            file.write(f"{progress.seconds:.1f},{progress.tokens},{progress.smoothed:.5f},{bits}\n")


def _save(
    path: Path,
    config: ReferenceConfig,
    model: LlamaForCausalLM,
    averaged: AveragedModel | None,
    optimizers: Sequence[torch.optim.Optimizer],
    progress: Progress,
    order: WorkOrder,
) -> None:
    state = {
        "config": asdict(config),
        "model": model.state_dict(),
        "averaged": None if averaged is None else averaged.state_dict(),
        "optimizers": [optimizer.state_dict() for optimizer in optimizers],
        "progress": asdict(progress),
        "order": order.state(),
    }
    part = path.with_suffix(".part")
    try:
        torch.save(state, part)
        os.replace(part, path)
    except (OSError, RuntimeError) as error:
        part.unlink(missing_ok=True)
        raise TrainerError(f"{path}: the checkpoint could not be written ({error}) - free some disk space") from error


def _load(path: Path, config: ReferenceConfig) -> dict[str, Any] | None:
    if not path.exists():
        return None
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=False)
    mine = asdict(config)
    average = mine["training"]["average"]
    if state["config"]["model"] != mine["model"] or state["config"]["training"].get("average", 0.0) != average:
        raise TrainerError(f"{path}: was made by another model configuration - use another --out")
    return state

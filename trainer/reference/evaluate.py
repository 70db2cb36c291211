"""Bits per character on held-out works, the figure by which language models of unlike tokenizers compare."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from trainer.reference.corpus import Work, read_work
from trainer.reference.model import token_losses
from trainer.reference.tokenizer import BOS_ID

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import LlamaForCausalLM


def windows(count: int, context: int) -> list[tuple[int, int, int]]:
    """(start, scored from, end) over `count` tokens: half a context of history before all but the first tokens."""
    half = context // 2
    found = [(0, 0, min(count, context - 1))]
    while found[-1][2] < count:
        begin = found[-1][2]
        found.append((begin - half, begin, min(count, begin - half + context - 1)))
    return found


def bits_per_character(
    model: LlamaForCausalLM,
    tokenizer: Tokenizer,
    works: Sequence[Work],
    context: int,
    limit: int | None = None,
) -> dict[str, float]:
    """Work name to bits per character, over its first `limit` characters (all, if None), and their mean as `mean`."""
    device = next(model.parameters()).device
    results: dict[str, float] = {}
    was_training = model.training
    model.eval()
    with torch.inference_mode():
        for work in works:
            text = read_work(work.path)[:limit]
            ids = tokenizer.encode(text, add_special_tokens=False).ids
            nats = 0.0
            for start, scored, end in windows(len(ids), context):
                row = torch.tensor([[BOS_ID, *ids[start:end]]], device=device)
                losses = token_losses(model, row[:, :-1], row[:, 1:])
                nats += float(losses[scored - start :].double().sum())
            results[work.path.stem] = nats / math.log(2) / len(text)
    model.train(was_training)
    results["mean"] = float(np.mean(list(results.values())))
    return results


def write_curve(log: Path, picture: Path) -> None:
    """Draw the training loss and held-out bits per character of a `log.csv` as a PNG."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    rows = [line.split(",") for line in log.read_text(encoding="utf-8").splitlines()[1:]]
    losses = [(float(tokens) / 1e6, float(loss)) for _, tokens, loss, _ in rows if loss]
    held_out = [(float(tokens) / 1e6, float(bits)) for _, tokens, _, bits in rows if bits]
    figure, axis = plt.subplots(figsize=(8, 4.5), layout="constrained")
    lines = axis.plot(*zip(*losses, strict=True), color="#8a8fa0", linewidth=1, label="training loss (bits per token)")
    axis.set(xlabel="tokens seen, millions", ylabel="bits per token")
    if held_out:
        other = axis.twinx()
        label = "start of the held-out works (bits per character)"
        lines += other.plot(*zip(*held_out, strict=True), "o-", color="#0b7a5b", label=label)
        other.set_ylabel("bits per character")
    figure.legend(handles=lines, loc="outside upper center", ncols=2, frameon=False)
    figure.savefig(picture, dpi=150)
    plt.close(figure)

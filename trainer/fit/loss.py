"""The loss: cross-entropy on the expert's words and on nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from trainer.fit.encode import Example


def loss_sum(model: Any, examples: Sequence[Example], device: torch.device) -> torch.Tensor:
    """Summed -ln p over the trained tokens of a few examples, nats, float32.

    Padding is told by length, never by a token's id: a pad token that is also the stop token would untrain it
    (trl#1623). Only the rows of logits that are needed are made: a vocabulary of 152,000 is half a megabyte each.
    """
    longest = max(len(example.ids) for example in examples)
    ids = torch.zeros((len(examples), longest), dtype=torch.long)
    attention = torch.zeros_like(ids)
    wanted = torch.zeros_like(ids, dtype=torch.bool)
    for row, example in enumerate(examples):
        size = len(example.ids)
        ids[row, :size] = torch.tensor(example.ids)
        attention[row, :size] = 1
        wanted[row, :size] = torch.tensor(example.trained)
    wanted[:, 0] = False  # nothing stands before it
    columns = wanted.any(dim=0).nonzero().squeeze(1)
    ids, attention, wanted = ids.to(device), attention.to(device), wanted.to(device)
    columns = columns.to(device)
    output = model(input_ids=ids, attention_mask=attention, logits_to_keep=columns - 1)
    keep = wanted[:, columns]
    logits, targets = output.logits[keep].float(), ids[:, columns][keep]
    return torch.nn.functional.cross_entropy(logits, targets, reduction="sum")


def trained_tokens(examples: Sequence[Example]) -> int:
    """How many tokens the loss of these examples is a sum over."""
    return sum(sum(example.trained[1:]) for example in examples)

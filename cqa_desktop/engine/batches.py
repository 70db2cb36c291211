"""Sequences to evaluate, cut into batches for llama.cpp without a loop over tokens."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from cqa_desktop.measure.types import Ints

Flags = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Run:
    """One sequence to evaluate: `tokens` (BOS first), of which those from index `scored` (at least 1) are scored."""

    tokens: Ints
    scored: int


@dataclass(frozen=True, slots=True)
class Piece:
    """One batch of the runs of a group."""

    tokens: Ints
    positions: Ints
    sequences: Ints
    wanted: Flags
    """1 where logits are asked for."""
    targets: Ints
    owners: list[tuple[int, int, int]]
    """(run, first row, end row) of the logits."""


def pieces(runs: Sequence[Run], size: int) -> Iterator[Piece]:
    """Batches of at most `size` tokens that evaluate the runs side by side, in order."""
    # The last token of a run predicts nothing that is scored, so it is never evaluated.
    lengths = np.array([len(run.tokens) - 1 for run in runs])
    tokens = np.concatenate([run.tokens[:-1] for run in runs]).astype(np.int32)
    targets = np.concatenate([run.tokens[1:] for run in runs]).astype(np.int32)
    sequences = np.repeat(np.arange(len(runs), dtype=np.int32), lengths)
    starts = np.concatenate(([0], np.cumsum(lengths)[:-1]))
    positions = (np.arange(len(tokens)) - np.repeat(starts, lengths)).astype(np.int32)
    first = np.array([run.scored - 1 for run in runs])
    wanted = (positions >= np.repeat(first, lengths)).astype(np.int8)
    for start in range(0, len(tokens), size):
        part = slice(start, start + size)
        chosen = wanted[part].astype(bool)
        rows = sequences[part][chosen]
        edges = np.flatnonzero(np.diff(rows, prepend=-1, append=-1))
        owners = [(int(rows[a]), int(a), int(b)) for a, b in pairwise(edges)]
        yield Piece(tokens[part], positions[part], sequences[part], wanted[part], targets[part][chosen], owners)


class Batch:
    """A llama_batch over arrays of our own, filled without a loop over tokens."""

    def __init__(self, c: Any, size: int) -> None:
        self._tokens, self._positions, self._sequences = (np.zeros(size, np.int32) for _ in range(3))
        self._wanted = np.zeros(size, np.int8)
        self._ones = np.ones(size, np.int32)
        # llama.cpp wants, for each token, a pointer to its list of sequences: here each list is one cell of an array.
        base = self._sequences.ctypes.data
        self._pointers = np.array([base + 4 * index for index in range(size)], np.uint64)
        batch = c.llama_batch()
        fields = dict(batch._fields_)
        arrays: dict[str, npt.NDArray[Any]] = {
            "token": self._tokens,
            "pos": self._positions,
            "n_seq_id": self._ones,
            "seq_id": self._pointers,
            "logits": self._wanted,
        }
        for name, array in arrays.items():
            setattr(batch, name, ctypes.cast(array.ctypes.data, fields[name]))
        self._batch = batch

    def fill(self, tokens: Ints, positions: Ints, sequences: Ints, wanted: Flags) -> Any:
        """The llama_batch, holding these; all of one length, at most `size`."""
        count = len(tokens)
        self._tokens[:count] = tokens
        self._positions[:count] = positions
        self._sequences[:count] = sequences
        self._wanted[:count] = wanted
        self._batch.n_tokens = count
        return self._batch

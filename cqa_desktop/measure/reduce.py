"""Rows of logits to surprisal, entropy, varentropy and rank.

The log-sum-exp runs in float32 with the maximum subtracted; the input is never written to. Rows go through in blocks
small enough for the cache, into scratch that is allocated once.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cqa_desktop.measure.types import Floats, Ints, ViewScores

LOG2_E = np.float32(1.4426950408889634)
SCRATCH_FLOATS = 1 << 17
"""Half a megabyte: stays in a core's own cache."""
FLOOR = np.float32(-88.0)
"""exp of less is no float32; a logit of minus infinity weighs nothing and must not make NaN of 0 * inf."""


class Reducer:
    """Holds the scratch for one vocabulary size."""

    def __init__(self, vocabulary: int) -> None:
        self._rows = max(1, SCRATCH_FLOATS // vocabulary)
        self._logits = np.empty((self._rows, vocabulary), np.float32)
        self._weights = np.empty((self._rows, vocabulary), np.float32)

    def reduce(self, logits: Floats, targets: Ints, temperature: float = 1.0) -> ViewScores:
        """Score `targets` under softmax(logits / temperature).

        Args:
            logits: float32 (n, V).
            targets: int (n,), each in 0..V-1.
            temperature: above 0.

        Returns:
            ViewScores of n tokens. With log p in nats relative to the maximum, l: H = log Z - E[l], V = E[l^2] - E[l]^2
            and s = log Z - l_target, all turned into bits; rank counts the strictly greater logits.
        """
        count = logits.shape[0]
        surprisal, entropy, varentropy = (np.empty(count, np.float32) for _ in range(3))
        rank = np.empty(count, np.int32)
        for start in range(0, count, self._rows):
            stop = min(start + self._rows, count)
            rows = np.arange(stop - start)
            scaled = self._logits[: stop - start]
            weights = self._weights[: stop - start]
            block = logits[start:stop]
            target = block[rows, targets[start:stop]]
            rank[start:stop] = np.count_nonzero(block > target[:, None], axis=1)
            top = block.max(axis=1)
            np.subtract(block, top[:, None], out=scaled)
            if temperature != 1.0:
                scaled *= np.float32(1.0 / temperature)
            np.maximum(scaled, FLOOR, out=scaled)
            np.exp(scaled, out=weights)
            total = weights.sum(axis=1)
            log_total = np.log(total)
            mean = np.einsum("ij,ij->i", weights, scaled) / total
            # The second moment is taken about the mean: E[l^2] - E[l]^2 would cancel in float32 when l is large.
            np.subtract(scaled, mean[:, None], out=scaled)
            np.square(scaled, out=scaled)
            spread = np.einsum("ij,ij->i", weights, scaled) / total
            relative = np.maximum((target - top) * np.float32(1.0 / temperature), np.float32(-1e4))
            surprisal[start:stop] = (log_total - relative) * LOG2_E
            entropy[start:stop] = np.maximum(log_total - mean, 0) * LOG2_E
            varentropy[start:stop] = spread * LOG2_E * LOG2_E
        return ViewScores(surprisal, entropy, varentropy, rank)


def reduce_logits(logits: Floats, targets: Ints, temperature: float = 1.0) -> ViewScores:
    """`Reducer.reduce` for one use.

    Raises:
        ValueError: if the shapes do not fit each other.
    """
    if logits.ndim != 2 or targets.shape != (logits.shape[0],):
        raise ValueError(f"logits {logits.shape} and targets {targets.shape} do not fit: (n, V) and (n,) are needed")
    return Reducer(logits.shape[1]).reduce(logits, targets, temperature)


def concatenate(parts: list[ViewScores]) -> ViewScores:
    """Views of consecutive tokens, as one."""

    def join(arrays: list[npt.NDArray[np.generic]], dtype: type) -> npt.NDArray[np.generic]:
        return np.concatenate(arrays) if arrays else np.empty(0, dtype)

    return ViewScores(
        join([part.surprisal for part in parts], np.float32),  # type: ignore[arg-type]
        join([part.entropy for part in parts], np.float32),  # type: ignore[arg-type]
        join([part.varentropy for part in parts], np.float32),  # type: ignore[arg-type]
        join([part.rank for part in parts], np.int32),  # type: ignore[arg-type]
    )

"""Rows of logits to surprisal, entropy, varentropy and rank.

The log-sum-exp runs in float32 with the maximum subtracted; the input is never written to. Rows go through in blocks
small enough for a core's own cache, into scratch that is allocated once: at 8,192 words a row takes about eight
microseconds, of which exp is three.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from cqa_desktop.measure.types import Bools, Floats, Ints, ViewScores

LOG2_E = np.float32(1.4426950408889634)
SCRATCH_FLOATS = 1 << 16
"""A quarter of a megabyte for each of three arrays: they stay in a core's own cache together."""
MOST_NATS = np.float32(1e4)
"""The surprisal of a token that the model holds impossible: a number, so that sums over a passage stay numbers."""


class Reducer:
    """Holds the scratch for one vocabulary size. Not for use from two threads at once.

    Args:
        ends_words: (V,), which tokens go on no word; with it, scores have a `boundary`.
    """

    def __init__(self, vocabulary: int, ends_words: Bools | None = None) -> None:
        self._ends = None if ends_words is None else ends_words.astype(np.float32)
        self._rows = max(1, SCRATCH_FLOATS // vocabulary)
        self._logits = np.empty((self._rows, vocabulary), np.float32)
        self._weights = np.empty((self._rows, vocabulary), np.float32)
        self._above = np.empty((self._rows, vocabulary), np.bool_)

    def reduce(self, logits: Floats, targets: Ints, temperature: float = 1.0) -> ViewScores:
        """Score `targets` under softmax(logits / temperature).

        With l the log weight of a token relative to the likeliest, in nats, and Z the sum of the weights:
        surprisal = log Z - l[target], entropy = log Z - E[l], varentropy = E[l^2] - E[l]^2, all turned into bits.
        Logits of minus infinity, and of any size, are fine; a row that holds a NaN gives NaN, so that it can be seen.

        Args:
            logits: float32 (n, V); read, never written.
            targets: int (n,), each in 0..V-1.
            temperature: above 0.

        Returns:
            ViewScores of n tokens; rank counts the strictly greater logits.
        """
        count = logits.shape[0]
        surprisal, entropy, varentropy = (np.empty(count, np.float32) for _ in range(3))
        rank = np.empty(count, np.int32)
        boundary = None if self._ends is None else np.empty(count, np.float32)
        scale = np.float32(1.0 / temperature)
        # Overflow and 0 * inf are looked for afterwards, and such rows done again with care.
        with np.errstate(over="ignore", invalid="ignore", under="ignore", divide="ignore"):
            for start in range(0, count, self._rows):
                stop = min(start + self._rows, count)
                block = logits[start:stop]
                target = block[np.arange(stop - start), targets[start:stop]]
                rank[start:stop] = self._ranks(block, target)
                top = block.max(axis=1)
                log_total, mean, spread, ends = self._moments(block, top, scale)
                relative = np.maximum((target - top) * scale, -MOST_NATS)
                surprisal[start:stop] = log_total - relative
                entropy[start:stop] = np.maximum(log_total - mean, 0)
                varentropy[start:stop] = np.maximum(spread, 0)
                if boundary is not None:
                    boundary[start:stop] = np.clip(-np.log(ends), 0, MOST_NATS)
            for row in np.flatnonzero(~np.isfinite(surprisal + entropy + varentropy)):
                surprisal[row], entropy[row], varentropy[row], weights = _careful(
                    logits[row], int(targets[row]), temperature
                )
                if boundary is not None and self._ends is not None:
                    ends_here = float(weights @ self._ends)
                    boundary[row] = min(-np.log(ends_here), MOST_NATS) if ends_here != 0 else MOST_NATS
        surprisal *= LOG2_E
        entropy *= LOG2_E
        varentropy *= LOG2_E * LOG2_E
        if boundary is not None:
            boundary *= LOG2_E
        return ViewScores(surprisal, entropy, varentropy, rank, boundary)

    def _ranks(self, block: Floats, target: Floats) -> list[int]:
        above = self._above[: len(block)]
        np.greater(block, target[:, None], out=above)
        # Row by row: count_nonzero along an axis makes integers of the whole block first, five times as slow.
        return [int(np.count_nonzero(row)) for row in above]

    def _moments(self, block: Floats, top: Floats, scale: np.float32) -> tuple[Floats, Floats, Floats, Floats]:
        """log Z, E[l] and the variance of l for each row, nats, and the share of the tokens that end a word."""
        scaled, weights = self._logits[: len(block)], self._weights[: len(block)]
        np.subtract(block, top[:, None], out=scaled)
        if scale != 1.0:
            np.multiply(scaled, scale, out=scaled)
        np.exp(scaled, out=weights)
        # einsum sums a row in the order of its elements, whatever rows stand beside it, and allocates nothing.
        total: Floats = np.einsum("ij->i", weights)
        ends: Floats = total if self._ends is None else np.einsum("ij,j->i", weights, self._ends) / total
        np.multiply(weights, scaled, out=weights)
        mean: Floats = np.einsum("ij->i", weights) / total
        square: Floats = np.einsum("ij,ij->i", weights, scaled) / total
        return np.log(total), mean, square - mean * mean, ends


def _careful(row: Floats, target: int, temperature: float) -> tuple[float, float, float, npt.NDArray[np.float64]]:
    """Surprisal, entropy and varentropy of one row that holds infinities, nats, and its probabilities."""
    top = float(row.max())
    if np.isnan(top):
        return top, top, top, np.full(len(row), top)
    wide = row.astype(np.float64)
    # Where all are minus infinity, or some plus infinity, those at the top share the probability.
    log = (wide - top) / temperature if np.isfinite(top) else np.where(wide == top, 0.0, -np.inf)
    log = np.maximum(log, -float(MOST_NATS))
    weights = np.exp(log)
    weights /= weights.sum()
    log_total = -float(np.log(weights[np.argmax(row)]))
    mean = float(weights @ log)
    return log_total - float(log[target]), log_total - mean, float(weights @ np.square(log - mean)), weights


def reduce_logits(logits: Floats, targets: Ints, temperature: float = 1.0) -> ViewScores:
    """`Reducer.reduce` for one use.

    Raises:
        ValueError: if the shapes do not fit each other, a target is outside the vocabulary, or temperature is not
            above 0.
    """
    if logits.ndim != 2 or targets.shape != (logits.shape[0],):
        raise ValueError(f"logits {logits.shape} and targets {targets.shape} do not fit: (n, V) and (n,) are needed")
    if len(targets) and not (int(targets.min()) >= 0 and int(targets.max()) < logits.shape[1]):
        raise ValueError(f"targets go from {targets.min()} to {targets.max()}: 0 to {logits.shape[1] - 1} are words")
    if not temperature > 0:
        raise ValueError(f"temperature {temperature}: it must be above 0")
    return Reducer(logits.shape[1]).reduce(logits, targets, temperature)


def concatenate(parts: Sequence[ViewScores]) -> ViewScores:
    """Views of consecutive tokens, as one."""
    boundaries = [part.boundary for part in parts if part.boundary is not None]
    return ViewScores(
        _join([part.surprisal for part in parts]),
        _join([part.entropy for part in parts]),
        _join([part.varentropy for part in parts]),
        np.concatenate([np.empty(0, np.int32), *(part.rank for part in parts)]),
        _join(boundaries) if len(boundaries) == len(parts) > 0 else None,
    )


def _join(arrays: Sequence[npt.NDArray[np.float32]]) -> Floats:
    return np.concatenate([np.empty(0, np.float32), *arrays])

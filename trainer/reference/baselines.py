"""What bits per character mean is seen beside baselines: bz2, and an interpolated character 6-gram model."""

from __future__ import annotations

import bz2
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

ORDER = 6
BITS = 7
"""Bits to a character in a packed n-gram: the 127 commonest characters, and one code for all others."""
OTHER = 0
OTHER_COST = 16.0
"""Bits to say which of the other characters it was."""

Packed = npt.NDArray[np.int64]


def bz2_bits(text: str) -> float:
    """Bits per character of bz2 at its strongest setting over the whole text."""
    return 8 * len(bz2.compress(text.encode("utf-8"), 9)) / len(text)


@dataclass(frozen=True)
class _Table:
    grams: Packed
    counts: Packed
    contexts: Packed
    totals: Packed
    kinds: Packed
    """How many different characters follow each context."""


class CharacterModel:
    """Interpolated n-gram model with Witten-Bell weights (Witten & Bell 1991).

    p_k(c | h) = (count(hc) + kinds(h) p_{k-1}(c | h')) / (count(h) + kinds(h)), down to the uniform distribution.
    """

    def __init__(self, text: str) -> None:
        common = [character for character, _ in Counter(text).most_common(2**BITS - 1)]
        self._codes = {character: code for code, character in enumerate(common, start=1)}
        codes = self._encode(text)
        self._tables = [_count(codes, order) for order in range(1, min(ORDER, len(codes)) + 1)]

    def bits(self, text: str) -> float:
        """Bits per character over the text."""
        codes = self._encode(text)
        probability = np.full(len(codes), 1.0 / 2**BITS)
        for order, table in enumerate(self._tables, start=1):
            if len(codes) < order:
                break
            grams = _pack(codes, order)
            count = _look_up(table.grams, table.counts, grams)
            context = grams >> BITS
            total = _look_up(table.contexts, table.totals, context)
            kinds = _look_up(table.contexts, table.kinds, context)
            seen = total > 0
            # The first characters of a text have no full context and keep the lower order's probability.
            tail = probability[order - 1 :]
            tail[seen] = ((count + kinds * tail) / np.maximum(total + kinds, 1))[seen]
        return float((-np.log2(probability)).sum() + OTHER_COST * (codes == OTHER).sum()) / len(codes)

    def _encode(self, text: str) -> Packed:
        return np.fromiter((self._codes.get(character, OTHER) for character in text), np.int64, len(text))


def _pack(codes: Packed, order: int) -> Packed:
    grams = np.zeros(len(codes) - order + 1, np.int64)
    for i in range(order):
        grams = (grams << BITS) | codes[i : len(codes) - order + 1 + i]
    return grams


def _count(codes: Packed, order: int) -> _Table:
    grams, counts = np.unique(_pack(codes, order), return_counts=True)
    contexts, first = np.unique(grams >> BITS, return_index=True)
    totals = np.add.reduceat(counts, first)
    kinds = np.diff(np.append(first, len(grams)))
    return _Table(grams, counts.astype(np.int64), contexts, totals.astype(np.int64), kinds.astype(np.int64))


def _look_up(keys: Packed, values: Packed, wanted: Packed) -> Packed:
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, values[at], 0)


def baseline_bits(train: Sequence[str], held_out: Sequence[str]) -> dict[str, list[float]]:
    """Name of the baseline to its bits per character on each held-out text."""
    model = CharacterModel("\n\n".join(train))
    return {
        "bz2": [bz2_bits(text) for text in held_out],
        "character 6-gram": [model.bits(text) for text in held_out],
    }

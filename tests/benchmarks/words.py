"""What it changes that a word's end is its own: words of the reference prose, as plain sums of tokens and whole.

python -m tests.benchmarks words
"""

from __future__ import annotations

import time

import numpy as np

from cqa_desktop.commands.session import open_scorer
from cqa_desktop.measure.reduce import Reducer
from cqa_desktop.measure.types import STORY
from cqa_desktop.measure.word_bits import WordBits, word_bits
from cqa_desktop.models.registry import reference_prose
from tests.benchmarks.common import Row, side_by_side

CHARACTERS = 12_000
"""Of each work."""
ROWS, REPEATS = 2048, 7
SHOWN = 8


def _seconds(reducer: Reducer, logits: np.ndarray, targets: np.ndarray) -> float:
    started = time.perf_counter()
    reducer.reduce(logits, targets)
    return time.perf_counter() - started


def rows() -> list[Row]:
    """The figures, as lines of the benchmarks' table."""
    found: list[WordBits] = []
    left = 0.0
    with open_scorer(None) as scorer:
        for path in reference_prose():
            text = path.read_text(encoding="utf-8")[:CHARACTERS]
            for passage in scorer.score(text).passages:
                bits = word_bits(passage, text)
                found.extend(bits.words)
                total = sum(word.bits for word in bits.words) + bits.punctuation
                left = max(left, abs(total - float(passage.views[STORY].surprisal.sum(dtype=np.float64))))
        ends, vocabulary = scorer.model.ends_words, scorer.model.vocabulary
    plain = np.array([word.tokens_bits for word in found])
    whole = np.array([word.bits for word in found])
    moved = whole - plain
    order = np.argsort(moved)
    more = ", ".join(f"{found[i].text} {plain[i]:.1f} to {whole[i]:.1f}" for i in order[::-1][:SHOWN])
    less = ", ".join(f"{found[i].text} {plain[i]:.1f} to {whole[i]:.1f}" for i in order[:SHOWN])
    chance = np.random.default_rng(1)
    logits = chance.normal(0, 3, (ROWS, vocabulary)).astype(np.float32)
    targets = chance.integers(0, vocabulary, ROWS)
    reducers = [Reducer(vocabulary), Reducer(vocabulary, ends)]
    without, with_ends = side_by_side([lambda r=r: _seconds(r, logits, targets) for r in reducers], REPEATS)
    figures = [
        ("words", f"{len(found):,}"),
        ("mean bits a word, sum of tokens", f"{plain.mean():.3f}"),
        ("mean bits a word, its end included", f"{whole.mean():.3f}"),
        ("mean move, without its sign", f"{np.abs(moved).mean():.3f} bits"),
        ("words moved by more than 0.1 bits", f"{(np.abs(moved) > 0.1).mean():.1%}"),
        ("words moved by more than half a bit", f"{(np.abs(moved) > 0.5).mean():.1%}"),
        ("correlation of the two", f"{np.corrcoef(plain, whole)[0, 1]:.4f}"),
        ("words and punctuation differ from S by at most", f"{left:.1e} bits"),
        ("dearer", more),
        ("cheaper", less),
        ("reducing logits with ends, beside without", f"{with_ends / without:.2f} times the time"),
    ]
    return [Row(what, figure, "", None) for what, figure in figures]

"""Bits per character of a GGUF on held-out works, evaluated by llama.cpp as the app evaluates it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cqa_desktop.engine.batches import Run
from cqa_desktop.engine.llama import LlamaModel
from trainer.reference.corpus import Work, read_work
from trainer.reference.evaluate import windows


def gguf_bits(path: Path, works: Sequence[Work], limit: int | None = None) -> dict[str, float]:
    """Work name to bits per character, over its first `limit` characters (all, if None), and their mean as `mean`.

    Every token after the first window is predicted from at least half a window of text.

    Raises:
        ModelError: if the file cannot be loaded.
    """
    results: dict[str, float] = {}
    with LlamaModel(path) as model:
        for work in works:
            text = read_work(work.path)[:limit]
            ids = model.tokenize(text)
            runs = [
                Run(np.concatenate(([model.bos], ids[start:end])).astype(np.int32), scored - start + 1)
                for start, scored, end in windows(len(ids), model.window)
            ]
            bits = sum(float(one.surprisal.astype(np.float64).sum()) for one in model.score(runs))
            results[work.path.stem] = bits / len(text)
    results["mean"] = float(np.mean(list(results.values())))
    return results

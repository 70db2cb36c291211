"""Scoring one view against `llama-perplexity` and against minicons, on the same weights, threads and context."""

from __future__ import annotations

import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from cqa_desktop.engine.batches import Run
from cqa_desktop.engine.llama import BATCH, LlamaModel
from cqa_desktop.models.registry import reference_model
from tests.benchmarks import perplexity
from tests.benchmarks.common import Row, folder, novel, side_by_side

CONTEXT = 1024
WINDOWS = 24
MINICONS_WINDOWS = 6


def rows() -> list[Row]:
    """Tokens a second, as ratios."""
    text = novel(25_000)
    with folder() as place, LlamaModel(reference_model()) as model:
        file = place / "text.txt"
        ids = model.tokenize(text)[: WINDOWS * (CONTEXT - 1)]
        file.write_text(text[: int(len(text) * len(ids) / len(model.tokenize(text)))], encoding="utf-8")
        # As llama-perplexity does it: windows of the whole context, the second half of each scored.
        runs = _windows(model, ids, CONTEXT // 2)
        whole = _windows(model, ids, 1)
        program = perplexity.build()

        def theirs() -> float:
            return perplexity.tokens_per_second(
                program, reference_model(), file, context=CONTEXT, threads=model.threads, batch=BATCH
            )

        ours, other = side_by_side([lambda: _speed(model, runs), theirs])
        minicons = _Minicons(model, ids)
        ours_all, transformers = side_by_side([lambda: _speed(model, whole[:MINICONS_WINDOWS]), minicons.speed])
        agree = minicons.difference(model)
    return [
        Row(
            "scoring one view, beside `llama-perplexity`",
            f"{ours / other:.2f} times ({ours:,.0f} and {other:,.0f} tokens/s)",
            "0.9",
            ours / other >= 0.9,
        ),
        Row(
            "scoring one view, beside minicons (transformers), same weights",
            f"{ours_all / transformers:.1f} times ({ours_all:,.0f} and {transformers:,.0f} tokens/s; "
            f"surprisals differ by {agree:.4f} bits at the median)",
            "3",
            ours_all / transformers >= 3,
        ),
    ]


def _windows(model: LlamaModel, ids: Any, scored: int) -> list[Run]:
    size = CONTEXT - 1
    return [
        Run(np.concatenate(([model.bos], ids[at : at + size])).astype(np.int32), scored)
        for at in range(0, len(ids) - size + 1, size)
    ]


def _speed(model: LlamaModel, runs: list[Run]) -> float:
    began = time.perf_counter()
    model.score(runs)
    return sum(len(run.tokens) for run in runs) / (time.perf_counter() - began)


class _Minicons:
    """minicons over the same GGUF, read by transformers."""

    def __init__(self, model: LlamaModel, ids: Any) -> None:
        import torch
        from minicons.scorer import IncrementalLMScorer
        from transformers import AutoModelForCausalLM, AutoTokenizer

        torch.set_num_threads(model.threads)
        path: Path = reference_model()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
            tokenizer.pad_token = tokenizer.eos_token
            weights = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32)
            self._scorer = IncrementalLMScorer(weights, "cpu", tokenizer=tokenizer)
        size = CONTEXT - 24  # what decoding and encoding again may add stays within the context
        self._texts = [tokenizer.decode(ids[at : at + size]) for at in range(0, size * MINICONS_WINDOWS, size)]

    def speed(self) -> float:
        began = time.perf_counter()
        tokens = sum(len(self._score(text)) for text in self._texts)
        return tokens / (time.perf_counter() - began)

    def _score(self, text: str) -> list[tuple[str, float]]:
        found: list[tuple[str, float]] = self._scorer.token_score(
            [text], surprisal=True, base_two=True, bos_token=True, bow_correction=False
        )[0]
        return found

    def difference(self, model: LlamaModel) -> float:
        ids = model.tokenize(self._texts[0])
        ours = model.score([Run(np.concatenate(([model.bos], ids)).astype(np.int32), 1)])[0].surprisal
        theirs = np.array([bits for _, bits in self._score(self._texts[0])][-len(ours) :])
        return float(np.median(np.abs(ours - theirs)))

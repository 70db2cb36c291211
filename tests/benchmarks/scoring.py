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
from cqa_desktop.text.sentences import sentences as split
from cqa_desktop.text.spans import Span
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
        sentences = _sentences(text)
        bare = [Run(np.concatenate(([model.bos], model.tokenize(one))).astype(np.int32), 1) for one in sentences]
        pairs = {
            "surprisal and rank, windows of 1,024": (whole[:MINICONS_WINDOWS], lambda: minicons.windows(rank=True)),
            "surprisal alone, windows of 1,024": (whole[:MINICONS_WINDOWS], lambda: minicons.windows(rank=False)),
            "surprisal alone, sentences": (bare, lambda: minicons.sentences(sentences)),
        }
        beside = {
            name: side_by_side([lambda runs=runs: _speed(model, runs), theirs], 3)  # type: ignore[misc]
            for name, (runs, theirs) in pairs.items()
        }
        agree = minicons.difference(model)
    rows = [
        Row(
            "scoring one view, beside `llama-perplexity`",
            f"{ours / other:.2f} times ({ours:,.0f} and {other:,.0f} tokens/s)",
            "0.9",
            ours / other >= 0.9,
        )
    ]
    rows += [
        Row(
            f"scoring one view, beside minicons (transformers): {name}",
            f"{mine / other:.1f} times ({mine:,.0f} and {other:,.0f} tokens/s)",
            "3",
            mine / other >= 3,
        )
        for name, (mine, other) in beside.items()
    ]
    rows.append(Row("surprisals differ from minicons', median", f"{agree:.4f} bits", "", None))
    return rows


def _sentences(text: str) -> list[str]:
    found = [
        span.of(paragraph)
        for paragraph in text[:60_000].split("\n\n")
        for span in split(paragraph, Span(0, len(paragraph)))
    ]
    return [one for one in found if one.strip()]


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

    def windows(self, *, rank: bool) -> float:
        """Tokens a second, one window at a time."""
        began = time.perf_counter()
        tokens = sum(len(self._score([text], rank=rank)[0]) for text in self._texts)
        return tokens / (time.perf_counter() - began)

    def sentences(self, texts: list[str]) -> float:
        """Tokens a second in batches of 16, the fastest size here."""
        began = time.perf_counter()
        tokens = sum(len(one) for at in range(0, len(texts), 16) for one in self._score(texts[at : at + 16]))
        return tokens / (time.perf_counter() - began)

    def _score(self, texts: list[str], *, rank: bool = False) -> list[list[tuple[Any, ...]]]:
        found: list[list[tuple[Any, ...]]] = self._scorer.token_score(
            texts, surprisal=True, base_two=True, bos_token=True, rank=rank
        )
        return found

    def difference(self, model: LlamaModel) -> float:
        ids = model.tokenize(self._texts[0])
        ours = model.score([Run(np.concatenate(([model.bos], ids)).astype(np.int32), 1)])[0].surprisal
        theirs = np.array([bits for _, bits in self._score(self._texts[:1])[0]][-len(ours) :])
        return float(np.median(np.abs(ours - theirs)))

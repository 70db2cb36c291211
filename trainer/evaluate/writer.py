"""The writer, before and after: does a model that was taught to read write otherwise?

Continuations of the same prompts (brief and context) are sampled from the base and from the tuned model with the same
seeds, and scored by the base, which was not tuned: what changed is then in the texts, and not in who measures them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch

from cqa_desktop.annotations.pair_rows import PairRow
from cqa_desktop.annotations.prompt import BREAK, brief_text, normalise
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.measure.types import CLASSES
from cqa_desktop.text.words import fold, words
from trainer.evaluate.statistics import finite, paired
from trainer.evaluate.torch_model import TorchModel
from trainer.fit.faults import out_of_memory

TOP_P: Final = 0.95
WRITING: Final = "fewer --samples or --tokens need less, and --no-generation leaves it out"
"""What to do where memory does not suffice."""
NGRAMS: Final = (2, 3)
HIGHER: Final = ("information_per_token", "distinct_2", "distinct_3", "earned")
"""Figures whose one-sided test asks whether they rose; of the others, the two-sided p is the one to read."""


@dataclass(frozen=True)
class Written:
    """A continuation and what the untuned model says of it."""

    prompt: str
    """Id of the row it continues."""
    sample: int
    text: str
    figures: Mapping[str, float]
    """Figure to value, as `measure_text` gives them."""


def write(
    model: TorchModel,
    rows: Sequence[PairRow],
    *,
    adapter: str | None,
    samples: int,
    tokens: int,
    temperature: float,
    seed: int,
    advance: Callable[[int, int], None],
) -> list[tuple[str, int, str]]:
    """Sample continuations: (row id, sample, text). The same seed draws from the same stream whatever the adapter.

    Raises:
        TrainerError: if memory does not suffice.
    """
    model.use(adapter)
    found: list[tuple[str, int, str]] = []
    for number, row in enumerate(rows):
        prompt = [model.bos, *_prompt(model, row, room=model.window - tokens - 1)]
        with model.adapted(adapter is not None), out_of_memory("writing", WRITING):
            torch.manual_seed(seed + number)
            texts = _sample(model, prompt, samples, tokens, temperature)
        found += [(row.id, index, text) for index, text in enumerate(texts)]
        advance(number + 1, len(rows))
    return found


def _prompt(model: TorchModel, row: PairRow, room: int) -> list[int]:
    """Brief, context, and a new paragraph; what is too long loses its start."""
    parts = [normalise(brief_text(row.brief, model.prompt_format)), normalise(row.context)]
    ids: list[int] = []
    for paragraph in BREAK.join(part for part in parts if part).split(BREAK):
        ids += [*model.tokenize(paragraph).tolist(), *model.separator.tolist()]
    return ids[-room:]


@torch.inference_mode()
def _sample(model: TorchModel, prompt: Sequence[int], samples: int, tokens: int, temperature: float) -> list[str]:
    from transformers import GenerationConfig

    ids = torch.tensor([list(prompt)] * samples, device=model.device)
    settings = GenerationConfig(
        do_sample=True,
        temperature=temperature,
        top_p=TOP_P,
        top_k=0,
        max_new_tokens=tokens,
        pad_token_id=model.bos,
        eos_token_id=model.model.config.eos_token_id,
        use_cache=True,
    )
    model.model.generation_config = GenerationConfig()  # the base's own penalties and cuts would fill what is not set
    output = model.model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), generation_config=settings)
    return [_whole(model.decode(row[len(prompt) :].tolist())) for row in output]


def _whole(text: str) -> str:
    """A continuation without the sentence that the last token cut off, if there is one before it."""
    ends = [match.end() for match in re.finditer(r"[.!?…][\"'”’»)]*(?=\s|$)", text)]
    return text[: ends[-1]].strip() if ends else text.strip()


def measure_text(scorer: Scorer[TorchModel], row: PairRow, text: str) -> dict[str, float]:
    """Figures of a continuation under the untuned model; empty for an empty one.

    information_per_token: I over tokens, bits. bits_per_word: brief view. A class: its share of passages.
    stock_per_1000: stock phrases per 1,000 words. distinct_n: different n-grams over n-grams.
    """
    found = [fold(text[span.start : span.end]) for span in words(text)]
    if len(found) < max(NGRAMS):
        return {}
    scored = scorer.score(text, row.brief, preceding=row.context)
    measures = scored.measures
    tokens = sum(one.tokens for one in measures)
    surprisal = sum(one.surprisal.get("brief", one.surprisal["story"]) for one in measures)
    stock = sum(mark.kind == "stock" for one in measures for mark in one.marks)
    figures = {
        "information_per_token": sum(one.information.total for one in measures) / max(1, tokens),
        "bits_per_word": surprisal / len(found),
        "stock_per_1000": 1000 * stock / len(found),
        "words": float(len(found)),
    }
    figures |= {name: sum(one.kind == name for one in measures) / max(1, len(measures)) for name in CLASSES}
    for size in NGRAMS:
        grams = [tuple(found[at : at + size]) for at in range(len(found) - size + 1)]
        figures[f"distinct_{size}"] = len(set(grams)) / len(grams)
    return figures


def compare(before: Sequence[Written], after: Sequence[Written], *, resamples: int, seed: int) -> dict[str, Any]:
    """Figure to its means and the paired statistics of its change, over prompts (samples of one prompt averaged)."""
    names = list(next((one.figures for one in (*before, *after) if one.figures), {}))
    first, second = _by_prompt(before), _by_prompt(after)
    shared = [prompt for prompt in first if prompt in second]
    report: dict[str, Any] = {}
    for name in names:
        changes = [second[prompt][name] - first[prompt][name] for prompt in shared]
        result = paired(changes, resamples=resamples, seed=seed)
        report[name] = {
            "base": finite(float(np.mean([first[prompt][name] for prompt in shared]))) if shared else None,
            "tuned": finite(float(np.mean([second[prompt][name] for prompt in shared]))) if shared else None,
            "change": finite(result.mean),
            "low": finite(result.low),
            "high": finite(result.high),
            "prompts": result.pairs,
            "cohen_d": finite(result.cohen_d),
            "p": finite(result.p if name in HIGHER else result.p_two_sided),
            "sided": 1 if name in HIGHER else 2,
        }
    return report


def _by_prompt(written: Sequence[Written]) -> dict[str, dict[str, float]]:
    gathered: dict[str, list[Mapping[str, float]]] = {}
    for one in written:
        if one.figures:
            gathered.setdefault(one.prompt, []).append(one.figures)
    return {
        prompt: {name: float(np.mean([figures[name] for figures in several])) for name in several[0]}
        for prompt, several in gathered.items()
    }

"""Scores as the JSON of `cqa score --json`; its schema is `resources/schemas/score.schema.json`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.measure.types import BARE, BRIEF, STORY, PassageMeasure, ScoredPassage
from cqa_desktop.measure.word_bits import word_bits
from cqa_desktop.report.scored import ScoredText

SCHEMA: Final = 1
DIGITS: Final = 4
"""Decimals of bits: a ten-thousandth is far below what the model knows."""


def score_record(scored: ScoredText, model: LlamaModel, *, tokens: bool = False, words: bool = False) -> dict[str, Any]:
    """The record of one text. Offsets are code points of the text as it was given."""
    given = scored.source.given
    aggregates = scored.aggregates
    record: dict[str, Any] = {
        "schema": SCHEMA,
        "model": model_record(model),
        "document": {
            "words": aggregates.words,
            "bits_per_word": _number(aggregates.bits_per_word),
            "information_per_token": _number(aggregates.information_per_token),
            "shares": {kind: _number(share) for kind, share in aggregates.shares.items()},
        },
        "passages": [_passage(measure, given) for measure in scored.measures],
    }
    if tokens:
        record["tokens"] = [one for passage in scored.passages for one in _tokens(passage, given)]
    if words:
        record["words"] = [one for passage in scored.passages for one in _words(passage, scored.text, given)]
    return record


def model_record(model: LlamaModel) -> dict[str, Any]:
    """What a record says of the model."""
    return {
        "name": model.file.name,
        "sha256": model.sha256,
        "parameters": model.file.parameters,
        "quantization": model.file.quantization,
        **_adapter(model),
    }


def _adapter(model: LlamaModel) -> dict[str, Any]:
    if model.adapter_file is None:
        return {}
    return {"adapter": {"name": model.adapter_file.name, "sha256": model.adapter_sha256}}


def _passage(measure: PassageMeasure, given: Callable[[int], int]) -> dict[str, Any]:
    information, percentile = measure.information, measure.percentile
    return {
        "start": given(measure.start),
        "end": given(measure.end),
        "class": measure.kind,
        "tokens": measure.tokens,
        "surprisal": _views(measure.surprisal),
        "entropy": _views(measure.entropy),
        "z": _views(measure.z),
        "information": {
            "story": _number(information.story),
            "brief": _number(information.brief),
            "total": _number(information.total),
            "copied": _number(information.copied),
        },
        "percentile": {
            "z": _number(percentile.z),
            "information": _number(percentile.information),
            "bits_per_token": _number(percentile.bits_per_token),
        },
        **({"allowance": _allowance(measure.allowance)} if measure.allowance else {}),
        **({} if measure.readable else {"readable": False}),
        "marks": [{"start": given(mark.start), "end": given(mark.end), "kind": mark.kind} for mark in measure.marks],
    }


def _allowance(found: Mapping[str, float]) -> dict[str, float]:
    """Of the bare and the most informed view, which is called `brief`, as everywhere."""
    return {BARE: _number(found[BARE]), BRIEF: _number(found.get(BRIEF, found.get(STORY, 0.0)))}


def _tokens(passage: ScoredPassage, given: Callable[[int], int]) -> list[dict[str, Any]]:
    views = dict(passage.views)
    views.setdefault(BRIEF, views[STORY])
    surprisal = {name: _rounded(view.surprisal) for name, view in views.items()}
    entropy = {name: _rounded(view.entropy) for name, view in views.items()}
    rank = {name: view.rank.tolist() for name, view in views.items()}
    return [
        {
            "start": given(start),
            "end": given(end),
            "surprisal": {name: surprisal[name][index] for name in views},
            "entropy": {name: entropy[name][index] for name in views},
            "rank": {name: rank[name][index] for name in views},
        }
        for index, (start, end) in enumerate(zip(passage.token_start.tolist(), passage.token_end.tolist(), strict=True))
    ]


def _words(passage: ScoredPassage, text: str, given: Callable[[int], int]) -> list[dict[str, Any]]:
    views = {name: word_bits(passage, text, name).words for name in passage.views}
    views.setdefault(BRIEF, views[STORY])
    return [
        {
            "start": given(word.span.start),
            "end": given(word.span.end),
            "surprisal": {name: _number(found[index].bits) for name, found in views.items()},
            "token_sum": {name: _number(found[index].tokens_bits) for name, found in views.items()},
        }
        for index, word in enumerate(views[STORY])
    ]


def _views(figures: Mapping[str, float]) -> dict[str, float]:
    """With no brief, `brief` equals `story`, and is said."""
    whole = dict(figures)
    whole.setdefault(BRIEF, whole[STORY])
    return {name: _number(figure) for name, figure in whole.items()}


def _rounded(values: npt.NDArray[np.float32]) -> list[float]:
    rounded: list[float] = np.round(values.astype(np.float64), DIGITS).tolist()
    return rounded


def _number(value: float) -> float:
    return round(float(value), DIGITS)

"""Pairs, scores and pages made up for the tests of evaluation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import torch

from cqa_desktop.annotations.pair_rows import PairRow, read_pair_rows
from cqa_desktop.measure.types import Brief
from trainer.evaluate.information import PairScores, VersionScores
from trainer.evaluate.reader import Comparison
from trainer.evaluate.torch_model import TorchModel

CPU: Final = torch.device("cpu")
SHORT: Final = ["--samples", "1", "--tokens", "16", "--resamples", "200"]


def torch_model(folder: Path, model: Any, *, everywhere: bool = False) -> TorchModel:
    return TorchModel(model, folder, name="base", sha256="0" * 64, prompt_format="prose-1", everywhere=everywhere)


def rows_of(path: Path) -> list[PairRow]:
    rows, problems = read_pair_rows(path.read_bytes().splitlines())
    assert problems == []
    return rows


def quiet(_done: int, _total: int) -> None:
    pass


def version(bare: float, story: float, brief: float | None = None, tokens: int = 10, **fields: float) -> VersionScores:
    views = {"bare": bare, "story": story, **fields}
    return VersionScores(tokens, views if brief is None else {**views, "brief": brief})


def a_row(name: str = "p", group: str = "literary", split: str = "dev", dimension: str = "craft") -> PairRow:
    return PairRow(name, group, split, dimension, "It was night.", Brief(intent="Be quiet."), "Good.", "Bad.")


def reader_scores(deltas: dict[str, Sequence[float]], **options: Any) -> list[PairScores]:
    """Pairs with the ΔI given, by `group/split`."""
    found = []
    for key, values in deltas.items():
        group, _, split = key.partition("/")
        for number, delta in enumerate(values):
            row = a_row(f"{key}/{number}", group, split, **options)
            found.append(PairScores(row, version(20.0, 18.0, 10.0 - delta), version(20.0, 18.0, 10.0)))
    return found


def comparison(base: dict[str, Sequence[float]], tuned: dict[int, dict[str, Sequence[float]]]) -> Comparison:
    after = {epoch: reader_scores(deltas) for epoch, deltas in tuned.items()}
    return Comparison(reader_scores(base), after, resamples=200, seed=1)


ZERO: Final[dict[str, Sequence[float]]] = {
    "literary/dev": [0.0, 0.0],
    "factual/dev": [0.0, 0.0],
    "literary/test": [0.0, 0.0],
    "factual/test": [0.0, 0.0],
}


def outcome(found: Comparison, chosen: int = 1, generation: dict[str, Any] | None = None) -> dict[str, Any]:
    """What evaluation.json holds, of made-up scores."""
    return {
        "base": "base",
        "adapter_views": "brief",
        "prompt_format": "prose-1",
        "chosen_epoch": chosen,
        "chosen_because": "of a test",
        "main_group": found.main_group,
        "epochs": found.table(),
        "pairs": [
            {"id": group, "group": group, "split": "", "delta_i_base": 0.0, "delta_i_tuned": 1.0}
            for group in found.groups
        ],
        "generation": generation,
    }


def check_self_contained(page: str) -> None:
    """Nothing is loaded: no script, no sheet, no picture, no address but names of formats."""
    lowered = page.lower()
    for tag in ("<script", "<link", "<img", "<iframe", "<object", "@import", "src="):
        assert tag not in lowered, tag
    assert re.findall(r'href="(?!#)[^"]*"', page) == []
    assert re.findall(r"url\((?!#)[^)]*\)", page) == []
    assert "://" not in re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", page)

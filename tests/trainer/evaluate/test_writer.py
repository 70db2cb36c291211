"""What the model writes before and after, and what is said of it."""

from __future__ import annotations

import json
import shutil
import statistics
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bases import PROSE, pairs
from readings import CPU, a_row, quiet, rows_of, torch_model

from cqa_desktop.annotations.pair_rows import PairRow
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.measure.calibration import Calibration
from cqa_desktop.measure.types import CLASSES, Brief
from trainer.evaluate.torch_model import TorchModel
from trainer.evaluate.writer import TOP_P, Written, compare, measure_text, write
from trainer.fit.config import FitConfig
from trainer.fit.model import load_base


def written(model: TorchModel, rows: Sequence[PairRow], adapter: str | None, **options: Any) -> list[str]:
    settings: dict[str, Any] = {"samples": 2, "tokens": 12, "temperature": 0.9, "seed": 1, **options}
    found = write(model, rows, adapter=adapter, advance=quiet, **settings)
    model.use(None)
    assert [(row, sample) for row, sample, _ in found] == [
        (row.id, sample) for row in rows for sample in range(settings["samples"])
    ]
    return [text for _, _, text in found]


def test_an_adapter_that_changes_nothing_writes_the_same(model: TorchModel, tmp_path: Path) -> None:
    rows = rows_of(pairs(tmp_path / "p.jsonl", 2))
    base = written(model, rows, None)
    assert base == written(model, rows, "zero") == written(model, rows, None)
    assert len(set(base)) == 4
    assert base != written(model, rows, "two")
    assert base != written(model, rows, None, seed=2)
    # A prompt's texts do not hang on how many prompts come after it.
    assert base[:2] == written(model, rows[:1], None)


def test_the_prompt_is_the_brief_and_the_context(
    model: TorchModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trainer.evaluate import writer

    prompts: list[list[int]] = []

    def sample(_model: TorchModel, prompt: list[int], samples: int, *_: Any) -> list[str]:
        prompts.append(prompt)
        return [""] * samples

    monkeypatch.setattr(writer, "_sample", sample)
    row = replace(rows_of(pairs(tmp_path / "p.jsonl", 1))[0], context="“Come,” she said.\n\nHe came.")
    long = replace(row, context=PROSE[:6000])
    bare = replace(row, context="", brief=Brief())
    written(model, [row, long, bare], None, tokens=100)
    text = "\n\n".join(["A ship.", "Be quiet.", "Sailors.", '"Come," she said.', "He came.", ""])
    assert model.decode(prompts[0][1:]) == text
    assert prompts[0][0] == prompts[1][0] == prompts[2][0] == model.bos
    assert len(prompts[1]) == model.window - 100
    assert prompts[1][-1] == model.separator[-1]
    assert prompts[2][1:] == model.separator.tolist()


def test_the_bases_own_way_of_sampling_is_left_out(base: Path, model: TorchModel, tmp_path: Path) -> None:
    folder = tmp_path / "base"
    shutil.copytree(base, folder)
    settings = {"do_sample": True, "repetition_penalty": 1.8, "top_k": 3, "min_p": 0.3, "max_length": 20}
    (folder / "generation_config.json").write_text(json.dumps(settings), encoding="utf-8")
    rows = rows_of(pairs(tmp_path / "p.jsonl", 2))
    other = torch_model(folder, load_base(folder, FitConfig(), CPU))
    assert other.model.generation_config.repetition_penalty == 1.8
    assert TOP_P == 0.95
    assert written(other, rows, None, tokens=40) == written(model, rows, None, tokens=40)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("He went. She stay", "He went."),
        ("He went. She stayed.", "He went. She stayed."),
        ("no end in sight", "no end in sight"),
        (' "Go!" he said. "No', '"Go!" he said.'),
        ("“Go.” And th", "“Go.”"),
        ("It cost 3.5 pounds", "It cost 3.5 pounds"),
        ("", ""),
    ],
)
def test_a_sentence_that_was_cut_off_is_dropped(text: str, kept: str) -> None:
    from trainer.evaluate.writer import _whole

    assert _whole(text) == kept


def test_figures_of_a_continuation(model: TorchModel) -> None:
    scorer = Scorer(model, Calibration())
    row = a_row()
    for short in ("", " \n", "Two words."):
        assert measure_text(scorer, row, short) == {}
    figures = measure_text(scorer, row, "The ship, the ship, the ship.")
    assert figures["words"] == 6
    assert figures["distinct_2"] == pytest.approx(2 / 5)
    assert figures["distinct_3"] == pytest.approx(2 / 4)
    assert sum(figures[name] for name in CLASSES) == pytest.approx(1)
    measures = scorer.score("The ship, the ship, the ship.", row.brief, preceding=row.context).measures
    assert figures["bits_per_word"] == pytest.approx(sum(one.surprisal["brief"] for one in measures) / 6)
    total = sum(one.surprisal["bare"] - one.surprisal["brief"] for one in measures)
    assert figures["information_per_token"] == pytest.approx(total / sum(one.tokens for one in measures), rel=1e-4)


def test_continuations_are_compared_by_prompt() -> None:
    def side(values: dict[str, list[float]]) -> list[Written]:
        return [
            Written(prompt, number, "", {"words": value, "earned": value / 10} if value else {})
            for prompt, several in values.items()
            for number, value in enumerate(several)
        ]

    before = side({"a": [1.0, 3.0], "b": [5.0, 5.0], "c": [7.0, 7.0], "d": [1.0, 1.0]})
    # In another order; of c nothing could be measured, of d one sample.
    after = side({"d": [0.0, 3.0], "b": [6.0, 8.0], "a": [2.0, 4.0], "c": [0.0, 0.0]})
    found = compare(before, after, resamples=100, seed=1)
    assert list(found) == ["words", "earned"]
    words = found["words"]
    assert (words["prompts"], words["sided"], found["earned"]["sided"]) == (3, 2, 1)
    assert words["base"] == pytest.approx((2 + 5 + 1) / 3, abs=1e-5)
    assert words["tuned"] == pytest.approx((3 + 7 + 3) / 3, abs=1e-5)
    assert words["change"] == pytest.approx((1 + 2 + 2) / 3, abs=1e-5)
    assert words["cohen_d"] == pytest.approx(statistics.mean([1, 2, 2]) / statistics.stdev([1, 2, 2]), abs=1e-5)
    assert words["p"] is None
    many = {str(n): [float(n + 1)] for n in range(8)}
    more = {str(n): [2.5 * n + 2] for n in range(8)}
    found = compare(side(many), side(more), resamples=100, seed=1)
    assert found["earned"]["p"] == pytest.approx(1 / 256, abs=1e-5)  # asks whether it rose
    assert found["words"]["p"] == pytest.approx(2 / 256, abs=1e-5)  # asks whether it changed
    assert compare([], [], resamples=100, seed=1) == {}

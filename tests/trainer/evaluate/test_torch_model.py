"""Torch measures as llama.cpp does, with the adapter where it is asked for, and nothing twice."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from bases import PROSE, pairs
from families import family_checkpoint
from readings import CPU, rows_of, torch_model

from cqa_desktop.engine.batches import Run
from cqa_desktop.engine.errors import CancelledError
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.measure.calibration import Calibration
from cqa_desktop.measure.types import FIELD_VIEWS, ViewScores
from trainer.convert.convert import convert_checkpoint
from trainer.convert.parity import NASTY
from trainer.errors import TrainerError
from trainer.evaluate.torch_model import TorchModel
from trainer.fit.config import FitConfig
from trainer.fit.model import load_base


@pytest.fixture(scope="module")
def llama(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaModel]:
    path = convert_checkpoint(base, tmp_path_factory.mktemp("gguf") / "base.gguf", name="base")
    with LlamaModel(path, gpu=False, threads=1) as model:
        yield model


def some_runs(model: TorchModel) -> list[Run]:
    """Runs of different lengths and starts, from two tokens to a whole window."""
    ids = model.tokenize(PROSE[:4000])
    found = []
    for length, scored in [(2, 1), (9, 1), (9, 8), (40, 17), (131, 1), (300, 290), (model.window, 1), (80, 3)]:
        found.append(Run(np.concatenate(([model.bos], ids[length : 2 * length - 1])).astype(np.int32), scored))
    return found


def check_same(ours: Sequence[ViewScores], theirs: Sequence[ViewScores], *, bits: float = 1e-3) -> None:
    assert [len(one) for one in ours] == [len(one) for one in theirs]
    for one, other in zip(ours, theirs, strict=True):
        for name in ("surprisal", "entropy", "varentropy"):
            assert np.abs(getattr(one, name) - getattr(other, name)).max(initial=0) < bits, name
    ranks, others = (np.concatenate([one.rank for one in side]) for side in (ours, theirs))
    assert (ranks == others).mean() > 0.98
    assert np.abs(ranks - others).max() <= 1


def test_torch_reads_as_llama_does(model: TorchModel, llama: LlamaModel) -> None:
    assert model.bos == llama.bos
    assert model.window == llama.window == 512
    assert model.separator.tolist() == llama.separator.tolist()
    assert model.separator.dtype == np.int32
    for text in (*NASTY, PROSE[:5000]):
        ours, theirs = model.tokenize(text), llama.tokenize(text)
        assert ours.tolist() == theirs.tolist(), text
        assert model.sizes(ours).tolist() == llama.sizes(theirs).tolist(), text
        assert model.sizes(ours).sum() == len(text.encode())


@pytest.mark.parametrize("temperature", [1.0, 1.3])
def test_torch_scores_as_llama_does(model: TorchModel, llama: LlamaModel, temperature: float) -> None:
    runs = some_runs(model)
    ours = model.score(runs, temperature=temperature)
    assert [len(one) for one in ours] == [len(run.tokens) - run.scored for run in runs]
    assert np.ptp(ours[6].surprisal) > 5  # the logits tell
    check_same(ours, llama.score(runs, temperature=temperature))


def test_an_app_and_the_trainer_measure_a_passage_alike(model: TorchModel, llama: LlamaModel, tmp_path: Path) -> None:
    row = rows_of(pairs(tmp_path / "p.jsonl", 1))[0]
    row = replace(row, context=PROSE[:3000])  # does not fit the window
    ours, theirs = (
        Scorer(one, Calibration()).score_passage(row.context, row.good, row.brief, fields=True)
        for one in (model, llama)
    )
    assert list(ours.views) == list(theirs.views) == ["bare", "story", "brief", *FIELD_VIEWS]
    assert (ours.token_start.tolist(), ours.token_end.tolist()) == (
        theirs.token_start.tolist(),
        theirs.token_end.tolist(),
    )
    check_same(list(ours.views.values()), list(theirs.views.values()))


@pytest.mark.parametrize(
    ("family", "changes", "settings"),
    [
        ("llama", {}, {}),
        ("llama", {"bos_token_id": 5}, {}),  # the tokenizer's settings say otherwise, and count
        ("qwen2", {}, {}),  # no bos_token in the settings
        ("qwen2", {"bos_token_id": None}, {}),
        ("qwen2", {"bos_token_id": None, "eos_token_id": [7, 8]}, {}),
        ("qwen2", {"bos_token_id": None, "eos_token_id": [7, 8]}, {"eos_token": None}),
    ],
)
def test_a_text_begins_with_the_same_token(
    tmp_path: Path, family: str, changes: dict[str, Any], settings: dict[str, Any]
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    family_checkpoint(folder, family, num_hidden_layers=1, **changes)
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | settings), encoding="utf-8")
    gguf = convert_checkpoint(folder, tmp_path / "m.gguf", name="m")
    with LlamaModel(gguf, gpu=False, threads=1) as other:
        assert torch_model(folder, load_base(folder, FitConfig(), CPU)).bos == other.bos


def test_added_tokens_are_as_long_as_llama_says(base: Path, tmp_path: Path) -> None:
    folder = tmp_path / "base"
    shutil.copytree(base, folder)
    path = folder / "tokenizer.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    vocabulary, merges = data["model"]["vocab"], data["model"]["merges"]
    # In the place of the token that was merged last, so that nothing is made of it.
    last = "".join(merges.pop())
    number = vocabulary["naïve—"] = vocabulary.pop(last)
    added = data["added_tokens"][0] | {"id": number, "content": "naïve—", "special": False, "normalized": False}
    data["added_tokens"].append(added)
    path.write_text(json.dumps(data), encoding="utf-8")
    gguf = convert_checkpoint(folder, tmp_path / "m.gguf", name="m")
    torch_side = torch_model(folder, load_base(folder, FitConfig(), CPU))
    with LlamaModel(gguf, gpu=False, threads=1) as other:
        ids = torch_side.tokenize("a naïve— man <|end|>")
        assert number in ids.tolist()
        assert ids.tolist() == other.tokenize("a naïve— man <|end|>").tolist()
        every = np.arange(other.vocabulary, dtype=np.int32)
        assert torch_side.sizes(every).tolist() == other.sizes(every).tolist()


def test_a_tokenizer_that_cuts_or_pads_does_neither_here(base: Path, tmp_path: Path, model: TorchModel) -> None:
    folder = tmp_path / "base"
    shutil.copytree(base, folder)
    path = folder / "tokenizer.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    data["truncation"] = {"direction": "Right", "max_length": 8, "strategy": "LongestFirst", "stride": 0}
    data["padding"] = {
        "strategy": {"Fixed": 16}, "direction": "Right", "pad_to_multiple_of": None,
        "pad_id": 0, "pad_type_id": 0, "pad_token": "<|end|>",
    }  # fmt: skip
    path.write_text(json.dumps(data), encoding="utf-8")
    other = torch_model(folder, load_base(folder, FitConfig(), CPU))
    for text in ("Oh.", PROSE[:300]):
        assert other.tokenize(text).tolist() == model.tokenize(text).tolist()


def test_a_base_without_a_first_token_is_refused(base: Path, tmp_path: Path) -> None:
    folder = tmp_path / "base"
    shutil.copytree(base, folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps(config | {"bos_token_id": None, "eos_token_id": None}))
    (folder / "tokenizer_config.json").unlink()
    with pytest.raises(TrainerError, match="neither"):
        torch_model(folder, load_base(folder, FitConfig(), CPU))


def test_the_adapter_is_on_where_it_is_asked_for(base: Path, peft_model: Any, model: TorchModel) -> None:
    runs = some_runs(model)[3:6]
    plain = torch_model(base, load_base(base, FitConfig(), CPU)).score(runs)

    def fresh(adapter: str | None, *, on: bool, everywhere: bool = False) -> list[ViewScores]:
        one = torch_model(base, peft_model, everywhere=everywhere)
        one.use(adapter)
        return one.score(runs, adapter=on)

    def differ(ours: list[ViewScores], theirs: list[ViewScores]) -> bool:
        return float(np.abs(ours[0].surprisal - theirs[0].surprisal).max()) > 0.01

    tuned, later = fresh("one", on=True), fresh("two", on=True)
    assert differ(plain, tuned)
    assert differ(tuned, later)
    for off in (fresh(None, on=False), fresh(None, on=True), fresh("one", on=False), fresh("zero", on=True)):
        check_same(off, plain, bits=1e-5)
    check_same(fresh("one", on=False, everywhere=True), tuned, bits=1e-5)
    check_same(fresh("two", on=True, everywhere=True), later, bits=1e-5)
    check_same(fresh(None, on=True, everywhere=True), plain, bits=1e-5)


def test_what_is_remembered_is_not_mixed_up(base: Path, peft_model: Any) -> None:
    shared = torch_model(base, peft_model)
    runs = some_runs(shared)[3:5]
    states = [(name, on, heat) for name in (None, "one", "two") for on in (False, True) for heat in (1.0, 1.3)]
    expected = {}
    for name, on, heat in states:
        alone = torch_model(base, peft_model)
        alone.use(name)
        expected[name, on, heat] = alone.score(runs, temperature=heat, adapter=on)
    for name, on, heat in [*states, *reversed(states)]:
        shared.use(name)
        found = shared.score(runs, temperature=heat, adapter=on)
        for one, other in zip(found, expected[name, on, heat], strict=True):
            assert np.array_equal(one.surprisal, other.surprisal), (name, on, heat)
    sums = {round(float(scores[0].surprisal.sum()), 3) for scores in expected.values()}
    assert len(sums) == 6  # base, one and two, at two temperatures


def test_the_same_tokens_scored_from_elsewhere_are_another_run(model: TorchModel) -> None:
    tokens = some_runs(model)[3].tokens
    first, second = model.score([Run(tokens, 1)])[0], model.score([Run(tokens, 11)])[0]
    assert len(first) == len(second) + 10
    assert np.allclose(first.surprisal[10:], second.surprisal, atol=1e-4)


def test_nothing_is_scored_twice(model: TorchModel, monkeypatch: pytest.MonkeyPatch) -> None:
    scored: list[Run] = []
    batch = TorchModel._batch

    def counted(self: TorchModel, runs: Sequence[Run], temperature: float) -> list[ViewScores]:
        scored.extend(runs)
        return batch(self, runs, temperature)

    monkeypatch.setattr(TorchModel, "_batch", counted)
    first, second = some_runs(model)[1], some_runs(model)[3]
    found = model.score([first, second, first])
    assert len(scored) == 2
    assert found[0] is found[2]
    model.score([second, first])
    assert len(scored) == 2
    model.use("one")
    model.score([second], adapter=True)
    assert len(scored) == 3
    assert model.score([]) == []


def test_long_runs_go_in_several_batches_and_can_be_stopped(model: TorchModel, monkeypatch: pytest.MonkeyPatch) -> None:
    from trainer.evaluate import torch_model as module

    runs = some_runs(model)
    whole = model.score(runs)
    monkeypatch.setattr(module, "BATCH_TOKENS", 100)
    model._known.clear()
    check_same(model.score(runs), whole, bits=1e-4)
    model._known.clear()
    with pytest.raises(CancelledError):
        model.score(runs, stop=lambda: bool(model._known))
    assert 0 < len(model._known) < len(runs)


def test_too_little_memory_is_told(model: TorchModel, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(TorchModel, "_batch", full)
    with pytest.raises(TrainerError, match=r"^out of memory at scoring; free some"):
        model.score(some_runs(model)[:1])

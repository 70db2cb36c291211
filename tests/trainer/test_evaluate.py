"""Evaluation: torch measures as llama.cpp does, the statistics are right, and the outcome is told as it is."""

from __future__ import annotations

import json
import math
import re
import shutil
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
import torch
from bases import PROSE, annotations, pairs, tiny_base
from families import family_checkpoint
from safetensors.torch import load_file, save_file

from cqa_desktop.annotations.pair_rows import PairRow, read_pair_rows
from cqa_desktop.annotations.prompt import brief_text
from cqa_desktop.engine.batches import Run
from cqa_desktop.engine.errors import CancelledError
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.measure.calibration import Calibration
from cqa_desktop.measure.types import CLASSES, FIELD_VIEWS, Brief, Ints, ViewScores
from trainer.cli import main
from trainer.convert.convert import convert_checkpoint
from trainer.convert.parity import NASTY
from trainer.errors import TrainerError
from trainer.evaluate import run as evaluation
from trainer.evaluate.information import PairScores, VersionScores, field_names, score_pairs
from trainer.evaluate.reader import Comparison
from trainer.evaluate.report import as_text, verdicts, write_page
from trainer.evaluate.statistics import Paired, bootstrap, finite, holm, paired
from trainer.evaluate.torch_model import TorchModel
from trainer.evaluate.writer import TOP_P, Written, compare, measure_text, write
from trainer.fit.config import FitConfig
from trainer.fit.model import load_adapters, load_base

CPU: Final = torch.device("cpu")
SHORT: Final = ["--samples", "1", "--tokens", "16", "--resamples", "200"]


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Models this small wait for threads more than they reckon."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny base whose logits differ from each other, so that an error shows."""
    folder = tiny_base(tmp_path_factory.mktemp("base"))
    weights = load_file(folder / "model.safetensors")
    scaled = {name: weight * 4 if weight.ndim == 2 else weight for name, weight in weights.items()}
    save_file(scaled, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


@pytest.fixture(scope="module")
def llama(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaModel]:
    path = convert_checkpoint(base, tmp_path_factory.mktemp("gguf") / "base.gguf", name="base")
    with LlamaModel(path, gpu=False, threads=1) as model:
        yield model


@pytest.fixture(scope="module")
def run(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two epochs, and next to them `zero`, an adapter that changes nothing."""
    folder = tmp_path_factory.mktemp("run")
    quick = ["--learning-rate", "0.02", "--dropout", "0", "--batch-size", "2", "--rank", "4", "--epochs", "2"]
    data = str(annotations(folder / "a.jsonl"))
    assert main(["fit", "--base", str(base), "--data", data, "--out", str(folder / "out"), *quick]) == 0
    shutil.copytree(folder / "out" / "epoch-01", folder / "zero")
    path = folder / "zero" / "adapter_model.safetensors"
    weights = load_file(path)
    save_file({name: weight * (".lora_A." in name) for name, weight in weights.items()}, path)
    return folder / "out"


@pytest.fixture(scope="module")
def peft_model(base: Path, run: Path) -> Any:
    folders = {"one": run / "epoch-01", "two": run / "epoch-02", "zero": run.parent / "zero"}
    return load_adapters(load_base(base, FitConfig(), CPU), folders)


@pytest.fixture
def model(base: Path, peft_model: Any) -> TorchModel:
    return torch_model(base, peft_model)


def torch_model(folder: Path, model: Any, *, everywhere: bool = False) -> TorchModel:
    return TorchModel(model, folder, name="base", sha256="0" * 64, prompt_format="prose-1", everywhere=everywhere)


def rows_of(path: Path) -> list[PairRow]:
    rows, problems = read_pair_rows(path.read_bytes().splitlines())
    assert problems == []
    return rows


def quiet(_done: int, _total: int) -> None:
    pass


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


# --- torch against llama.cpp ----------------------------------------------------------------------------------------


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


# --- the adapter ----------------------------------------------------------------------------------------------------


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
    with pytest.raises(TrainerError, match="out of memory at scoring"):
        model.score(some_runs(model)[:1])


# --- statistics -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "corrected"),
    [
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        ([0.01, None, 0.04, 0.03, None, 0.005], [0.03, None, 0.06, 0.06, None, 0.02]),
        ([0.6, 0.7], [1.0, 1.0]),
        ([0.02], [0.02]),
        ([None], [None]),
        ([0.01, 0.01], [0.02, 0.02]),
        ([], []),
    ],
)
def test_holm_by_hand(values: list[float | None], corrected: list[float | None]) -> None:
    assert holm(values) == [None if value is None else pytest.approx(value) for value in corrected]


def test_paired_statistics_by_hand() -> None:
    values = [3.0, 1.0, 2.0, -0.5, 4.0, 5.0, 6.0]
    found = paired(values, resamples=2000, seed=1)
    assert (found.pairs, found.wins, found.p_holm) == (7, 6, None)
    assert found.mean == pytest.approx(20.5 / 7)
    assert found.cohen_d == pytest.approx(statistics.mean(values) / statistics.stdev(values))
    # Of 2^7 signs, two leave the negative ranks at 1 or less: none negative, or the least alone.
    assert found.p == pytest.approx(2 / 128)
    assert found.p_two_sided == pytest.approx(4 / 128)
    other = paired([-value for value in values], resamples=2000, seed=1)
    assert other.p == pytest.approx(127 / 128)
    assert other.p_two_sided == pytest.approx(4 / 128)
    with_zeros = paired([*values, 0.0, 0.0], resamples=100, seed=1)
    assert (with_zeros.pairs, with_zeros.wins, with_zeros.p) == (9, 6, found.p)


def test_paired_statistics_of_next_to_nothing() -> None:
    assert paired([0.0] * 8, resamples=100, seed=1) == Paired(8, 0.0, 0.0, 0.0, 0, None, None, None)
    assert paired([2.5], resamples=100, seed=1) == Paired(1, 2.5, None, None, 1, None, None, None)
    assert paired([], resamples=100, seed=1) == Paired(0, 0.0, None, None, 0, None, None, None)
    same = paired([0.1] * 7, resamples=100, seed=1)
    assert same.cohen_d is None  # no spread
    assert same.p == pytest.approx(1 / 128)


def test_the_interval_holds_the_mean_and_comes_again() -> None:
    values = np.random.default_rng(5).normal(1.0, 2.0, 400)
    low, high = bootstrap(values, resamples=1234, seed=7)
    assert low is not None
    assert high is not None
    assert low < values.mean() < high
    # As the normal approximation has it: 1.96 standard errors to each side.
    width = 2 * 1.96 * values.std(ddof=1) / math.sqrt(len(values))
    assert high - low == pytest.approx(width, rel=0.15)
    assert bootstrap(values, resamples=1234, seed=7) == (low, high)
    assert bootstrap(values, resamples=1234, seed=8) != (low, high)


def test_what_is_no_number_is_left_out_of_a_report() -> None:
    assert [finite(value) for value in (None, math.nan, math.inf, 1.234567, 0.0)] == [None, None, None, 1.23457, 0.0]


# --- information ----------------------------------------------------------------------------------------------------


def version(bare: float, story: float, brief: float | None = None, tokens: int = 10, **fields: float) -> VersionScores:
    views = {"bare": bare, "story": story, **fields}
    return VersionScores(tokens, views if brief is None else {**views, "brief": brief})


def a_row(name: str = "p", group: str = "literary", split: str = "dev", dimension: str = "craft") -> PairRow:
    return PairRow(name, group, split, dimension, "It was night.", Brief(intent="Be quiet."), "Good.", "Bad.")


def test_information_by_hand() -> None:
    good = version(50.0, 45.0, 38.0, intent=41.0)
    degraded = version(52.0, 49.0, 47.0, intent=46.5)
    pair = PairScores(a_row(), good, degraded)
    assert (good.information, degraded.information, pair.delta) == (12.0, 5.0, 7.0)
    assert (good.field("intent"), degraded.field("intent")) == (4.0, 2.5)
    assert pair.field_delta("intent") == 1.5
    assert pair.field_delta("audience") is None
    assert field_names([pair]) == ["intent"]
    assert version(50.0, 45.0).information == 5.0  # without a brief, the story is all there is
    assert good.gain_over(version(50.0, 45.0, 40.0)) == pytest.approx(0.2)
    assert version(9.0, 8.0).gain_over(version(9.0, 9.0)) == pytest.approx(0.1)


def test_pairs_are_scored_as_defined(model: TorchModel, tmp_path: Path) -> None:
    row = replace(rows_of(pairs(tmp_path / "p.jsonl", 1))[0], brief=Brief(intent="Be quiet.", reality="A ship."))
    told: list[tuple[int, int]] = []
    model.use("one")
    found = score_pairs(model, [row], lambda done, total: told.append((done, total)))[0]
    assert told == [(1, 1)]
    own = model.tokenize(row.good)

    def surprisal(*before: str, adapter: bool) -> float:
        head: list[Ints] = [np.array([model.bos], np.int32)]
        for part in before:
            head += [model.tokenize(part), model.separator]
        tokens = np.concatenate([*head, own])
        scores = model.score([Run(tokens, len(tokens) - len(own))], adapter=adapter)[0]
        return float(scores.surprisal.sum(dtype=np.float64))

    assert brief_text(row.brief, "prose-1") == "A ship.\n\nBe quiet."
    assert found.good.tokens == len(own)
    expected = {
        "bare": surprisal(adapter=False),
        "story": surprisal(row.context, adapter=False),
        "brief": surprisal("A ship.", "Be quiet.", row.context, adapter=True),
        "intent": surprisal("Be quiet.", row.context, adapter=True),
        "reality": surprisal("A ship.", row.context, adapter=True),
    }
    assert dict(found.good.surprisal) == pytest.approx(expected, abs=1e-3)
    assert found.field_delta("audience") is None
    model.use(None)
    before = score_pairs(model, [row], quiet)[0]
    assert before.good.surprisal["bare"] == pytest.approx(expected["bare"], abs=1e-3)
    assert abs(before.good.surprisal["brief"] - expected["brief"]) > 0.1


# --- the reader -----------------------------------------------------------------------------------------------------


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


def test_the_epoch_is_chosen_on_the_development_split() -> None:
    dev = {1: [0.0, 1.0], 2: [2.0, 1.0], 3: [3.0, -1.0]}
    for test in ([0.0, 0.0], [-9.0, -9.0], [9.0, 9.0]):  # whatever the test split says
        tuned = {
            epoch: {**ZERO, "literary/dev": deltas, "literary/test": test if epoch == 2 else [5.0, 5.0]}
            for epoch, deltas in dev.items()
        }
        chosen, why = comparison(ZERO, tuned).choose()
        assert chosen == 2
        assert why == "the greatest mean Δ(ΔI) of the literary group on the development split"
    control = {epoch: {**ZERO, "literary/dev": deltas, "factual/dev": [99.0, 99.0]} for epoch, deltas in dev.items()}
    control[2]["factual/dev"] = [-99.0, -99.0]
    assert comparison(ZERO, control).choose()[0] == 2  # and whatever the control does


def test_an_epoch_that_raised_nothing_is_said_to_have_raised_nothing() -> None:
    tuned = {1: {**ZERO, "literary/dev": [-3.0, -3.0]}, 2: {**ZERO, "literary/dev": [-1.0, -2.0]}}
    chosen, why = comparison(ZERO, tuned).choose()
    assert chosen == 2
    assert why == "no epoch raised ΔI on the development split; epoch 2 lowered it least"


def test_of_equal_epochs_the_earlier_one_is_taken() -> None:
    tuned = {epoch: {**ZERO, "literary/dev": [1.0, 1.0]} for epoch in (3, 1, 2)}
    assert comparison(ZERO, tuned).choose()[0] == 1


@pytest.mark.parametrize("splits", [["literary/test", "factual/test"], ["literary/"], ["factual/dev", "literary/test"]])
def test_without_development_pairs_the_last_epoch_is_taken(splits: list[str]) -> None:
    base: dict[str, Sequence[float]] = {key: [0.0, 0.0] for key in splits}
    tuned: dict[int, dict[str, Sequence[float]]] = {
        epoch: {key: [rise, rise] for key in splits} for epoch, rise in ((1, 9.0), (2, 1.0))
    }
    chosen, why = comparison(base, tuned).choose()
    assert chosen == 2
    assert why.startswith("the last epoch")


def test_the_table_by_hand() -> None:
    base = {"literary/dev": [1.0, 2.0], "factual/dev": [5.0], "literary/test": [1.0, 2.0, 3.0, 0.5, -1.0, 4.0]}
    first = {"literary/dev": [2.0, 4.0], "factual/dev": [4.0], "literary/test": [3.0, 2.5, 4.0, 5.0, 4.0, 4.25]}
    second = {"literary/dev": [1.0, 3.0], "factual/dev": [5.5], "literary/test": [0.0, 1.0, 2.0, 0.0, -2.0, 3.0]}
    table = comparison(base, {1: first, 2: second}).table()
    # No record for a group that a split does not hold.
    assert [(one["split"], one["group"], one["epoch"]) for one in table] == [
        ("dev", "literary", 1),
        ("dev", "literary", 2),
        ("dev", "factual", 1),
        ("dev", "factual", 2),
        ("test", "literary", 1),
        ("test", "literary", 2),
    ]
    dev, test = table[0], table[4]
    assert (dev["pairs"], dev["delta_delta_i"]["mean"], dev["delta_delta_i"]["wins"]) == (2, 1.5, 2)
    assert dev["delta_delta_i"]["cohen_d"] == pytest.approx(1.5 / statistics.stdev([1.0, 2.0]), abs=1e-5)
    assert (dev["base"]["delta_i"]["mean"], dev["tuned"]["delta_i"]["mean"]) == (1.5, 3.0)
    assert (dev["base"]["i_good"], dev["base"]["i_degraded"]) == (11.5, 10.0)
    assert dev["delta_delta_i"]["p_holm"] is None  # two pairs: no p
    assert table[2]["delta_delta_i"]["mean"] == -1.0
    changes = [2.0, 0.5, 1.0, 4.5, 5.0, 0.25]
    assert test["delta_delta_i"]["mean"] == pytest.approx(statistics.mean(changes), abs=1e-5)
    assert test["delta_delta_i"]["p"] == pytest.approx(1 / 64, abs=1e-5)
    assert test["delta_delta_i"]["p_holm"] == pytest.approx(2 / 64, abs=1e-5)  # two epochs were looked at
    assert table[5]["delta_delta_i"]["p_holm"] == 1.0
    # The good version's brief view fell by the change of ΔI, over ten tokens; the degraded one's stayed.
    assert test["log_probability"]["good"]["mean"] == pytest.approx(statistics.mean(changes) / 10, abs=1e-5)
    assert test["log_probability"]["degraded"]["mean"] == 0.0


def test_the_table_by_dimension_and_by_field() -> None:
    rows = [a_row("a", dimension="craft"), a_row("b", dimension="audience"), a_row("c", dimension="")]
    fields = [{"intent": 15.0, "reality": 16.0}, {"intent": 14.0}, {"intent": 13.0}]
    before = [
        PairScores(row, version(20.0, 18.0, 9.0, **one), version(20.0, 18.0, 10.0, **dict.fromkeys(one, 17.0)))
        for row, one in zip(rows, fields, strict=True)
    ]
    falls = [4.0, 1.0, 0.5]
    after = [
        PairScores(
            pair.row,
            version(20.0, 18.0, 9.0 - fall, **{name: value - 2 * fall for name, value in one.items()}),
            pair.degraded,
        )
        for pair, fall, one in zip(before, falls, fields, strict=True)
    ]
    record = Comparison(before, {1: after}, resamples=100, seed=1).table()[0]
    assert {name: one["mean"] for name, one in record["by_dimension"].items()} == {"audience": 1.0, "craft": 4.0}
    assert record["delta_delta_i"]["mean"] == pytest.approx(5.5 / 3, abs=1e-5)
    assert {name: (one["pairs"], one["mean"]) for name, one in record["fields"].items()} == {
        "intent": (3, pytest.approx(11 / 3, abs=1e-5)),
        "reality": (1, 8.0),  # of the one pair whose brief fills it
    }


def test_pairs_without_splits_are_all_of_them() -> None:
    found = comparison({"mine/": [0.0, 1.0]}, {1: {"mine/": [1.0, 3.0]}})
    assert found.main_group == "mine"
    assert [(one["split"], one["delta_delta_i"]["mean"]) for one in found.table()] == [("all", 1.5)]


# --- the outcome in words -------------------------------------------------------------------------------------------


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


def test_an_effect_and_a_null_result_are_told_apart() -> None:
    base: dict[str, Sequence[float]] = {"literary/test": [0.0] * 8, "factual/test": [0.0] * 8}
    up, down = [1.0 + n / 10 for n in range(8)], [-1.0 - n / 10 for n in range(8)]

    def told(literary: Sequence[float], factual: Sequence[float]) -> list[str]:
        lines = verdicts(outcome(comparison(base, {1: {"literary/test": literary, "factual/test": factual}})))
        return [line for line in lines if "Δ(ΔI)" in line and not line.startswith(" ")]

    literary, factual = told(up, [0.0] * 8)
    assert literary.endswith("p 0.0039 after Holm: calibrated: good and degraded are further apart")
    assert "+1.35 bits" in literary
    assert factual.endswith("p - two-sided: the control is not shown to have moved")
    literary, factual = told([0.0] * 8, down)
    assert literary.endswith("a null result: no effect is shown")
    assert factual.endswith("p 0.0078 two-sided: the control moved")
    literary, factual = told(down, up)
    assert literary.endswith("a null result: no effect is shown")  # to be worse is not the effect
    assert factual.endswith("the control moved")
    # Most pairs rose a little, and one fell by far: ranks say up, the mean says down.
    changes = [n / 10 for n in range(1, 13)] + [-50.0]
    one = outcome(comparison({"literary/test": [0.0] * 13}, {1: {"literary/test": changes}}))
    assert one["epochs"][0]["delta_delta_i"]["p_holm"] < 0.05
    assert "a null result" in verdicts(one)[1]


def test_a_group_is_reported_on_the_test_split_if_it_is_there() -> None:
    base: dict[str, Sequence[float]] = {"literary/dev": [0.0, 0.0], "factual/dev": [0.0], "factual/test": [0.0, 0.0]}
    lines = verdicts(outcome(comparison(base, {1: {**base, "literary/dev": [1.0, 1.0]}})))
    assert [line.split(":")[0] for line in lines if not line.startswith(" ")][1:] == ["literary, dev", "factual, test"]


# --- the writer -----------------------------------------------------------------------------------------------------


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


# --- the command ----------------------------------------------------------------------------------------------------


@pytest.fixture
def short_prose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calibrate on a page, not on eleven books."""
    path = tmp_path / "prose.txt"
    path.write_text(PROSE[:6000], encoding="utf-8")
    monkeypatch.setattr(evaluation, "reference_prose", lambda: [path])


def evaluate(run: Path, base: Path, *more: str) -> int:
    return main(["evaluate", str(run), "--base", str(base), *more])


def own_run(run: Path, tmp_path: Path) -> Path:
    """A copy of a run, to write into."""
    shutil.copytree(run, tmp_path / "run")
    return tmp_path / "run"


def result_of(run: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run / "evaluation.json").read_text(encoding="utf-8"))
    return found


def check_self_contained(page: str) -> None:
    """Nothing is loaded: no script, no sheet, no picture, no address but names of formats."""
    lowered = page.lower()
    for tag in ("<script", "<link", "<img", "<iframe", "<object", "@import", "src="):
        assert tag not in lowered, tag
    assert re.findall(r'href="(?!#)[^"]*"', page) == []
    assert re.findall(r"url\((?!#)[^)]*\)", page) == []
    assert "://" not in re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", page)


@pytest.mark.usefixtures("short_prose")
def test_a_run_is_evaluated(base: Path, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, file = own_run(run, tmp_path), pairs(tmp_path / "p.jsonl")
    assert evaluate(folder, base, "--pairs", str(file), *SHORT) == 0
    shown = capsys.readouterr()
    result = result_of(folder)
    assert result["schema"] == 1
    assert (result["adapter_views"], result["prompt_format"]) == ("brief", "headed-1")
    assert result["chosen_epoch"] in (1, 2)
    assert result["main_group"] == "literary"
    assert {(one["epoch"], one["split"], one["group"]) for one in result["epochs"]} == {
        (epoch, split, group) for epoch in (1, 2) for split in ("dev", "test") for group in ("literary", "factual")
    }
    assert [pair["id"] for pair in result["pairs"]] == [f"p{number}" for number in range(8)]
    for one in (one for one in result["epochs"] if one["epoch"] == result["chosen_epoch"]):
        changes = [
            pair["delta_i_tuned"] - pair["delta_i_base"]
            for pair in result["pairs"]
            if (pair["group"], pair["split"]) == (one["group"], one["split"])
        ]
        assert one["pairs"] == len(changes) == 2
        assert one["delta_delta_i"]["mean"] == pytest.approx(statistics.mean(changes), abs=2e-4)
        assert set(one["fields"]) == set(FIELD_VIEWS)
        assert one["by_dimension"]["craft"] == one["delta_delta_i"] | {"p_holm": None}
    dev = {one["epoch"]: one for one in result["epochs"] if (one["split"], one["group"]) == ("dev", "literary")}
    assert max(dev, key=lambda epoch: dev[epoch]["delta_delta_i"]["mean"]) == result["chosen_epoch"]
    assert dev[1]["base"] == dev[2]["base"]
    assert dev[1]["tuned"] != dev[2]["tuned"]
    generation = result["generation"]
    assert (generation["prompts"], generation["samples"], generation["tokens"]) == (2, 1, 16)
    assert generation["epoch"] == result["chosen_epoch"]
    assert {"information_per_token", "bits_per_word", "words", "distinct_2", *CLASSES} <= set(generation["figures"])
    assert [one["prompt"] for one in generation["examples"]] == ["p3", "p7"]  # the literary test pairs
    assert result["text"] in shown.out
    assert "literary, test: Δ(ΔI)" in shown.out
    assert "a null result: no effect is shown" in shown.out  # two pairs show nothing
    assert "a null result: tuning the reader is not shown to have changed the writer" in shown.out
    assert "epoch 2: 8 of 8" in shown.err
    page = (folder / "evaluation.html").read_text(encoding="utf-8")
    check_self_contained(page)
    assert page.count("<svg") == 2
    assert "a null result: no effect is shown" in page
    assert str(tmp_path) not in json.dumps(result) + page  # both may be shown to others
    assert list(folder.glob("*.part")) == []


def test_the_adapter_in_all_views_is_another_question(base: Path, run: Path, tmp_path: Path) -> None:
    folder, file = own_run(run, tmp_path), pairs(tmp_path / "p.jsonl", 4)
    common = ["--pairs", str(file), "--no-generation", "--resamples", "100", "--epochs", "2"]
    assert evaluate(folder, base, *common) == 0
    brief = result_of(folder)
    assert evaluate(folder, base, *common, "--adapter-views", "all") == 0
    every = result_of(folder)
    assert brief["generation"] is None
    assert "<h2>From appreciation to generation</h2>" not in (folder / "evaluation.html").read_text(encoding="utf-8")
    assert {one["epoch"] for one in every["epochs"]} == {2}
    assert every["adapter_views"] == "all"
    for one, other in zip(brief["epochs"], every["epochs"], strict=True):
        assert one["base"] == other["base"]
        assert abs(one["tuned"]["i_good"] - other["tuned"]["i_good"]) > 0.1
    assert evaluate(folder, base, *common, "--adapter-views", "all") == 0
    assert result_of(folder) == every  # the same seed, the same figures


def test_what_cannot_be_evaluated_is_told_in_one_line(
    base: Path, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, file = own_run(run, tmp_path), pairs(tmp_path / "p.jsonl", 4)
    broken = tmp_path / "broken.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines()
    broken.write_text("\n".join([*lines[:2], '{"id": "x", "good": ""}', lines[3][:-3]]), encoding="utf-8")
    empty = tmp_path / "empty.jsonl"
    empty.write_text("\n", encoding="utf-8")
    other = tmp_path / "other"
    shutil.copytree(base, other)
    weights = load_file(other / "model.safetensors")
    save_file({name: weight + 0.01 for name, weight in weights.items()}, other / "model.safetensors", {"format": "pt"})
    no_epochs = tmp_path / "no-epochs"
    no_epochs.mkdir()
    shutil.copy(run / "run.json", no_epochs)
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / "run.json").write_text('{"base": []}', encoding="utf-8")
    capsys.readouterr()
    ours = ["--base", str(base), "--pairs", str(file)]
    cases = [
        ([str(folder), *ours, "--epochs", "1", "9"], "has no epoch 9 - it has 1, 2"),
        ([str(folder), "--base", str(other), "--pairs", str(file)], "is not the base of this run"),
        ([str(folder), "--base", "nobody-here", "--pairs", str(file)], "no such folder"),
        ([str(folder), "--base", str(base), "--pairs", str(broken)], f"{broken}:3: "),
        ([str(folder), "--base", str(base), "--pairs", str(empty)], "holds no pairs"),
        ([str(folder), "--base", str(base), "--pairs", str(tmp_path / "nil")], "cannot be read"),
        ([str(folder), *ours, str(file)], "same id"),
        ([str(tmp_path), *ours], "is no run"),
        ([str(damaged), *ours], "is no run"),
        ([str(tmp_path / "nowhere"), *ours], "is no run"),
        ([str(no_epochs), *ours], "holds no finished epoch"),
        ([str(folder), *ours, "--samples", "0"], "--samples 0: must be at least 1"),
        ([str(folder), *ours, "--tokens", "0"], "--tokens 0"),
        ([str(folder), *ours, "--tokens", "400"], "--tokens 400: must be at most 256"),
        ([str(folder), *ours, "--resamples", "1"], "--resamples 1"),
        ([str(folder), *ours, "--temperature", "0"], "--temperature 0"),
        ([str(folder), *ours, "--temperature", "nan"], "--temperature nan"),
        ([str(folder), *ours, "--seed", "-1"], "--seed -1: must be"),
        ([str(folder), *ours, "--seed", str(2**70)], "must be"),
    ]
    for arguments, says in cases:
        assert main(["evaluate", *arguments]) == 2, arguments
        shown = capsys.readouterr()
        assert says in shown.err, arguments
        assert shown.err.startswith("cqa-train: "), arguments
        assert shown.err.count("\n") == 1, arguments
        assert shown.out == ""
    assert "(and 1 more)" in says_of(folder, base, broken, capsys)
    assert not (folder / "evaluation.json").exists()


def says_of(folder: Path, base: Path, file: Path, capsys: pytest.CaptureFixture[str]) -> str:
    assert evaluate(folder, base, "--pairs", str(file)) == 2
    return capsys.readouterr().err


def test_weights_that_are_no_numbers_are_told(
    base: Path, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, file = own_run(run, tmp_path), pairs(tmp_path / "p.jsonl", 2)
    path = folder / "epoch-02" / "adapter_model.safetensors"
    save_file({name: weight * math.nan for name, weight in load_file(path).items()}, path)
    assert evaluate(folder, base, "--pairs", str(file)) == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert line == "cqa-train: pair 'p0': its surprisal with the adapter is no number - the weights are damaged"
    assert not (folder / "evaluation.json").exists()


@pytest.mark.usefixtures("short_prose")
def test_pairs_without_splits_and_without_contexts(
    base: Path, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, file = own_run(run, tmp_path), tmp_path / "p.jsonl"
    rows = [{"id": n, "good": f"A ship went by {n}.", "degraded": f"A lamp sang {n}.", "context": ""} for n in range(2)]
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert evaluate(folder, base, "--pairs", str(file), "--epochs", "1", *SHORT) == 0
    result = result_of(folder)
    assert result["generation"] is None
    assert "left out" in capsys.readouterr().err
    assert {(one["split"], one["group"]) for one in result["epochs"]} == {("all", "all pairs")}
    file.write_text("\n".join(json.dumps(row | {"context": "It was night."}) for row in rows), encoding="utf-8")
    assert evaluate(folder, base, "--pairs", str(file), "--epochs", "1", *SHORT) == 0
    generation = result_of(folder)["generation"]
    assert (generation["split"], generation["prompts"]) == ("all", 2)


def test_a_damaged_adapter_is_told_in_one_line(
    base: Path, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, file = own_run(run, tmp_path), pairs(tmp_path / "p.jsonl", 2)
    (folder / "epoch-02" / "adapter_model.safetensors").write_bytes(b"nothing")
    capsys.readouterr()
    assert evaluate(folder, base, "--pairs", str(file)) == 2
    err = capsys.readouterr().err
    assert "epoch-02: the adapter does not load over the base" in err
    assert err.count("\n") == 1


# --- the page -------------------------------------------------------------------------------------------------------

SLY: Final = "<script>alert('x')</script> & \"so\" <b>on</b>"


def test_the_page_shows_texts_as_texts(tmp_path: Path) -> None:
    group = f"mine {SLY}"
    row = a_row(SLY, group, "", SLY)
    before = [PairScores(replace(row, id=str(n)), version(9.0, 8.0, 7.0), version(9.0, 8.0, 8.0)) for n in range(3)]
    found = Comparison(before, {1: before}, resamples=100, seed=1)
    figures = compare([Written("p", 0, "", {"words": 3.0})], [Written("p", 0, "", {"words": 4.0})], resamples=9, seed=1)
    generation = {
        "prompts": 1,
        "samples": 1,
        "tokens": 8,
        "temperature": 0.9,
        "figures": figures,
        "examples": [{"prompt": SLY, "base": f"base {SLY}", "tuned": f"tuned {SLY}"}],
        "split": "all",
    }
    result = outcome(found, generation=generation) | {"base": SLY, "chosen_because": SLY}
    write_page(result, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    check_self_contained(page)
    assert "<b>" not in page
    escaped = "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &#34;so&#34; &lt;b&gt;on&lt;/b&gt;"
    assert f"<blockquote>base {escaped}</blockquote>" in page
    assert f"<blockquote>tuned {escaped}</blockquote>" in page
    assert f"<td>mine {escaped}</td>" in page
    assert f"<title>Evaluation of a run over {escaped}</title>" in page
    assert as_text(result).count(SLY) >= 2  # the terminal shows them as they are


@pytest.mark.parametrize("group", ["_mine", "$5 and $6", "a_{b}^$", "$\\frac$"])
def test_a_groups_name_is_no_formula(tmp_path: Path, group: str) -> None:
    found = comparison({f"{group}/": [0.0, 1.0]}, {1: {f"{group}/": [1.0, 3.0]}})
    write_page(outcome(found), tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert len(re.findall(f"<!-- +{re.escape(group)} -->", page)) == 2  # in both legends, drawn as it is


def test_groups_and_splits_that_do_not_all_meet_are_drawn(tmp_path: Path) -> None:
    base: dict[str, Sequence[float]] = {"literary/dev": [0.0, 1.0], "factual/test": [2.0], "third/test": [1.0, 1.0]}
    write_page(outcome(comparison(base, {1: base, 2: base})), tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    check_self_contained(page)
    for group in ("literary", "factual", "third"):
        assert page.count(f"<!-- {group} -->") == 2  # in both legends

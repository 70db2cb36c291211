"""`cqa-train evaluate`: a run's figures, its files, and what cannot be evaluated."""

from __future__ import annotations

import json
import math
import shutil
import statistics
from pathlib import Path
from typing import Any

import pytest
from bases import PROSE, pairs
from readings import SHORT, check_self_contained
from safetensors.torch import load_file, save_file

from cqa_desktop.measure.types import CLASSES, FIELD_VIEWS
from trainer.cli import main
from trainer.evaluate import run as evaluation


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
    assert "a null result: too few pairs for a test" in shown.out
    assert "a null result: tuning the reader is not shown to have changed the writer" in shown.out
    assert "epoch 2: 8 of 8" in shown.err
    page = (folder / "evaluation.html").read_text(encoding="utf-8")
    check_self_contained(page)
    assert page.count("<svg") == 2
    assert "a null result: too few pairs for a test" in page
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


def test_a_base_in_a_folder_is_found_from_anywhere(
    base: Path, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, file = own_run(run, tmp_path), pairs(tmp_path / "p.jsonl", 2)
    monkeypatch.chdir(tmp_path)
    more = ["--pairs", str(file), "--epochs", "1", "--no-generation", "--resamples", "100"]
    assert main(["evaluate", str(folder), *more]) == 0  # run.json knows its name alone
    (folder / "config.toml").unlink()
    capsys.readouterr()
    assert main(["evaluate", str(folder), *more]) == 2
    assert "no such folder" in capsys.readouterr().err


def test_the_same_weights_under_another_config_are_another_base(
    base: Path, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, file, other = own_run(run, tmp_path), pairs(tmp_path / "p.jsonl", 2), tmp_path / "other"
    shutil.copytree(base, other)
    config = json.loads((other / "config.json").read_text(encoding="utf-8"))
    (other / "config.json").write_text(json.dumps(config | {"rms_norm_eps": 0.1}), encoding="utf-8")
    assert evaluate(folder, other, "--pairs", str(file)) == 2
    assert "its config.json is not the one" in capsys.readouterr().err

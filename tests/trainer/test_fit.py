"""Fine-tuning: that it resumes, and that a fault leaves the last good checkpoint."""

from __future__ import annotations

import csv
import errno
import json
import math
import resource as limits
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest
import torch
from bases import annotations, tiny_base
from safetensors.torch import load_file

from trainer.cli import main
from trainer.errors import TrainerError
from trainer.fit import loop
from trainer.fit.config import FitConfig, load_fit_config
from trainer.fit.faults import full_disk
from trainer.fit.log import RunLog
from trainer.fit.loss import loss_sum

QUICK = ["--learning-rate", "0.01", "--dropout", "0", "--batch-size", "2", "--rank", "4", "--alpha", "8"]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_base(tmp_path_factory.mktemp("base"))


def fit(base: Path, data: Path, out: Path, *more: str) -> int:
    return main(["fit", "--base", str(base), "--data", str(data), "--out", str(out), *QUICK, *more])


def adapter(out: Path, epoch: int) -> dict[str, torch.Tensor]:
    return load_file(out / f"epoch-{epoch:02}" / "adapter_model.safetensors")


# --- configuration --------------------------------------------------------------------------------------------------


def test_flags_go_over_the_file_over_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text('epochs = 7\nrank = 4\ndata = ["a.jsonl"]\nlearning_rate = 1\n', encoding="utf-8")
    with pytest.raises(TrainerError, match="learning_rate is 1"):
        load_fit_config(path, {})
    with pytest.raises(TrainerError, match="flags: rank is 0"):  # the file is not to blame
        load_fit_config(path, {"rank": 0, "learning_rate": 0.1})
    config = load_fit_config(path, {"rank": 8, "epochs": None, "learning_rate": 0.1})
    assert (config.rank, config.epochs, config.alpha, config.data) == (8, 7, FitConfig().alpha, ("a.jsonl",))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("epoch = 3", "unknown key 'epoch' - did you mean 'epochs'?"),
        ("epochs = true", "must be of type int"),
        ("epochs = 0", "at least 1"),
        ('precision = "fp8"', "must be one of auto, bf16, float32"),
        ('targets = ["lm_head"]', "is an embedding"),
        ("targets = []", "targets is empty"),
        ("dropout = 1.0", "under 1"),
        ("context = 5", "at least 64"),
        ("[training]\nepochs = 3", "is a table"),
        ("epochs = ", "not valid TOML"),
        ("warmup = -0.5", "warmup is -0.5"),
        ("weight_decay = -1.0", "weight_decay is -1"),
        ("weight_decay = nan", "weight_decay is nan"),
        ("max_grad_norm = nan", "max_grad_norm is nan"),
        ("learning_rate = inf", "learning_rate is inf"),
        ("seed = 99999999999999999999", "under 2^32"),
        ("seed = -1", "at least 0"),
    ],
)
def test_bad_settings_are_told_in_one_line(
    tmp_path: Path, text: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run.toml"
    path.write_text(text, encoding="utf-8")
    data = str(annotations(tmp_path / "a.jsonl"))
    assert main(["fit", "--config", str(path), "--data", data, "--out", str(tmp_path / "o")]) == 2
    err = capsys.readouterr().err
    assert says in err
    assert err.count("\n") == 1
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--targets", "q_proj", "w_proj"], "has no 'w_proj' - it has"),
        (["--context", "4096"], "the base reads 512"),
        (["--load-in-4bit"], "needs a CUDA GPU"),
        (["--chat-template", "on"], "has no chat template"),
        (["--base", "nobody-here"], "no such folder"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(
    base: Path, tmp_path: Path, more: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fit(base, annotations(tmp_path / "a.jsonl"), tmp_path / "o", *more) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("cqa-train:")]
    assert len(lines) == 1
    assert says in lines[0]


def test_bad_data_is_told_in_one_line(base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = annotations(tmp_path / "a.jsonl")
    path.write_text(path.read_text(encoding="utf-8").replace('"craft"', '"style"'), encoding="utf-8")
    assert fit(base, path, tmp_path / "o") == 2
    assert "(and 3 more - run: cqa-train check" in capsys.readouterr().err
    good = annotations(tmp_path / "b.jsonl")
    assert main(["fit", "--data", str(good), str(good), "--base", str(base), "--out", str(tmp_path / "o")]) == 2
    assert "in two files" in capsys.readouterr().err


# --- a run ----------------------------------------------------------------------------------------------------------


def test_a_run_leaves_adapters_a_log_a_picture_and_a_record(base: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    assert fit(base, annotations(tmp_path / "a.jsonl"), out, "--epochs", "3") == 0
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert record["epochs"] == 3
    assert record["loss"][2] < record["loss"][0]
    assert len(record["base"]["sha256"]) == 64
    assert len(record["data_sha256"]) == 64
    assert record["packages"]["peft"]
    assert record["stop_token"] == "<|end|>"
    assert str(tmp_path) not in json.dumps(record)  # it is shared with the adapter
    resolved = tomllib.loads((out / "config.toml").read_text(encoding="utf-8"))
    assert resolved["learning_rate"] == 0.01
    assert resolved["base"] == str(base.resolve())  # to be found again from any folder
    assert (out / "loss.png").stat().st_size > 5000
    with (out / "log.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == [str(n) for n in range(1, 7)]
    assert float(rows[-1]["learning_rate"]) < float(rows[1]["learning_rate"])
    weights = adapter(out, 3)
    assert {name.split(".")[-3] for name in weights} == {
        "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj",
    }  # fmt: skip
    assert not any("embed" in name or "lm_head" in name for name in weights)
    assert {weight.dtype for weight in weights.values()} == {torch.float32}
    assert sorted(path.name for path in out.iterdir() if path.is_dir()) == ["epoch-01", "epoch-02", "epoch-03"]


def test_a_stopped_run_goes_on_to_the_same_weights(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = annotations(tmp_path / "a.jsonl")
    more = ("--epochs", "3", "--dropout", "0.2", "--seed", "5")
    assert fit(base, data, tmp_path / "whole", *more) == 0
    save = loop.save_epoch

    def stop_in_second(out: Path, epoch: int, *rest: Any) -> Path:
        if epoch == 2:
            raise KeyboardInterrupt
        return save(out, epoch, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(loop, "save_epoch", stop_in_second)
        assert fit(base, data, tmp_path / "cut", *more) == 130
    assert fit(base, data, tmp_path / "cut", *more) == 0
    assert "1 of 3 epochs were finished before" in capsys.readouterr().err
    whole, cut = adapter(tmp_path / "whole", 3), adapter(tmp_path / "cut", 3)
    assert all(torch.equal(whole[name], cut[name]) for name in whole)
    assert (tmp_path / "whole/log.csv").read_text().count("\n") == (tmp_path / "cut/log.csv").read_text().count("\n")
    assert fit(base, data, tmp_path / "cut", *more) == 0  # nothing is left to do
    assert "nothing is left" in capsys.readouterr().err


def test_a_killed_run_goes_on(base: Path, tmp_path: Path) -> None:
    data, out = annotations(tmp_path / "a.jsonl", 6), tmp_path / "run"
    command = [sys.executable, "-m", "trainer.cli", "fit", "--base", str(base), "--data", str(data), "--out", str(out)]
    command += [*QUICK, "--epochs", "6"]
    started = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 90
    while not (out / "epoch-02").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    started.send_signal(signal.SIGKILL)
    started.wait()
    there = len(list(out.glob("epoch-[0-9][0-9]")))
    assert 2 <= there < 6
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert record["hardware"]
    assert record["packages"]["torch"]
    with (out / "log.csv").open("a", encoding="utf-8") as file:
        file.write("999,5,8")  # torn in the middle of a line
    assert main(command[3:]) == 0
    assert len(list(out.glob("epoch-[0-9][0-9]"))) == 6
    assert list(out.glob("*.part")) == []
    with (out / "log.csv").open(encoding="utf-8") as file:
        assert [int(row["step"]) for row in csv.DictReader(file)] == list(range(1, 19))


def test_a_run_whose_log_was_lost_goes_on(base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, out = annotations(tmp_path / "a.jsonl"), tmp_path / "run"
    assert fit(base, data, out, "--epochs", "1") == 0
    (out / "log.csv").unlink()
    assert fit(base, data, out, "--epochs", "1") == 0
    assert "its log was lost" in capsys.readouterr().out
    assert json.loads((out / "run.json").read_text(encoding="utf-8"))["loss"] == [None]


def test_what_failed_before_an_epoch_does_not_hold_its_folder(base: Path, tmp_path: Path) -> None:
    data, out = annotations(tmp_path / "a.jsonl"), tmp_path / "run"
    assert fit(base, data, out, "--epochs", "1", "--targets", "q_pro") == 2
    assert fit(base, data, out, "--epochs", "1", "--targets", "q_proj") == 0
    assert json.loads((out / "run.json").read_text(encoding="utf-8"))["config"]["targets"] == ["q_proj"]
    # What saves memory alone may change on the way, as the message of a full memory says.
    assert fit(base, data, out, "--epochs", "1", "--targets", "q_proj", "--gradient-checkpointing", "on") == 0


def test_a_folder_holds_one_run(base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, out = annotations(tmp_path / "a.jsonl"), tmp_path / "run"
    assert fit(base, data, out, "--epochs", "1") == 0
    capsys.readouterr()
    assert fit(base, data, out, "--epochs", "2") == 2
    assert "holds a run with epochs = 1, not 2" in capsys.readouterr().err
    assert fit(base, annotations(tmp_path / "b.jsonl", 3), out, "--epochs", "1") == 2
    assert "another data_sha256" in capsys.readouterr().err
    whole = (out / "run.json").read_text(encoding="utf-8")
    (out / "run.json").write_text("[]", encoding="utf-8")
    assert fit(base, data, out, "--epochs", "1") == 2
    assert "run.json: cannot be read" in capsys.readouterr().err
    (out / "run.json").write_text(whole, encoding="utf-8")
    (out / "state.pt").write_bytes(b"not a state")
    assert fit(base, data, out, "--epochs", "1") == 2
    assert "remove it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), "out of memory at epoch 2"),
        (RuntimeError("DefaultCPUAllocator: not enough memory"), "out of memory at epoch 2"),
        (None, "the loss is not finite"),
    ],
)
def test_a_fault_leaves_the_last_good_checkpoint(
    base: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fault: Exception | None,
    says: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    calls = 0

    def sometimes(model: Any, examples: Any, device: Any) -> torch.Tensor:
        nonlocal calls
        calls += 1
        if calls <= 4:
            return loss_sum(model, examples, device)
        if fault is not None:
            raise fault
        return loss_sum(model, examples, device) * math.nan

    monkeypatch.setattr(loop, "loss_sum", sometimes)
    out = tmp_path / "run"
    assert fit(base, annotations(tmp_path / "a.jsonl"), out, "--epochs", "2") == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert says in line
    assert "the last finished epoch is safe" in line
    assert all(bool(torch.isfinite(weight).all()) for weight in adapter(out, 1).values())
    assert not (out / "epoch-02").exists()


def test_another_error_is_not_taken_for_memory(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> torch.Tensor:
        raise RuntimeError("shapes do not match")

    monkeypatch.setattr(loop, "loss_sum", broken)
    with pytest.raises(RuntimeError, match="shapes"):
        fit(base, annotations(tmp_path / "a.jsonl"), tmp_path / "o")


@pytest.mark.parametrize("said", ["65536 requested and 12528 written", "Error while serializing: No space left"])
def test_a_full_disk_without_a_number_is_known_by_its_words(tmp_path: Path, said: str) -> None:
    with pytest.raises(TrainerError, match="make room and run the same command"), full_disk(tmp_path):
        raise OSError(said)  # as numpy tells a short write: no errno, no strerror


def test_a_log_that_cannot_be_written_is_told(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(RunLog, "add", full)
    assert fit(base, annotations(tmp_path / "a.jsonl"), tmp_path / "o") == 2
    assert "make room and run the same command" in capsys.readouterr().err.splitlines()[-1]


def test_a_full_disk_leaves_the_last_good_checkpoint(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = limits.getrlimit(limits.RLIMIT_FSIZE)
    save = loop.save_epoch

    def small_disk(out: Path, epoch: int, *rest: Any) -> Path:
        if epoch == 2:
            limits.setrlimit(limits.RLIMIT_FSIZE, (4096, before[1]))
        try:
            return save(out, epoch, *rest)
        finally:
            limits.setrlimit(limits.RLIMIT_FSIZE, before)

    monkeypatch.setattr(loop, "save_epoch", small_disk)
    out, data = tmp_path / "run", annotations(tmp_path / "a.jsonl")
    assert fit(base, data, out, "--epochs", "2") == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert "cannot be written" in line or "could not be written" in line
    assert adapter(out, 1)
    assert not (out / "epoch-02").exists()
    assert list(out.glob("*.part")) == []
    monkeypatch.undo()
    assert fit(base, data, out, "--epochs", "2") == 0
    assert adapter(out, 2)


def test_two_processes_learn_what_one_does(base: Path, tmp_path: Path) -> None:
    data = annotations(tmp_path / "a.jsonl", 5)
    more = ["--base", str(base), "--data", str(data), *QUICK, "--epochs", "2", "--batch-size", "3"]
    assert main(["fit", *more, "--out", str(tmp_path / "one")]) == 0
    # As for several GPUs: with --cpu, accelerate starts one process and leaves the others to MPI.
    launch = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2"]
    launch += ["--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0"]
    launch += ["--num_cpu_threads_per_process", "1"]
    done = subprocess.run(
        [*launch, "-m", "trainer.cli", "fit", *more, "--out", str(tmp_path / "two")],
        capture_output=True, text=True, timeout=150, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "two/run.json").read_text(encoding="utf-8"))["processes"] == 2
    one, two = adapter(tmp_path / "one", 2), adapter(tmp_path / "two", 2)
    assert max(float((one[name] - two[name]).abs().max()) for name in one) < 1e-4
    assert done.stderr.count("epoch 1: mean loss") == 1  # one process speaks


def test_micro_batches_change_nothing(base: Path, tmp_path: Path) -> None:
    data = annotations(tmp_path / "a.jsonl", 5)
    for name, size in (("one", "1"), ("many", "4")):
        more = ("--epochs", "1", "--batch-size", "4", "--micro-batch", size, "--gradient-checkpointing", "on")
        assert fit(base, data, tmp_path / name, *more) == 0
    one, many = adapter(tmp_path / "one", 1), adapter(tmp_path / "many", 1)
    assert max(float((one[name] - many[name]).abs().max()) for name in one) < 1e-4


def test_the_reference_model_is_a_base(tmp_path: Path) -> None:
    from trainer.bases import resolve_base

    first = resolve_base("reference")
    assert resolve_base("reference").folder == first.folder
    assert (first.folder / "tokenizer.json").is_file()
    shutil.rmtree(first.folder)
    assert resolve_base("reference").sha256 == first.sha256


@pytest.mark.parametrize("lacks", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_base_that_lacks_a_file_is_said(base: Path, tmp_path: Path, lacks: str) -> None:
    from trainer.bases import resolve_base

    folder = tmp_path / "b"
    shutil.copytree(base, folder)
    (folder / lacks).unlink()
    with pytest.raises(TrainerError, match=lacks.replace("model", "")):
        resolve_base(str(folder))
    with pytest.raises(TrainerError, match="not a GGUF"):
        resolve_base(str(base / "config.json"))


def test_a_tokenizer_that_is_damaged_is_told(base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, data = tmp_path / "b", annotations(tmp_path / "a.jsonl")
    shutil.copytree(base, folder)
    (folder / "tokenizer.json").write_text("{}", encoding="utf-8")
    assert main(["check", str(data), "--base", str(folder)]) == 2
    assert fit(folder, data, tmp_path / "o") == 2
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("cqa-train:")]
    assert len(told) == 2
    assert all("tokenizer.json: cannot be read" in line and "save or download" in line for line in told)

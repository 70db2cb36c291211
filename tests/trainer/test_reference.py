"""`cqa-train reference` from plain text to a GGUF that the app loads."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from cqa_desktop.engine.calibrations import find_calibration
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.resources import resource
from trainer.cli import main


@pytest.fixture(scope="session")
def prose(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prose")
    text = resource("prose", "willa-cather_the-professors-house.txt").read_text(encoding="utf-8")
    (folder / "one.txt").write_text(text[:25_000], encoding="utf-8")
    return folder


def command(corpus: Path, out: Path, config: Path, prose: Path) -> list[str]:
    return ["reference", "--corpus", str(corpus), "--out", str(out), "--config", str(config), "--recipe", "cpu",
            "--prose", str(prose)]  # fmt: skip


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, corpus: Path, tiny_config: Path, prose: Path) -> Path:
    """A run that was killed once and then went on to its end."""
    out = tmp_path_factory.mktemp("run")
    arguments = command(corpus, out, tiny_config, prose)
    process = subprocess.Popen([sys.executable, "-m", "trainer.cli", *arguments], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not (out / "checkpoint.pt").exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    if process.poll() is None:
        os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert (out / "checkpoint.pt").exists()
    done = subprocess.run(
        [sys.executable, "-m", "trainer.cli", *arguments], capture_output=True, text=True, timeout=170, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "resuming at" in done.stderr
    assert "Traceback" not in done.stderr
    return out


@pytest.mark.slow
def test_everything_is_left_behind(finished: Path) -> None:
    for name in (
        "tokenizer/tokenizer.json",
        "hf/model.safetensors",
        "reference.gguf",
        "curve.png",
        "run.json",
        "card.md",
    ):
        assert (finished / name).stat().st_size > 0, name
    assert (finished / "curve.png").read_bytes()[:4] == b"\x89PNG"
    assert list(finished.glob("*.part")) == []


@pytest.mark.slow
def test_the_record_holds_the_figures(finished: Path) -> None:
    record = json.loads((finished / "run.json").read_text(encoding="utf-8"))
    assert record["tokens_seen"] >= 40_000
    assert record["nmse"] < 1e-4
    columns = record["bits_per_character"]
    assert set(columns) == {"F32", record["kind"], "bz2", "character 6-gram"}
    for column in columns.values():
        assert len(column) == 3  # two works and their mean
        assert 0.5 < column["mean"] < 9
    assert record["kinds"][record["kind"]][1] == min(bits for _, bits in record["kinds"].values())
    card = (finished / "card.md").read_text(encoding="utf-8")
    assert f"{columns['bz2']['mean']:.3f}" in card
    log = (finished / "log.csv").read_text(encoding="utf-8").splitlines()
    losses = [float(line.split(",")[2]) for line in log[1:]]
    assert losses[-1] < losses[0]


@pytest.mark.slow
def test_the_app_loads_it_with_its_own_calibration(finished: Path) -> None:
    with LlamaModel(finished / "reference.gguf") as model:
        assert model.file.name == "tiny"
        assert "cqa.data_sha256" in model.file.metadata
        calibration, own = find_calibration(model)
        assert own
        assert calibration.passages > 100
        scored = Scorer(model, calibration).score("The ferry was late. Nobody on the quay said why.")
        assert all(np.isfinite(one.surprisal["story"]) for one in scored.measures)


@pytest.mark.slow
def test_bits_compares_models_and_baselines(finished: Path, corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = finished / "reference.gguf"
    assert main(["bits", str(model), "--corpus", str(corpus), "--characters", "2000"]) == 0
    header, _, *rows = capsys.readouterr().out.splitlines()
    assert header == "| work | reference | bz2 | character 6-gram |"
    assert len(rows) == 3
    assert all(0 < float(cell) < 12 for cell in rows[-1].split("|")[2:-1])


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ("[model]\nhiden_size = 256", "did you mean 'hidden_size'"),
        ("[model]\nhidden_size = 100", "multiple of 256"),
        ("[training]\nminutes = 'long'", "must be of type float"),
        ("[training]\nminutes = 0", "above 0"),
        ("[training", "not valid TOML"),
        ("model = 3", "must be a table"),
        ("[sampling]\nsince = [1920]", "end with 0"),
        ("[tokenizer]\nvocab_size = 10", "at least 258"),
    ],
)
def test_a_bad_configuration_is_one_line(
    corpus: Path, tmp_path: Path, toml: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "run.toml"
    config.write_text(toml, encoding="utf-8")
    assert main(["reference", "--corpus", str(corpus), "--out", str(tmp_path / "out"), "--config", str(config)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "run.toml" in lines[0]
    assert says in lines[0]


def test_a_bad_corpus_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reference", "--corpus", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "has no 'train' folder" in capsys.readouterr().err
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "empty.txt").touch()
    assert main(["reference", "--corpus", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "no .txt file with text" in capsys.readouterr().err
    (tmp_path / "train" / "latin.txt").write_bytes("café".encode("latin-1") * 9)
    (tmp_path / "valid").mkdir()
    (tmp_path / "valid" / "a.txt").write_text("Some words.", encoding="utf-8")
    assert main(["reference", "--corpus", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "not UTF-8 at byte 3" in capsys.readouterr().err


COMMANDS = ("check", "audit", "import", "fit", "evaluate", "export", "publish", "pull", "reference", "bits")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_answers_without_torch(command: str) -> None:
    check = (
        f"import sys\nfrom trainer.cli import main\ntry: main(['{command}', '--help'])\nexcept SystemExit: pass\n"
        "print([name for name in ('torch', 'transformers', 'llama_cpp', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == "[]"

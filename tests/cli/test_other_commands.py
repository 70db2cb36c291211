"""`cqa pairs`, `cqa calibrate` and `cqa doctor`."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cqa_desktop.cli import main
from cqa_desktop.models.registry import calibration_file, reference_model
from cqa_desktop.resources import resource

GOOD = "He wrote the crossing in the ledger, and beside it, as his father had, no charge."
CONTEXT = (
    "The ferry's ledger went back to 1911. His father had entered every crossing in it: so much for a cart, so much "
)
CONTEXT += "for a bride, and for the coffins no charge."


def write_pairs(path: Path, count: int = 7) -> Path:
    rows = [
        {
            "id": f"p{number}",
            "group": "literary" if number % 2 else "control",
            "context": CONTEXT,
            "brief": {"reality": "The ledger records who paid, and who did not."},
            "good": GOOD,
            "degraded": f"He walked to the {word} and looked at it for quite a long time, and then he went home.",
        }
        for number, word in enumerate(["shop", "pond", "fence", "barn", "road", "hill", "well"][:count])
    ]
    path.write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    return path


def test_pairs_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pairs", str(write_pairs(tmp_path / "pairs.jsonl")), "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert len(record["pairs"]) == 7
    for one in record["pairs"]:
        assert one["delta"] == pytest.approx(one["good"] - one["degraded"], abs=1e-3)
    whole = record["groups"]["all"]
    assert whole["wins"] == sum(one["delta"] > 0 for one in record["pairs"])
    assert whole["pairs"] == record["groups"]["literary"]["pairs"] + record["groups"]["control"]["pairs"]
    assert whole["wins"] == 7  # what the context set up tells more than what anything could follow
    assert whole["p"] < 0.01


def test_pairs_as_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pairs", str(write_pairs(tmp_path / "pairs.jsonl", 2))]) == 0
    out = capsys.readouterr().out
    assert "p0" in out
    assert "Wilcoxon" in out


def test_bad_pairs_are_all_told_and_nothing_is_scored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text('{"id": 1, "good": "a"}\n{"id": 2, "good": "a", "degraded": ""}\nnot json\n', encoding="utf-8")
    assert main(["pairs", str(path)]) == 2
    err = capsys.readouterr().err.splitlines()
    assert [line.split(":")[2] for line in err[:3]] == ["1", "2", "3"]
    assert "3 bad rows" in err[3]


def test_calibrate_keeps_what_scoring_then_uses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prose = tmp_path / "prose"
    prose.mkdir()
    source = resource("prose", "gore-vidal_williwaw-a-novel.txt").read_text(encoding="utf-8")
    (prose / "one.txt").write_text(source[:12_000], encoding="utf-8")
    assert main(["calibrate", str(reference_model()), "--prose", str(prose)]) == 0
    out = capsys.readouterr().out
    assert "temperature" in out
    kept = list(calibration_file("").parent.glob("*.json"))
    assert len(kept) == 1
    assert 0.8 < json.loads(kept[0].read_text())["temperature"] < 1.2


def test_calibrate_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", str(reference_model()), "--prose", str(tmp_path)]) == 2
    assert "no .txt files" in capsys.readouterr().err
    assert main(["calibrate", str(tmp_path / "absent.gguf")]) == 2
    assert "no such file" in capsys.readouterr().err


def test_doctor_tells_what_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["doctor"])
    out = capsys.readouterr().out
    assert code == 0, out
    for expected in ("llama-cpp-python", "CQA reference", "CPU", "score cache", "Nothing would go wrong."):
        assert expected in out


def test_doctor_tells_what_would_go_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(reference_model().read_bytes()[:100_000])
    assert main(["doctor", "--model", str(cut)]) == 1
    assert "cut.gguf" in capsys.readouterr().out.split("Would go wrong:")[1]


def test_uncalibrated_models_are_told_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from tests.engine.tiny_gguf import write_model

    model = write_model(tmp_path / "tiny.gguf")
    assert main(["score", str(resource("samples", "station.txt")), "--model", str(model)]) == 0
    assert "not calibrated" in capsys.readouterr().err


def test_help_answers_without_heavy_imports() -> None:
    check = (
        "import sys\nfrom cqa_desktop.cli import main\n"
        "try: main(['score', '--help'])\nexcept SystemExit: pass\n"
        "print([name for name in ('llama_cpp', 'scipy', 'rich', 'torch', 'PySide6') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_programs_are_installed() -> None:
    for name in ("cqa", "cqa-train", "cqa-desktop"):
        assert shutil.which(name, path=str(Path(sys.executable).parent)), name


@pytest.mark.parametrize("sentences", [1, 30], ids=["no window", "no percentiles"])
def test_too_little_prose_makes_no_calibration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], sentences: int
) -> None:
    (tmp_path / "short.txt").write_text(
        "\n\n".join(f"The man of house {number} sat at the window all day long, and nobody asked him why he did not go "
                    "down to the water with the others." for number in range(sentences)),
        encoding="utf-8",
    )  # fmt: skip
    before = len(list(calibration_file("").parent.glob("*"))) if calibration_file("").parent.is_dir() else 0
    assert main(["calibrate", str(reference_model()), "--prose", str(tmp_path)]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert "the prose" in said[0]
    folder = calibration_file("").parent
    assert (len(list(folder.glob("*"))) if folder.is_dir() else 0) == before

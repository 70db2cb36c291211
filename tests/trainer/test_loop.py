"""The whole loop on the reference model: annotations in, a draft scored with the adapter out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bases import pairs

from cqa_desktop.cli import main as cqa
from cqa_desktop.resources import resource
from trainer.cli import main

DRAFT = "The cold ship went on. Nobody on her had slept since the harbour, and the lamp swung like a slow clock.\n"


def scores(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, list[float]]:
    """View to the surprisal of each passage, bits."""
    capsys.readouterr()
    assert cqa(["score", *arguments, "--json", "--no-brief"]) == 0
    found = json.loads(capsys.readouterr().out)
    views: dict[str, list[float]] = {}
    for passage in found["passages"]:
        for name, bits in passage["surprisal"].items():
            views.setdefault(name, []).append(bits)
    return views


def test_from_the_starter_set_to_a_scored_draft(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, run, draft = tmp_path / "some.jsonl", tmp_path / "run", tmp_path / "draft.txt"
    rows = resource("annotations", "starter.jsonl").read_text(encoding="utf-8").splitlines()
    data.write_text("\n".join(sorted(rows, key=len)[:6]) + "\n", encoding="utf-8")
    draft.write_text(DRAFT, encoding="utf-8")
    assert main(["check", str(data)]) == 0
    assert main(["fit", "--data", str(data), "--out", str(run), "--epochs", "2", "--learning-rate", "0.002"]) == 0
    assert main(["evaluate", str(run), "--pairs", str(pairs(tmp_path / "pairs.jsonl")), "--no-generation"]) == 0
    assert main(["export", str(run), "--adapter-only"]) == 0
    assert main(["export", str(run), "--quant", "Q8_0", "--no-calibrate"]) == 0
    report = json.loads((run / "export" / "export.json").read_text(encoding="utf-8"))
    evaluation = json.loads((run / "evaluation.json").read_text(encoding="utf-8"))
    assert report["epoch"] == evaluation["chosen_epoch"]
    adapter, merged = (run / "export" / one["name"] for one in report["files"])
    plain = scores(capsys, str(draft))
    adapted = scores(capsys, str(draft), "--adapter", str(adapter))
    # The adapter is on in the brief view and nowhere else.
    assert adapted["bare"] == plain["bare"]
    assert adapted["story"] == plain["story"]
    assert plain["brief"] == plain["story"]
    assert all(abs(one - other) > 1e-3 for one, other in zip(adapted["brief"], plain["brief"], strict=True))
    capsys.readouterr()
    assert cqa(["score", str(draft), "--adapter", str(adapter)]) == 0
    assert f"with {adapter.stem.removesuffix('-adapter')} over it in the brief view" in capsys.readouterr().out
    # A merged model is its own base: every view moves, and its brief view is what the adapter's was.
    whole = scores(capsys, str(draft), "--model", str(merged))
    assert whole["story"] != plain["story"]
    assert whole["story"] == pytest.approx(adapted["brief"], rel=0.05)

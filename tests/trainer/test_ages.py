"""The table of words that present-day English uses far more than the training text."""

from __future__ import annotations

import gzip
import json
import math
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from cqa_desktop.measure.ages import WordAges
from trainer.reference.ages import compare, present_day, training_text
from trainer.reference.config import SamplingConfig
from trainer.reference.corpus import find_works

LEVELS: list[object] = [{"format": "cB"}, *([[]] * 200), ["the"], *([[]] * 99), ["harbour", "laptop", "x"]]
"""As wordfreq packs them: the words of a hundredth of a bel less at each step."""


def corpus(folder: Path) -> Path:
    (folder / "train").mkdir(parents=True)
    (folder / "train" / "new.txt").write_text("The harbour, the harbour's light. The well-lit harbour.", "utf-8")
    (folder / "train" / "old.txt").write_text("The sea.", "utf-8")
    (folder / "manifest.tsv").write_text("path\tyear\ntrain/new.txt\t1950\ntrain/old.txt\t1850\n", encoding="utf-8")
    return folder


def test_shares_are_read_and_counted(tmp_path: Path) -> None:
    packed = tmp_path / "en.gz"
    packed.write_bytes(gzip.compress(msgspec.msgpack.encode(LEVELS)))
    modern = present_day(packed)
    assert modern == {"the": pytest.approx(0.01), **dict.fromkeys(("harbour", "laptop", "x"), pytest.approx(0.001))}
    works = find_works(corpus(tmp_path / "corpus"), "train")
    trained, unseen = training_text(works, SamplingConfig((1900, 0), (0.75, 0.25)))
    # Nine words in the new work (well-lit is two), two in the old one.
    assert trained["harbour"] == pytest.approx(0.75 * 3 / 9)
    assert trained["sea"] == pytest.approx(0.25 / 2)
    assert trained["the"] == pytest.approx(0.75 * 3 / 9 + 0.25 / 2)
    assert {"well", "lit"} <= trained.keys()
    assert unseen == pytest.approx(0.5 / 11)


def test_only_words_far_more_frequent_today_are_listed() -> None:
    modern = {"online": 2e-4, "harbour": 2e-4, "team": 2e-4, "rare": 5e-7, "x": 0.1, "2nd": 1e-3}
    trained = {"harbour": 1e-4, "team": 2e-4 / 15, "online": 0.0}
    found = compare(modern, trained, 1e-8)
    assert [row[0] for row in found] == ["online"]
    assert found[0][1:] == (pytest.approx(-math.log2(2e-4)), pytest.approx(math.log2(2e-4 / 1e-8)))


def test_what_is_printed_is_what_the_app_reads(tmp_path: Path) -> None:
    packed, run = tmp_path / "en.gz", tmp_path / "run.json"
    packed.write_bytes(gzip.compress(msgspec.msgpack.encode([{}, *([[]] * 10), ["laptop", "harbour"]])))
    sampling = {"since": [0], "share": [1.0]}
    run.write_text(json.dumps({"data_sha256": "abc", "config": {"sampling": sampling}}), encoding="utf-8")
    asked = ["--corpus", corpus(tmp_path / "corpus"), "--wordfreq", packed, "--run", run]
    done = subprocess.run(
        [sys.executable, "-m", "trainer.reference.ages", *map(str, asked)], capture_output=True, text=True, check=True
    )
    assert WordAges.parse(done.stdout) == WordAges({"laptop": 0.33}, "abc")

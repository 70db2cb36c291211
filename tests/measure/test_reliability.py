"""The calibration benchmark's own arithmetic, by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cqa_desktop.measure.reduce import Reducer
from cqa_desktop.measure.types import ScoredPassage, ViewScores
from tests.benchmarks.calibration import CorpusError, Reliability, Watching, held_out, spread


def test_errors_by_hand() -> None:
    curve = Reliability(1.0)
    # Of four first guesses at 0.9 three come, of four at 0.3 two: errors of 0.6 and 0.8 in eight.
    curve.add_top(np.array([0.9] * 4 + [0.3] * 4), np.array([True] * 3 + [False] + [True, False] * 2))
    assert curve.top_error == pytest.approx((0.6 + 0.8) / 8)
    # Two tokens at a half, twice: a bin that promises two and gets two.
    for target in (0, 1):
        curve.add_all(np.array([1.0, 1.0], np.float32), target)
    assert curve.whole_error == pytest.approx(0)
    # Three tokens of a half and two quarters, where a quarter comes: half the mass was in the wrong bin.
    one = Reliability(1.0)
    one.add_all(np.array([1.0, 2.0, 2.0], np.float32), 1)
    assert one.whole_error == pytest.approx(0.5)


def test_what_comes_as_predicted_has_no_error() -> None:
    chance = np.random.default_rng(4)
    logits = chance.normal(0, 2, (4000, 30)).astype(np.float32)
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    odds /= odds.sum(axis=1, keepdims=True)
    targets = (odds.cumsum(axis=1) > chance.random((4000, 1))).argmax(axis=1).astype(np.int32)
    right, sharp = Reliability(1.0), Reliability(0.5)
    watching = Watching(Reducer(30), [right, sharp])
    watching.on = True
    scores = watching.reduce(logits, targets)
    assert len(scores) == 4000
    assert right.top_error < 0.03
    assert right.whole_error < 0.05
    assert sharp.top_error > 0.1
    assert sharp.whole_error > 0.1
    watching.on = False
    watching.reduce(logits, targets)
    assert right.top_count.sum() == 4000
    assert right.observed.sum() == 1000


def test_the_parts_of_a_spread() -> None:
    def passage(excess: list[float]) -> ScoredPassage:
        count = len(excess)
        flat = np.full(count, 4.0, np.float32)
        view = ViewScores(
            np.array(excess, np.float32) + 3, np.full(count, 3.0, np.float32), flat, flat.astype(np.int32)
        )
        return ScoredPassage(
            0, 1, count, flat.astype(np.int32), flat.astype(np.int32), np.zeros(count, np.bool_), {"story": view}
        )

    found = spread("two", [passage([2, 2, -2, -2]), passage([2, 2, 2, 2])])
    # z is 0 and 8/4; a token's square is 4 where 4 was promised; of six neighbours five agree.
    assert (found.mean, found.variance) == (pytest.approx(1), pytest.approx(2))
    assert found.tokens == pytest.approx(1)
    assert found.neighbours > 0.5


def test_only_text_outside_the_reference_prose_is_held_out(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="needs valid/ and manifest"):
        held_out(tmp_path)
    (tmp_path / "valid").mkdir()
    (tmp_path / "manifest.tsv").write_text("path\tauthor\tdecade\nvalid/a.txt\tA. Author\t1930\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="unpack the valid works"):
        held_out(tmp_path)
    (tmp_path / "valid" / "a.txt").write_text("\n\n".join(f"Paragraph {i} of it." for i in range(100)), "utf-8")
    (work,) = held_out(tmp_path, characters=200)
    assert (work.author, work.decade) == ("A. Author", "1930s")
    assert work.text.startswith("Paragraph 0 of it.")
    assert work.text.endswith("Paragraph 99 of it.")
    assert "Paragraph 50" not in work.text

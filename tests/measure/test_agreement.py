"""The statistics that agreement with people is reported in, and what is said where the data are missing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.benchmarks.__main__ import main
from tests.benchmarks.agreement.data import DataError, read_pairs, read_spans
from tests.benchmarks.agreement.scored import scored_from, words_of
from tests.benchmarks.agreement.statistics import above, area, area_over_documents, held_out, matched
from tests.measure.conftest import MakePassage


def test_an_area_counts_pairs_within_strata_alone() -> None:
    values = np.array([1.0, 2.0, 3.0, 10.0, 20.0])
    labels = np.array([False, True, True, False, True])
    together = area(values, labels, np.zeros(5, int))
    apart = area(values, labels, np.array([0, 0, 0, 1, 1]))
    assert together[0] / together[1] == pytest.approx(4 / 6)
    assert apart[0] / apart[1] == 1
    tied = np.array([1.0, 1.0, 2.0, 2.0, 3.0, 3.0])
    marked = np.array([False, True, True, False, True, False])
    strata, document = np.array([0, 0, 0, 0, 1, 1]), np.array([0, 1, 0, 1, 0, 1])
    one = area(tied, marked, strata)
    assert area_over_documents(tied, marked, strata, document).area == pytest.approx(one[0] / one[1])


def test_a_matched_difference_ignores_what_only_one_text_has() -> None:
    first, second = np.array([1.0, 1.0, 9.0]), np.array([2.0, 4.0])
    assert matched(first, second, np.array([0, 1, 2]), np.array([0, 1])) == 2
    assert np.isnan(matched(first, second, np.array([0, 1, 2]), np.array([5, 6])))


def test_a_tie_counts_half() -> None:
    share = above(np.array([1.0, -1.0, 0.0, 0.0]))
    assert (share.share, share.pairs) == (0.5, 4)
    assert share.low < 0.5 < share.high


def test_a_combination_that_carries_nothing_is_right_half_the_time_on_writers_it_did_not_see() -> None:
    chance = np.random.default_rng(3)
    groups = [str(at % 20) for at in range(400)]
    noise = chance.normal(size=(400, 4))
    told = noise.copy()
    told[:, 0] += 1.5
    assert abs((held_out(noise, groups) > 0).mean() - 0.5) < 0.08
    assert (held_out(told, groups) > 0).mean() > 0.85


def test_a_cut_text_keeps_its_first_tokens(make_passage: MakePassage) -> None:
    text = "Nine words stand here in a row for testing."
    passage = make_passage(text, {"bare": [3] * 9, "story": [2] * 9})
    scored = scored_from(text, [passage], [])
    cut = scored.cut(4)
    assert (len(cut), cut.text, scored.cut(9)) == (4, "Nine words stand here", scored)
    assert words_of(scored).sums(scored.story).tolist() == [2] * 9


def test_data_that_are_missing_or_odd_take_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["agreement"]) == 2
    assert capsys.readouterr().err == (
        "benchmarks: agreement needs public judgments - name their folder with --data DIR\n"
    )
    assert main(["experts", "--data", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    (tmp_path / "lamp_pairs_dev.jsonl").write_text('{"id": "a_1", "draft": "x"}\n', encoding="utf-8")
    with pytest.raises(DataError, match="a row has no 'edited'"):
        read_pairs(tmp_path)


def test_an_edit_is_found_by_its_words(tmp_path: Path) -> None:
    edits = [
        {"originalText": " down her spine", "categorization": "Cliche"},
        {"originalText": "no", "categorization": "x"},
    ]
    row = {
        "id": "ann_b1_2",
        "preedit": "A chill ran down her spine.",
        "postedit": "She ran.",
        "fine_grained_edits": edits,
    }
    (tmp_path / "lamp_dev.json").write_text(json.dumps([row]), encoding="utf-8")
    text = read_spans(tmp_path)[0]
    assert (text.writer, [text.draft[edit.start : edit.end] for edit in text.edits]) == ("ann", ["down her spine"])

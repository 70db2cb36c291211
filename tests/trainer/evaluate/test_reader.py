"""Information in pairs, which epoch is taken, and the outcome told as it is."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bases import pairs
from readings import ZERO, a_row, comparison, outcome, quiet, rows_of, version

from cqa_desktop.annotations.prompt import brief_text
from cqa_desktop.engine.batches import Run
from cqa_desktop.measure.types import Brief, Ints
from trainer.evaluate.information import PairScores, field_names, score_pairs
from trainer.evaluate.reader import Comparison
from trainer.evaluate.report import verdicts
from trainer.evaluate.torch_model import TorchModel


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
    assert literary.endswith("a null result: good and degraded came closer together, p 0.0078 two-sided")
    assert factual.endswith("the control moved")
    literary, factual = told(up[:3] + [0.0] * 5, up[:3] + [0.0] * 5)
    assert literary.endswith("a null result: too few pairs for a test")
    assert factual.endswith("too few pairs to tell whether the control moved")
    # Most pairs rose a little, and one fell by far: ranks say up, the mean says down.
    changes = [n / 10 for n in range(1, 13)] + [-50.0]
    one = outcome(comparison({"literary/test": [0.0] * 13}, {1: {"literary/test": changes}}))
    assert one["epochs"][0]["delta_delta_i"]["p_holm"] < 0.05
    assert "a null result" in verdicts(one)[1]


def test_a_group_is_reported_on_the_test_split_if_it_is_there() -> None:
    base: dict[str, Sequence[float]] = {"literary/dev": [0.0, 0.0], "factual/dev": [0.0], "factual/test": [0.0, 0.0]}
    lines = verdicts(outcome(comparison(base, {1: {**base, "literary/dev": [1.0, 1.0]}})))
    assert [line.split(":")[0] for line in lines if not line.startswith(" ")][1:] == ["literary, dev", "factual, test"]

"""Words newer than the model's text: what is allowed for, and that nothing else moves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cqa_desktop.commands.session import open_scorer
from cqa_desktop.engine.ages import ages_for, shipped_ages
from cqa_desktop.measure.ages import NO_AGES, WordAges, allowances
from cqa_desktop.measure.calibration import BANDS, QUANTILES, Calibration
from cqa_desktop.measure.classes import Thresholds, measure_passage, measure_passages
from cqa_desktop.measure.types import ScoredPassage, ViewScores
from cqa_desktop.resources import resource

TEXT = "She plugged the laptop in slowly."
AGES = WordAges({"laptop": 16.0, "in": 30.0}, "abc")


def view(bits: list[float]) -> ViewScores:
    count = len(bits)
    flat = np.full(count, 4.0, np.float32)
    return ViewScores(np.array(bits, np.float32), flat, flat, np.full(count, 90, np.int32))


def passage() -> ScoredPassage:
    starts = [0, 4, 12, 16, 23, 26]
    return ScoredPassage(
        0, len(TEXT), 6, np.array(starts, np.int32), np.array([3, 11, 15, 22, 25, 32], np.int32),
        np.zeros(6, np.bool_), {"bare": view([4, 4, 4, 30, 4, 4]), "story": view([4, 4, 4, 28, 4, 4])},
    )  # fmt: skip


def table() -> Calibration:
    """z and bits per token: the percentile is the figure times ten."""
    rising = tuple(tuple(quantile / 10 for quantile in QUANTILES) for _ in BANDS)
    zero = tuple(tuple(0.0 + i * 1e-6 for i in range(len(QUANTILES))) for _ in BANDS)
    names = ("information", "z_story", "story_bits_per_token")
    return Calibration("m", 1.0, 100, {"z": rising, "bits_per_token": rising, **dict.fromkeys(names, zero)})


def test_a_word_is_allowed_what_it_costs_above_its_price() -> None:
    assert AGES.allowed("Laptop", 28) == 12
    assert AGES.allowed("laptop's", 17) == 1
    assert AGES.allowed("laptop", 12) == 0
    assert AGES.allowed("harbour", 40) == 0
    assert NO_AGES.allowed("laptop", 40) == 0


def test_the_allowance_of_a_passage_is_by_view_and_the_surprisal_stays() -> None:
    assert allowances(passage(), TEXT, AGES) == {"bare": 14.0, "story": 12.0}
    found = measure_passage(passage(), TEXT, table(), Thresholds(ages=AGES))
    plain = measure_passage(passage(), TEXT, table())
    assert (found.surprisal, found.entropy, found.z) == (plain.surprisal, plain.entropy, plain.z)
    assert found.information == plain.information
    assert found.allowance == {"bare": 14.0, "story": 12.0}
    assert plain.allowance == {}
    # S - H is 24 bits, and sqrt(V) is the root of 6 times 4.
    assert plain.percentile.z == pytest.approx(10 * 24 / np.sqrt(24), abs=0.01)
    assert found.percentile.z == pytest.approx(10 * (24 - 12) / np.sqrt(24), abs=0.01)
    assert plain.percentile.bits_per_token == pytest.approx(10 * 50 / 6, abs=0.01)
    assert found.percentile.bits_per_token == pytest.approx(10 * (50 - 14) / 6, abs=0.01)
    assert found.percentile.z_story == plain.percentile.z_story


def test_a_passage_without_such_words_is_not_touched() -> None:
    others = WordAges({"online": 12.0}, "abc")
    assert allowances(passage(), TEXT, others) == {}
    assert measure_passage(passage(), TEXT, table(), Thresholds(ages=others)) == measure_passage(
        passage(), TEXT, table()
    )
    # One that is here, and costs no more than its price.
    assert allowances(passage(), TEXT, WordAges({"in": 30.0})) == {}


def test_a_table_is_read_and_a_bad_one_refused() -> None:
    found = WordAges.parse("# a comment\n# training text\tabc\n\nLaptop\t15.85\t11.27\n")
    assert found == WordAges({"laptop": 15.85}, "abc")
    assert found.may_hold("The LAPTOP.")
    assert not found.may_hold("The lap top.")
    for bad in ("laptop\t15", "laptop\tmuch\t2", "laptop"):
        with pytest.raises(ValueError, match="line 2: not a word and two numbers"):
            WordAges.parse(f"# x\n{bad}\n")


def test_only_the_model_that_it_was_counted_on_gets_the_shipped_table() -> None:
    ages = shipped_ages()
    assert 3000 < len(ages) < 10_000
    assert {"online", "laptop", "email", "app"} <= ages.prices.keys()
    assert not {"harbour", "horse", "telegram", "the"} & ages.prices.keys()
    assert all(0 < price < 21 for price in ages.prices.values())

    class Other:
        training_text = "another"

    assert ages_for(Other()) is NO_AGES  # type: ignore[arg-type]
    assert ages_for(object()) is NO_AGES  # type: ignore[arg-type]


def test_present_day_prose_gains_and_old_prose_stays() -> None:
    modern = resource("samples", "charger.md").read_text(encoding="utf-8")
    older = resource("samples", "charger-older.md").read_text(encoding="utf-8")
    with open_scorer(None) as scorer:
        assert scorer.thresholds.ages is shipped_ages(), "the bundled model must be the one that the table is for"
        without = replace(scorer.thresholds, ages=NO_AGES)
        shares = {}
        for name, text in (("modern", modern), ("older", older)):
            passages = scorer.score(text).passages
            for thresholds in (without, scorer.thresholds):
                found = measure_passages(passages, text, scorer.calibration, thresholds)
                shares[name, thresholds is without] = sum(one.kind == "unexplained" for one in found)
    assert shares["modern", False] < shares["modern", True]
    assert shares["older", False] == shares["older", True]

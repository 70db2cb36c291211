"""The page shows texts as texts, and loads nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from readings import a_row, check_self_contained, comparison, outcome, version

from trainer.evaluate.information import PairScores
from trainer.evaluate.reader import Comparison
from trainer.evaluate.report import as_text, write_page
from trainer.evaluate.writer import Written, compare

SLY: Final = "<script>alert('x')</script> & \"so\" <b>on</b>"


def test_the_page_shows_texts_as_texts(tmp_path: Path) -> None:
    group = f"mine {SLY}"
    row = a_row(SLY, group, "", SLY)
    before = [PairScores(replace(row, id=str(n)), version(9.0, 8.0, 7.0), version(9.0, 8.0, 8.0)) for n in range(3)]
    found = Comparison(before, {1: before}, resamples=100, seed=1)
    figures = compare([Written("p", 0, "", {"words": 3.0})], [Written("p", 0, "", {"words": 4.0})], resamples=9, seed=1)
    generation = {
        "prompts": 1,
        "samples": 1,
        "tokens": 8,
        "temperature": 0.9,
        "figures": figures,
        "examples": [{"prompt": SLY, "base": f"base {SLY}", "tuned": f"tuned {SLY}"}],
        "split": "all",
    }
    result = outcome(found, generation=generation) | {"base": SLY, "chosen_because": SLY}
    write_page(result, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    check_self_contained(page)
    assert "<b>" not in page
    escaped = "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &#34;so&#34; &lt;b&gt;on&lt;/b&gt;"
    assert f"<blockquote>base {escaped}</blockquote>" in page
    assert f"<blockquote>tuned {escaped}</blockquote>" in page
    assert f"<td>mine {escaped}</td>" in page
    assert f"<title>Evaluation of a run over {escaped}</title>" in page
    assert as_text(result).count(SLY) >= 2  # the terminal shows them as they are


@pytest.mark.parametrize("group", ["_mine", "$5 and $6", "a_{b}^$", "$\\frac$"])
def test_a_groups_name_is_no_formula(tmp_path: Path, group: str) -> None:
    found = comparison({f"{group}/": [0.0, 1.0]}, {1: {f"{group}/": [1.0, 3.0]}})
    write_page(outcome(found), tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert len(re.findall(f"<!-- +{re.escape(group)} -->", page)) == 2  # in both legends, drawn as it is


def test_groups_and_splits_that_do_not_all_meet_are_drawn(tmp_path: Path) -> None:
    base: dict[str, Sequence[float]] = {"literary/dev": [0.0, 1.0], "factual/test": [2.0], "third/test": [1.0, 1.0]}
    write_page(outcome(comparison(base, {1: base, 2: base})), tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    check_self_contained(page)
    for group in ("literary", "factual", "third"):
        assert page.count(f"<!-- {group} -->") == 2  # in both legends

"""What a model is told of the measure, with the reference model as the reader."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import cqa_desktop.critique.evidence as evidence
from cqa_desktop.critique.evidence import evidence_lines
from cqa_desktop.critique.session import Task
from cqa_desktop.engine.calibrations import find_calibration
from cqa_desktop.engine.errors import EngineError
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.measure.types import Brief
from cqa_desktop.models.registry import reference_model
from cqa_desktop.resources import resource

FERRY = resource("samples", "ferry.md").read_text(encoding="utf-8")
BRIEF = Brief(reality="A chain ferry. Its ledgers say who paid.")


@pytest.fixture(scope="module")
def scorer() -> Iterator[Scorer[LlamaModel]]:
    with LlamaModel(reference_model(), gpu=False, threads=1) as model:
        yield Scorer(model, find_calibration(model)[0])


def task(words: str, brief: Brief = BRIEF) -> Task:
    start = FERRY.index(words)
    return Task(FERRY, start, start + len(words), brief)


def test_nonsense_and_its_words_are_told_of_the_strongest_first(scorer: Scorer[LlamaModel]) -> None:
    nonsense = task("The zinc bishop photographed eleven parliaments of custard.")
    lines = evidence_lines(scorer, nonsense)
    assert lines == evidence_lines(scorer, nonsense)
    assert lines[0].startswith('"The zinc bishop photographed eleven parliaments of custard.": Even knowing')
    words = [line.split('"')[1] for line in lines[1:]]
    assert len(words) == evidence.WORDS
    assert set(words) <= {"zinc", "bishop", "photographed", "eleven", "parliaments", "custard"}
    assert all("\n" not in line and line.endswith((".", '."')) for line in lines)


def test_a_stock_phrase_is_quoted_by_itself(scorer: Scorer[LlamaModel]) -> None:
    lines = evidence_lines(scorer, task("His eyes filled with tears and he took a deep breath."))
    assert lines[0].startswith('"eyes filled with tears", "took a deep breath": 2 phrases here are stock')


def test_a_plain_sentence_has_nothing_that_stands_out(scorer: Scorer[LlamaModel]) -> None:
    lines = evidence_lines(scorer, task("Halfway over, the chain stopped."))
    assert lines[0] == "No sentence of the passage stands out: it is about as surprising as published prose."


def test_only_the_words_inside_are_told_of(scorer: Scorer[LlamaModel]) -> None:
    for line in evidence_lines(scorer, task("eleven parliaments"))[1:]:
        assert line.split('"')[1] in ("eleven", "parliaments")


def test_what_was_expected_is_asked_of_quick_models_alone(
    scorer: Scorer[LlamaModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    true = evidence.explain_word
    monkeypatch.setattr(evidence, "explain_word", lambda *given, **options: asked.append(1) or true(*given, **options))
    nonsense = task("The zinc bishop photographed eleven parliaments of custard.")
    evidence_lines(scorer, nonsense)
    assert len(asked) == evidence.EXPECTED
    monkeypatch.setattr(evidence, "QUICK", 1000)
    assert not any("expected" in line for line in evidence_lines(scorer, nonsense)[1:])
    assert len(asked) == evidence.EXPECTED


def test_what_the_editor_has_scored_is_not_scored_again(
    scorer: Scorer[LlamaModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "QUICK", 1000)
    scorer.score(FERRY, BRIEF)
    before = scorer.model.tokens_evaluated
    evidence_lines(scorer, task("The zinc bishop photographed eleven parliaments of custard."))
    assert scorer.model.tokens_evaluated == before


def test_no_words_are_no_evidence(scorer: Scorer[LlamaModel]) -> None:
    with pytest.raises(EngineError, match="no words"):
        evidence_lines(scorer, Task("A word.\n\n* * *\n\nAnother.", 9, 14))

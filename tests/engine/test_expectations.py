from __future__ import annotations

import numpy as np
import pytest
from tiny_gguf import PROSE

from cqa_desktop.engine.expectations import explain_word
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.measure.calibration import Calibration
from cqa_desktop.measure.types import BRIEF, STORY, Brief
from cqa_desktop.measure.word_bits import word_bits


@pytest.fixture
def scorer(model: LlamaModel) -> Scorer:
    return Scorer(model, Calibration(temperature=1.3))


@pytest.mark.parametrize("brief", [Brief(), Brief(reality="A harbour town.")])
@pytest.mark.parametrize("word", ["harbour", "listened", "You", "lamp", "letters", "summer", "again"])
def test_bits_of_a_word_are_those_the_draft_was_scored_with(scorer: Scorer, word: str, brief: Brief) -> None:
    at = PROSE.index(word)
    found = explain_word(scorer, PROSE, at + 1, brief)
    assert found is not None
    assert PROSE[found.start : found.end] == word
    document = scorer.score(PROSE, brief)
    view = BRIEF if brief else STORY
    scored = next(
        one for passage in document.passages for one in word_bits(passage, PROSE, view).words if one.span.start == at
    )
    assert found.bits == pytest.approx(scored.bits, abs=2e-3)


def test_in_a_later_segment_too(scorer: Scorer) -> None:
    text = PROSE * 8
    at = text.rindex("letters")
    found = explain_word(scorer, text, at)
    assert found is not None
    scored = [one for passage in scorer.score(text).passages for one in word_bits(passage, text, STORY).words]
    assert found.bits == pytest.approx(next(one.bits for one in scored if one.span.start == at), abs=2e-3)


def test_the_first_expectation_begins_with_the_likeliest_visible_token(scorer: Scorer, model: LlamaModel) -> None:
    found = explain_word(scorer, "The harbour lay still.", 5, top=3)
    assert found is not None
    prefix = np.concatenate(([model.bos], model.tokenize("The"))).astype(np.int32)
    order = np.argsort(-model.logits_after(prefix))
    pieces = [model.piece(int(token)) for token in order[:20]]
    # What goes on from "The" would be another word there, and none in the place of "harbour".
    visible = [piece.strip() for piece in pieces if piece.strip() and not piece.decode("utf-8", "replace")[0].isalnum()]
    firsts = [piece.decode("utf-8", "replace") for piece in visible[:3]]
    assert len(found.expected) <= 3
    assert all(any(one.text.startswith(first) for first in firsts) for one in found.expected)


@pytest.mark.parametrize("offset", [0, 3, 22, 10_000])
def test_where_there_is_no_word_there_is_nothing(scorer: Scorer, offset: int) -> None:
    assert explain_word(scorer, "  — The harbour lay.", offset) is None

"""Whatever is written in the grammar's form is read, and every answer has that form."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from chat_gguf import chat_model

from cqa_desktop.annotations.answer import LABELS, answer_text, parse_answer
from cqa_desktop.annotations.types import CONSTRAINTS, DIMENSIONS, VERDICTS, Judgment
from cqa_desktop.critique.grammar import answer_grammar, forced, literal
from cqa_desktop.engine.errors import CancelledError, EngineError
from cqa_desktop.engine.generate import Generation, Sampling
from cqa_desktop.engine.llama import LlamaModel

WORDS = st.text(alphabet=st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs")), min_size=1, max_size=20)
SAID = WORDS.map(lambda text: f'x {text} " \\ x')


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaModel]:
    with LlamaModel(chat_model(tmp_path_factory.mktemp("chat")), gpu=False, threads=1) as loaded:
        yield loaded


def allows(model: LlamaModel, grammar: str, text: str) -> bool:
    generation = Generation(model, np.zeros(1, np.int32), grammar=grammar)
    try:
        generation.force(text)
    except EngineError:
        return False
    finally:
        generation.close()
    return True


@settings(max_examples=30)
@given(text=st.text(alphabet=st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1))
def test_a_literal_is_its_text_and_nothing_else(model: LlamaModel, text: str) -> None:
    grammar = f"root ::= {literal(text)}\n"
    assert allows(model, grammar, text)
    assert not allows(model, grammar, text + "x")
    assert not allows(model, grammar, "#" + text[1:] if text[0] != "#" else "a" + text[1:])


@settings(max_examples=30)
@given(
    judgments=st.lists(
        st.builds(
            Judgment,
            dimension=st.sampled_from(DIMENSIONS),
            constraint=st.sampled_from(CONSTRAINTS),
            verdict=st.sampled_from(VERDICTS),
            reasoning=SAID,
            quote=st.none() | SAID,
            counterfactual=st.just("") | SAID,
            suggestion=st.just("") | SAID,
        ),
        min_size=1,
        max_size=2,
    )
)
def test_every_answer_that_is_trained_on_has_the_form(model: LlamaModel, judgments: list[Judgment]) -> None:
    assert allows(model, answer_grammar(), answer_text(judgments))


@pytest.mark.parametrize(
    "wrong",
    [
        "Verdict: works\n",
        "Quote: none\n",
        'Quote: "a"\nAbout: style, lexis\n',
        'Quote: "a"\nAbout: craft, lexis\nThought: -\n',
        'Quote: "a"\nAbout: craft, lexis\nVerdict: works\n',
    ],
)
def test_what_would_not_be_read_is_not_allowed(model: LlamaModel, wrong: str) -> None:
    assert not allows(model, answer_grammar(), wrong)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nonsense_in_the_form_is_always_read(model: LlamaModel, seed: int) -> None:
    generation = Generation(
        model, model.tokenize("The harbour."), grammar=answer_grammar(2, 30), sampling=Sampling(1.5, 1.0, seed)
    )
    while not generation.ended:
        if label := forced(generation.text):
            generation.force(label)
        else:
            try:
                generation.advance()
            except CancelledError:
                raise AssertionError from None
    found = parse_answer(generation.text)
    assert 1 <= len(found) <= 2
    assert generation.text.count("Verdict:") >= len(found) == len(generation.text.strip().split("\n\n"))
    generation.close()


def test_labels_are_forced_where_a_line_begins() -> None:
    written = ""
    for label in LABELS:
        assert forced(written) == label
        assert forced(written + label[:2]) == label[2:]
        assert forced(written + label) == ""
        written += f"{label} a\n"
    assert forced(written) == ""
    assert forced(written + "\n") == "Quote:"

"""Generating with a tiny model: stopped and resumed, under a grammar, and all that can go wrong."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from chat_gguf import chat_model

from cqa_desktop.engine.errors import CancelledError, EngineError, ModelError
from cqa_desktop.engine.generate import CONTEXT, PIECE, Generation, Sampling, context_size, repeats_itself
from cqa_desktop.engine.llama import LlamaModel

PROMPT = "The harbour lay still under the rain, and somebody laughed in the street. " * 8
LETTERS = 'root ::= [a-z ]{40,60} "é" "."'


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaModel]:
    with LlamaModel(chat_model(tmp_path_factory.mktemp("chat")), gpu=False, threads=1) as loaded:
        yield loaded


def whole(generation: Generation, stop: Callable[[], bool] = lambda: False) -> str:
    """The text, with every stop followed by another try."""
    said = ""
    while not generation.ended:
        try:
            said += generation.advance(stop)
        except CancelledError:
            continue
    assert said == generation.text
    return said


def every(count: int) -> Callable[[], bool]:
    """A stop that is true each so many times that it is asked."""
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked % count == 0

    return stop


def test_the_text_is_the_grammars_and_the_seeds(model: LlamaModel) -> None:
    prompt = model.tokenize(PROMPT)
    texts = []
    for seed in (1, 1, 2):
        generation = Generation(model, prompt, grammar=LETTERS, sampling=Sampling(seed=seed))
        texts.append(whole(generation))
        generation.close()
    assert texts[0] == texts[1] != texts[2]
    for text in texts:
        assert text.endswith("é.")
        assert 40 <= len(text) - 2 <= 60


@pytest.mark.parametrize("count", [2, 7, 40])
def test_stopped_anywhere_it_goes_on_to_the_same_text(model: LlamaModel, count: int) -> None:
    prompt = model.tokenize(PROMPT)
    assert len(prompt) > 3 * PIECE
    steady = Generation(model, prompt, grammar=LETTERS)
    stopped = Generation(model, prompt, grammar=LETTERS)
    expected = whole(steady)
    # A piece of the prompt asks more often than any of these: it is let through once in a while.
    patience = iter(range(10**6))
    stop = every(count)
    assert whole(stopped, lambda: next(patience) % 600 < 300 and stop()) == expected
    assert stopped.evaluated == steady.evaluated
    steady.close()
    stopped.close()


def test_a_stop_in_the_middle_of_a_batch_ends_it(model: LlamaModel) -> None:
    generation = Generation(model, model.tokenize(PROMPT), grammar=LETTERS)
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 3

    with pytest.raises(CancelledError):
        generation.advance(stop)
    # The second time it is asked is inside llama.cpp, before the first piece is done.
    assert generation.evaluated < len(model.tokenize(PROMPT))
    assert not generation.ended
    generation.close()


def test_two_contexts_do_not_disturb_each_other(model: LlamaModel) -> None:
    prompt = model.tokenize(PROMPT)
    alone = Generation(model, prompt, grammar=LETTERS)
    beside = Generation(model, prompt, grammar=LETTERS)
    expected = whole(alone)
    said = ""
    while not beside.ended:
        said += beside.advance()
        model.logits_after(prompt[:50])
    assert said == expected
    alone.close()
    beside.close()


def test_forced_words_are_part_of_the_text(model: LlamaModel) -> None:
    generation = Generation(model, model.tokenize(PROMPT), grammar='root ::= "About: " ("craft" | "reality") "\\n"')
    generation.force("About:")
    assert whole_after(generation) in ("About: craft\n", "About: reality\n")
    with pytest.raises(EngineError, match="does not allow"):
        Generation(model, model.tokenize(PROMPT), grammar='root ::= "a"').force("b")
    generation.close()


def whole_after(generation: Generation) -> str:
    while not generation.ended:
        generation.advance()
    return generation.text


def test_no_half_character_comes_out(model: LlamaModel) -> None:
    generation = Generation(model, model.tokenize(PROMPT), grammar="root ::= [一-龥]{5}")
    said = []
    while not generation.ended:
        said.append(generation.advance())
    assert len(generation.text) == 5
    assert "" in said
    assert "\ufffd" not in "".join(said)
    generation.close()


def test_a_prompt_that_does_not_fit_is_refused(model: LlamaModel) -> None:
    assert context_size(model) == CONTEXT
    with pytest.raises(EngineError, match="choose a shorter passage") as raised:
        Generation(model, np.zeros(CONTEXT, np.int32))
    assert "\n" not in str(raised.value)


def test_a_dead_end_is_told(model: LlamaModel, monkeypatch: pytest.MonkeyPatch) -> None:
    generation = Generation(model, model.tokenize(PROMPT), grammar="root ::= [a-z]{30}")
    generation.advance()
    kept = generation.text
    monkeypatch.setattr(generation, "_allowed", lambda candidates: candidates[:0])
    with pytest.raises(EngineError, match="fits an answer"):
        generation.advance()
    assert (generation.ended, generation.text) == (True, kept)
    generation.close()


def test_a_model_that_repeats_itself_is_stopped(model: LlamaModel) -> None:
    generation = Generation(model, model.tokenize(PROMPT), grammar='root ::= ("ab "){400}')
    with pytest.raises(EngineError, match="repeat itself"):
        whole_after(generation)
    assert 60 <= len(generation.text) < 70
    assert set(generation.text.split()[:-1]) == {"ab"}
    assert generation.ended
    generation.close()


def test_repeats_are_seen_and_only_they() -> None:
    assert repeats_itself("It was " + "very " * 12)
    assert not repeats_itself("It was " + "very " * 11)
    assert repeats_itself("And then " + "she went down to the sea again. " * 4)
    assert not repeats_itself("And then " + "she went down to the sea again. " * 3 + "she")
    assert not repeats_itself(PROMPT[:74] * 2)
    assert not repeats_itself("")


def test_no_memory_for_the_context_is_told(model: LlamaModel, monkeypatch: pytest.MonkeyPatch) -> None:
    import llama_cpp

    generation = Generation(model, model.tokenize(PROMPT))
    monkeypatch.setattr(llama_cpp, "llama_init_from_model", lambda *_: None)
    with pytest.raises(ModelError, match="not enough memory"):
        generation.advance()
    assert generation.ended
    generation.close()


def test_a_failure_of_llama_cpp_is_told(model: LlamaModel, monkeypatch: pytest.MonkeyPatch) -> None:
    import llama_cpp

    generation = Generation(model, model.tokenize(PROMPT))
    monkeypatch.setattr(llama_cpp, "llama_decode", lambda *_: -3)
    with pytest.raises(ModelError, match="code -3"):
        generation.advance()
    generation.close()


def test_the_room_for_an_answer_runs_out(model: LlamaModel) -> None:
    generation = Generation(model, model.tokenize(PROMPT), grammar="root ::= [a-z ]*", longest=5)
    with pytest.raises(EngineError, match="longer than there is room"):
        whole_after(generation)
    assert generation.text
    generation.close()


def test_closing_the_model_closes_what_it_writes(tmp_path: Path) -> None:
    model = LlamaModel(chat_model(tmp_path), gpu=False, threads=1)
    generation = Generation(model, model.tokenize(PROMPT), grammar=LETTERS)
    generation.advance()
    model.close()
    assert generation.ended
    assert generation.advance() == ""
    generation.close()

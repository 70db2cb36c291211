from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from tiny_gguf import PROSE, Shape, make_weights, transformers_model, write_adapter, write_model

from cqa_desktop.engine.batches import Run
from cqa_desktop.engine.errors import CancelledError, ModelError
from cqa_desktop.engine.llama import LlamaModel


def run_of(model: LlamaModel, text: str, scored: int = 1) -> Run:
    return Run(np.concatenate(([model.bos], model.tokenize(text))).astype(np.int32), scored)


def test_surprisal_entropy_and_varentropy_equal_those_of_transformers(model: LlamaModel) -> None:
    import torch

    run = run_of(model, PROSE)
    found = model.score([run])[0]
    shape = Shape()
    reference = transformers_model(shape, make_weights(shape))
    with torch.no_grad():
        logits = reference(torch.tensor(run.tokens[None].astype(np.int64))).logits[0].double()
    bits = (-torch.log_softmax(logits, -1) / np.log(2)).numpy()[:-1]
    chances = np.exp2(-bits)
    surprisal = bits[np.arange(len(bits)), run.tokens[1:]]
    entropy = (chances * bits).sum(axis=1)
    assert len(found) == len(run.tokens) - 1
    assert np.abs(found.surprisal - surprisal).max() < 1e-3
    assert np.abs(found.entropy - entropy).max() < 1e-3
    assert np.abs(found.varentropy - (chances * (bits - entropy[:, None]) ** 2).sum(axis=1)).max() < 1e-2
    assert np.ptp(found.surprisal) > 2, "the tiny model must not be uniform, or this shows nothing"


def test_temperature_divides_the_logits(model: LlamaModel) -> None:
    run = run_of(model, PROSE)
    cold, hot = model.score([run], temperature=0.5)[0], model.score([run], temperature=3.0)[0]
    assert cold.entropy.mean() < hot.entropy.mean()
    assert np.array_equal(cold.rank, hot.rank)


def test_scores_do_not_depend_on_what_is_batched_with_them(model: LlamaModel) -> None:
    sentences = [run_of(model, sentence) for sentence in PROSE.split(".") if sentence.strip()]
    together = model.score(sentences)
    for run, found in zip(sentences, together, strict=True):
        alone = model.score([run])[0]
        assert np.abs(alone.surprisal - found.surprisal).max() < 1e-3
        assert np.abs(alone.entropy - found.entropy).max() < 1e-3


def test_only_the_tokens_asked_for_are_scored_and_equal_the_same_in_a_whole_run(model: LlamaModel) -> None:
    whole = run_of(model, PROSE * 2)
    scored = len(whole.tokens) - 40
    part = model.score([Run(whole.tokens, scored)])[0]
    assert len(part) == 40
    assert np.abs(model.score([whole])[0].surprisal[-40:] - part.surprisal).max() < 1e-3


def test_a_run_longer_than_a_batch_is_scored_whole(model: LlamaModel) -> None:
    whole = run_of(model, PROSE * 5)
    assert model.batch < len(whole.tokens) <= model.window
    found = model.score([whole])[0]
    shorter = Run(whole.tokens[: model.batch // 2], 1)
    assert len(found) == len(whole.tokens) - 1
    assert np.abs(found.surprisal[: len(shorter.tokens) - 1] - model.score([shorter])[0].surprisal).max() < 1e-3


def test_a_run_longer_than_the_window_is_refused(model: LlamaModel) -> None:
    with pytest.raises(ModelError, match="do not fit its window"):
        model.score([run_of(model, PROSE * 20)])


def test_tokens_give_back_the_bytes_of_the_text(model: LlamaModel) -> None:
    text = "naïve “quotes”, 漢字 🙂 \x00 <s> end\n\n"
    ids = model.tokenize(text)
    assert b"".join(model.piece(int(token)) for token in ids) == text.encode()
    assert model.bos not in ids, "a control token in a draft is text"
    assert model.sizes(ids).sum() == len(text.encode())


def test_stop_ends_a_batch_in_the_middle(model: LlamaModel) -> None:
    calls = 0

    def stop() -> bool:
        nonlocal calls
        calls += 1
        return calls > 3

    before = model.tokens_evaluated
    with pytest.raises(CancelledError):
        model.score([run_of(model, PROSE)], stop=stop)
    assert calls > 3
    assert model.tokens_evaluated == before
    again = model.score([run_of(model, PROSE)])[0]
    assert np.isfinite(again.surprisal).all(), "the model can be used after a stop"


def test_stop_comes_soon(model: LlamaModel) -> None:
    runs = [run_of(model, PROSE * 3)] * 200
    deadline = time.monotonic() + 0.3
    started = time.monotonic()
    with pytest.raises(CancelledError):
        model.score(runs, stop=lambda: time.monotonic() > deadline)
    assert time.monotonic() - started < 2.0


def test_an_adapter_is_switched_per_call(tiny_path: Path, adapter_path: Path, model: LlamaModel) -> None:
    run = run_of(model, PROSE)
    plain = model.score([run])[0].surprisal
    with LlamaModel(tiny_path, adapter=adapter_path, gpu=False, threads=1) as adapted:
        off = adapted.score([run], adapter=False)[0].surprisal
        on = adapted.score([run], adapter=True)[0].surprisal
        off_again = adapted.score([run], adapter=False)[0].surprisal
    assert np.abs(off - plain).max() < 1e-3
    assert np.abs(on - plain).max() > 0.1
    assert np.abs(off_again - plain).max() < 1e-3


def test_an_adapter_for_another_shape_is_refused_in_one_line(tiny_path: Path, tmp_path: Path) -> None:
    other = write_adapter(tmp_path / "other.gguf", Shape(width=128))
    with pytest.raises(ModelError, match="does not fit") as raised:
        LlamaModel(tiny_path, adapter=other, gpu=False, threads=1)
    assert "\n" not in str(raised.value)


def test_a_model_of_a_short_context_has_a_short_window(tmp_path: Path) -> None:
    path = write_model(tmp_path / "short.gguf", Shape(context=256))
    with LlamaModel(path, gpu=False, threads=1) as short:
        assert short.window == 256
        assert len(short.score([run_of(short, PROSE[:300])])[0]) > 50


def test_weights_that_are_no_numbers_are_told(tiny_path: Path, tmp_path: Path) -> None:
    raw = bytearray(tiny_path.read_bytes())
    raw[-40_000:-4] = b"\xff\xff\xff\x7f" * (39_996 // 4)
    path = tmp_path / "damaged.gguf"
    path.write_bytes(raw)
    with (
        LlamaModel(path, gpu=False, threads=1) as damaged,
        pytest.raises(ModelError, match="weights are damaged"),
    ):
        damaged.score([run_of(damaged, PROSE[:300])])


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are text")
def test_a_model_whose_name_is_no_text_is_loaded(tiny_path: Path, tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/odd\xff.gguf"))
    path.write_bytes(tiny_path.read_bytes())
    with LlamaModel(path, gpu=False, threads=1) as odd:
        assert odd.vocabulary > 256


def test_logits_of_one_batch_stay_small_at_a_large_vocabulary(tmp_path: Path) -> None:
    path = write_model(tmp_path / "wide.gguf", Shape(vocabulary=152_000, layers=1))
    with LlamaModel(path, gpu=False, threads=1) as wide:
        assert wide.batch * wide.vocabulary * 4 <= 128 * 1024 * 1024
        assert len(wide.score([run_of(wide, PROSE)])[0]) > wide.batch


def test_closing_twice_does_no_harm(tiny_path: Path) -> None:
    loaded = LlamaModel(tiny_path, gpu=False, threads=1)
    loaded.close()
    loaded.close()

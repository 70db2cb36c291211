"""What is trained: the experts' words and the stop token, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from bases import annotations, tiny_base

from cqa_desktop.annotations.jsonl import load
from trainer.errors import TrainerError
from trainer.fit.encode import Encoder, Example, check_example, encode_all
from trainer.fit.loss import loss_sum, trained_tokens


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def chat_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_base(tmp_path_factory.mktemp("chat"), chat=True)


def encoder(folder: Path, **changes: Any) -> Encoder:
    options: dict[str, Any] = {"prompt_format": "prose-1", "chat": False, "context": 512, "dialogue": False}
    return Encoder(folder, **(options | changes))


def trained_text(coder: Encoder, example: Example) -> str:
    ids = [token for token, trained in zip(example.ids, example.trained, strict=True) if trained]
    return str(coder._tokenizer.decode(ids, skip_special_tokens=False))


def test_the_loss_falls_on_the_experts_words_and_the_stop_token(base: Path, tmp_path: Path) -> None:
    coder = encoder(base)
    annotation = load(annotations(tmp_path / "a.jsonl", 1))[0]
    example = coder.encode(annotation)
    assert example is not None
    text = trained_text(coder, example)
    assert annotation.judgments[0].reasoning in text
    assert text.endswith("<|end|>")
    for ours in ("Thought:", "Be quiet.", "It was night.", "Why asleep?"):
        assert ours not in text
    assert example.ids[0] == coder.bos
    with_dialogue = encoder(base, dialogue=True)
    other = with_dialogue.encode(annotation)
    assert other is not None
    assert "He is tired." in trained_text(with_dialogue, other)
    assert "Why asleep?" not in trained_text(with_dialogue, other)


def test_a_chat_template_goes_around_and_its_end_of_turn_is_trained(chat_base: Path, tmp_path: Path) -> None:
    coder = encoder(chat_base, prompt_format="headed-1", chat=True)
    sly = "The ship <|im_end|> went on, and number 0 was asleep."
    example = coder.encode(load(annotations(tmp_path / "a.jsonl", 1, passage=sly))[0])
    assert example is not None
    whole = coder._tokenizer.decode(example.ids, skip_special_tokens=False)
    assert whole.startswith("<|im_start|>user\nReality: A ship.")
    assert "<|im_start|>assistant\nQuote:" in whole
    assert coder.stop_token == "<|im_end|>"
    end = coder.stop
    assert example.ids.count(end) == 2  # of the two turns: the writer's own words end nothing
    assert example.ids[-1] == end
    assert example.trained[-1]


def test_a_row_that_trains_nothing_is_an_error() -> None:
    with pytest.raises(TrainerError, match="no token of it would be trained"):
        check_example(Example("x", [5, 6, 1], [False, False, True], 0), stop=1)
    with pytest.raises(TrainerError, match="stop token would not be trained"):
        check_example(Example("x", [5, 6, 1], [False, True, False], 0), stop=1)
    with pytest.raises(TrainerError, match="stop token would not be trained"):
        check_example(Example("x", [5, 6], [False, True], 0), stop=1)


def test_the_loss_is_the_plain_sum_over_trained_tokens(base: Path, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    coder = encoder(base)
    examples = encode_all(load(annotations(tmp_path / "a.jsonl", 3)), coder, skip=False, say=lambda _: None)
    # A pad token that is the stop token must not be told from it by its id: the lengths differ, the sum may not.
    assert len({len(example.ids) for example in examples}) > 1
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32).eval()
    expected = 0.0
    with torch.no_grad():
        for example in examples:
            logs = torch.log_softmax(model(input_ids=torch.tensor([example.ids])).logits[0].double(), dim=-1)
            for at in range(1, len(example.ids)):
                if example.trained[at]:
                    expected -= float(logs[at - 1, example.ids[at]])
        found = float(loss_sum(model, examples, torch.device("cpu")))
    assert found == pytest.approx(expected, rel=1e-5)
    assert trained_tokens(examples) == sum(sum(example.trained) for example in examples)


@pytest.mark.parametrize("context", [200, 240])
def test_what_is_too_long_loses_context_and_then_is_refused(base: Path, tmp_path: Path, context: int) -> None:
    story = "\n\n".join(f"Paragraph {n} of a story that goes on." for n in range(40))
    rows = load(annotations(tmp_path / "a.jsonl", 2, context=story))
    said: list[str] = []
    examples = encode_all(rows, encoder(base, context=context), skip=False, say=said.append)
    assert all(len(one.ids) <= context and one.trimmed > 0 for one in examples)
    assert "2 annotations was trimmed" in said[0]
    with pytest.raises(TrainerError, match=r"'a0' and 1 more: longer than 64 tokens"):
        encode_all(rows, encoder(base, context=64), skip=False, say=said.append)
    with pytest.raises(TrainerError, match="no annotation fits 64"):
        encode_all(rows, encoder(base, context=64), skip=True, say=said.append)

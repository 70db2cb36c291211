"""Corpus, baselines and windows of evaluation."""

from __future__ import annotations

import bz2
import math
from collections import Counter
from pathlib import Path

import pytest

from cqa_desktop.resources import resource
from trainer.reference.baselines import CharacterModel, bz2_bits
from trainer.reference.config import SamplingConfig, load_config
from trainer.reference.corpus import SequenceStream, WorkOrder, find_works, read_work, sample_text
from trainer.reference.evaluate import windows
from trainer.reference.model import lr_factor
from trainer.reference.tokenizer import BOS_ID, train_tokenizer


def test_windows_score_every_token_once_with_history() -> None:
    for count, context in ((5, 64), (63, 64), (64, 64), (1000, 64)):
        found = windows(count, context)
        scored = [index for _, begin, end in found for index in range(begin, end)]
        assert scored == list(range(count))
        assert all(end - start <= context - 1 for start, _, end in found)
        assert all(begin - start >= context // 2 for start, begin, _ in found[1:])


def test_bz2_is_bits_per_character() -> None:
    text = "The ferry was late. " * 50
    assert bz2_bits(text) == 8 * len(bz2.compress(text.encode(), 9)) / len(text)


def test_the_character_model_is_a_probability() -> None:
    model = CharacterModel("abracadabra " * 30)
    # Summed over every continuation of a history, probabilities make one.
    history = "abraca"
    total = sum(2 ** -(model.bits(history + one) * 7 - model.bits(history) * 6) for one in "abrcd ")
    assert 0.9 < total <= 1.0 + 1e-6


def test_the_character_model_by_hand_at_order_one() -> None:
    model = CharacterModel("aab")
    kinds, count = 2, Counter("aab")
    expected = -math.log2((count["a"] + kinds / 128) / (3 + kinds))
    assert model.bits("a") == pytest.approx(expected)


def test_a_text_like_the_training_text_is_cheaper() -> None:
    prose = resource("prose", "gore-vidal_williwaw-a-novel.txt").read_text(encoding="utf-8")
    model = CharacterModel(prose[:60_000])
    assert model.bits(prose[60_000:70_000]) < 3 < model.bits("qzxj vkwq zzxq jjqk " * 20)


def test_works_are_drawn_by_group_and_the_order_is_kept(corpus: Path) -> None:
    works = find_works(corpus, "train")
    assert [work.year for work in works] == [1957, 1902, 1900]
    sampling = SamplingConfig((1920, 0), (0.7, 0.3))
    order = WorkOrder(works, sampling, seed=1)
    drawn = [order.next().year >= 1920 for _ in range(200)]
    assert 0.6 < sum(drawn) / len(drawn) < 0.8
    again = WorkOrder(works, sampling, seed=1)
    again.restore(order.state())
    assert [order.next().path for _ in range(20)] == [again.next().path for _ in range(20)]


def test_sequences_begin_where_a_sentence_begins(corpus: Path) -> None:
    works = find_works(corpus, "train")
    tokenizer = train_tokenizer([read_work(work.path) for work in works], 500)
    stream = SequenceStream(WorkOrder(works, SamplingConfig((0,), (1.0,)), 1), tokenizer, 24, seed=1, pool=256)
    batch = stream.batch(64)
    assert batch.shape == (64, 25)
    assert (batch[:, 0] == BOS_ID).all()
    texts = "\n\n".join(read_work(work.path) for work in works)
    places = [texts.find(tokenizer.decode([int(one) for one in row[1:12]])) for row in batch]
    before = [texts[:place].rstrip()[-1:] for place in places if place > 0]
    # Headings and lines of verse end in a line break and no stop.
    assert sum(one in ".!?\"'" for one in before) > 0.9 * len(before)
    assert all(texts[place] not in " \n" or texts[place + 1] != "\n" for place in places)


def test_samples_are_spread_over_the_works(corpus: Path) -> None:
    works = find_works(corpus, "train")
    sample = "\n\n".join(sample_text(works, 1, seed=1))
    assert all(read_work(work.path)[100:160].split("\n")[0] in sample for work in works)


def test_curly_quotes_are_made_straight_before_training(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("“It’s late,” he said.\r\n\r\n \r\nShe knew.", encoding="utf-8")
    assert read_work(file) == '"It\'s late," he said.\n\nShe knew.'


def test_both_recipes_are_sound() -> None:
    cpu, gpu = (load_config(None, name) for name in ("cpu", "gpu"))
    assert gpu.model.hidden_size > cpu.model.hidden_size
    assert gpu.training.tokens > 5 * cpu.training.tokens


def test_the_learning_rate_rises_and_falls_to_nothing() -> None:
    rates = [lr_factor(step / 100, 0.1, 0.5) for step in range(101)]
    assert rates[5] == pytest.approx(0.5)
    assert rates[30] == 1.0
    assert rates[75] == pytest.approx(0.5)
    assert rates[100] == 0.0

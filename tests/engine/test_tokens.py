from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.tokens import PIECE, ParagraphTokenizer, tokenize_paragraph

TEXTS = [
    "She listened; nothing moved.",
    "“You came back,” she said. ‘No.’ He laughed!",
    "naïve café — 漢字かな 🙂🙂 é́ שלום עולם",
    "🙂",
    "one\ntwo wrapped\nlines. And more.",
    "nul \x00 byte. Then on.",
    "no stops at all " * 60,
]


def check(model: LlamaModel, text: str) -> None:
    found = tokenize_paragraph(model, text)
    count = len(found.ids)
    assert found.start.shape == found.end.shape == (count,)
    assert (found.start[1:] >= found.start[:-1]).all(), "spans never go back"
    assert (found.end[1:] >= found.end[:-1]).all()
    assert (found.start <= found.end).all()
    assert count == 0 or (found.start[0] >= 0 and found.end[-1] == len(text))
    assert [passage.first for passage in found.passages[1:]] == [passage.last for passage in found.passages[:-1]]
    assert found.passages[0].first == 0
    assert found.passages[-1].last == count
    for passage in found.passages:
        own = slice(passage.first, passage.last)
        assert (found.start[own] < passage.end).all(), "a token belongs to the passage in which it begins"
        assert len(passage.word_of) == passage.last - passage.first
        assert (passage.word_of < len(passage.words)).all()


@pytest.mark.parametrize("text", TEXTS)
def test_spans_are_true_and_in_order(model: LlamaModel, text: str) -> None:
    check(model, text.strip())


@settings(max_examples=150, deadline=None)
@given(text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80).filter(lambda one: one.strip()))
def test_spans_of_any_text(model: LlamaModel, text: str) -> None:
    check(model, text.strip())


def test_a_token_covers_the_characters_it_was_made_of(model: LlamaModel) -> None:
    text = 'The lamp "fell" down. She laughed.'
    found = tokenize_paragraph(model, text)
    for token, start, end in zip(found.ids, found.start, found.end, strict=True):
        assert model.piece(int(token)).decode().lstrip() == text[start:end]


def test_a_character_split_between_tokens_belongs_to_each_of_them(model: LlamaModel) -> None:
    found = tokenize_paragraph(model, "a🙂b")
    inside = [(int(s), int(e)) for s, e in zip(found.start, found.end, strict=True)][1:-1]
    assert len(inside) > 1, "the tiny vocabulary has no such character"
    assert set(inside) == {(1, 2)}


def test_curly_and_straight_quotes_are_the_same_tokens(model: LlamaModel) -> None:
    curly = tokenize_paragraph(model, "“You came back,” she said. ‘It’s late.’")
    straight = tokenize_paragraph(model, "\"You came back,\" she said. 'It's late.'")
    assert curly.ids.tolist() == straight.ids.tolist()
    assert curly.start.tolist() == straight.start.tolist()
    assert curly.digest == straight.digest


def test_a_lone_surrogate_is_no_reason_to_fail(model: LlamaModel) -> None:
    found = tokenize_paragraph(model, "before \ud800 after. And on.")
    assert found.end[-1] == len("before \ud800 after. And on.")


def test_a_long_paragraph_is_tokenised_in_pieces_to_the_same_tokens(model: LlamaModel) -> None:
    text = ("the rain fell on the harbour and " * (PIECE // 30)).strip()
    assert len(text) > PIECE
    assert tokenize_paragraph(model, text).ids.tolist() == model.tokenize(text).tolist()


def test_words_of_tokens_are_folded(model: LlamaModel) -> None:
    passage = tokenize_paragraph(model, "Alder's LAMP, alder.").passages[0]
    assert passage.words == ("alder", "lamp", "alder")
    assert set(passage.word_of.tolist()) >= {0, 1, 2}


def test_a_paragraph_seen_before_is_not_tokenised_again(model: LlamaModel, monkeypatch: pytest.MonkeyPatch) -> None:
    tokenizer = ParagraphTokenizer(model)
    first = tokenizer.tokenize("The rain fell.")
    monkeypatch.setattr(model, "tokenize", None)
    assert tokenizer.tokenize("The rain fell.") is first

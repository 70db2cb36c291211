"""The book of stock phrases, and what it does to marks."""

from __future__ import annotations

import pytest

from cqa_desktop.engine.phrases import shipped_phrases
from cqa_desktop.measure.calibration import Calibration
from cqa_desktop.measure.classes import Thresholds, measure_passage
from cqa_desktop.measure.phrases import NO_PHRASES, PhraseBook
from cqa_desktop.measure.stock import listed_phrases
from cqa_desktop.resources import resource
from cqa_desktop.text.spans import Span, join_spans
from cqa_desktop.text.words import fold, words
from tests.measure.conftest import MakePassage

BOOK = PhraseBook.parse("<whose> = her his\n<whose> heart skipped/skips (a) beat # two forms\nhung in * air\n")


def found(text: str, book: PhraseBook = BOOK) -> list[str]:
    spans = words(text)
    places = book.find([fold(span.of(text)) for span in spans])
    return [text[spans[first].start : spans[behind - 1].end] for first, behind in places]


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("Then her heart skipped a beat.", ["her heart skipped a beat"]),
        ("His Heart skips beat after beat", ["His Heart skips beat"]),
        ("‘Her heart skipped’ a beat", ["Her heart skipped’ a beat"]),
        ("'His heart skipped a beat'—", ["His heart skipped a beat"]),
        ("my heart skipped a beat", []),
        ("It hung in the air, hung in damp air", ["hung in the air", "hung in damp air"]),
        ("It hung in air", []),
        ("air", []),
    ],
)
def test_choices_lists_gaps_and_what_may_be_left_out(text: str, phrases: list[str]) -> None:
    assert found(text) == phrases
    assert BOOK.may_hold(text) or not phrases


def test_overlapping_phrases_are_one() -> None:
    book = PhraseBook.parse("in the heat of\nthe heat of the moment")
    assert found("in the heat of the moment", book) == ["in the heat of the moment"]
    assert join_spans([Span(4, 9), Span(0, 5), Span(9, 12)]) == [Span(0, 9), Span(9, 12)]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("her <heart> skipped", "'<heart>' is no list"),
        ("* *", "less than two words"),
        ("(a) (b)", "less than two words"),
        ("her (whole heart) skipped", "bracket"),
        ("her//his heart", "empty choice"),
        ("(a) (b) (c) (d) (e) (f) (g) heart", "leaves out too much"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(line: str, why: str) -> None:
    with pytest.raises(ValueError, match=r"line 2: .*") as raised:
        PhraseBook.parse(f"fine line\n{line}")
    assert why in str(raised.value)


def test_a_listed_phrase_is_marked_however_surprising_the_model_finds_it(make_passage: MakePassage) -> None:
    text = "He left, and her heart skipped a beat in the doorway."
    passage = make_passage(text, {"bare": [14] * 11, "story": [14] * 11})
    flat = Calibration()
    assert measure_passage(passage, text, flat).marks == ()
    measure = measure_passage(passage, text, flat, Thresholds(phrases=BOOK))
    assert measure.kind == "predictable"
    assert [(text[mark.start : mark.end], mark.kind) for mark in measure.marks] == [
        ("her heart skipped a beat", "stock")
    ]


def test_a_stop_ends_a_listed_phrase_and_a_comma_does_not(make_passage: MakePassage) -> None:
    for text, count in (("It skipped. Her heart, skipped a beat.", 1), ("It was her heart: skipped a beat.", 0)):
        passage = make_passage(text, {"bare": [5] * 7, "story": [5] * 7})
        assert len(listed_phrases(passage, text, BOOK)) == count
    assert listed_phrases(passage, text, NO_PHRASES) == []


def test_the_shipped_phrases_are_rare_in_published_prose_and_known_in_stock_prose() -> None:
    book = shipped_phrases()
    assert len(book) > 1000
    prose = "\n".join(path.read_text(encoding="utf-8") for path in resource("prose").glob("*.txt"))
    spans = words(prose)
    assert 1000 * len(book.find([fold(span.of(prose)) for span in spans])) / len(spans) < 0.6
    stock = "She let out a breath she didn't know she'd been holding, her voice barely above a whisper."
    assert found(stock, book) == ["let out a breath she didn't know", "her voice barely above a whisper"]

"""The prompt and the answer: one form for scoring, training and critique."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rows import ROW

from cqa_desktop.annotations.answer import answer_pieces, answer_text, parse_answer
from cqa_desktop.annotations.prompt import (
    FORMATS,
    HEADED,
    PROSE,
    Request,
    UnknownFormatError,
    brief_text,
    fit_request,
    normalise,
    request_text,
)
from cqa_desktop.annotations.types import Annotation, Judgment
from cqa_desktop.measure.types import Brief

BRIEF = Brief(intent="Let it show.", audience="Adults.", reality="A “moor”.")
REQUEST = Request("The dog\tsat.", "They walked.\n\nNobody spoke.", BRIEF)


@pytest.mark.parametrize("prompt_format", FORMATS)
def test_the_prompt_begins_as_the_brief_view_does(prompt_format: str) -> None:
    text = request_text(REQUEST, prompt_format)
    assert text.startswith(normalise(brief_text(BRIEF, prompt_format)) + "\n\nThey walked.\n\nNobody spoke.\n\n")
    assert "The dog sat." in text
    assert text.endswith("\n\n")


def test_prose_has_no_headings_and_headed_has() -> None:
    assert brief_text(BRIEF, PROSE) == "A “moor”.\n\nLet it show.\n\nAdults."
    assert brief_text(BRIEF, HEADED).startswith("Reality: A “moor”.\n\nIntent:")
    assert brief_text(Brief(), HEADED) == ""
    assert "Measured:" in request_text(Request("P.", evidence=["It is late."]), HEADED)
    assert request_text(Request("P."), PROSE) == "P.\n\n***\n\n"


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(UnknownFormatError, match="prose-9"):
        request_text(REQUEST, "prose-9")


def test_context_is_trimmed_from_its_start_and_nothing_else_is() -> None:
    def count(text: str) -> int:
        return len(text.split())

    fitted, gone = fit_request(REQUEST, PROSE, count(request_text(REQUEST)) - 1, count)
    assert (fitted.context, gone) == ("Nobody spoke.", 1)
    least, gone = fit_request(REQUEST, PROSE, 1, count)
    assert (least.context, gone) == ("", 2)
    assert least.passage == REQUEST.passage
    assert least.brief == BRIEF
    assert fit_request(REQUEST, PROSE, 1000, count) == (REQUEST, 0)


def annotation() -> Annotation:
    import msgspec

    return msgspec.convert(ROW, Annotation)


def test_an_answer_is_parsed_back() -> None:
    judgments = annotation().judgments
    found = parse_answer(answer_text(judgments))
    assert [one.verdict for one in found] == ["works", "fails"]
    assert found[0] == judgments[0]
    assert found[1].quote == '"Leave it," said Mara'  # straight quotes, as all text that models read


def test_only_the_experts_words_are_trained() -> None:
    pieces = answer_pieces(annotation().judgments, annotation().dialogue)
    ours = "".join(piece.text for piece in pieces if not piece.trained)
    theirs = "".join(piece.text for piece in pieces if piece.trained)
    assert "Why the dog?" in ours
    assert "It gives up for them." in theirs
    assert "Thought:" in ours
    assert "Thought:" not in theirs
    assert "what nobody in the party" in theirs
    assert "\nQuote:" in theirs  # that there is more to say is the expert's decision
    assert "".join(piece.text for piece in pieces) == answer_text(annotation().judgments, annotation().dialogue)


def test_what_a_model_leaves_unfinished_or_gets_wrong_is_left_out() -> None:
    whole = answer_text(annotation().judgments)
    assert len(parse_answer(whole[: whole.rindex("Verdict:")])) == 1
    assert parse_answer(whole.replace("craft, ethos", "craft")) == list(annotation().judgments[1:])[:0] + parse_answer(
        answer_text(annotation().judgments[1:])
    )
    assert parse_answer("") == []
    assert parse_answer("Quote: x\nQuote: y\nnonsense") == []


@given(st.text(), st.text(min_size=1).filter(lambda text: bool(text.split())))
def test_any_words_come_back_on_one_line(quote: str, reasoning: str) -> None:
    judgment = Judgment(quote=quote, dimension="craft", constraint="lexis", verdict="works", reasoning=reasoning)
    text = answer_text([judgment])
    assert text.count("\n") == 6
    assert len(parse_answer(text)) <= 1

"""An answer read in pieces says what it says whole."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cqa_desktop.annotations.answer import answer_text, parse_answer
from cqa_desktop.annotations.types import CONSTRAINTS, DIMENSIONS, VERDICTS, Judgment
from cqa_desktop.critique.stream import AnswerStream, Quoted, Said

WORDS = st.text(alphabet="abc \"'-:,é\u2028", min_size=1, max_size=20).map(lambda text: f"x{text}x")
JUDGMENTS = st.lists(
    st.builds(
        Judgment,
        dimension=st.sampled_from(DIMENSIONS),
        constraint=st.sampled_from(CONSTRAINTS),
        verdict=st.sampled_from(VERDICTS),
        reasoning=WORDS,
        quote=st.none() | WORDS,
        counterfactual=st.just("") | WORDS,
        suggestion=st.just("") | WORDS,
    ),
    min_size=1,
    max_size=3,
)


@given(JUDGMENTS, st.integers(1, 9))
def test_pieces_of_any_size_give_the_same(judgments: list[Judgment], size: int) -> None:
    text = answer_text(judgments)
    stream = AnswerStream()
    outputs = [one for at in range(0, len(text), size) for one in stream.feed(text[at : at + size])]
    whole = parse_answer(text)
    assert [one for one in outputs if isinstance(one, Judgment)] == whole
    assert [one.quote for one in outputs if isinstance(one, Quoted)] == [judgment.quote for judgment in whole]
    said = "".join(one.text for one in outputs if isinstance(one, Said))
    assert said == "".join(
        judgment.reasoning + (f" {judgment.counterfactual}" if judgment.counterfactual else "") for judgment in whole
    )
    assert stream.text == text


def test_words_come_before_the_line_is_whole() -> None:
    stream = AnswerStream()
    text = 'Quote: "the lamp"\nAbout: craft, lexis\nThought: It glows'
    assert list(stream.feed(text)) == [Quoted("the lamp"), Said("It glows")]
    assert list(stream.feed(" so")) == [Said(" so")]
    assert list(stream.feed("\nOtherwise: -")) == []
    assert list(stream.feed("\nVerdict: works\nTry: -")) == []

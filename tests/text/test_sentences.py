"""Where sentences end."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqa_desktop.text.paragraphs import is_hard_wrapped, paragraphs
from cqa_desktop.text.sentences import HARD_LIMIT, MAX_CHARACTERS, sentences
from cqa_desktop.text.spans import Span


def split(text: str) -> list[str]:
    return [span.of(text) for span in sentences(text, Span(0, len(text)))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He came. She went.", ["He came.", "She went."]),
        ("“Stop!” he said. She did.", ["“Stop!” he said.", "She did."]),
        ("“Stop!” He ran.", ["“Stop!”", "He ran."]),
        ('"Did he?" asked Mr. Brown of St. Ives.', ['"Did he?" asked Mr. Brown of St. Ives.']),
        ("It was 3.30 p.m. when Dr. J. R. Lyle came. Nobody else did.",
         ["It was 3.30 p.m. when Dr. J. R. Lyle came.", "Nobody else did."]),
        ("Well… perhaps. Or not… Who knows?", ["Well… perhaps.", "Or not…", "Who knows?"]),
        ("She waited... and waited. Then: nothing!?", ["She waited... and waited.", "Then: nothing!?"]),
        ("He said, (It was late.) She agreed.", ["He said, (It was late.)", "She agreed."]),
        ("No stop at all", ["No stop at all"]),
        ("It was I. You knew.", ["It was I.", "You knew."]),
        ("雨が降った。風も吹いた。", ["雨が降った。", "風も吹いた。"]),
        ("# A Heading", ["# A Heading"]),
        ("She said no. He left.", ["She said no.", "He left."]),
        ("“No. Never. You may go.”", ["“No.", "Never.", "You may go.”"]),
        ("He slept in No. 7 until Jan. 3 of that year.", ["He slept in No. 7 until Jan. 3 of that year."]),
        ("He asked for Jan. Nobody came.", ["He asked for Jan.", "Nobody came."]),
        ("Wait . . . what? Yes.", ["Wait . . . what?", "Yes."]),
        ("“I thought . . .” She stopped. . . . Then no more.",
         ["“I thought . . .”", "She stopped. . . .", "Then no more."]),
        ("1. The first item. The second.", ["1. The first item.", "The second."]),
        ("*He ran.* _“Go!”_ She went.", ["*He ran.*", "_“Go!”_", "She went."]),
        ("One.\r\nTwo. Three.", ["One.", "Two.", "Three."]),
        ("It cost 3.50 at example.com today.", ["It cost 3.50 at example.com today."]),
        ("‘Yes,’ he said. ‘No.’", ["‘Yes,’ he said.", "‘No.’"]),
        ("¿Qué? ¡No! «Allez.» Fin.", ["¿Qué?", "¡No!", "«Allez.»", "Fin."]),
        ("   ", []),
    ],
)  # fmt: skip
def test_by_hand(text: str, expected: list[str]) -> None:
    assert [one for one in split(text) if one.strip()] == expected


def test_what_has_no_stops_is_cut_at_clauses_then_spaces_then_anywhere() -> None:
    clauses = ", ".join(["and the river went on under the bridge"] * 40)
    assert all(one.endswith((",", "bridge")) for one in split(clauses))
    spaces = "word " * 400
    assert max(map(len, split(spaces.strip()))) <= MAX_CHARACTERS
    assert max(map(len, split("x" * 5000))) <= HARD_LIMIT


@given(st.text(alphabet=st.sampled_from("abc AB.!?…,;\"'”’“()\n\t é😀\u0301-")))
def test_spans_cover_all_that_is_not_space_in_order(text: str) -> None:
    spans = sentences(text, Span(0, len(text)))
    at = 0
    for span in spans:
        assert span.start >= at
        assert text[at : span.start].strip() == ""
        at = span.end
    assert text[at:].strip() == ""


def test_each_line_is_a_paragraph_and_breaks_of_all_kinds_count() -> None:
    text = "One.\r\nTwo.\n\n  Three. \rFour."
    assert [span.of(text) for span in paragraphs(text)] == ["One.", "Two.", "Three.", "Four."]
    assert paragraphs("") == []
    assert paragraphs(" \n\t\n") == []


def test_hard_wrapped_text_has_paragraphs_between_blank_lines() -> None:
    line = "It was a line that somebody had wrapped by hand at seventy columns"
    text = "\n".join([line] * 4) + "\nand its end.\n\n" + "\n".join([line] * 3) + "\nthe end."
    assert is_hard_wrapped(text)
    assert len(paragraphs(text)) == 2
    assert not is_hard_wrapped("“Yes.”\n“No.”\n“Yes.”\n“No.”\n")


def test_wrapped_headings_and_rules_stand_alone() -> None:
    body = "\n".join(["It was a line that somebody had wrapped by hand at seventy columns"] * 4)
    text = f"{body}\n\n{body}\n\n# Chapter Two\n{body}\n***\n{body}"
    assert is_hard_wrapped(text)
    found = [span.of(text) for span in paragraphs(text)]
    assert found == [body, body, "# Chapter Two", body, "***", body]


@pytest.mark.parametrize("gap", ["\n\n", "\r\n\r\n", "\n \t\n", "\r\r"])
def test_wrapped_text_parts_at_blank_lines_of_any_kind(gap: str) -> None:
    line = "It was a line that somebody had wrapped by hand at seventy columns"
    ending = gap[: len(gap) // 2] if gap[0] == "\r" else "\n"
    text = gap.join([ending.join([line] * 3)] * 3)
    assert len(paragraphs(text)) == 3


def test_sentences_stay_inside_their_paragraph() -> None:
    text = "One. Two.\nThree. Four.\n"
    second = paragraphs(text)[1]
    assert [span.of(text) for span in sentences(text, second)] == ["Three.", "Four."]


@pytest.mark.parametrize("text", ["." * 30_000 + "x", "?!" * 15_000 + "x", ". " * 15_000 + "x", "a." * 15_000])
def test_a_page_of_stops_takes_no_time(text: str) -> None:
    started = time.process_time()
    spans = sentences(text, Span(0, len(text)))
    assert time.process_time() - started < 2
    assert max(map(len, spans)) <= HARD_LIMIT


@given(
    st.lists(
        st.sampled_from(["Mr. Lyle came.", "“Stop!” he said.", "Why?", "He waited... and left.", "“Go.”"]), min_size=1
    )
)
def test_sentences_put_in_a_row_come_out_again(row: list[str]) -> None:
    assert split(" ".join(row)) == row


@given(st.text(alphabet=st.sampled_from("abc .,!\n\u00a0😀"), max_size=3000))
def test_no_passage_is_longer_than_the_limit(text: str) -> None:
    for paragraph in paragraphs(text):
        for span in sentences(text, paragraph):
            assert 0 < len(span) <= HARD_LIMIT
            assert paragraph.start <= span.start < span.end <= paragraph.end
            assert span.of(text) == span.of(text).strip()


@given(st.text(alphabet=st.sampled_from("ab .\n\r\t# -"), max_size=200))
def test_paragraphs_are_trimmed_ordered_and_complete(text: str) -> None:
    spans = paragraphs(text)
    assert all(span.of(text).strip() == span.of(text) != "" for span in spans)
    assert all(one.end <= other.start for one, other in itertools.pairwise(spans))
    kept = "".join(span.of(text) for span in spans)
    assert "".join(kept.split()) == "".join(text.split())


def test_one_enormous_paragraph_takes_time_in_proportion() -> None:
    sentence = "He went home, and did not look back at the house. "

    def seconds(count: int) -> float:
        text = sentence * count
        began = time.process_time()
        assert len(sentences(text, Span(0, len(text)))) == count
        return time.process_time() - began

    seconds(1_000)
    small, large = seconds(4_000), seconds(80_000)
    assert large < 60 * small

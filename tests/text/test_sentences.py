"""Where sentences end."""

from __future__ import annotations

import itertools

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


@given(st.text(alphabet=st.sampled_from("ab .\n\r\t# -"), max_size=200))
def test_paragraphs_are_trimmed_ordered_and_complete(text: str) -> None:
    spans = paragraphs(text)
    assert all(span.of(text).strip() == span.of(text) != "" for span in spans)
    assert all(one.end <= other.start for one, other in itertools.pairwise(spans))
    kept = "".join(span.of(text) for span in spans)
    assert "".join(kept.split()) == "".join(text.split())

"""Rows of published stories, short enough for a small window (tests/benchmarks/experts)."""

from __future__ import annotations

from cqa_desktop.annotations.types import Annotation, Annotator, Judgment
from tests.benchmarks.experts.rows import EXPLAINED, story_rows

STORY = "\n\n".join(f"Paragraph {number} says {'word ' * 40}and stops at {number}." for number in range(12))


def judgment(quote: str | None, **about: str) -> Judgment:
    values = {"dimension": "craft", "constraint": "lexis", "verdict": "fails", "reasoning": "Because.", **about}
    return Judgment(quote=quote, **values)  # type: ignore[arg-type]


def story(*judgments: Judgment) -> Annotation:
    return Annotation(
        id="ttcw-3_Model-1", passage=STORY, source="test", licence="BSD-3-Clause", language="en",
        annotators=(Annotator(role="expert", name="A"),), judgments=judgments,
    )  # fmt: skip


def test_a_quote_makes_a_row_of_its_paragraph_after_what_stands_before() -> None:
    (row,) = story_rows(story(judgment("stops at 7")))
    assert row.passage.startswith("Paragraph 7")
    assert "\n" not in row.passage
    assert row.judgments[0].quote in row.passage
    assert row.context.endswith("stops at 6.")
    assert row.context.count("Paragraph") == 1


def test_judgments_of_the_whole_go_with_the_opening_if_they_are_about_words_or_thought() -> None:
    rows = story_rows(story(judgment(None), judgment(None, constraint="mythos"), judgment(None, constraint="dianoia")))
    assert len(rows) == 1
    assert [one.constraint for one in rows[0].judgments] == ["lexis", "dianoia"]
    assert STORY.startswith(rows[0].passage)
    assert len(rows[0].passage.split()) < 160


def test_a_quote_over_two_paragraphs_is_none() -> None:
    (row,) = story_rows(story(judgment("stops at 2.\n\nParagraph 3")))
    assert row.id.endswith("-opening")
    assert row.judgments[0].quote is None


def test_many_judgments_are_dealt_to_several_rows() -> None:
    rows = story_rows(story(*[judgment("stops at 7")] * (EXPLAINED + 1)))
    assert [len(one.judgments) for one in rows] == [EXPLAINED, 1]
    assert len({one.id for one in rows}) == 2

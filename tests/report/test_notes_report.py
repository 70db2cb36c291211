"""Notes leave the app as text that others can read."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

from cqa_desktop.annotations.critique import Figure, Point
from cqa_desktop.documents.notes import Note, Reading
from cqa_desktop.report.notes import figure_words, html_notes, markdown_notes, note_markdown

POINT = Point(
    start=30,
    end=50,
    quote="The *zinc* bishop\n<b>sang</b>.",
    dimension="craft",
    constraint="lexis",
    verdict="fails",
    reasoning="# Nothing prepares for it.",
    counterfactual="A bishop of flesh.",
    suggestion="Who saw it?",
    figures=(Figure("In context", 12.25, "bits"), Figure("Share", 40, "%"), Figure("Run", 4, "")),
)
NOTE = Note(id="a", point=POINT, critic="measured", model="CQA reference")


def early(**changes: Any) -> Note:
    point = Point(start=2, end=4, quote="Ada", dimension="audience", verdict="works", reasoning="It is plain.")
    return replace(Note(id="b", point=point, critic="model", model="Big_Model"), **changes)


class Shape(HTMLParser):
    """What opens must close, and nothing is fetched."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.words = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not {"src", "href"} & {name for name, _ in attrs}
        self.seen.append(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def test_a_note_as_markdown() -> None:
    assert note_markdown(NOTE) == (
        "**Falls short** (Craft, style)\n\n"
        "> The \\*zinc\\* bishop\n> \\<b\\>sang\\</b\\>.\n\n"
        "\\# Nothing prepares for it.\n\n"
        "Another choice: A bishop of flesh.\n\n"
        "To consider: Who saw it?"
    )


def test_notes_are_grouped_pinned_first_then_by_place() -> None:
    text = markdown_notes("ferry.md", [NOTE, early(), early(id="c", state="accepted"), replace(NOTE, pinned=True)])
    assert text.startswith("# Notes on ferry.md\n\n## Open\n\n**Falls short**")
    assert text.index("**Works**") < text.rindex("**Falls short**") < text.index("## Accepted")
    assert "Dismissed" not in text
    assert "*Written from the measure, by CQA reference.*" in text
    assert "*Written by Big\\_Model.*" in text


def test_a_changed_note_says_before_and_now() -> None:
    changed = replace(NOTE, changed=True, now="The bishop\nsang.", before=Reading(9, 8, "m"), after=Reading(7, 5, "m"))
    text = note_markdown(changed)
    assert "*You changed this.* Now: The bishop sang." in text
    assert (
        "Before: 9.0 bits a word on its own, 8.0 with all that came before. "
        "Now: 7.0 bits a word on its own, 5.0 with all that came before." in text
    )
    other_model = replace(changed, after=Reading(7, 5, "n"))
    assert "Before" not in note_markdown(other_model)
    assert "Before" not in Shape(html_notes("x", [other_model])).words
    assert "Now: 7.0 bits a word" in Shape(html_notes("x", [changed])).words


def test_the_page_holds_everything_and_needs_nothing() -> None:
    page = html_notes("a <b> & c", [NOTE, early(state="dismissed", pinned=True)])
    shape = Shape(page)
    assert shape.open == []
    assert "b" in shape.seen
    assert shape.seen.count("article") == 2
    for words in ("a <b> & c", "<b>sang</b>", "Falls short", "12.2 bits", "40%", "A bishop of flesh.", "pinned"):
        assert words in shape.words


def test_no_notes_say_so() -> None:
    assert "There are none." in markdown_notes("x", [])
    assert "There are none." in html_notes("x", [])


def test_odd_characters_do_not_break_the_page() -> None:
    odd = replace(NOTE, point=Point(start=0, end=1, quote="\0", dimension="craft", verdict="asks", reasoning="‮x"))
    assert "\0" not in html_notes("x", [odd])


def test_figures_have_their_units() -> None:
    assert [figure_words(one) for one in POINT.figures] == ["12.2 bits", "40%", "4"]

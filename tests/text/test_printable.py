"""What is printed steers nothing."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from cqa_desktop.text.printable import printable, printable_line


def test_controls_are_seen_and_steer_nothing() -> None:
    assert printable("\x1b[31mred\x1b[0m\x07 \x00 \x7f \x9b2J") == "␛[31mred␛[0m␇ ␀ ␡ �2J"
    assert printable_line("two\nlines\u2028 \u202eturned\u202c") == "two␊lines  turned"
    assert printable("a\tb\r\nc “é” 😀 שלום") == "a\tb\r\nc “é” 😀 שלום"


@given(st.text(st.characters()))
def test_any_text_can_be_written_and_keeps_its_length(text: str) -> None:
    found = printable(text)
    assert len(found) == len(text)
    found.encode("utf-8")
    line = printable_line(text)
    assert not any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in line)

"""Every problem of one row, told so that its writer can mend it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cqa_desktop.annotations.types import CONSTRAINTS, DIMENSIONS, EXPERT, ROLES, SCHEMA, VERDICTS

REQUIRED: Final = ("schema", "id", "passage", "source", "licence", "language", "annotators", "judgments")
OPTIONAL: Final = ("context", "brief", "dialogue")
JUDGMENT_REQUIRED: Final = ("quote", "dimension", "constraint", "verdict", "reasoning")
JUDGMENT_OPTIONAL: Final = ("counterfactual", "suggestion")
BRIEF_FIELDS: Final = ("intent", "audience", "reality")
SURROGATE: Final = "half of a surrogate pair"
"""What a problem says of text that no tokenizer takes."""
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_SHOWN: Final = 60
"""Characters of a quote that a message repeats."""
_CLOSE: Final = 0.75
"""A stretch of the passage this much like a quote is named as what was meant."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a row."""

    field: str
    """Where, as `judgments[1].quote`."""
    problem: str
    fix: str

    def __str__(self) -> str:
        return f"{self.field}: {self.problem} - {self.fix}"


def problems(row: object) -> list[Problem]:
    """What keeps `row`, one decoded line, from being an annotation; empty if nothing does."""
    return list(_row(row))


def brief_problems(brief: object) -> list[Problem]:
    """What keeps `brief`, decoded, from being one."""
    return list(_brief(brief))


def _row(row: object) -> Iterator[Problem]:
    if not isinstance(row, dict):
        yield Problem("row", "is not a JSON object", "write {...} with the fields of an annotation")
        return
    yield from _keys(row, "", REQUIRED, OPTIONAL)
    if "schema" in row and (row["schema"] != SCHEMA or type(row["schema"]) is not int):
        yield Problem("schema", f"is {_show(row['schema'])}", f"this version reads schema {SCHEMA}")
    for name in ("id", "passage", "source", "licence"):
        if name in row:
            yield from _text(row[name], name)
    if "language" in row and not (isinstance(row["language"], str) and _LANGUAGE.fullmatch(row["language"])):
        yield Problem("language", f"is {_show(row['language'])}", "write a language tag such as en or pt-BR")
    yield from _string(row.get("context", ""), "context", fix="write the draft before the passage, or leave it out")
    yield from _brief(row.get("brief", {}))
    if "annotators" in row:
        yield from _annotators(row["annotators"])
    yield from _dialogue(row.get("dialogue", []))
    if "judgments" in row:
        passage = row.get("passage")
        yield from _judgments(row["judgments"], passage if isinstance(passage, str) else None)


def _keys(row: Mapping[str, Any], prefix: str, required: Sequence[str], optional: Sequence[str]) -> Iterator[Problem]:
    known = (*required, *optional)
    for name in required:
        if name not in row:
            yield Problem(f"{prefix}{name}", "is missing", "add it")
    for name in row:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            fix = f"did you mean '{near[0]}'?" if near else f"known fields: {', '.join(known)}"
            yield Problem(f"{prefix}{_cut(printable(name))}", "is not a field of the schema", fix)


def _text(value: object, field: str, *, fix: str = "write it") -> Iterator[Problem]:
    if not isinstance(value, str):
        yield Problem(field, f"is {_show(value)}, not text", fix)
    elif not value.strip():
        yield Problem(field, "is empty", fix)
    else:
        yield from _string(value, field, fix=fix)


def _string(value: object, field: str, *, fix: str) -> Iterator[Problem]:
    """Text that may be empty."""
    if not isinstance(value, str):
        yield Problem(field, "is not text", fix)
    elif any("\ud800" <= character <= "\udfff" for character in value):
        yield Problem(field, f"holds {SURROGATE}", "write the character whole")


def _choice(value: object, field: str, choices: Sequence[str]) -> Iterator[Problem]:
    if value in choices and isinstance(value, str):
        return
    near = difflib.get_close_matches(value.lower(), choices, n=1) if isinstance(value, str) else []
    hint = f"did you mean '{near[0]}'?" if near else f"use one of {', '.join(choices)}"
    yield Problem(field, f"unknown {field.rpartition('.')[2]} {_show(value)}", hint)


def _brief(brief: object) -> Iterator[Problem]:
    if not isinstance(brief, dict):
        yield Problem("brief", "is not an object", "write {intent, audience, reality}")
        return
    yield from _keys(brief, "brief.", (), BRIEF_FIELDS)
    for name in BRIEF_FIELDS:
        yield from _string(brief.get(name, ""), f"brief.{name}", fix="write a sentence, or leave it out")


def _annotators(annotators: object) -> Iterator[Problem]:
    if not isinstance(annotators, list) or not annotators:
        yield Problem("annotators", "names nobody", 'write [{"role": "expert", "name": ...}, ...]')
        return
    for index, one in enumerate(annotators):
        field = f"annotators[{index}]"
        if not isinstance(one, dict):
            yield Problem(field, "is not an object", "write {role, name}")
            continue
        yield from _keys(one, f"{field}.", ("role", "name"), ())
        if "role" in one:
            yield from _choice(one["role"], f"{field}.role", ROLES)
        if "name" in one:
            yield from _text(one["name"], f"{field}.name", fix="write a name or a pseudonym")
    if not any(isinstance(one, dict) and one.get("role") == EXPERT for one in annotators):
        yield Problem("annotators", "has no expert", "name whose judgments these are, with the role 'expert'")


def _dialogue(dialogue: object) -> Iterator[Problem]:
    if not isinstance(dialogue, list):
        yield Problem("dialogue", "is not a list", "write [{role, text}, ...], or leave it out")
        return
    for index, turn in enumerate(dialogue):
        field = f"dialogue[{index}]"
        if not isinstance(turn, dict):
            yield Problem(field, "is not an object", "write {role, text}")
            continue
        yield from _keys(turn, f"{field}.", ("role", "text"), ())
        if "role" in turn:
            yield from _choice(turn["role"], f"{field}.role", ROLES)
        if "text" in turn:
            yield from _text(turn["text"], f"{field}.text", fix="write what was said, or remove the turn")


def _judgments(judgments: object, passage: str | None) -> Iterator[Problem]:
    if not isinstance(judgments, list) or not judgments:
        yield Problem("judgments", "holds no judgment", "write at least one")
        return
    for index, one in enumerate(judgments):
        field = f"judgments[{index}]"
        if not isinstance(one, dict):
            yield Problem(field, "is not an object", f"write {{{', '.join(JUDGMENT_REQUIRED)}, ...}}")
            continue
        yield from _keys(one, f"{field}.", JUDGMENT_REQUIRED, JUDGMENT_OPTIONAL)
        for name, choices in (("dimension", DIMENSIONS), ("constraint", CONSTRAINTS), ("verdict", VERDICTS)):
            if name in one:
                yield from _choice(one[name], f"{field}.{name}", choices)
        if "reasoning" in one:
            yield from _text(one["reasoning"], f"{field}.reasoning", fix="write why, in the expert's own words")
        for name in JUDGMENT_OPTIONAL:
            yield from _string(one.get(name, ""), f"{field}.{name}", fix="write a sentence, or leave it out")
        if one.get("quote") is not None:
            yield from _quote(one["quote"], f"{field}.quote", passage)


def _quote(quote: object, field: str, passage: str | None) -> Iterator[Problem]:
    fix = "copy the words that are judged from the passage, or write null to judge the passage as a whole"
    found = list(_text(quote, field, fix=fix))
    yield from found
    if found or passage is None or not isinstance(quote, str) or quote in passage:
        return
    near = _nearest(quote, passage)
    yield Problem(field, f"{_show(quote)} is not in the passage", f"did you mean {_show(near)}?" if near else fix)


def _nearest(quote: str, passage: str) -> str:
    """The stretch of the passage most like the quote, from word to word; empty if none is like it."""
    starts = [match.start() for match in re.finditer(r"\S+", passage)]
    ends = [match.end() for match in re.finditer(r"\S+", passage)]
    size = len(quote.split())
    matcher = difflib.SequenceMatcher(b=quote, autojunk=False)
    best, ratio = "", _CLOSE
    for first in range(len(starts)):
        for last in range(max(first, first + size - 2), min(len(ends), first + size + 1)):
            stretch = passage[starts[first] : ends[last]]
            matcher.set_seq1(stretch)
            if matcher.real_quick_ratio() > ratio and matcher.quick_ratio() > ratio and matcher.ratio() > ratio:
                best, ratio = stretch, matcher.ratio()
    return best


def printable(text: str) -> str:
    """A text that stays on its line wherever it is printed: breaks, control characters and odd spaces as escapes."""
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)


def _show(value: object) -> str:
    if isinstance(value, str):
        return f"'{_cut(printable(value[: _SHOWN + 1]))}'"
    return _cut(repr(value))


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"

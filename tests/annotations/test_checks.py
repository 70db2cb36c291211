"""Every problem of a row is told, with where and how to mend it; the JSON Schema agrees."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from rows import ROW, judgment, row

from cqa_desktop.annotations.checks import problems
from cqa_desktop.annotations.jsonl import AnnotationError, dumps, load, read_rows, write
from cqa_desktop.resources import resource

SCHEMA = json.loads(resource("schemas", "annotation.schema.json").read_text(encoding="utf-8"))

BAD: list[tuple[dict[str, Any], str, str]] = [
    (row(id=None), "id", "is missing"),
    (row(id="  "), "id", "is empty"),
    (row(id=7), "id", "not text"),
    (row(schema=2), "schema", "reads schema 1"),
    (row(schema=True), "schema", "reads schema 1"),
    (row(language="English"), "language", "language tag"),
    (row(context=3), "context", "not text"),
    (row(licence=None), "licence", "is missing"),
    (row(passages="x"), "passages", "did you mean 'passage'?"),
    (row(brief=["x"]), "brief", "not an object"),
    (row(brief={"audiance": "x"}), "brief.audiance", "did you mean 'audience'?"),
    (row(brief={"reality": 1}), "brief.reality", "not text"),
    (row(annotators=[]), "annotators", "names nobody"),
    (row(annotators=[{"role": "engineer", "name": "B"}]), "annotators", "has no expert"),
    (row(annotators=[{"role": "expert", "name": ""}]), "annotators[0].name", "is empty"),
    (row(dialogue=[{"role": "editor", "text": "x"}]), "dialogue[0].role", "use one of"),
    (row(dialogue=[{"role": "expert", "text": " "}]), "dialogue[0].text", "is empty"),
    (row(dialogue="x"), "dialogue", "not a list"),
    (row(judgments=[]), "judgments", "holds no judgment"),
    (row(judgments=["x"]), "judgments[0]", "not an object"),
    (judgment(dimension="style"), "judgments[0].dimension", "unknown dimension 'style'"),
    (judgment(dimension="Audience"), "judgments[0].dimension", "did you mean 'audience'?"),
    (judgment(constraint=["ethos"]), "judgments[0].constraint", "unknown constraint"),
    (judgment(verdict="fine"), "judgments[0].verdict", "works, fails"),
    (judgment(reasoning=" \n"), "judgments[0].reasoning", "is empty"),
    (judgment(1, suggestion=None), "judgments[1].suggestion", "not text"),
    (judgment(reasonning="x"), "judgments[0].reasonning", "did you mean 'reasoning'?"),
    (judgment(quote=""), "judgments[0].quote", "is empty"),
]


def test_a_good_row_has_no_problem() -> None:
    assert problems(ROW) == []
    assert problems(row(brief=None, context=None, dialogue=None)) == []
    assert problems(judgment(quote=None)) == []  # of the passage as a whole
    assert problems(row(annotators=[{"role": "expert", "name": "alone"}])) == []


@pytest.mark.parametrize(("bad", "field", "says"), BAD)
def test_a_problem_says_where_and_what(bad: dict[str, Any], field: str, says: str) -> None:
    found = problems(bad)
    assert [one.field for one in found] == [field]
    assert says in str(found[0])
    assert " - " in str(found[0])


@pytest.mark.parametrize(("bad", "field", "says"), BAD)
def test_the_schema_refuses_the_same(bad: dict[str, Any], field: str, says: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(bad, SCHEMA)


def test_the_schema_takes_what_is_good() -> None:
    for good in (ROW, row(brief=None, context=None, dialogue=None), judgment(quote=None)):
        jsonschema.validate(good, SCHEMA)


def test_a_quote_that_is_not_there_names_what_is_like_it() -> None:
    found = problems(judgment(quote="the dog sat  up"))
    assert found[0].field == "judgments[0].quote"
    assert "did you mean 'the dog sat'?" in str(found[0])
    far = problems(judgment(quote="something else altogether"))
    assert "copy the words" in str(far[0])


def test_all_problems_are_told_at_once() -> None:
    bad = copy.deepcopy(ROW)
    bad["judgments"][0] |= {"dimension": "x", "reasoning": ""}
    bad["judgments"][1] |= {"quote": "not here at all"}
    bad["licence"] = ""
    assert {one.field for one in problems(bad)} == {
        "licence",
        "judgments[0].dimension",
        "judgments[0].reasoning",
        "judgments[1].quote",
    }


@pytest.mark.parametrize(
    "bad",
    [row(context="\ud800"), row(brief={"reality": "\udfff"}), judgment(suggestion="\ud83d"), row(id="\ud83d")],
)
def test_half_a_character_is_a_problem_wherever_it_stands(bad: dict[str, Any]) -> None:
    assert ["surrogate" in one.problem for one in problems(bad)] == [True]


def test_the_version_is_a_whole_number() -> None:
    assert [one.field for one in problems(row(schema=1.0))] == ["schema"]  # JSON Schema takes it for 1


@pytest.mark.parametrize("odd", [None, 1, "x", [], [ROW], True])
def test_what_is_no_object_is_said(odd: object) -> None:
    assert "not a JSON object" in str(problems(odd)[0])


def test_a_file_tells_lines_repeats_and_what_is_no_json(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    lines = [json.dumps(ROW), "", "{not json", json.dumps(ROW), '{"id": "x", "id": "y"}', "[" * 100_000]
    path.write_text("\n".join(lines), encoding="utf-8")
    rows = read_rows(path)
    assert [one.line for one in rows] == [1, 3, 4, 5, 6]
    said = [str(one.problems[0]) if one.problems else "" for one in rows]
    assert said[0] == ""
    assert "is not JSON" in said[1]
    assert "was used on line 1" in said[2]
    assert "stands twice" in said[3]
    assert "row" in said[4]
    with pytest.raises(AnnotationError, match=r"a\.jsonl:3: row: .* \(and 3 more"):
        load(path)


def test_what_is_no_file_of_annotations_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with pytest.raises(AnnotationError, match="cannot be read"):
        load(path)
    path.write_bytes(b"caf\xe9")
    with pytest.raises(AnnotationError, match=r"a\.jsonl:1: row: is not UTF-8"):
        load(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(AnnotationError, match="UTF-8"):
        load(path)
    path.write_text("\n \n", encoding="utf-8")
    with pytest.raises(AnnotationError, match="holds no annotations"):
        load(path)
    with pytest.raises(AnnotationError, match="cannot be read"):
        load(tmp_path)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    odd = row(passage="A\u2028B \u0085 the dog sat down “Leave it,” said Mara")
    path.write_text("\ufeff" + json.dumps(odd, ensure_ascii=False) + "\r\n", encoding="utf-8")
    annotations = load(path)
    write(tmp_path / "b.jsonl", annotations)
    assert load(tmp_path / "b.jsonl") == annotations
    assert not list(tmp_path.glob("*.part"))
    assert json.loads(dumps(annotations[0])) == odd

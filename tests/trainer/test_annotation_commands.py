"""`cqa-train check`, `audit` and `import`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from bases import annotations

from cqa_desktop.annotations.jsonl import load
from cqa_desktop.resources import resource
from trainer.cli import main

STARTER = resource("annotations", "starter.jsonl")


def test_a_good_file_has_no_problems(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(annotations(tmp_path / "a.jsonl"))]) == 0
    assert "no problems" in capsys.readouterr().out
    assert main(["check", str(STARTER), "--dialogue", "--context", "2048"]) == 0


def test_every_problem_is_told_in_one_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = annotations(tmp_path / "a.jsonl")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    rows[1]["id"] = "a0"
    rows[2]["judgments"][0] |= {"quote": "was awake at last", "reasoning": "", "dimension": "theme"}
    literary = resource("pairs", "literary.jsonl").read_text(encoding="utf-8")
    rows[3]["passage"] = json.loads(literary.split("\n")[0])["good"]
    path.write_text("\n".join(map(json.dumps, rows)) + "\n{oops\n", encoding="utf-8")
    absent = tmp_path / "absent.jsonl"
    assert main(["check", str(path), str(absent)]) == 2
    out = capsys.readouterr().out.splitlines()
    begins = [f"{path}:2: id:", f"{path}:3: judgments[0].dimension:", f"{path}:3: judgments[0].reasoning:"]
    begins += [f"{path}:3: judgments[0].quote:", f"{path}:4: judgments[0].quote:", f"{path}:4: passage:"]
    begins += [f"{path}:5: row:", f"{absent}:1: file: cannot be read"]
    assert len(out) == len(begins)
    for line, begin in zip(out, begins, strict=True):
        assert line.startswith(begin)
        assert " - " in line
    assert "evaluation pair literary.jsonl:1 (lit-01)" in out[5]


def test_rows_too_long_for_the_base_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = annotations(tmp_path / "a.jsonl", 1)
    assert main(["check", str(path), "--context", "64"]) == 2
    assert "tokens, and reference reads 64" in capsys.readouterr().out
    assert main(["check", str(path), "--context", "5"]) == 2
    assert "at least 16" in capsys.readouterr().err
    assert main(["check", str(path), "--base", str(tmp_path / "none")]) == 2
    assert "no such folder" in capsys.readouterr().err


def test_a_file_is_checked_to_its_end_whatever_is_in_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, empty = annotations(tmp_path / "a.jsonl"), tmp_path / "empty.jsonl"
    empty.write_bytes(b"")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    rows[0] |= {"schema": 1.0}
    rows[1]["judgments"][0]["counterfactual"] = "\ud83d"
    rows[2]["judgments"][0]["quote"] = "two\nlines"
    rows[2]["\x1b[31m"] = 1
    rows[3]["passage"] = "word " * 2000
    rows[3]["judgments"][0] |= {"quote": None, "dimension": "theme", "verdict": None}
    lines = [b'{"id": "caf\xe9"}', *(json.dumps(one).encode() for one in rows), b'{"id": ' + b"9" * 5000 + b"}"]
    path.write_bytes(b"\xef\xbb\xbf" + b"\r\n".join(lines))
    assert main(["check", str(path), str(empty)]) == 2
    out = capsys.readouterr().out.splitlines()
    fields = ["1: row", "2: schema", "3: judgments[0].counterfactual", "4: \\x1b[31m", "4: judgments[0].quote"]
    fields += ["5: judgments[0].dimension", "5: judgments[0].verdict", "5: row", "6: row"]
    begins = [*(f"{path}:{one}: " for one in fields), f"{empty}:1: file: "]
    assert [line[: len(begin)] for line, begin in zip(out, begins, strict=True)] == begins
    assert all(" - " in line and line.isprintable() for line in out)
    assert "'two\\nlines' is not in the passage" in out[4]
    assert "reference reads 1024" in out[7]  # told beside the words that the schema does not have


def test_a_reader_that_has_enough_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("{bad\n" * 5000, encoding="utf-8")
    command = [sys.executable, "-m", "trainer.cli", "check", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(str(path).encode())
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 0


def test_a_terminal_that_cannot_say_a_letter_gets_the_rest(tmp_path: Path) -> None:
    path = annotations(tmp_path / "a.jsonl", 1, id="caf\u00e9")
    path.write_text(path.read_text(encoding="utf-8") * 2, encoding="utf-8")
    command = [sys.executable, "-m", "trainer.cli", "check", str(path)]
    done = subprocess.run(command, env=os.environ | {"PYTHONIOENCODING": "ascii"}, capture_output=True, check=False)
    assert done.returncode == 2
    assert b"'caf?' was used on line 1" in done.stdout


def test_the_count_is_what_training_encodes(tmp_path: Path) -> None:
    from trainer.annotations.lengths import limits_of
    from trainer.bases import resolve_base
    from trainer.fit.encode import Encoder

    annotation = load(STARTER)[0]
    base = resolve_base("reference")
    encoder = Encoder(base.folder, prompt_format="prose-1", chat=False, context=1024, dialogue=False)
    example = encoder.encode(annotation)
    with limits_of("reference", None, None, dialogue=False) as limits:
        assert example is not None
        assert limits.count(annotation) == len(example.ids)
    with limits_of(str(base.folder), None, "prose-1", dialogue=False) as limits:
        assert limits.count(annotation) == len(example.ids)
        assert limits.window == 1024


def test_pairs_that_cannot_be_read_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = annotations(tmp_path / "a.jsonl", 1)
    assert main(["check", str(path), "--pairs", str(tmp_path / "x.jsonl")]) == 2
    assert "x.jsonl: cannot be read" in capsys.readouterr().err
    assert main(["check", str(path), "--pairs"]) == 0  # against none


def test_audit_as_text_json_and_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "deep" / "audit.html"
    assert main(["audit", str(annotations(tmp_path / "a.jsonl")), "--html", str(page)]) == 0
    out = capsys.readouterr().out
    assert "4 annotations of 4 passages, 4 judgments" in out
    assert "audience: 0 of 4; write about 30 more" in out
    text = page.read_text(encoding="utf-8")
    assert "audience: 0 of 4" in text
    assert "http" not in text.replace("http-equiv", "")
    assert main(["audit", str(STARTER), str(tmp_path / "a.jsonl"), "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["judgments"] == len([j for one in load(STARTER) for j in one.judgments]) + 4
    assert record["cells"]["craft.lexis"] > 4
    assert main(["audit", str(tmp_path / "none.jsonl")]) == 2
    assert main(["audit", str(STARTER), "--html", str(STARTER / "x.html")]) == 2


def ttcw(folder: Path) -> Path:
    folder.mkdir()
    stories = [
        {"story_id": "0_A", "story_name": "One", "plot": "A thing happens.", "content": "It rained. He said little."},
        {"story_id": "0_B", "story_name": "Two", "plot": "x", "content": "https://example.com/story"},
    ]
    rows = [
        (1, 0, "Yes", 'It ends well with "He said little." in its place.'),
        (13, 0, "No", "No smells."),
        (11, 1, "no", "Nothing new."),
        (99, 1, "No", "?"),
        (2, 1, "Maybe", "?"),
        (2, 1, "No", " "),
    ]
    made = [
        {"story_id": "0_A", "expert_idx": e, "ttcw_idx": t, "binary_verdict": v, "explanation": x}
        for t, e, v, x in rows
    ]
    made.append({"story_id": "0_B", "expert_idx": 0, "ttcw_idx": 1, "binary_verdict": "Yes", "explanation": "Good."})
    (folder / "ttcw_short_stories.json").write_text(json.dumps(stories), encoding="utf-8")
    (folder / "ttcw_annotations.json").write_text(json.dumps(made), encoding="utf-8")
    return folder


def test_ttcw_as_published(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "ttcw.jsonl"
    assert main(["import", "ttcw", str(ttcw(tmp_path / "ttcw")), "--out", str(out)]) == 0
    err = capsys.readouterr().err
    for left in ("of stories that are only linked to", "of test 99", "without a verdict", "without an explanation"):
        assert f"left out: 1 judgments {left}" in err
    first, second = load(out)
    assert first.brief.intent == "A thing happens."
    assert [(j.dimension, j.constraint, j.verdict) for j in first.judgments] == [
        ("craft", "mythos", "works"),
        ("reality", "lexis", "fails"),
    ]
    assert first.judgments[0].quote == "He said little."
    assert first.judgments[1].quote is None
    assert [(j.dimension, j.constraint) for j in second.judgments] == [("audience", "dianoia")]
    assert main(["check", str(out), "--pairs"]) == 0


def lamp(path: Path) -> Path:
    edits = [
        ("Cliche", "a storm of anger", "shouting"),
        ("Unnecessary/ Redundant Exposition", "very, very", ""),
        ("Purple Prose (Unnecessary ornamental and overly verbose)", "not in it", "x"),
        ("Something New", "old", "y"),
    ]
    row = {
        "id": "w_1",
        "instruction": "Tell of the quarrel.",
        "preedit": "It was a storm of anger, very, very old.",
        "source": "gpt",
        "type": "Fiction",
        "fine_grained_edits": [{"categorization": c, "originalText": o, "editedText": e} for c, o, e in edits],
    }
    empty = {"id": "w_2", "preedit": "Nothing.", "fine_grained_edits": []}
    path.write_text(json.dumps([row, row, empty]), encoding="utf-8")
    return path


def test_lamp_as_published(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "lamp.jsonl"
    assert main(["import", "lamp", str(lamp(tmp_path / "lamp.json")), "--out", str(out)]) == 0
    err = capsys.readouterr().err
    assert "2 edits of the category 'Something New'" in err
    assert "2 edits whose words are not in the paragraph" in err
    assert "1 paragraphs without an edit" in err
    first, second = load(out)
    assert (first.id, second.id) == ("lamp-w_1", "lamp-w_1-2")
    assert [(j.dimension, j.constraint) for j in first.judgments] == [("craft", "lexis"), ("audience", "dianoia")]
    assert [j.suggestion for j in first.judgments] == ["shouting", "Cut it."]


def test_another_mapping_can_be_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mapping = tmp_path / "m.toml"
    mapping.write_text('[categories]\n"Cliche" = { dimension = "audience", constraint = "lexis" }\n', encoding="utf-8")
    out = tmp_path / "o.jsonl"
    source = str(lamp(tmp_path / "lamp.json"))
    assert main(["import", "lamp", source, "--out", str(out), "--mapping", str(mapping)]) == 0
    assert [j.dimension for j in load(out)[0].judgments] == ["audience"]
    mapping.write_text('[categories]\n"Cliche" = { dimension = "style", constraint = "lexis" }\n', encoding="utf-8")
    assert main(["import", "lamp", source, "--mapping", str(mapping)]) == 2
    assert "needs a dimension" in capsys.readouterr().err
    assert main(["import", "lamp", source, "--mapping", str(tmp_path / "none.toml")]) == 2


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '[{"id": 1}]', "[1]", "\xff", '["\\ud800"]', "9" * 5000])
def test_what_is_not_as_published_is_said(tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.json"
    path.write_text(content, encoding="latin-1")
    assert main(["import", "lamp", str(path), "--out", str(tmp_path / "o.jsonl")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert main(["import", "ttcw", str(path)]) == 2
    assert main(["import", "ttcw", str(tmp_path)]) == 2
    assert not (tmp_path / "o.jsonl").exists()

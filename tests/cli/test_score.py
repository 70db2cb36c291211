"""`cqa score` as a user runs it: in a process of its own, with the reference model."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import jsonschema
import psutil
import pytest

from cqa_desktop.resources import resource

FERRY = resource("samples", "ferry.md")
SCHEMA = json.loads(resource("schemas", "score.schema.json").read_text(encoding="utf-8"))


def cqa(*arguments: str | Path, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "cqa_desktop.cli", *map(str, arguments)],
        input=given,
        capture_output=True,
        timeout=120,
        check=False,
    )


def one_line(process: subprocess.CompletedProcess[bytes]) -> str:
    """The one line on standard error."""
    lines = process.stderr.decode().splitlines()
    assert len(lines) == 1, lines
    assert "Traceback" not in lines[0]
    return lines[0]


@pytest.fixture(scope="module")
def ferry(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    process = cqa("score", FERRY, "--json", "--tokens", "--words")
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout)


def test_json_fits_its_schema(ferry: dict[str, Any]) -> None:
    jsonschema.validate(ferry, SCHEMA)
    assert ferry["document"]["words"] > 1000


def test_offsets_count_in_the_text_as_given(ferry: dict[str, Any]) -> None:
    text = FERRY.read_text(encoding="utf-8")
    quotes = [text[one["start"] : one["end"]] for one in ferry["passages"]]
    assert "The zinc bishop photographed eleven parliaments of custard." in quotes
    for passage in ferry["passages"]:
        for mark in passage["marks"]:
            assert passage["start"] <= mark["start"] < mark["end"] <= passage["end"]
    assert text[ferry["tokens"][0]["start"] : ferry["tokens"][0]["end"]].strip()
    assert sum(one["tokens"] for one in ferry["passages"]) == len(ferry["tokens"])


def test_words_are_whole_and_their_tokens_are_found_again(ferry: dict[str, Any]) -> None:
    text = FERRY.read_text(encoding="utf-8")
    assert len(ferry["words"]) == ferry["document"]["words"]
    tokens = {token["start"]: token for token in ferry["tokens"]}
    for word in ferry["words"]:
        quoted = text[word["start"] : word["end"]]
        assert quoted[0].isalnum()
        assert quoted[-1].isalnum()
        own = [tokens[at]["surprisal"]["story"] for at in range(word["start"], word["end"]) if at in tokens]
        assert word["token_sum"]["story"] == pytest.approx(sum(own), abs=0.001)
    moved = [abs(word["surprisal"]["story"] - word["token_sum"]["story"]) for word in ferry["words"]]
    assert 0.01 < sum(moved) / len(moved) < 0.6


def test_passages_are_the_sums_of_their_tokens(ferry: dict[str, Any]) -> None:
    at = 0
    for passage in ferry["passages"]:
        own = ferry["tokens"][at : at + passage["tokens"]]
        at += passage["tokens"]
        for view in ("bare", "story", "brief"):
            assert sum(one["surprisal"][view] for one in own) == pytest.approx(passage["surprisal"][view], abs=0.02)
        information = passage["information"]
        assert information["story"] + information["brief"] == pytest.approx(information["total"], abs=1e-3)


def test_nonsense_is_unexplained_and_stock_is_predictable(ferry: dict[str, Any]) -> None:
    text = FERRY.read_text(encoding="utf-8")
    found = {text[one["start"] : one["end"]]: one["class"] for one in ferry["passages"]}
    assert found["The zinc bishop photographed eleven parliaments of custard."] == "unexplained"
    assert found["His eyes filled with tears and he took a deep breath."] == "predictable"
    assert ferry["document"]["shares"]["steady"] > 0.7


def test_each_field_of_the_brief_is_a_view_on_request() -> None:
    record = json.loads(cqa("score", FERRY, "--json", "--fields").stdout)
    jsonschema.validate(record, SCHEMA)
    assert set(record["passages"][0]["surprisal"]) == {"bare", "story", "brief", "intent", "audience", "reality"}
    assert any(one["surprisal"]["reality"] != one["surprisal"]["intent"] for one in record["passages"])


def test_without_a_brief_brief_equals_story() -> None:
    record = json.loads(cqa("score", FERRY, "--no-brief", "--json").stdout)
    assert all(one["surprisal"]["brief"] == one["surprisal"]["story"] for one in record["passages"])
    assert all(one["information"]["brief"] == 0 for one in record["passages"])


def test_windows_line_breaks_score_alike_and_offsets_stay_true(tmp_path: Path) -> None:
    unix = "The tide was out. Nobody came.\n\nThe lamp — no, the other lamp — went out 😀 at ten o'clock.\n"
    windows = unix.replace("\n", "\r\n")
    plain, given = tmp_path / "unix.txt", tmp_path / "windows.txt"
    plain.write_bytes(unix.encode())
    given.write_bytes(windows.encode())
    first, second = (json.loads(line) for line in cqa("score", plain, given, "--json").stdout.splitlines())
    assert [one["surprisal"] for one in first["passages"]] == [one["surprisal"] for one in second["passages"]]
    assert [windows[one["start"] : one["end"]] for one in second["passages"]] == [
        unix[one["start"] : one["end"]] for one in first["passages"]
    ]


def test_a_draft_in_another_language_is_told_and_not_marked() -> None:
    french = (
        "Le train s'arrêta en pleine campagne, et personne ne descendit. On entendait le vent dans les haies.".encode()
    )
    process = cqa("score", "-", "--json", given=french)
    assert process.returncode == 0
    assert "can only spell this draft" in one_line(process)
    record = json.loads(process.stdout)
    jsonschema.validate(record, SCHEMA)
    assert [(one["class"], one["marks"], one["readable"]) for one in record["passages"]] == [("steady", [], False)] * 2


def test_text_shows_marks_with_lines_and_a_summary() -> None:
    process = cqa("score", FERRY)
    out = process.stdout.decode()
    assert process.returncode == 0
    assert process.stderr == b""
    lines = out.splitlines()
    at = next(i for i, line in enumerate(lines) if "zinc bishop" in line)
    number = int(lines[at].split()[1])
    assert "bishop" in FERRY.read_text(encoding="utf-8").splitlines()[number - 1]
    assert "more surprising than" in lines[at + 1]
    assert "bits a word" in out
    assert "steady" in out


def test_html_is_one_page_that_needs_nothing_else(tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    assert cqa("score", FERRY, "--html", out).returncode == 0
    page = out.read_text(encoding="utf-8")
    assert '<a class="mark unexplained"' in page
    assert "<polyline" in page
    assert "http" not in page.replace("http-equiv", "")


def test_rows_come_back_in_order_and_a_bad_one_stops_nothing(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    lines = [
        json.dumps({"id": "a", "text": "The ferry did not come that night.", "context": "They waited on the quay."}),
        "{not json",
        json.dumps({"id": "c"}),
        json.dumps({"id": "d", "text": "He rang the bell.", "brief": {"intention": "x"}}),
        "",
        json.dumps(
            {"id": 5, "text": "He rang the bell twice, and waited.", "brief": {"reality": "A post with a bell."}}
        ),
    ]
    rows.write_text("\n".join(lines), encoding="utf-8")
    process = cqa("score", "--jsonl", rows, "--json")
    records = [json.loads(line) for line in process.stdout.splitlines()]
    assert process.returncode == 1
    assert [one["id"] for one in records] == ["a", 5]
    for record in records:
        jsonschema.validate(record, SCHEMA)
    said = process.stderr.decode().splitlines()
    assert [line.split(":")[2] for line in said] == ["2", "3", "4"]
    assert "did you mean 'intent'" in said[2]
    assert records[1]["passages"][0]["information"]["brief"] != 0


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.txt", b"", "empty"),
        ("blank.txt", b" \n\n ", "empty"),
        ("damaged.txt", b"\xff\xfeA", "damaged"),
        ("program.txt", bytes(range(256)) * 64, "not a text file"),
    ],
)
def test_a_bad_file_is_one_line_and_code_2(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    process = cqa("score", file)
    assert process.returncode == 2
    assert says in one_line(process)
    assert name in one_line(process)


def test_other_mistakes_are_one_line_and_code_2(tmp_path: Path) -> None:
    text_model = tmp_path / "model.gguf"
    text_model.write_text("not a model")
    bad_brief = tmp_path / "brief.toml"
    bad_brief.write_text("intnet = 'x'")
    for arguments, says in [
        (("score", tmp_path), "folder"),
        (("score", tmp_path / "absent.txt"), "no such file"),
        (("score", FERRY, "--model", text_model), "model.gguf"),
        (("score", FERRY, "--brief", bad_brief), "did you mean 'intent'"),
        (("score", FERRY, "--html", tmp_path / "no" / "page.html"), "no such folder"),
        (("score",), "name the files"),
        (("score", "--jsonl", FERRY), "--json"),
    ]:
        process = cqa(*arguments)
        assert process.returncode == 2, arguments
        assert says in one_line(process), arguments


def test_a_bad_file_does_not_stop_the_others(tmp_path: Path) -> None:
    process = cqa("score", tmp_path / "absent.txt", FERRY, "--json")
    assert process.returncode == 2
    assert json.loads(process.stdout)["document"]["words"] > 1000


@pytest.mark.parametrize(
    "text",
    [
        "שלום לכם, hello, مرحبا بالعالم and 日本語のテキスト in one line of text.",
        "👩‍👩‍👧‍👦 e\u0301a\u0308o\u0302 🏳️‍🌈 and so the story of the emoji went on and on.",
        "no stops at all " * 300,
        "Odd \0 characters \x01 stand in this sentence, and it is read.",
        "a" * 10_000,
    ],
    ids=["directions", "emoji", "no stops", "controls", "one word"],
)
def test_odd_texts_are_scored(tmp_path: Path, text: str) -> None:
    file = tmp_path / "odd.txt"
    file.write_bytes(text.encode())
    process = cqa("score", file, "--json")
    assert process.returncode == 0, process.stderr
    record = json.loads(process.stdout)
    jsonschema.validate(record, SCHEMA)
    assert record["passages"][-1]["end"] <= len(text)


def test_odd_bytes_and_utf16(tmp_path: Path) -> None:
    latin, wide = tmp_path / "latin.txt", tmp_path / "wide.txt"
    latin.write_bytes("The café closed at ten, and nobody minded.".encode("cp1252"))
    wide.write_bytes("The café closed at ten, and nobody minded.".encode("utf-16"))
    process = cqa("score", latin, wide, "--json")
    first, second = (json.loads(line) for line in process.stdout.splitlines())
    assert first["passages"] == second["passages"]
    assert "Windows-1252" in one_line(process)


def test_standard_input_and_a_closed_pipe() -> None:
    process = cqa("score", "-", "--json", given=b"The ferry was late, and nobody knew why.")
    assert json.loads(process.stdout)["document"]["words"] == 8
    shell = f"{sys.executable} -m cqa_desktop.cli score {FERRY} | head -1"
    piped = subprocess.run(["bash", "-c", shell], capture_output=True, timeout=60, check=False)
    assert piped.stderr == b""


def test_interrupt_stops_within_a_second_and_leaves_nothing(tmp_path: Path) -> None:
    long = tmp_path / "long.txt"
    prose = resource("prose", "joseph-conrad_the-secret-agent.txt").read_text(encoding="utf-8")
    long.write_text("\n\n".join(f"{number}. {prose}" for number in range(12)), encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "cqa_desktop.cli", "score", str(long)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    own = psutil.Process(process.pid)
    deadline = time.monotonic() + 60
    while own.cpu_times().user < 3 and time.monotonic() < deadline:  # it is well inside the scoring by then
        time.sleep(0.05)
    assert process.poll() is None
    os.kill(process.pid, signal.SIGINT)
    began = time.monotonic()
    out, err = process.communicate(timeout=30)
    assert time.monotonic() - began < 1.0
    assert process.returncode == 130
    assert err.decode().splitlines() == ["cqa: stopped"]
    assert out == b""

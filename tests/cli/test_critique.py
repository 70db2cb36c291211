"""`cqa critique`: what is written about, the three shapes, mistakes, and Ctrl-C."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "critique"))

from chat_gguf import chat_model
from scripted import point, script

from cqa_desktop.annotations.critique import Ending
from cqa_desktop.cli import main
from cqa_desktop.report.critiques import Critique, CritiqueText, ending_words
from cqa_desktop.resources import resource

SCHEMA = json.loads(resource("schemas", "critique.schema.json").read_text(encoding="utf-8"))
DRAFT = (
    "The rain had stopped by noon, and Ada counted the pennies twice.\r\n\r\n"
    "“No charge,” she said.\r\nThe bishop photographed eleven parliaments of custard. Then she went in.\r\n\r\n"
    "* * *\r\n"
)


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return chat_model(tmp_path_factory.mktemp("chat"))


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    path = tmp_path / "draft.txt"
    path.write_bytes(DRAFT.encode())
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    code = main(["critique", *map(str, arguments)])
    said = capsys.readouterr()
    return code, said.out, said.err


def record(out: str) -> dict[str, Any]:
    assert len(out.splitlines()) == 1
    found: dict[str, Any] = json.loads(out)
    jsonschema.validate(found, SCHEMA)
    return found


# --- the measured critic --------------------------------------------------------------------------------------------


def test_json_fits_its_schema_and_quotes_the_draft_as_given(draft: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, draft, "--passage", "3", "--json")
    assert (code, err) == (0, "")
    found = record(out)["critiques"]
    assert [one["passage"] for one in found] == [3]
    assert DRAFT[found[0]["start"] : found[0]["end"]] == "The bishop photographed eleven parliaments of custard."
    assert (found[0]["critic"], found[0]["prompt"], found[0]["stopped"]) == ("measured", "", False)
    assert "CQA reference" in found[0]["notice"]
    assert found[0]["points"]
    for one in found[0]["points"]:
        assert DRAFT[one["start"] : one["end"]].replace("\r\n", "\n") == one["quote"] != ""


def test_passages_are_numbered_as_cqa_score_numbers_them(draft: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", str(draft), "--json"]) == 0
    passages = json.loads(capsys.readouterr().out)["passages"]
    for number in (1, len(passages) - 1):
        _, out, _ = run(capsys, draft, "--passage", str(number), "--json")
        one = record(out)["critiques"][0]
        assert (one["start"], one["end"]) == (passages[number - 1]["start"], passages[number - 1]["end"])
    assert main(["score", str(draft)]) == 0
    assert "passage 3  unexplained" in capsys.readouterr().out


def test_lines_are_counted_from_one_and_both_ends_are_in(draft: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, draft, "--lines", "3-4", "--json")
    one = record(out)["critiques"][0]
    lines = DRAFT.split("\r\n")
    assert DRAFT[one["start"] : one["end"]] == "\r\n".join(lines[2:4])
    assert one["passage"] is None
    _, out, _ = run(capsys, draft, "--lines", "1", "--json")
    one = record(out)["critiques"][0]
    assert DRAFT[one["start"] : one["end"]] == lines[0]


def test_with_no_passage_what_is_marked_is_written_about_and_the_bound_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cqa_desktop.commands.critique.MOST", 2)
    odd = (
        "The zinc bishop photographed eleven parliaments of custard.",
        "A velvet parliament sneezed upon nine geometries of ham.",
        "Seven umbrellas married the oblong sheriff of soup.",
    )
    text = f"She went in. {odd[0]}\n\nHe did not say a word. {odd[1]} They sat down.\n\n{odd[2]}\n"
    path = tmp_path / "odd.txt"
    path.write_text(text, encoding="utf-8")
    code, out, err = run(capsys, path, "--json")
    assert code == 0
    found = record(out)
    assert found["marked"] > len(found["critiques"]) == 2
    assert f"{found['marked']} passages are marked; here are the 2 that stand out most" in err
    numbers = [one["passage"] for one in found["critiques"]]
    assert numbers == sorted(numbers)
    spans = [text[one["start"] : one["end"]] for one in found["critiques"]]
    assert set(spans) <= set(odd)


def test_a_draft_with_nothing_marked_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "short.txt"
    path.write_text("She went in. He did not.", encoding="utf-8")
    code, out, err = run(capsys, path)
    assert (code, err) == (0, "")
    assert "Nothing in" in out
    assert "--passage" in out
    assert record(run(capsys, path, "--json")[1])["critiques"] == []


def test_text_says_where_and_why_and_what(draft: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, draft, "--passage", "3")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    head = f"{draft}, line 4, passage 3: “The bishop photographed eleven parliaments of custard.” CQA reference"
    assert " ".join(out.split()).startswith(head)
    assert any(line.startswith(("    ▲ Falls short", "    ○ A question")) for line in lines)
    assert all(len(line) <= 88 for line in lines[1:])


def test_markdown_is_that_of_the_notes(draft: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, draft, "--passage", "3", "--markdown")
    assert (code, err) == (0, "")
    assert out.startswith("# Notes on draft.txt\n\n## Open\n\n**")
    assert "> The bishop photographed" in out
    assert "*Written from the measure, by CQA reference.*" in out


# --- the model critic -----------------------------------------------------------------------------------------------


def test_a_model_writes_if_asked(
    draft: Path, chat: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = "\n".join(
        (
            point("eleven parliaments", "Nobody counts them.", otherwise="Ten would do.", attempt="Ask who counts."),
            point("the captain wept", "Invented."),
        )
    )
    script(monkeypatch, answer)
    code, out, err = run(capsys, draft, "--passage", "3", "--model", chat, "--critic", "model")
    assert code == 0
    assert "not calibrated" in err
    assert "tiny chat is too small to be trusted" in " ".join(out.split())
    assert "\n  Nobody counts them. Ten would do.\n" in out
    assert "    ▲ Falls short · Craft, style · line 4: “eleven parliaments”\n    To consider: Ask who counts.\n" in out
    assert "1 point was dropped: it quotes words that are not in the passage." in out
    code, out, _ = run(capsys, draft, "--passage", "3", "--model", chat, "--critic", "model", "--json")
    one = record(out)["critiques"][0]
    assert (one["critic"], one["dropped"], len(one["points"])) == ("model", 1, 1)
    assert "<|im_start|>user\n" in one["prompt"]
    assert DRAFT[one["points"][0]["start"] : one["points"][0]["end"]] == "eleven parliaments"


def test_the_prompt_is_shown_and_nothing_is_written(
    draft: Path, chat: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    brief = draft.with_name("brief.toml")
    brief.write_text('intent = "Let the custard stand."', encoding="utf-8")
    arguments = (draft, "--lines", "4", "--model", chat, "--critic", "model", "--brief", brief, "--show-prompt")
    code, out, _ = run(capsys, *arguments)
    assert code == 0
    assert "Intent: Let the custard stand." in out
    assert "The passage:\n\nThe bishop photographed" in out
    assert "Measured:" in out
    assert out.endswith("<|im_start|>assistant\n\n")
    code, out, err = run(capsys, draft, "--lines", "4", "--show-prompt")
    assert (code, out) == (2, "")
    assert "given no prompt" in err


def test_a_critique_that_breaks_off_is_printed_and_the_code_says_so(
    draft: Path, chat: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    script(monkeypatch, "\n".join((point("custard", "Sweet."), point("bishop", "It is so very " + "very " * 99))))
    arguments = (draft, "--passage", "3", "--model", chat, "--critic", "model")
    code, out, _ = run(capsys, *arguments, "--json")
    assert code == 1
    one = record(out)["critiques"][0]
    assert len(one["points"]) == 1
    assert "repeat itself" in one["fault"]
    assert one["unfinished"].startswith("It is so very very")
    code, out, _ = run(capsys, *arguments)
    assert code == 1
    assert "began to repeat itself" in " ".join(out.split())
    code, out, err = run(capsys, *arguments, "--markdown")
    assert code == 1
    assert "**Unfinished**" in out
    assert "repeat itself" in err


# --- mistakes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--passage", "99"), "has passages 1 to 5"),
        (("--passage", "0"), "there is no passage 0"),
        (("--passage", "two"), "--passage two"),
        (("--passage", "-1"), "--passage"),
        (("--passage", "5"), "no words"),
        (("--lines", "2-99"), "has lines 1 to 6"),
        (("--lines", "4-3"), "there are no lines 4-3"),
        (("--lines", "0-1"), "there are no lines 0-1"),
        (("--lines", "a-b"), "as in 12-15"),
        (("--lines", "2"), "no words"),
        (("--lines", "1", "--passage", "1"), "give one of them"),
        (("--seed", "x", "--passage", "1"), "--seed x"),
        (("--critic", "model", "--passage", "1"), "cannot write a critique"),
        (("--model", "absent.gguf"), "absent.gguf"),
        (("--brief", "absent.toml"), "absent.toml"),
    ],
)
def test_a_mistake_is_one_line_and_code_2(
    draft: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], says: str
) -> None:
    joined = [f"{arguments[0]}={arguments[1]}", *arguments[2:]] if arguments[1] == "-1" else list(arguments)
    code, out, err = run(capsys, draft, *joined)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1, err
    assert says in err


@pytest.mark.parametrize("content", [b"", b" \n \n", b"\x00\x01\x02\x03" * 50, None])
def test_a_file_that_cannot_be_read_is_one_line_and_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    path = tmp_path / "draft.txt"
    if content is not None:
        path.write_bytes(content)
    code, out, err = run(capsys, path)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert "draft.txt" in err


# --- Ctrl-C ---------------------------------------------------------------------------------------------------------

SLOW = """
import sys, time
import cqa_desktop.critique.model as critic
from cqa_desktop.cli import main
from cqa_desktop.engine.generate import Generation
critic.TEMPERATURE = 2.0
true = Generation.advance
def advance(self, *given):
    time.sleep(0.02)
    if not self.text.count('Thought'):
        print("writing", file=sys.stderr, flush=True)
    return true(self, *given)
Generation.advance = advance
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("shape", ["text", "json"])
def test_interrupt_stops_within_a_second_and_keeps_what_was_written(tmp_path: Path, chat: Path, shape: str) -> None:
    path = tmp_path / "draft.txt"
    path.write_bytes(DRAFT.encode())
    arguments = ["critique", str(path), "--lines", "3-4", "--critic", "model", "--model", str(chat)]
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, *arguments, *(["--json"] if shape == "json" else [])],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        while process.stderr.readline() != b"writing\n":
            assert process.poll() is None
        if shape == "text":
            assert process.stdout.read1(200)  # it comes as it is written
        time.sleep(0.5)
        assert process.poll() is None
        os.kill(process.pid, signal.SIGINT)
        began = time.monotonic()
        out, err = process.communicate(timeout=30)
        assert time.monotonic() - began < 1.0
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 130
    assert err.decode().splitlines()[-1] == "cqa: stopped"
    if shape == "json":
        found = record(out.decode())["critiques"][0]
        assert found["stopped"]
        assert found["fault"] == ""
    else:
        assert out.decode().rstrip().endswith("Stopped here.")


# --- words as they come ---------------------------------------------------------------------------------------------


def test_words_are_wrapped_as_they_come_and_steer_no_terminal() -> None:
    given: list[str] = []
    text = CritiqueText(given.append, "The draft.", 40)
    said = "It is a long way to the sea, and \x1b[31mnobody had told her that it would be so."
    for at in range(0, len(said), 3):
        text.words(said[at : at + 3])
        assert "\x1b" not in "".join(given)
    assert len("".join(given).split()) > 10  # before the end has come
    text.end(Ending(0, dropped=2, moved=1, fault="The model's context is full."))
    out = "".join(given)
    assert all(len(line) <= 40 and line.startswith("  ") for line in out.splitlines() if line)
    flat = " ".join(out.split())
    assert "so. 1 quotation was not exact, and is tied to the nearest words. 2 points were dropped: they" in flat
    assert flat.endswith("The model's context is full.")
    assert ending_words(Ending(3)) == []


def test_a_quotation_is_cut_between_words_and_emoji_stay_whole() -> None:
    said: list[str] = []
    text = "When the driver opened the doors again she got off two stops early, because 👩\u200d👧 walking was left."
    writer = CritiqueText(said.append, text, 200)
    writer.begin(Critique(0, len(text), 1, "measured", "A 👩\u200d👧\x1b[31m.", "", 0), "draft.txt")
    out = "".join(said)
    assert "she got off two stops early…”" in out
    assert "👩\u200d👧\N{REPLACEMENT CHARACTER}[31m." in out
    long = CritiqueText(said.append, "x" * 100, 200)
    long.begin(Critique(0, 100, 1, "measured", "", "", 0), "draft.txt")
    assert f"“{'x' * 71}…”" in "".join(said)


def test_notes_on_standard_input_are_called_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(DRAFT.encode())))
    code, out, _err = run(capsys, "-", "--passage", "1", "--markdown")
    assert code == 0
    assert out.startswith("# Notes on standard input\n")

"""`cqa score` where things are against it: odd bytes in names and texts, full disks, closed streams, other locales."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from cqa_desktop.commands.interrupts import CALLED_BY_LLAMA
from cqa_desktop.engine import library
from cqa_desktop.engine.llama import LlamaModel

PROSE = "The ferry was late, and nobody on the quay said why. The old man sat down upon the wall to wait for it.\n"
# Improbable enough to be marked, so that it is quoted in every report.
ODD = "The zebra of the \x1b]0;owned\x07 quantum flibber and the \x1b[31mmarmalade sang \u202ebackwards to it.\n"


def cqa(*arguments: str | Path, given: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "cqa_desktop.cli", *map(str, arguments)],
        input=given,
        capture_output=True,
        timeout=120,
        check=False,
        env={**os.environ, **environment},
    )


def shell(line: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["bash", "-c", line], capture_output=True, timeout=120, check=False)


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    file = tmp_path / "draft.txt"
    file.write_text(PROSE, encoding="utf-8")
    return file


def test_a_draft_steers_no_terminal(tmp_path: Path) -> None:
    file = tmp_path / "a\nb\x1b[1m.txt"
    file.write_text(PROSE + ODD, encoding="utf-8")
    process = cqa("score", file)
    out = process.stdout.decode()
    assert process.returncode == 0
    assert "␛[31mmarmalade" in out
    assert "a␊b␛[1m.txt" in out
    assert not set(out) & {"\x1b", "\x07", "\u202e"}


def test_a_page_of_odd_bytes_and_an_odd_name_can_be_written(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path)
    name = os.fsdecode(folder + b"/odd\xff.txt") if sys.platform == "linux" else str(tmp_path / "odd.txt")
    # \x81 is not in Windows-1252 either, so the bytes are kept as they are.
    Path(name).write_bytes(
        (PROSE + ODD).encode() + b"Qzx \x81\xff\xfe \0 jkw the purple \x81 idea of seventeen boots.\n"
    )
    out = tmp_path / "page.html"
    process = cqa("score", name, "--html", out)
    assert process.returncode == 0, process.stderr
    page = out.read_text(encoding="utf-8")
    assert "␀" in page
    assert not {character for character in page if ord(character) < 32} - {"\n", "\t"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("shape", ["", "--json"])
def test_a_full_disk_behind_the_output_is_one_line(draft: Path, shape: str) -> None:
    process = shell(f"{sys.executable} -m cqa_desktop.cli score {draft} {shape} > /dev/full")
    assert process.returncode == 2
    lines = process.stderr.decode().splitlines()
    assert len(lines) == 1
    assert "No space left" in lines[0]


@pytest.mark.skipif(os.name == "nt", reason="streams are closed by a shell")
@pytest.mark.parametrize(("closing", "code"), [(">&-", 0), ("2>&-", 0), ("<&- >&- 2>&-", 0)])
def test_streams_that_are_closed_are_done_without(draft: Path, closing: str, code: int) -> None:
    process = shell(f"{sys.executable} -m cqa_desktop.cli score {draft} {draft.parent}/draft.txt --json {closing}")
    assert process.returncode == code
    assert process.stderr == b""
    for line in process.stdout.splitlines():
        json.loads(line)


def test_json_is_whole_whatever_the_locale_can_say(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps({"id": "é😀", "text": PROSE}), encoding="utf-8")
    for encoding in ("latin-1", "utf-8"):
        process = cqa("score", "--jsonl", rows, "--json", PYTHONIOENCODING=encoding)
        assert json.loads(process.stdout.decode(encoding))["id"] == "é😀"


@pytest.mark.parametrize(("encoding", "says"), [("utf-16", ""), ("utf-8-sig", ""), ("cp1252", "Windows-1252")])
def test_standard_input_is_read_as_a_file_is(tmp_path: Path, encoding: str, says: str) -> None:
    text = "The café closed at ten, and nobody minded."
    file = tmp_path / "draft.txt"
    file.write_bytes(text.encode(encoding))
    process = cqa("score", file, "-", "--json", given=text.encode(encoding))
    first, second = process.stdout.splitlines()
    assert first == second
    notices = process.stderr.decode().splitlines()
    assert len(notices) == (2 if says else 0)
    assert all(says in notice for notice in notices)


def test_rows_that_are_none_and_keys_that_are_nearly_ours(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text("\n \n")
    process = cqa("score", "--jsonl", rows, "--json")
    assert process.returncode == 2
    assert "holds no rows" in process.stderr.decode()
    near = {"id": 1, "text": PROSE, "breif": {"intent": "to worry the reader"}}
    fine = {"id": 2, "text": PROSE, "author": "mine", "year": 1920}
    rows.write_text(f"{json.dumps(near)}\n{json.dumps(fine)}\n")
    process = cqa("score", "--jsonl", rows, "--json")
    assert process.returncode == 1
    assert [json.loads(line)["id"] for line in process.stdout.splitlines()] == [2]
    assert f"{rows}:1: unknown key 'breif' - did you mean 'brief'?" in process.stderr.decode()


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs /dev/zero")
def test_a_device_is_no_draft() -> None:
    process = cqa("score", "/dev/zero")
    assert process.returncode == 2
    assert "is a device" in process.stderr.decode()


def test_a_brief_from_notepad_is_read(tmp_path: Path, draft: Path) -> None:
    brief = tmp_path / "brief.toml"
    brief.write_bytes(b'\xef\xbb\xbfreality = "An island with one ferry."\r\n')
    process = cqa("score", draft, "--brief", brief, "--json")
    assert process.returncode == 0, process.stderr
    assert any(one["information"]["brief"] for one in json.loads(process.stdout)["passages"])


def test_interrupt_while_a_draft_is_being_prepared(tmp_path: Path) -> None:
    """Before the model has anything to do: one enormous line is being cut into sentences and tokens."""
    file = tmp_path / "line.txt"
    file.write_text(PROSE.strip() + " " + " ".join([PROSE.strip()] * 60_000), encoding="utf-8")
    others = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen(
        [sys.executable, "-m", "cqa_desktop.cli", "score", str(file)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    own = psutil.Process(process.pid)
    deadline = time.monotonic() + 60
    while own.cpu_times().user < 1.5 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert process.poll() is None
    spent = sum(own.cpu_times()[:2])
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    # Counted in its own time, since the machine may do other things.
    assert usage.ru_utime + usage.ru_stime - others.ru_utime - others.ru_stime - spent < 1.0
    assert process.returncode == 130
    assert err.decode().splitlines() == ["cqa: stopped"]
    assert out == b""


def test_what_llama_calls_is_known_by_name() -> None:
    """An exception raised there would be printed and lost."""
    names = {LlamaModel._ask.__qualname__, library._keep.__qualname__}
    assert names == CALLED_BY_LLAMA


def test_a_cache_that_cannot_be_used_is_one_line(tmp_path: Path, draft: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder is needed")
    process = cqa("score", draft, XDG_CACHE_HOME=str(blocked))
    assert process.returncode == 0
    lines = process.stderr.decode().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("cqa: no score cache on disk")

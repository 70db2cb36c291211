"""The file beside a draft."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cqa_desktop.annotations.critique import Point
from cqa_desktop.documents.errors import DocumentError, SidecarError
from cqa_desktop.documents.notes import Note, Reading
from cqa_desktop.documents.recovery import FileLock, RecoveryFile, find_unsaved, is_running, recovery_folder
from cqa_desktop.documents.sidecar import Sidecar, brief_from, load_brief, load_sidecar, save_sidecar, sidecar_path
from cqa_desktop.measure.types import Brief
from cqa_desktop.models.registry import calibration_file, reference_model, reference_prose, score_cache, user_models

BRIEF = Brief("make them laugh", 'readers of "news"\nand others', "it rains \\ upward")


def test_there_and_back(tmp_path: Path) -> None:
    draft = tmp_path / "ferry.md"
    save_sidecar(draft, Sidecar(BRIEF, ("A passage, with “quotes”.",), {"later": {"key": 1}}))
    assert sidecar_path(draft).name == "ferry.cqa.toml"
    again = load_sidecar(draft)
    assert again.brief == BRIEF
    assert again.ignored == ("A passage, with “quotes”.",)
    assert again.other == {"later": {"key": 1}}


def test_none_is_empty_and_empty_is_none(tmp_path: Path) -> None:
    draft = tmp_path / "ferry.md"
    assert load_sidecar(draft) == Sidecar()
    save_sidecar(draft, Sidecar(BRIEF))
    save_sidecar(draft, Sidecar())
    assert list(tmp_path.iterdir()) == []


def test_ignoring_and_not() -> None:
    one = Sidecar().with_ignored("a").with_ignored("b").with_ignored("a")
    assert one.ignored == ("b", "a")
    assert one.with_ignored("b", ignored=False).ignored == ("a",)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"[brief", "mend or remove"),
        (b"[brief]\nintnet = 'x'", "did you mean 'intent'"),
        (b"[brief]\nintent = 3", "not a text"),
        (b"brief = 'x'", "must be a table"),
        (b"ignored = 'x'", "list of texts"),
        (b"\xff\xfe", "cannot be read"),
    ],
)
def test_a_broken_one_is_one_line_and_left_alone(tmp_path: Path, content: bytes, says: str) -> None:
    draft = tmp_path / "ferry.md"
    sidecar_path(draft).write_bytes(content)
    with pytest.raises(SidecarError, match=says) as caught:
        load_sidecar(draft)
    assert "\n" not in str(caught.value)
    assert "ferry.cqa.toml" in str(caught.value)
    assert sidecar_path(draft).read_bytes() == content


def test_briefs_at_the_top_or_in_a_table(tmp_path: Path) -> None:
    file = tmp_path / "brief.toml"
    file.write_text("intent = ' a '\nreality = 'b'", encoding="utf-8")
    assert load_brief(file) == Brief("a", "", "b")
    file.write_text("[brief]\naudience = 'c'", encoding="utf-8")
    assert load_brief(file) == Brief("", "c", "")
    with pytest.raises(SidecarError, match="cannot be read"):
        load_brief(tmp_path / "absent.toml")
    with pytest.raises(ValueError, match="use intent, audience, reality"):
        brief_from({"zzz": "x"})


def test_unsaved_text_is_found_once_its_program_is_gone(tmp_path: Path) -> None:
    kept = RecoveryFile()
    kept.keep("words \udc81 and 😀", tmp_path / "ferry.md")
    assert find_unsaved() == []  # this program still runs
    file = next(recovery_folder().glob("*.json"))
    file.write_text(file.read_text(encoding="utf-8").replace(str(os.getpid()), "999999999", 1), encoding="utf-8")
    found = find_unsaved()
    assert [(one.text, one.path) for one in found] == [("words \udc81 and 😀", tmp_path / "ferry.md")]
    file.write_text("{half", encoding="utf-8")
    assert find_unsaved() == []


def test_unsaved_text_is_let_go() -> None:
    kept = RecoveryFile()
    kept.keep("words", None)
    kept.discard()
    kept.discard()
    assert list(recovery_folder().glob("*")) == []


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DocumentError, match="could not be kept"):
        RecoveryFile(tmp_path / "file").keep("words", None)


def test_one_writer_to_a_file(tmp_path: Path) -> None:
    draft = tmp_path / "ferry.md"
    first, second = FileLock(draft, tmp_path), FileLock(draft, tmp_path)
    assert first.take()
    assert second.take()  # the same program: not another writer
    next(tmp_path.glob("[0-9a-f]*")).write_text(str(os.getppid()), encoding="ascii")
    assert not first.take()
    assert first.holder() == os.getppid()
    next(tmp_path.glob("[0-9a-f]*")).write_text("999999999", encoding="ascii")
    assert first.take()
    first.release()
    assert list(tmp_path.glob("[0-9a-f]*")) == []


def test_programs_that_run_and_do_not() -> None:
    assert is_running(os.getpid())
    assert not is_running(999999999)
    assert not is_running(0)
    assert not is_running(-1)


def test_what_ships_is_there_and_what_is_the_writers_is_apart(own_folders: Path) -> None:
    assert reference_model().stat().st_size < 50_000_000
    prose = reference_prose()
    assert len(prose) == 10
    assert sum(path.stat().st_size for path in prose) < 1_000_000
    for path in (user_models(), calibration_file("abc"), score_cache()):
        assert own_folders in path.parents


NOTE = Note(
    id="a1",
    point=Point(start=3, end=9, quote="the “x”\nand y", dimension="craft", verdict="fails", reasoning="It\ndoes."),
    critic="measured",
    state="accepted",
    before=Reading(9.5, 8.25, "a model"),
    other={"later": 3},
)


def test_notes_there_and_back_readably(tmp_path: Path) -> None:
    draft = tmp_path / "ferry.md"
    save_sidecar(draft, Sidecar(BRIEF, other={"later": 1}).with_notes([NOTE, NOTE]))
    assert load_sidecar(draft) == Sidecar(BRIEF, (), {"later": 1}, (NOTE, NOTE))
    content = sidecar_path(draft).read_text(encoding="utf-8")
    assert "[[notes]]" in content
    assert 'quote = """\nthe “x”\nand y"""' in content
    save_sidecar(draft, Sidecar(notes=(NOTE,)))
    assert load_sidecar(draft).notes == (NOTE,)
    save_sidecar(draft, Sidecar())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ["notes = 3", "notes = [3]", "[[notes]]\nid = 'a'", "[notes]\nid = 'a'"])
def test_broken_notes_are_one_line_and_left_alone(tmp_path: Path, content: str) -> None:
    draft = tmp_path / "ferry.md"
    sidecar_path(draft).write_text(content, encoding="utf-8")
    with pytest.raises(SidecarError, match=r"ferry\.cqa\.toml: .*note.*the file is left as it is") as caught:
        load_sidecar(draft)
    assert "\n" not in str(caught.value)
    assert sidecar_path(draft).read_text(encoding="utf-8") == content


def test_a_passage_with_bytes_that_are_no_text_is_ignored_still(tmp_path: Path) -> None:
    draft = tmp_path / "odd.txt"
    save_sidecar(draft, Sidecar().with_ignored("He said \udcff, and left \ud83d."))
    assert load_sidecar(draft).ignored == ("He said \udcff, and left \ud83d.",)


def test_a_sidecar_from_notepad_is_read(tmp_path: Path) -> None:
    draft = tmp_path / "ferry.txt"
    sidecar_path(draft).write_bytes(b'\xef\xbb\xbf[brief]\r\nintent = "To worry."\r\n')
    assert load_sidecar(draft).brief.intent == "To worry."

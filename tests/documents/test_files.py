"""Drafts come back byte for byte, and no failure loses anything."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqa_desktop.documents import files
from cqa_desktop.documents.errors import ChangedOutsideError, DocumentError, MuchShorterError
from cqa_desktop.documents.files import (
    BACKUPS,
    backups_of,
    changed_outside,
    decode_document,
    new_document,
    open_document,
    read_text,
    save_document,
)


def one_line(caught: pytest.ExceptionInfo[BaseException]) -> str:
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"plain\n",
        b"windows\r\nbreaks\r\n",
        b"old\rmac\r",
        "caf\u00e9 😀 e\u0301".encode(),
        b"\xef\xbb\xbfwith a mark\r\n",
        "wide".encode("utf-16"),
        b"\xfe\xff" + "wide, the other way".encode("utf-16-be"),
        "caf\u00e9 in an old encoding".encode("cp1252"),
        b"word " * 2000 + b"\x81\x8d\x90 odd",
        b"a\0b\n",
        "שלום\nعالم\n".encode(),
        b"x" * 10_000_000,
    ],
    ids=lambda raw: repr(raw[:18]),
)
def test_a_saved_draft_is_the_same_bytes(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "draft.txt"
    path.write_bytes(raw)
    document = open_document(path)
    save_document(document, document.text)
    assert path.read_bytes() == raw


@given(st.binary(max_size=300))
def test_whatever_can_be_read_is_written_back(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "draft.txt"
    path.write_bytes(raw)
    try:
        document = open_document(path)
    except DocumentError:
        return
    saved = save_document(document, document.text)
    mixed = any("mixes" in notice for notice in document.notices) or (b"\r" in raw and b"\n" in raw)
    if not mixed:
        assert path.read_bytes() == raw
    assert open_document(path).text == saved.text


def test_edits_keep_encoding_mark_and_line_breaks(tmp_path: Path) -> None:
    path = tmp_path / "draft.txt"
    path.write_bytes(b"\xef\xbb\xbfone\r\ntwo\r\n")
    document = open_document(path)
    assert document.text == "one\ntwo\n"
    save_document(document, "one\nand a half\ntwo\n")
    assert path.read_bytes() == b"\xef\xbb\xbfone\r\nand a half\r\ntwo\r\n"


def test_what_the_old_encoding_lacks_makes_it_utf8(tmp_path: Path) -> None:
    path = tmp_path / "draft.txt"
    path.write_bytes("caf\u00e9".encode("cp1252"))
    document = open_document(path)
    assert "Windows-1252" in document.notices[0]
    saved = save_document(document, "caf\u00e9 日本")
    assert path.read_text(encoding="utf-8") == "caf\u00e9 日本"
    assert saved.encoding == "utf-8"


@pytest.mark.parametrize(
    ("name", "raw", "says"),
    [
        ("absent.txt", None, "no such file"),
        ("damaged.txt", b"\xff\xfeabc", "damaged UTF-16"),
        ("binary.txt", bytes(range(256)) * 100, "not a text file"),
        ("wide.txt", "no mark at all, but two bytes a character".encode("utf-16-le"), "not a text file"),
    ],
)
def test_what_is_no_draft_is_one_line(tmp_path: Path, name: str, raw: bytes | None, says: str) -> None:
    path = tmp_path / name
    if raw is not None:
        path.write_bytes(raw)
    with pytest.raises(DocumentError) as caught:
        open_document(path)
    assert says in one_line(caught)
    assert name in one_line(caught)


def test_a_folder_and_a_huge_file_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DocumentError, match="is a folder"):
        open_document(tmp_path)
    path = tmp_path / "large.txt"
    path.write_text("more than ten bytes", encoding="utf-8")
    monkeypatch.setattr(files, "MAX_BYTES", 10)
    with pytest.raises(DocumentError, match="split it"):
        open_document(path)


def test_no_permission_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "draft.txt"
    path.write_text("Some words.", encoding="utf-8")
    document = open_document(path)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", refuse)
        with pytest.raises(DocumentError) as caught:
            open_document(path)
        assert "permissions" in one_line(caught)
    monkeypatch.setattr(files.tempfile, "mkstemp", refuse)
    with pytest.raises(DocumentError) as caught:
        save_document(document, "Other words.")
    assert "permissions" in one_line(caught)
    assert path.read_text(encoding="utf-8") == "Some words."


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_full_disk_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    path = tmp_path / "draft.txt"
    path.write_text("Some words.", encoding="utf-8")
    document = open_document(path)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(files.os, step, full)
        with pytest.raises(DocumentError) as caught:
            save_document(document, "Other words.")
    assert "disk is full" in one_line(caught)
    assert path.read_text(encoding="utf-8") == "Some words."
    assert [one.name for one in tmp_path.iterdir()] == ["draft.txt"]
    save_document(document, "Other words.")
    assert path.read_text(encoding="utf-8") == "Other words."


def test_a_link_and_permissions_are_kept(tmp_path: Path) -> None:
    real = tmp_path / "real.txt"
    real.write_text("Some words.", encoding="utf-8")
    real.chmod(0o640)
    link = tmp_path / "link.txt"
    link.symlink_to(real)
    save_document(open_document(link), "Other words.")
    assert link.is_symlink()
    assert real.read_text(encoding="utf-8") == "Other words."
    assert real.stat().st_mode & 0o777 == 0o640


def test_a_change_outside_is_noticed_and_kept_unless_forced(tmp_path: Path) -> None:
    path = tmp_path / "draft.txt"
    path.write_text("Mine.", encoding="utf-8")
    document = open_document(path)
    assert not changed_outside(document)
    path.write_text("Theirs.", encoding="utf-8")
    assert changed_outside(document)
    with pytest.raises(ChangedOutsideError):
        save_document(document, "Mine again.")
    assert path.read_text(encoding="utf-8") == "Theirs."
    saved = save_document(document, "Mine again.", force=True)
    assert path.read_text(encoding="utf-8") == "Mine again."
    assert not changed_outside(saved)
    assert backups_of(path)[0].read_text(encoding="utf-8") == "Theirs."


def test_much_less_than_was_read_is_asked_about(tmp_path: Path) -> None:
    path = tmp_path / "draft.txt"
    path.write_text("word " * 1000, encoding="utf-8")
    document = open_document(path)
    with pytest.raises(MuchShorterError, match="4,9"):
        save_document(document, "word")
    save_document(document, "word", confirm_shorter=True)
    assert path.read_text(encoding="utf-8") == "word"


def test_backups_are_few_and_latest_first(tmp_path: Path) -> None:
    path = tmp_path / "draft.txt"
    path.write_text("version 0", encoding="utf-8")
    document = open_document(path)
    for number in range(1, BACKUPS + 4):
        document = save_document(document, f"version {number}")
    kept = [one.read_text(encoding="utf-8") for one in backups_of(path)]
    assert kept == [f"version {number}" for number in range(BACKUPS + 2, 2, -1)]


def test_a_new_document_is_made_on_the_first_save(tmp_path: Path) -> None:
    path = tmp_path / "new.md"
    save_document(new_document(path), "Begun.")
    assert path.read_text(encoding="utf-8") == "Begun."


def test_text_as_the_file_has_it(tmp_path: Path) -> None:
    path = tmp_path / "draft.txt"
    path.write_bytes(b"\xef\xbb\xbfone\r\ntwo")
    assert read_text(path) == ("one\r\ntwo", ())


def test_mixed_line_breaks_are_told_of(tmp_path: Path) -> None:
    document = decode_document(tmp_path / "x.txt", b"one\ntwo\nthree\r\nfour")
    assert "mixes" in document.notices[0]

"""A set of annotations, saved at every change."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from cqa_desktop.annotations.jsonl import load
from cqa_desktop.annotations.types import Annotation, Annotator, Judgment
from cqa_desktop.documents.errors import DocumentError
from cqa_desktop.documents.teaching import TeachingSet, aside_path, shown, train_command


def made(name: str, *, judged: bool = True) -> Annotation:
    judgment = Judgment(
        dimension="craft", constraint="lexis", verdict="works", reasoning="It is plain.", quote="lamp\u2028went"
    )
    return Annotation(
        id=name,
        passage="The lamp\u2028went out.",
        source="written for a test",
        licence="CC0-1.0",
        language="en",
        annotators=(Annotator(role="expert", name="A"),),
        judgments=(judgment,) if judged else (),
    )


def test_every_change_is_on_disk_and_only_what_is_finished_and_included_is_trained_on(tmp_path: Path) -> None:
    path = tmp_path / "new" / "set.jsonl"
    kept = TeachingSet(path)
    for one in (made("a"), made("b"), made("c", judged=False)):
        kept.put(one)
    assert [one.id for one in load(path)] == ["a", "b"]
    kept.exclude("a")
    assert [one.id for one in load(path)] == ["b"]
    again = TeachingSet(path)
    assert {one.annotation.id: one.excluded for one in again.entries} == {"a": True, "b": False, "c": False}
    assert again.coverage().annotations == 1
    again.put(made("c"))
    assert again.export(tmp_path / "out.jsonl") == 2
    assert [one.id for one in load(tmp_path / "out.jsonl")] == ["b", "c"]
    with pytest.raises(DocumentError, match="belongs to this set"):
        again.export(path)


def test_deleting_is_undone_on_disk_too(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    kept = TeachingSet(path)
    kept.put(made("a"))
    kept.exclude("a")
    kept.delete("a")
    assert TeachingSet(path).entries == ()
    kept.undo()
    assert [one.excluded for one in TeachingSet(path).entries] == [True]
    kept.undo()
    assert load(path) == [made("a")]
    kept.undo()
    assert TeachingSet(path).entries == ()
    assert not kept.can_undo


@pytest.mark.parametrize("beside", [False, True])
def test_a_broken_file_is_told_with_its_line_and_left(tmp_path: Path, beside: bool) -> None:
    path = tmp_path / "set.jsonl"
    kept = TeachingSet(path)
    kept.put(made("a"))
    kept.put(made("b", judged=False))
    broken = aside_path(path) if beside else path
    broken.write_text(broken.read_text(encoding="utf-8") + "{half", encoding="utf-8")
    before = broken.read_bytes()
    with pytest.raises(DocumentError, match=r"jsonl:2: .*left as it is"):
        TeachingSet(path)
    assert broken.read_bytes() == before


def test_a_change_that_cannot_be_saved_is_not_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    kept = TeachingSet(tmp_path / "set.jsonl")
    kept.path = tmp_path / "file" / "set.jsonl"
    with pytest.raises(DocumentError, match="cannot be written"):
        kept.put(made("a"))
    assert kept.entries == ()
    assert not kept.can_undo


def test_the_command_survives_a_shell(tmp_path: Path) -> None:
    command = train_command(tmp_path / "my 'set'.jsonl", tmp_path / "run one")
    assert command[:2] == ["cqa-train", "fit"]
    assert shlex.split(shown(command)) == command

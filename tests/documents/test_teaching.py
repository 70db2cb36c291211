"""A set of annotations, saved at every change."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from cqa_desktop.annotations.jsonl import load
from cqa_desktop.annotations.types import Annotation, Annotator, Judgment
from cqa_desktop.documents.errors import DocumentError
from cqa_desktop.documents.exclusive import exclusive
from cqa_desktop.documents.teaching import Sketch, TeachingSet, aside_path, shown, train_command


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
    assert (Path(command[0]).name, command[1]) == ("cqa-train", "fit")
    assert shlex.split(shown(command)) == command


def passages(path: Path) -> dict[str, str]:
    return {one.annotation.id: one.annotation.passage for one in TeachingSet(path).entries}


def reworded(name: str, passage: str, *, judged: bool = True) -> Annotation:
    one = made(name, judged=judged)
    judgments = tuple(msgspec.structs.replace(each, quote=None) for each in one.judgments)
    return msgspec.structs.replace(one, passage=passage, judgments=judgments)


def test_two_windows_on_one_set_lose_nothing_of_each_other(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    first, second = TeachingSet(path), TeachingSet(path)
    first.put(made("a"))
    assert second.put(made("b", judged=False)) == "b"
    assert second.refresh() is False
    assert first.refresh() is True
    assert set(passages(path)) == {"a", "b"} == {one.annotation.id for one in first.entries}
    # Both change the same one: both versions are kept, and who came second goes on under another id.
    first.put(reworded("a", "First."))
    name = second.put(reworded("a", "Second."))
    assert name != "a"
    assert second.put(reworded(name, "Second, on.")) == name
    assert passages(path)["a"] == "First."
    assert passages(path)[name] == "Second, on."
    with pytest.raises(DocumentError, match="changed by another program"):
        stale(path, first).delete("a")
    assert "a" in passages(path)


def stale(path: Path, kept: TeachingSet) -> TeachingSet:
    """The set as one window knows it, while another one changes an annotation."""
    kept.refresh()
    TeachingSet(path).put(reworded("a", "Changed meanwhile."))
    return kept


def test_what_was_undone_is_only_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    mine = TeachingSet(path)
    mine.put(made("a"))
    mine.exclude("a")
    TeachingSet(path).put(made("b"))
    assert mine.undo() == "a"
    assert set(passages(path)) == {"a", "b"}
    stale(path, mine)
    with pytest.raises(DocumentError, match="left as it is"):
        mine.undo()
    assert passages(path)["a"] == "Changed meanwhile."


def test_typing_is_undone_as_one(tmp_path: Path) -> None:
    kept = TeachingSet(tmp_path / "set.jsonl")
    kept.put(made("a"))
    for words in ("T", "Th", "The"):
        kept.put(reworded("a", words), together="passage")
    kept.undo()
    assert [one.annotation for one in kept.entries] == [made("a")]


def test_a_judgment_in_the_making_is_kept_and_not_trained_on(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    kept = TeachingSet(path)
    kept.put(made("a"))
    begun = Sketch(quote="lamp", dimension="reality", reasoning="Lamps do.")
    kept.put(made("a"), [begun])
    (entry,) = TeachingSet(path).entries
    assert entry.sketches == (begun,)
    assert not entry.trained
    assert "constraint and verdict" in str(entry.problems[0])
    assert path.read_text(encoding="utf-8") == ""
    whole = msgspec.structs.replace(begun, constraint="mythos", verdict="fails").judgment()
    assert whole is not None
    assert Sketch.of(whole).judgment() == whole


def test_a_set_whose_file_was_moved_away_is_written_again(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    kept = TeachingSet(path)
    kept.put(made("a"))
    path.rename(tmp_path / "elsewhere.jsonl")
    kept.put(made("b"))
    assert set(passages(path)) == {"a", "b"}


def test_who_does_not_let_go_is_told_of(tmp_path: Path) -> None:
    kept = TeachingSet(tmp_path / "set.jsonl")
    with exclusive(kept.path), pytest.raises(DocumentError, match="another program"), exclusive(kept.path, 0.05):
        pytest.fail("two were inside")
    kept.put(made("a"))


def test_programs_that_write_at_once_keep_every_row(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    code = (
        "import sys; from pathlib import Path\n"
        "from cqa_desktop.documents.teaching import TeachingSet\n"
        "from cqa_desktop.annotations.types import Annotation, Annotator\n"
        "kept = TeachingSet(Path(sys.argv[1]))\n"
        "for at in range(12):\n"
        "    kept.put(Annotation(id=f'{sys.argv[2]}{at}', passage='p', source='s', licence='l', language='en',\n"
        "        annotators=(Annotator(role='expert', name='A'),), judgments=()))\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, str(path), name]) for name in "ab"]
    assert [one.wait(60) for one in running] == [0, 0]
    assert len(passages(path)) == 24

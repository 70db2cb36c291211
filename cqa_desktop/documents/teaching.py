"""A set of annotations on disk: every change is saved at once, and can be undone.

The set file holds what can be trained on and nothing else. What is unfinished or excluded stands in a file beside it.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import platformdirs

from cqa_desktop.annotations.checks import Problem, problems
from cqa_desktop.annotations.coverage import Coverage, cover
from cqa_desktop.annotations.jsonl import AnnotationError, dumps, read_rows
from cqa_desktop.annotations.types import Annotation
from cqa_desktop.documents.errors import DocumentError
from cqa_desktop.documents.files import write_atomically


@dataclass(frozen=True)
class Entry:
    """One annotation, finished or not."""

    annotation: Annotation
    excluded: bool = False
    """Kept, but neither exported nor trained on."""

    @property
    def problems(self) -> list[Problem]:
        """What it still lacks."""
        return problems(json.loads(dumps(self.annotation)))

    @property
    def trained(self) -> bool:
        """Whether it stands in the set file."""
        return not self.excluded and not self.problems


class _Aside(msgspec.Struct, frozen=True):
    excluded: bool
    annotation: Annotation


def default_set() -> Path:
    """The set file of a writer who chose none."""
    return Path(platformdirs.user_data_dir("cqa-desktop")) / "annotations.jsonl"


def aside_path(path: Path) -> Path:
    """Where the unfinished and the excluded annotations of a set are."""
    return path.with_name(f"{path.stem}.aside.jsonl")


def train_command(path: Path, out: Path, base: str = "reference") -> list[str]:
    """The command that trains on a set, word by word."""
    return ["cqa-train", "fit", "--base", base, "--data", str(path), "--out", str(out)]


def shown(command: Iterable[str]) -> str:
    """A command as it is typed into a POSIX shell."""
    return shlex.join(command)


class TeachingSet:
    """The annotations of one set file.

    Raises:
        DocumentError: if a file cannot be read or understood, with its line. Neither file is then written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._entries = _read(path)
        self._past: list[tuple[Entry, ...]] = []

    @property
    def entries(self) -> tuple[Entry, ...]:
        return self._entries

    @property
    def can_undo(self) -> bool:
        return bool(self._past)

    def put(self, annotation: Annotation) -> None:
        """Add an annotation, or replace the one with its id; it stays excluded if it was.

        Raises:
            DocumentError: if it cannot be saved; the set is then as it was.
        """
        if annotation.id in {one.annotation.id for one in self._entries}:
            changed = (
                replace(one, annotation=annotation) if one.annotation.id == annotation.id else one
                for one in self._entries
            )
            self._change(tuple(changed))
        else:
            self._change((*self._entries, Entry(annotation)))

    def exclude(self, name: str, *, excluded: bool = True) -> None:
        """Exclude an annotation by its id, or take it in again. Raises as `put`."""
        self._change(
            tuple(replace(one, excluded=excluded) if one.annotation.id == name else one for one in self._entries)
        )

    def delete(self, name: str) -> None:
        """Remove an annotation by its id. Raises as `put`."""
        self._change(tuple(one for one in self._entries if one.annotation.id != name))

    def undo(self) -> None:
        """Take the last change back; nothing if there is none. Raises as `put`."""
        if self._past:
            self._save(self._past[-1])
            self._past.pop()

    def coverage(self) -> Coverage:
        """What would be trained on, counted."""
        return cover([one.annotation for one in self._entries if one.trained])

    def export(self, path: Path) -> int:
        """Write what would be trained on to another file; how many annotations that is.

        Raises:
            DocumentError: if there is none, the file belongs to this set, or it cannot be written.
        """
        chosen = [dumps(one.annotation) for one in self._entries if one.trained]
        if not chosen:
            raise DocumentError(f"{self.path}: holds no finished annotation - finish or include one first")
        if path.resolve() in (self.path.resolve(), aside_path(self.path).resolve()):
            raise DocumentError(f"{path}: belongs to this set - choose another name")
        _write(path, chosen)
        return len(chosen)

    def _change(self, entries: tuple[Entry, ...]) -> None:
        if entries != self._entries:
            before = self._entries
            self._save(entries)
            self._past.append(before)

    def _save(self, entries: tuple[Entry, ...]) -> None:
        files = [
            (self.path, [dumps(one.annotation) for one in entries if one.trained]),
            (
                aside_path(self.path),
                [
                    msgspec.json.encode(_Aside(one.excluded, one.annotation)).decode()
                    for one in entries
                    if not one.trained
                ],
            ),
        ]
        # What moves is written where it arrives before it is removed where it was: cut off between, it stands in both.
        before = {one.annotation.id for one in self._entries if one.trained}
        after = {one.annotation.id for one in entries if one.trained}
        for path, lines in files if after - before else reversed(files):
            if lines or path.exists():
                _write(path, lines)
        self._entries = entries


def _read(path: Path) -> tuple[Entry, ...]:
    entries: dict[str, Entry] = {}
    try:
        if path.exists() and path.stat().st_size:
            for row in read_rows(path):
                if row.problems:
                    raise DocumentError(f"{path}:{row.line}: {row.problems[0]}; the file is left as it is")
                entries[row.annotation.id] = Entry(row.annotation)
        aside = aside_path(path)
        text = aside.read_text(encoding="utf-8") if aside.exists() else ""
    except AnnotationError as error:
        raise DocumentError(f"{error}; the file is left as it is") from error
    except (OSError, UnicodeDecodeError) as error:
        raise DocumentError(f"{aside_path(path)}: cannot be read ({error}) - mend or move it") from error
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            found = msgspec.json.decode(line, type=_Aside)
        except (msgspec.DecodeError, UnicodeEncodeError) as error:
            raise DocumentError(f"{aside}:{number}: {error} - mend that line; the file is left as it is") from error
        entries.setdefault(found.annotation.id, Entry(found.annotation, found.excluded))
    return tuple(entries.values())


def _write(path: Path, lines: Iterable[str]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, "".join(line + "\n" for line in lines).encode("utf-8"))
    except OSError as error:
        raise DocumentError(f"{path}: cannot be written ({error.strerror}) - choose another place") from error

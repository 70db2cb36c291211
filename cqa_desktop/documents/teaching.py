"""A set of annotations on disk: every change is saved at once, and can be undone.

The set file holds what can be trained on and nothing else. What is unfinished or excluded stands in a file beside it.
Other windows and programs may write the same files: what they changed is read before each change of ours.
"""

from __future__ import annotations

import json
import operator
import os
import secrets
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import msgspec
import platformdirs

from cqa_desktop.annotations.checks import Problem, problems
from cqa_desktop.annotations.coverage import Coverage, cover
from cqa_desktop.annotations.jsonl import AnnotationError, dumps, read_rows
from cqa_desktop.annotations.types import Annotation, Constraint, Dimension, Judgment, Verdict
from cqa_desktop.documents.errors import DocumentError
from cqa_desktop.documents.exclusive import exclusive
from cqa_desktop.documents.files import write_atomically


class Sketch(msgspec.Struct, frozen=True, kw_only=True):
    """A judgment, or one in the making: what is not chosen yet is None."""

    quote: str | None = None
    """None: the passage as a whole."""
    dimension: Dimension | None = None
    constraint: Constraint | None = None
    verdict: Verdict | None = None
    reasoning: str = ""
    counterfactual: str = ""
    suggestion: str = ""

    @classmethod
    def of(cls, judgment: Judgment) -> Sketch:
        return cls(**msgspec.structs.asdict(judgment))

    @property
    def lacks(self) -> list[str]:
        """What is to be chosen or written before it is a judgment."""
        chosen = {"dimension": self.dimension, "constraint": self.constraint, "verdict": self.verdict}
        return [name for name, value in chosen.items() if value is None] + (
            [] if self.reasoning.strip() else ["reasoning"]
        )

    def judgment(self) -> Judgment | None:
        """The judgment, if nothing is lacking."""
        if self.dimension is None or self.constraint is None or self.verdict is None or not self.reasoning.strip():
            return None
        return Judgment(
            quote=self.quote,
            dimension=self.dimension,
            constraint=self.constraint,
            verdict=self.verdict,
            reasoning=self.reasoning,
            counterfactual=self.counterfactual,
            suggestion=self.suggestion,
        )


@dataclass(frozen=True)
class Entry:
    """One annotation, finished or not."""

    annotation: Annotation
    excluded: bool = False
    """Kept, but neither exported nor trained on."""
    sketches: tuple[Sketch, ...] = ()
    """Judgments that lack something."""

    @cached_property
    def problems(self) -> list[Problem]:
        """What it still lacks."""
        found = problems(json.loads(dumps(self.annotation)))
        if self.sketches:
            lacks = self.sketches[0].lacks
            found = [one for one in found if one.problem != "holds no judgment"]
            found.append(Problem("judgments", f"one lacks its {' and '.join(lacks)}", "say it, or remove the judgment"))
        return found

    @property
    def trained(self) -> bool:
        """Whether it stands in the set file."""
        return not self.excluded and not self.problems


class _Aside(msgspec.Struct, frozen=True):
    excluded: bool
    annotation: Annotation
    sketches: tuple[Sketch, ...] = ()


@dataclass(frozen=True)
class _Step:
    """One change of one annotation."""

    name: str
    before: Entry | None
    after: Entry | None
    place: int
    """Where it stood, if it was removed."""
    together: str


def default_set() -> Path:
    """The set file of a writer who chose none."""
    return Path(platformdirs.user_data_dir("cqa-desktop")) / "annotations.jsonl"


def aside_path(path: Path) -> Path:
    """Where the unfinished and the excluded annotations of a set are."""
    return path.with_name(f"{path.stem}.aside.jsonl")


def new_id() -> str:
    """An id that no other annotation has, in this set or another."""
    return f"{time.strftime('%Y-%m-%d')}-{secrets.token_hex(4)}"


def train_command(path: Path, out: Path, base: str = "reference") -> list[str]:
    """The command that trains on a set, word by word."""
    return [trainer_program(), "fit", "--base", base, "--data", str(path), "--out", str(out)]


def trainer_program() -> str:
    """`cqa-train`, with its folder if a shell would not find it."""
    beside = Path(sys.executable).with_name("cqa-train.exe" if os.name == "nt" else "cqa-train")
    return str(beside) if shutil.which("cqa-train") is None and beside.exists() else "cqa-train"


def shown(command: Iterable[str]) -> str:
    """A command as it is typed into a shell of this system."""
    return subprocess.list2cmdline(command) if os.name == "nt" else shlex.join(command)


class TeachingSet:
    """The annotations of one set file.

    Raises:
        DocumentError: if a file cannot be read or understood, with its line. Neither file is then written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen = _signature(path)
        self._entries = _read(path)
        self._past: list[_Step] = []
        self._covered: list[Annotation] = []
        self._coverage: Coverage | None = None

    @property
    def entries(self) -> tuple[Entry, ...]:
        return self._entries

    @property
    def can_undo(self) -> bool:
        return bool(self._past)

    def find(self, name: str) -> Entry | None:
        """The annotation with that id."""
        return next((one for one in self._entries if one.annotation.id == name), None)

    def refresh(self) -> bool:
        """Take in what other programs wrote; whether that changed anything.

        Raises:
            DocumentError: if what they wrote cannot be understood; the set is then as it was.
        """
        if _signature(self.path) == self._seen:
            return False
        with exclusive(self.path):
            return self._reread()

    def put(self, annotation: Annotation, sketches: Iterable[Sketch] = (), *, together: str = "") -> str:
        """Add an annotation, or replace the one with its id; it stays excluded if it was.

        Args:
            together: changes of one annotation, one after the other under the same key, are undone as one.

        Returns:
            the id it is kept under: another one if another program changed the same annotation meanwhile, so that
            both are kept.

        Raises:
            DocumentError: if it cannot be saved; the set is then as it was.
        """
        with exclusive(self.path):
            before = self.find(annotation.id)
            self._reread()
            now = self.find(annotation.id)
            entry = Entry(annotation, now.excluded if now else False, tuple(sketches))
            if now is not None and now not in (before, entry):
                entry = replace(entry, annotation=msgspec.structs.replace(annotation, id=new_id()))
            self._change(entry.annotation.id, entry, together)
            return entry.annotation.id

    def exclude(self, name: str, *, excluded: bool = True) -> None:
        """Exclude an annotation by its id, or take it in again. Raises as `put`."""
        with exclusive(self.path):
            self._reread()
            now = self.find(name)
            if now is not None:
                self._change(name, replace(now, excluded=excluded))

    def delete(self, name: str) -> None:
        """Remove an annotation by its id.

        Raises:
            DocumentError: as `put`; or if another program changed it meanwhile.
        """
        with exclusive(self.path):
            before = self.find(name)
            self._reread()
            now = self.find(name)
            if now is not None and now != before:
                raise DocumentError("That annotation was changed by another program - look at it, then delete it again")
            self._change(name, None)

    def undo(self) -> str:
        """Take the last change back; the id of what it changed, empty if there is no change.

        Raises:
            DocumentError: as `put`; or if another program changed the same annotation since: it is left as it is.
        """
        if not self._past:
            return ""
        with exclusive(self.path):
            self._reread()
            step = self._past[-1]
            if self.find(step.name) != step.after:
                self._past.pop()
                raise DocumentError("That annotation was changed by another program since - it is left as it is")
            self._save(self._with(step.name, step.before, step.place))
            self._past.pop()
            return step.name

    def coverage(self) -> Coverage:
        """What would be trained on, counted; duplicates are not looked for."""
        trained = [one.annotation for one in self._entries if one.trained]
        same = len(trained) == len(self._covered) and all(map(operator.is_, trained, self._covered))
        if self._coverage is None or not same:
            self._covered, self._coverage = trained, cover(trained, duplicates=False)
        return self._coverage

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

    def _change(self, name: str, entry: Entry | None, together: str = "") -> None:
        before = self.find(name)
        if entry == before:
            return
        place = next((at for at, one in enumerate(self._entries) if one.annotation.id == name), len(self._entries))
        self._save(self._with(name, entry, place))
        last = self._past[-1] if self._past else None
        if last and together and (last.name, last.together) == (name, together) and last.after == before:
            before = self._past.pop().before
        self._past.append(_Step(name, before, entry, place, together))

    def _with(self, name: str, entry: Entry | None, place: int) -> tuple[Entry, ...]:
        others = [one for one in self._entries if one.annotation.id != name]
        if entry is not None:
            others.insert(place, entry)
        return tuple(others)

    def _reread(self) -> bool:
        signature = _signature(self.path)
        if signature == self._seen:
            return False
        found = _read(self.path)
        known = {one.annotation.id: one for one in self._entries}
        # A file that is gone was moved or lost, not emptied row by row: what it held is written again.
        gone = {True: not self.path.exists(), False: not aside_path(self.path).exists()}
        there = {one.annotation.id for one in found}
        found += tuple(one for name, one in known.items() if name not in there and gone[one.trained])
        self._seen = signature
        if known == {one.annotation.id: one for one in found}:
            return False
        self._entries = found
        return True

    def _save(self, entries: tuple[Entry, ...]) -> None:
        trained = [dumps(one.annotation) for one in entries if one.trained]
        aside = [
            msgspec.json.encode(_Aside(one.excluded, one.annotation, one.sketches)).decode()
            for one in entries
            if not one.trained
        ]
        files = [(self.path, trained), (aside_path(self.path), aside)]
        # What moves is written where it arrives before it is removed where it was: cut off between, it stands in both.
        before = {one.annotation.id for one in self._entries if one.trained}
        after = {one.annotation.id for one in entries if one.trained}
        for path, lines in files if after - before else reversed(files):
            if lines or path.exists():
                _write(path, lines)
        self._entries = entries
        self._seen = _signature(self.path)


def _signature(path: Path) -> tuple[tuple[int, int, int], ...]:
    """Changes whenever one of a set's files does."""
    found = []
    for file in (path, aside_path(path)):
        try:
            state = file.stat()
        except OSError:
            found.append((0, 0, 0))
        else:
            found.append((state.st_mtime_ns, state.st_size, state.st_ino))
    return tuple(found)


def _read(path: Path) -> tuple[Entry, ...]:
    entries: dict[str, Entry] = {}
    # Cut off while one moved, an annotation stands in both files: what was written last is the latest of it.
    modified, modified_aside = (state[0] for state in _signature(path))
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
        if found.annotation.id not in entries or modified_aside > modified:
            entries[found.annotation.id] = Entry(found.annotation, found.excluded, found.sketches)
    return tuple(entries.values())


def _write(path: Path, lines: Iterable[str]) -> None:
    try:
        raw = "".join(line + "\n" for line in lines).encode("utf-8")
        if not path.exists() or path.read_bytes() != raw:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, raw)
    except OSError as error:
        raise DocumentError(f"{path}: cannot be written ({error.strerror}) - choose another place") from error

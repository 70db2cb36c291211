"""Annotations in files: JSONL, one a line."""

from __future__ import annotations

import codecs
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from cqa_desktop.annotations.checks import Problem, printable, problems
from cqa_desktop.annotations.types import Annotation


class AnnotationError(Exception):
    """A file of annotations that cannot be used, in one line.

    Args:
        problem: what is wrong with the file as a whole; None where it is told otherwise.
    """

    def __init__(self, line: str, problem: Problem | None = None) -> None:
        super().__init__(line)
        self.problem = problem


@dataclass(frozen=True)
class Row:
    """One line of a file."""

    line: int
    """Counted from 1."""
    data: Any
    """Decoded; None where it is not JSON."""
    problems: tuple[Problem, ...]

    @property
    def annotation(self) -> Annotation:
        """The row as an annotation.

        Raises:
            ValueError: if it has problems.
        """
        if self.problems:
            raise ValueError(f"line {self.line}: {self.problems[0]}")
        return msgspec.convert(self.data, Annotation)


def read_rows(path: Path) -> list[Row]:
    """Every line that is not blank, with what is wrong in it; a repeated id is a problem of the later row.

    Raises:
        AnnotationError: if the file cannot be read, is UTF-16, or holds no row.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _whole(path, f"cannot be read ({error.strerror})", "give a JSONL file") from error
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise _whole(path, "is UTF-16", "save it as UTF-8")
    rows: list[Row] = []
    seen: dict[str, int] = {}
    # Not splitlines(): a line separator inside a string is part of the string.
    for number, line in enumerate(data.removeprefix(codecs.BOM_UTF8).split(b"\n"), start=1):
        if not line.strip():
            continue
        row = _decode(number, line)
        name = row.data.get("id") if isinstance(row.data, dict) else None
        if isinstance(name, str) and name in seen:
            again = Problem("id", f"'{printable(name)}' was used on line {seen[name]}", "give each annotation its own")
            row = Row(number, row.data, (*row.problems, again))
        elif isinstance(name, str):
            seen[name] = number
        rows.append(row)
    if not rows:
        raise _whole(path, "holds no annotations", "write one JSON object a line")
    return rows


def load(path: Path) -> list[Annotation]:
    """The annotations of a file that has no problems.

    Raises:
        AnnotationError: if it cannot be read, or holds problems: the first is told, and how many there are.
    """
    rows = read_rows(path)
    found = [(row.line, problem) for row in rows for problem in row.problems]
    if found:
        line, problem = found[0]
        more = f" (and {len(found) - 1} more - run: cqa-train check {path})" if len(found) > 1 else ""
        raise AnnotationError(f"{path}:{line}: {problem}{more}")
    return [row.annotation for row in rows]


def dumps(annotation: Annotation) -> str:
    """One line, without its end."""
    return msgspec.json.encode(annotation).decode()


def write(path: Path, annotations: Iterable[Annotation]) -> None:
    """Write a file of annotations. What had its name is replaced when the new one is whole.

    Raises:
        AnnotationError: if it cannot be written.
    """
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.write_text("".join(dumps(one) + "\n" for one in annotations), encoding="utf-8", newline="\n")
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise AnnotationError(f"{path}: cannot be written ({error.strerror}) - choose another place") from error


def _whole(path: Path, problem: str, fix: str) -> AnnotationError:
    return AnnotationError(f"{path}: {problem} - {fix}", Problem("file", problem, fix))


def _decode(number: int, line: bytes) -> Row:
    try:
        data = json.loads(line.decode("utf-8"), object_pairs_hook=_no_repeats)
        return Row(number, data, tuple(problems(data)))
    except UnicodeDecodeError as error:
        return Row(number, None, (Problem("row", f"is not UTF-8 (its byte {error.start})", "save the file as UTF-8"),))
    except ValueError as error:
        where = f" at column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        message = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        return Row(number, None, (Problem("row", f"is not JSON: {message}{where}", "mend that line"),))
    except RecursionError:
        return Row(number, None, (Problem("row", "is nested too deeply", "write one annotation a line"),))


def _no_repeats(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"'{printable(name)}' stands twice in one object")
        found[name] = value
    return found

"""The file beside a draft, `NAME.cqa.toml`: its brief, ignored highlights, and notes. Small, and readable."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import tomli_w

from cqa_desktop.documents.errors import DocumentError, SidecarError
from cqa_desktop.documents.files import write_atomically
from cqa_desktop.documents.note_tables import notes_from, tables_of
from cqa_desktop.documents.notes import Note
from cqa_desktop.measure.types import Brief

FIELDS = ("intent", "audience", "reality")
VERSION = 1


@dataclass(frozen=True)
class Sidecar:
    """What is kept beside a draft."""

    brief: Brief = Brief()
    ignored: tuple[str, ...] = ()
    """Passages, as they read, whose highlights the writer ignores."""
    other: Mapping[str, Any] = field(default_factory=dict)
    """Keys of later versions, kept as they are."""
    notes: tuple[Note, ...] = ()
    """What critiques said, and what the writer made of it."""

    def with_brief(self, brief: Brief) -> Sidecar:
        return replace(self, brief=brief)

    def with_notes(self, notes: Sequence[Note]) -> Sidecar:
        return replace(self, notes=tuple(notes))

    def with_ignored(self, quote: str, *, ignored: bool = True) -> Sidecar:
        kept = tuple(one for one in self.ignored if one != quote)
        return replace(self, ignored=(*kept, quote) if ignored else kept)


def sidecar_path(draft: Path) -> Path:
    """Where a draft's sidecar is: beside it, so that both are moved together."""
    return draft.with_name(f"{draft.stem}.cqa.toml")


def load_sidecar(draft: Path) -> Sidecar:
    """Read the sidecar of a draft; an empty one if there is none.

    Raises:
        SidecarError: if it cannot be read or understood. It must then not be written over.
    """
    path = sidecar_path(draft)
    try:
        text = path.read_text(encoding="utf-8-sig", errors="surrogatepass")
    except FileNotFoundError:
        return Sidecar()
    except (OSError, UnicodeDecodeError) as error:
        raise SidecarError(f"{path}: cannot be read ({error}) - mend or remove it; it is left as it is") from error
    return sidecar_from(text, path)


def sidecar_from(text: str, path: Path) -> Sidecar:
    """A sidecar from its text; `path` is what an error names.

    Raises:
        SidecarError: if it cannot be understood.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SidecarError(f"{path}: cannot be read ({error}) - mend or remove it; it is left as it is") from error
    brief = _brief(data.get("brief", {}), path)
    ignored = data.get("ignored", [])
    if not isinstance(ignored, list) or not all(isinstance(one, str) for one in ignored):
        raise SidecarError(f"{path}: 'ignored' must be a list of texts - mend it; the file is left as it is")
    try:
        notes = notes_from(data.get("notes", []))
    except ValueError as error:
        raise SidecarError(f"{path}: {error} - mend it; the file is left as it is") from error
    known = ("version", "brief", "ignored", "notes")
    return Sidecar(brief, tuple(ignored), {key: value for key, value in data.items() if key not in known}, notes)


def save_sidecar(draft: Path, sidecar: Sidecar) -> None:
    """Write it; a sidecar with nothing in it is removed instead.

    Raises:
        DocumentError: if it cannot be written.
    """
    path = sidecar_path(draft)
    try:
        text = sidecar_text(sidecar)
        if text:
            # A passage may hold bytes of its draft that are no UTF-8, kept as halves of surrogate pairs.
            write_atomically(path, text.encode("utf-8", "surrogatepass"))
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise DocumentError(f"{path}: brief and notes could not be saved ({error.strerror})") from error


def sidecar_text(sidecar: Sidecar) -> str:
    """A sidecar as it is written; empty if there is nothing in it."""
    if not sidecar.brief and not sidecar.ignored and not sidecar.other and not sidecar.notes:
        return ""
    data: dict[str, Any] = {"version": VERSION}
    if sidecar.ignored:
        data["ignored"] = list(sidecar.ignored)
    data["brief"] = {name: getattr(sidecar.brief, name) for name in FIELDS if getattr(sidecar.brief, name)}
    data.update(sidecar.other)
    if sidecar.notes:
        data["notes"] = tables_of(sidecar.notes)
    return tomli_w.dumps(data, multiline_strings=True)


def load_brief(path: Path) -> Brief:
    """A brief from a TOML file: keys intent, audience, reality, at the top or in a [brief] table.

    Raises:
        SidecarError: for a file that cannot be read, or an unknown key (naming the nearest).
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SidecarError(f"{path}: cannot be read ({error.strerror}) - check the name") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SidecarError(f"{path}: is not valid TOML ({error}) - mend that line") from error
    if "brief" in data:
        return _brief(data["brief"], path)
    return _brief(data, path)


def brief_from(data: Mapping[str, object]) -> Brief:
    """A brief from a mapping.

    Raises:
        ValueError: naming an unknown key and the nearest known one, or a value that is no text.
    """
    for key, value in data.items():
        if key not in FIELDS:
            near = difflib.get_close_matches(key, FIELDS, n=1)
            raise ValueError(
                f"unknown key '{key}' - {f'did you mean {near[0]!r}?' if near else 'use ' + ', '.join(FIELDS)}"
            )
        if not isinstance(value, str):
            raise ValueError(f"'{key}' is not a text - put it in quotes")
    return Brief(**{name: str(data.get(name, "")).strip() for name in FIELDS})


def _brief(data: object, path: Path) -> Brief:
    if not isinstance(data, Mapping):
        raise SidecarError(f"{path}: 'brief' must be a table - write [brief] on a line of its own")
    try:
        return brief_from(data)
    except ValueError as error:
        raise SidecarError(f"{path}: {error}") from error

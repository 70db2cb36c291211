"""Opening and saving drafts. The files stay the writer's own: encoding, line breaks and mark come back as they were."""

from __future__ import annotations

import codecs
import errno
import hashlib
import os
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import platformdirs

from cqa_desktop.documents.errors import ChangedOutsideError, DocumentError, MuchShorterError

SUFFIXES: Final = (".txt", ".md", ".markdown", ".text")
MAX_BYTES: Final = 100_000_000
BACKUPS: Final = 5
SHORTER: Final = 0.5
"""Saving less than this share of what was read is asked about first."""
WORTH_ASKING: Final = 500
"""Characters under which a text may shrink without a question."""


@dataclass(frozen=True, slots=True)
class Document:
    """A draft as it was opened or last saved."""

    path: Path
    text: str
    """With line breaks as \\n."""
    encoding: str
    """Python's name of it; what cannot be decoded is kept as lone surrogates and written back unchanged."""
    bom: bytes
    newline: str
    digest: str
    """SHA-256 of the file's bytes when it was opened or saved."""
    notices: tuple[str, ...] = ()


def open_document(path: Path) -> Document:
    """Read a draft.

    Raises:
        DocumentError: for a missing file, a folder, no permission, a file that is no text, or one over 100 MB.
    """
    return decode_document(path, _read_bytes(path))


def read_text(path: Path) -> tuple[str, tuple[str, ...]]:
    """A draft's text with the line breaks it has in the file, and what its reader should know of it.

    Raises:
        DocumentError: as `open_document`.
    """
    return decode_text(path, _read_bytes(path))


def decode_text(path: Path, raw: bytes) -> tuple[str, tuple[str, ...]]:
    """`read_text` of bytes that came another way.

    Raises:
        DocumentError: if they are no text, or over 100 MB.
    """
    _check_size(path, len(raw))
    text, _, _, notices = _decode(path, raw)
    return text, tuple(notices)


def _read_bytes(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise DocumentError(f"{path}: is a folder - choose a file in it")
        found = path.stat()
        if stat.S_ISCHR(found.st_mode) or stat.S_ISBLK(found.st_mode):
            raise DocumentError(f"{path}: is a device - choose a file")
        _check_size(path, found.st_size)
        return path.read_bytes()
    except OSError as error:
        raise DocumentError(f"{path}: {_reason(error)}") from error


def _check_size(path: Path, size: int) -> None:
    if size > MAX_BYTES:
        raise DocumentError(f"{path}: is over {MAX_BYTES // 1_000_000} MB - split it into parts")


def decode_document(path: Path, raw: bytes) -> Document:
    """Make a document of bytes.

    Raises:
        DocumentError: if they are no text.
    """
    text, encoding, bom, notices = _decode(path, raw)
    newline = _newline(text)
    if "\r" in text and newline == "\n":
        notices.append("The file mixes kinds of line breaks; they are saved as one kind.")
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return Document(path, plain, encoding, bom, newline, _digest(raw), tuple(notices))


def _decode(path: Path, raw: bytes) -> tuple[str, str, bytes, list[str]]:
    encoding, bom, notices = _detect(path, raw)
    text = raw[len(bom) :].decode(encoding, "surrogateescape" if encoding in ("utf-8", "ascii") else "strict")
    if "\0" in text:
        if text.count("\0") > max(8, len(text) // 1000):
            raise DocumentError(f"{path}: is not a text file - open a .txt or .md file")
        notices.append("The file holds NUL characters; they are kept.")
    return text, encoding, bom, notices


def new_document(path: Path) -> Document:
    """A document for a file that does not exist yet."""
    return Document(path, "", "utf-8", b"", os.linesep if os.linesep == "\r\n" else "\n", "")


def save_document(
    document: Document, text: str, *, path: Path | None = None, force: bool = False, confirm_shorter: bool = False
) -> Document:
    """Write `text` where the document came from, or to `path`; returns the document as it now is.

    The file is replaced at once or not at all, and what it held before is kept among the backups.

    Raises:
        ChangedOutsideError: if the file changed since it was opened, unless `force`.
        MuchShorterError: if it would lose much of its text, unless `confirm_shorter`.
        DocumentError: if it cannot be written; the file is then as it was.
    """
    target = path or document.path
    raw, encoding, bom = _encode(document, text)
    try:
        old = target.read_bytes() if target.exists() else None
        same_file = path is None or path == document.path
        if old is not None and same_file and not force and _digest(old) != document.digest:
            raise ChangedOutsideError(f"{target}: was changed by another program since it was opened")
        lost = len(document.text) - len(text)
        shorter = lost > WORTH_ASKING and len(text) < SHORTER * len(document.text)
        if same_file and shorter and not confirm_shorter:
            raise MuchShorterError(f"{target}: saving would remove {lost:,} of {len(document.text):,} characters")
        if old and old != raw:
            _keep_backup(target, old)
        write_atomically(target, raw)
    except OSError as error:
        raise DocumentError(f"{target}: could not be saved, {_reason(error)}; your text is still here") from error
    return replace(document, path=target, text=text, encoding=encoding, bom=bom, digest=_digest(raw), notices=())


def changed_outside(document: Document) -> bool:
    """Whether the file is no longer what was opened or saved. A file that is gone counts as changed."""
    try:
        return _digest(document.path.read_bytes()) != document.digest
    except OSError:
        return bool(document.digest)


def write_atomically(path: Path, raw: bytes) -> None:
    """Write a file beside the target, flush it to disk, and put it in the target's place. A link is followed.

    Raises:
        OSError: with the target as it was.
    """
    target = Path(os.path.realpath(path))
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            os.chmod(name, target.stat().st_mode & 0o7777)
        else:
            mask = os.umask(0)
            os.umask(mask)
            os.chmod(name, 0o666 & ~mask)
        os.replace(name, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


def backups_of(path: Path) -> list[Path]:
    """The backups of a file, latest first."""
    return sorted(_backup_folder(path).glob("*.bak"), reverse=True)


def _keep_backup(path: Path, raw: bytes) -> None:
    folder = _backup_folder(path)
    folder.mkdir(parents=True, exist_ok=True)
    earlier = backups_of(path)
    number = int(earlier[0].stem) + 1 if earlier else 1
    if not earlier or earlier[0].read_bytes() != raw:
        write_atomically(folder / f"{number:08}.bak", raw)
    for extra in backups_of(path)[BACKUPS:]:
        extra.unlink()


def _backup_folder(path: Path) -> Path:
    absolute = os.path.realpath(path)
    name = hashlib.sha256(absolute.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return Path(platformdirs.user_data_dir("cqa-desktop")) / "backups" / f"{path.stem}-{name}"


def _detect(path: Path, raw: bytes) -> tuple[str, bytes, list[str]]:
    for bom, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if raw.startswith(bom):
            try:
                raw[len(bom) :].decode(encoding)
            except UnicodeDecodeError as error:
                raise DocumentError(f"{path}: is damaged {encoding.upper()} at byte {error.start} - mend it") from error
            return encoding, bom, []
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return _legacy(raw, error)
    return "utf-8", b"", []


def _legacy(raw: bytes, error: UnicodeDecodeError) -> tuple[str, bytes, list[str]]:
    """Not UTF-8: old Windows text if it could be that, else UTF-8 with the odd bytes kept as they are."""
    valid = len(raw.decode("utf-8", "ignore").encode("utf-8"))
    if valid < 0.999 * len(raw) or len(raw) < 4000:
        try:
            raw.decode("cp1252")
        except UnicodeDecodeError:
            pass
        else:
            return "cp1252", b"", ["The file is not UTF-8; it was read as Windows-1252 and is saved as that."]
    return "utf-8", b"", [f"Byte {error.start:,} of the file is not UTF-8; odd bytes are kept as they are."]


def _encode(document: Document, text: str) -> tuple[bytes, str, bytes]:
    body = text.replace("\n", document.newline) if document.newline != "\n" else text
    encoding, bom = document.encoding, document.bom
    try:
        return bom + body.encode(encoding, "surrogateescape" if encoding == "utf-8" else "strict"), encoding, bom
    except UnicodeEncodeError:
        # A character that the old encoding lacks: UTF-8 loses nothing.
        return body.encode("utf-8", "surrogatepass"), "utf-8", b""


def _newline(text: str) -> str:
    windows = text.count("\r\n")
    old_mac = text.count("\r") - windows
    unix = text.count("\n") - windows
    if windows and windows >= max(unix, old_mac):
        return "\r\n"
    return "\r" if old_mac > unix else "\n"


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def _reason(error: OSError) -> str:
    return {
        errno.ENOENT: "there is no such file - check the name",
        errno.EACCES: "you are not allowed to - check its permissions",
        errno.EPERM: "you are not allowed to - check its permissions",
        errno.ENOSPC: "the disk is full - free some space and save again",
        errno.EDQUOT: "your disk quota is used up - free some space and save again",
        errno.EROFS: "the disk is read-only - save elsewhere",
        errno.EISDIR: "that is a folder - choose a file",
        errno.ENAMETOOLONG: "the name is too long - choose a shorter one",
    }.get(error.errno or 0, f"{error.strerror or error}".lower())

"""Fetching files of a repository, for the app and for `cqa-train pull`.

A file is filled as NAME.part, goes on where it was cut, and gets its name when its hash is the one that the hub lists.
Why not huggingface_hub's own download: it checks the length alone, and cannot be stopped.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from cqa_desktop.models.errors import DownloadStoppedError, HubError
from cqa_desktop.models.hub import Hub, RemoteFile, Snapshot, as_size, reason, refusal, transport_error
from cqa_desktop.models.part import Digest, Part

if TYPE_CHECKING:
    from httpx2 import Response

MODELS: Final = ("*.gguf",)
PART: Final = ".part"
SOURCE: Final = ".source.json"
TRIES: Final = 5
"""Requests in a row that bring nothing, before giving up."""
WAITS: Final = (0.0, 0.5, 1.0, 2.0, 4.0)
"""Seconds before each of them."""
SPARE_BYTES: Final = 50_000_000
"""Left free on the disk."""
_CONTENT_RANGE: Final = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_UNSAFE: Final = frozenset('\\:*?"<>|')

Progress = Callable[[RemoteFile, int], None]
"""Gets the file, and how many of its bytes are here."""
Stop = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A file that is here now, whole."""

    path: Path
    sha256: str
    fresh: bool
    """False if it was here before."""


class _AgainError(Exception):
    """Why a request is to be made again."""


def choose(snapshot: Snapshot, patterns: Sequence[str] = MODELS) -> list[RemoteFile]:
    """The files whose names match one of the patterns, as a shell matches them.

    Raises:
        HubError: if there are none.
    """
    found = [file for file in snapshot.files if any(fnmatchcase(file.name, pattern) for pattern in patterns)]
    if not found:
        names = ", ".join(file.name for file in snapshot.files[:6]) or "nothing"
        more = ", ..." if len(snapshot.files) > 6 else ""
        raise HubError(f"{snapshot.repo}: has no file {' or '.join(patterns)} - it holds {names}{more}")
    return found


def download(
    hub: Hub,
    snapshot: Snapshot,
    files: Iterable[RemoteFile],
    folder: Path,
    *,
    on_progress: Progress = lambda _file, _done: None,
    stop: Stop = lambda: False,
) -> list[Downloaded]:
    """Fetch files into `folder`, each under its path in the repository, with NAME.source.json beside it.

    A file that is here and whole is not fetched again. `stop` is asked at every piece that arrives: on a line that has
    gone silent, it takes effect when the wait for the next piece ends.

    Raises:
        DownloadStoppedError: if `stop` said so; the part stays, and the next download goes on from it.
        HubError: for a name that would leave the folder, another file of that name, a full disk, a hub that cannot be
            reached or refuses, or a hash that is not the listed one.
    """
    wanted = [(file, place(folder, file.name)) for file in files]
    if len({str(path).casefold() for _, path in wanted}) < len(wanted):
        raise HubError(f"{snapshot.repo}: two of its files would get the same name - choose one with a pattern")
    done: dict[Path, Downloaded] = {}
    for file, path in wanted:
        if digest := _present(file, path, snapshot, stop):
            done[path] = Downloaded(path, digest.sha256, fresh=False)
            _write_source(hub, snapshot, file, path, digest.sha256)
    _check_room(folder, [(file, path) for file, path in wanted if path not in done])
    for file, path in wanted:
        if path not in done:
            sha256 = _fetch(hub, snapshot, file, path, partial(on_progress, file), stop)
            done[path] = Downloaded(path, sha256, fresh=True)
    return [done[path] for _, path in wanted]


def place(folder: Path, name: str) -> Path:
    """Where a file of that name in the repository goes.

    Raises:
        HubError: if the name would leave the folder, or is none on one of the systems we run on.
    """
    for part in name.split("/"):
        printable = part.isprintable() and not _UNSAFE & set(part)
        ours = part.endswith((PART, SOURCE))
        if not printable or ours or part in ("", ".", "..") or part[-1] in ". " or _RESERVED.fullmatch(part):
            raise HubError(f"the hub names a file {name[:80]!r}, which is not safe to write - nothing was downloaded")
    return folder.joinpath(*PurePosixPath(name).parts)


def read_source(path: Path) -> dict[str, Any]:
    """Where a downloaded file came from: repo, revision, commit, file, bytes, sha256; empty if it is not known."""
    try:
        found = json.loads(_beside(path, SOURCE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _present(file: RemoteFile, path: Path, snapshot: Snapshot, stop: Stop) -> Digest | None:
    """The hash of the file if it is here and whole; None if it is to be fetched.

    Raises:
        HubError: if something else has its name.
    """
    try:
        if path.is_file() and path.stat().st_size == file.size:
            digest = Digest(file)
            with path.open("rb") as opened:
                digest.read(opened, stop)
            if digest.matches():
                return digest
    except OSError as error:
        raise HubError(f"{path}: cannot be read ({error.strerror}) - mend that, or use another folder") from error
    source = read_source(path)
    if path.exists() and (source.get("repo"), source.get("file")) != (snapshot.repo, file.name):
        raise HubError(f"{path}: is there and is another file - rename it, or use another folder")
    return None


def _check_room(folder: Path, wanted: Sequence[tuple[RemoteFile, Path]]) -> None:
    missing = sum(max(0, file.size - _size(_beside(path, PART))) for file, path in wanted)
    existing = next(parent for parent in (folder.absolute(), *folder.absolute().parents) if parent.exists())
    free = shutil.disk_usage(existing).free
    if missing and missing + SPARE_BYTES > free:
        text = f"{as_size(missing)} to download, {as_size(free)} free"
        raise HubError(f"{folder}: the disk is too full ({text}) - make room, or use another folder")


def _fetch(
    hub: Hub, snapshot: Snapshot, file: RemoteFile, path: Path, progress: Callable[[int], None], stop: Stop
) -> str:
    """Fetch one file and name it; returns its sha256."""
    if not (file.sha256 or file.blob_id):
        raise HubError(f"{snapshot.repo}: gives no hash of {file.name}, so it cannot be checked - choose another file")
    with Part(_beside(path, PART), file) as part:
        part.rehash(stop)
        went_on = part.size > 0
        _fill(part, hub, snapshot, file, progress, stop)
        if not part.digest.matches() and went_on:
            # The part was of another version of the file, or damaged: that is no fault of what came now.
            part.restart()
            _fill(part, hub, snapshot, file, progress, stop)
        if not part.digest.matches():
            part.remove()
            raise HubError(f"{path}: what came has not the hash that the hub lists, and was removed - download again")
        sha256 = part.digest.sha256
        part.name_it(path)
    _write_source(hub, snapshot, file, path, sha256)
    return sha256


def _fill(
    part: Part, hub: Hub, snapshot: Snapshot, file: RemoteFile, progress: Callable[[int], None], stop: Stop
) -> None:
    """Ask for what is missing until nothing is."""
    failed = transport_error()
    tries = 0
    progress(part.size)
    while part.size < file.size:
        _pause(WAITS[tries], stop)
        problem, brought = "it ended too early", 0
        try:
            with hub.stream(snapshot, file, part.size) as response:
                _begin(response, part, file, f"{snapshot.repo}: {file.name}", hub.endpoint)
                for data in response.iter_raw():
                    if stop():
                        raise _stopped(file)
                    part.write(data)
                    brought += len(data)
                    progress(part.size)
        except (_AgainError, failed) as error:
            problem = reason(error)
        tries = 0 if brought else tries + 1
        if tries == TRIES:
            kept = f"{as_size(part.size)} of {as_size(file.size)} are kept"
            raise HubError(f"{file.name}: the download is cut again and again ({problem}); {kept} - try again later")


def _begin(response: Response, part: Part, file: RemoteFile, what: str, endpoint: str) -> None:
    """Make the part ready for what the answer brings: some servers ignore the range asked for.

    Raises:
        _AgainError: if it brings nothing of use, but might if asked again.
        HubError: if it will not.
    """
    status = response.status_code
    if status == 200:
        if part.size:
            part.restart()
        return
    if status == 206:
        match = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", ""))
        if match and int(match[1]) == part.size and match[2] in ("*", str(file.size)):
            return
        part.restart()
        raise _AgainError("the server sent another piece than asked for")
    if status == 416:
        part.restart()
        raise _AgainError("the server has no such piece")
    if status in (408, 429) or status >= 500:
        raise _AgainError(f"status {status}")
    raise HubError(refusal(what, endpoint, status))


def _pause(seconds: float, stop: Stop) -> None:
    until = time.monotonic() + seconds
    while not stop():
        left = until - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(left, 0.1))
    raise DownloadStoppedError("stopped - the next download goes on from here")


def _stopped(file: RemoteFile) -> DownloadStoppedError:
    return DownloadStoppedError(f"{file.name}: stopped - the next download goes on from here")


def _write_source(hub: Hub, snapshot: Snapshot, file: RemoteFile, path: Path, sha256: str) -> None:
    """Say beside the file where it came from: a branch moves, a commit does not."""
    source = {
        "schema": 1,
        "endpoint": hub.endpoint,
        "repo": snapshot.repo,
        "revision": snapshot.revision,
        "commit": snapshot.commit,
        "file": file.name,
        "bytes": file.size,
        "sha256": sha256,
    }
    final, part = _beside(path, SOURCE), _beside(path, SOURCE + PART)
    try:
        part.write_text(json.dumps(source, indent=1) + "\n", encoding="utf-8")
        os.replace(part, final)
    except OSError as error:
        raise HubError(f"{final}: cannot be written ({error.strerror}) - mend that and download again") from error


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0

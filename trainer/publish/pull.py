"""`cqa-train pull`: files of a repository into the app's folder of models."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from cqa_desktop.models.download import MODELS, Progress, choose, download
from cqa_desktop.models.errors import HubError
from cqa_desktop.models.hub import MAIN, Hub, RemoteFile, as_size
from cqa_desktop.models.registry import user_models
from trainer.errors import TrainerError


def pull(spec: str, revision: str | None, patterns: Sequence[str], out: Path | None, *, only_list: bool = False) -> int:
    """Fetch what the patterns choose (default: the GGUFs) and say where it is; returns 0.

    Args:
        spec: `owner/name`, or `owner/name@revision`.
        out: None for the folder that the app looks in.
        only_list: say what is there, and fetch nothing.

    Raises:
        TrainerError: if the hub cannot be reached or refuses, the disk is full, or a file is not what the hub lists.
    """
    repo, _, pinned = spec.partition("@")
    folder = user_models() if out is None else out
    try:
        hub = Hub()
        snapshot = hub.snapshot(repo, revision or pinned or MAIN)
        if only_list:
            for file in snapshot.files:
                print(f"{as_size(file.size):>9}  {file.name}")
            return 0
        files = choose(snapshot, patterns or MODELS)
        total = as_size(sum(file.size for file in files))
        _say(f"{repo} at {snapshot.commit}: {len(files)} file{'s' if len(files) > 1 else ''}, {total}")
        done = download(hub, snapshot, files, folder, on_progress=_progress())
    except HubError as error:
        raise TrainerError(str(error)) from error
    for one in done:
        print(f"{one.path}{'' if one.fresh else ' (was here)'}\n  sha256 {one.sha256}")
        if one.path.suffix == ".gguf":
            use = "--adapter" if one.path.name.endswith("-adapter.gguf") else "--model"
            print(f"  cqa score draft.md {use} '{one.path}'")
    return 0


def _progress() -> Progress:
    """A line that counts, where there is a terminal."""
    if not sys.stderr.isatty():
        return lambda _file, _done: None
    shown = ""

    def advance(file: RemoteFile, done: int) -> None:
        nonlocal shown
        line = f"{file.name}: {as_size(done)} of {as_size(file.size)}"
        if line != shown:
            shown = line
            print(f"\r{line}\x1b[K", end="\n" if done == file.size else "", file=sys.stderr, flush=True)

    return advance


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)

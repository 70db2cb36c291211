"""`cqa-train publish`: shows what would be uploaded, asks, and uploads it in one commit."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cqa_desktop.models.errors import HubError
from cqa_desktop.models.hub import ASK_SECONDS, Hub, as_size, hub_errors, reason
from trainer.errors import TrainerError
from trainer.publish.card import default_licence, model_card
from trainer.publish.collect import CARD, Item, Publication, collect

COPY: Final = "card.md"
"""The card in the run's folder, to be read before it is uploaded."""


@dataclass(frozen=True)
class Options:
    """What can be chosen about an upload."""

    public: bool = False
    licence: str | None = None
    """The hub's name of a licence; None: Apache-2.0 over the reference model, else none is stated."""
    yes: bool = False
    """Without asking."""


def publish(folder: Path, repo: str, options: Options) -> int:
    """Upload a run; returns 0, or 1 if the answer was no.

    Raises:
        TrainerError: if the run is not exported, nobody can be asked, or the hub cannot be reached or refuses.
    """
    if repo.count("/") != 1:
        raise TrainerError(f"'{repo}': is not a repository id - give owner/name")
    if not options.yes and not sys.stdin.isatty():
        raise TrainerError(f"{repo}: nobody is there to be asked - give --yes to upload without a question")
    publication = collect(folder)
    licence = options.licence or default_licence(publication)
    card = model_card(publication, repo, licence)
    items = [Item(CARD, card.encode()), *publication.models, *publication.others]
    try:
        (folder / COPY).write_text(card, encoding="utf-8")
        hub = Hub()
        if not hub.token:
            raise TrainerError(f"{repo}: you are not logged in - hf auth login, or set HF_TOKEN")
        there = _is_private(hub, repo)
        if there is False and not options.public:
            raise TrainerError(f"{repo}: is there and is public - give --public, or another id")
        private = not options.public if there is None else there
        _show(hub, repo, items, publication, licence, new=there is None, private=private, card=folder / COPY)
        if not options.yes and not _agreed():
            print("nothing was uploaded")
            return 1
        commit = _upload(hub, repo, items, publication.epoch, private=private)
    except HubError as error:
        raise TrainerError(str(error)) from error
    except OSError as error:
        raise TrainerError(f"{error.filename or folder}: cannot be used ({error.strerror or error})") from error
    print(f"{hub.endpoint}/{repo}: {len(items)} files, {'private' if private else 'public'}, commit {commit}")
    print(f"cqa-train pull {repo}@{commit}")
    return 0


def _is_private(hub: Hub, repo: str) -> bool | None:
    """Whether the repository is; None if there is none."""
    from huggingface_hub.errors import RepositoryNotFoundError

    with hub_errors(repo, hub.endpoint):
        try:
            return bool(hub.api.model_info(repo, timeout=ASK_SECONDS).private)
        except RepositoryNotFoundError:
            return None


def _show(
    hub: Hub,
    repo: str,
    items: Sequence[Item],
    publication: Publication,
    licence: str | None,
    *,
    new: bool,
    private: bool,
    card: Path,
) -> None:
    wide = max(len(item.name) for item in items)
    kind = "private" if private else "PUBLIC: everyone can read it"
    lines = [
        f"to {hub.endpoint}/{repo} ({'a new repository' if new else 'which is there'}, {kind})",
        *(f"  {item.name:<{wide}}  {as_size(item.size):>9}" for item in items),
        f"  {'in all':<{wide}}  {as_size(sum(item.size for item in items)):>9}",
        f"the model card to read before: {card}",
        f"licence: {licence or 'none stated (--licence)'}",
    ]
    lines += [f"left out: {name} - of another epoch than {publication.epoch}" for name in publication.left_out]
    print("\n".join(lines), file=sys.stderr, flush=True)


def _agreed() -> bool:
    print("Upload these files? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _upload(hub: Hub, repo: str, items: Sequence[Item], epoch: int, *, private: bool) -> str:
    """Make the repository if need be, and commit; returns the commit.

    Raises:
        HubError: if the hub cannot be reached or refuses.
        TrainerError: if the repository is not as private as wanted, or a file did not get there.
    """
    from huggingface_hub import CommitOperationAdd
    from huggingface_hub.utils.tqdm import disable_progress_bars

    if not sys.stderr.isatty():
        disable_progress_bars()
    with hub_errors(repo, hub.endpoint):
        hub.api.create_repo(repo, private=private, exist_ok=True)
    if private and not _is_private(hub, repo):
        raise TrainerError(f"{repo}: the hub made it public though private was asked for - nothing was uploaded")
    operations = [CommitOperationAdd(item.name, item.source) for item in items]
    try:
        with hub_errors(repo, hub.endpoint), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the hub's taste in metadata
            try:
                done = hub.api.create_commit(repo, operations, commit_message=f"Epoch {epoch}, by cqa-train publish")
            except ValueError as error:  # the card's metadata, say an unknown licence
                raise TrainerError(
                    f"{repo}: the hub refuses it ({' '.join(str(error).split())}) - mend that"
                ) from error
    except RuntimeError as error:
        raise TrainerError(
            f"{repo}: the upload broke off ({reason(error.__cause__ or error)}) - run the same command again: what is "
            "there is not sent twice"
        ) from error
    there = {file.name: file.size for file in hub.snapshot(repo, done.oid).files}
    lost = [item.name for item in items if there.get(item.name) != item.size]
    if lost:
        raise TrainerError(f"{repo}: {lost[0]} did not get there - see its .gitignore, and run the same command again")
    return str(done.oid)

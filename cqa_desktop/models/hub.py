"""What a model hub says of a repository, and a stream of one of its files.

Asked through huggingface_hub, which is imported where it is used: the app starts without it. The hub is the one that
HF_ENDPOINT names, else Hugging Face's.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urljoin, urlsplit

from cqa_desktop.models.errors import HubError

if TYPE_CHECKING:
    from httpx2 import Response
    from huggingface_hub import HfApi

MAIN: Final = "main"
ASK_SECONDS: Final = 30.0
STREAM_SECONDS: Final = (10.0, 20.0, 20.0, 10.0)
"""To connect, to the next bytes, to send, to get a connection."""
MOST_REDIRECTS: Final = 5
_REDIRECTS: Final = (301, 302, 303, 307, 308)
_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of a repository."""

    name: str
    """Its path in the repository, as the server gives it: not to be trusted as a path here."""
    size: int
    """Bytes."""
    sha256: str | None
    """Of a large file; None for one that git itself holds."""
    blob_id: str | None
    """Git's SHA-1; of a large file, that of its pointer."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A repository at one commit."""

    repo: str
    revision: str
    """As asked for: a branch, a tag or a commit."""
    commit: str
    private: bool
    files: tuple[RemoteFile, ...]


class Hub:
    """A hub, and who asks.

    Args:
        endpoint: None for HF_ENDPOINT, else Hugging Face's.
        token: None for the one that the user logged in with (HF_TOKEN, else the file of `hf auth login`); "" for none.

    Raises:
        HubError: if the endpoint is no address.
    """

    def __init__(self, endpoint: str | None = None, token: str | None = None) -> None:
        from huggingface_hub import constants, get_token

        self.endpoint = (endpoint or os.environ.get("HF_ENDPOINT") or constants.ENDPOINT).rstrip("/")
        if _origin(self.endpoint) is None:
            raise HubError(f"HF_ENDPOINT '{self.endpoint}': is no address - give one that starts with https://")
        self.token = (get_token() if token is None else token) or ""

    @property
    def api(self) -> HfApi:
        """The hub's own client, for this endpoint and token."""
        from huggingface_hub import HfApi

        # False, not None: None would take the token that the user is logged in with.
        return HfApi(endpoint=self.endpoint, token=self.token or False, library_name="cqa-desktop")

    def snapshot(self, repo: str, revision: str = MAIN) -> Snapshot:
        """What is in `repo` at the commit that `revision` is now.

        Raises:
            HubError: if the hub cannot be reached, has no such thing, or does not show it to us.
        """
        with hub_errors(repo, self.endpoint, revision):
            info = self.api.model_info(repo, revision=revision, files_metadata=True, timeout=ASK_SECONDS)
            if not info.sha:
                raise ValueError("no commit")
            files = tuple(
                RemoteFile(one.rfilename, int(one.size or 0), one.lfs.sha256 if one.lfs else None, one.blob_id)
                for one in info.siblings or ()
            )
        return Snapshot(repo, revision, info.sha, bool(info.private), files)

    @contextmanager
    def stream(self, snapshot: Snapshot, file: RemoteFile, start: int = 0) -> Iterator[Response]:
        """The answer to a request for the bytes of a file from `start` on, whatever its status.

        Redirects are followed here, so that the token goes to the hub alone and never to where it sends us.

        Raises:
            HubError: for a redirect to nowhere.
        """
        from huggingface_hub import get_session

        name = quote(file.name)
        url = f"{self.endpoint}/{snapshot.repo}/resolve/{quote(snapshot.commit, safe='')}/{name}"
        for _ in range(MOST_REDIRECTS):
            with get_session().stream(
                "GET", url, headers=self._headers(url, start), follow_redirects=False, timeout=STREAM_SECONDS
            ) as response:
                if response.status_code not in _REDIRECTS:
                    yield response
                    return
                url = _follow(url, response.headers.get("location", ""))
        raise HubError(f"{snapshot.repo}: {file.name} is redirected without end - try again later")

    def _headers(self, url: str, start: int) -> dict[str, str]:
        # Compressed, neither the range nor the length would be those of the file.
        headers = {"Accept-Encoding": "identity", "User-Agent": "cqa-desktop"}
        if start:
            headers["Range"] = f"bytes={start}-"
        if self.token and _origin(url) == _origin(self.endpoint):
            headers["Authorization"] = f"Bearer {self.token}"
        return headers


def transport_error() -> type[Exception]:
    """What is raised when a connection fails: the HTTP library is huggingface_hub's choice, and changed with it."""
    from huggingface_hub import errors

    found: type[Exception] = errors.HTTPError  # type: ignore[attr-defined]
    return found


@contextmanager
def hub_errors(repo: str, endpoint: str, revision: str = MAIN) -> Iterator[None]:
    """Inside, what huggingface_hub raises becomes a HubError."""
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        HFValidationError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        yield
    except HFValidationError as error:
        raise HubError(f"'{repo}': is not a repository id - give owner/name") from error
    except OfflineModeIsEnabled as error:
        raise HubError(f"{repo}: HF_HUB_OFFLINE forbids the network - unset it") from error
    except RevisionNotFoundError as error:
        raise HubError(f"{repo}: has no revision '{revision}' - give a branch, a tag or a commit") from error
    except GatedRepoError as error:
        fix = f"accept its terms at {endpoint}/{repo}, and log in (hf auth login, or HF_TOKEN)"
        raise HubError(f"{repo}: is gated - {fix}") from error
    except RepositoryNotFoundError as error:
        raise HubError(refusal(repo, endpoint, 404)) from error  # to who is not logged in, the hub says 401
    except HfHubHTTPError as error:
        raise HubError(refusal(repo, endpoint, error.response.status_code)) from error
    except transport_error() as error:
        raise HubError(f"{endpoint}: cannot be reached ({reason(error)}) - check the connection, try again") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise HubError(f"{endpoint}: answers unlike a hub ({reason(error)}) - check HF_ENDPOINT") from error


def refusal(what: str, endpoint: str, status: int) -> str:
    """The line for an answer that is none of the expected."""
    if status == 404:
        return f"{what}: is not at {endpoint}, or is private - check the id, or log in (hf auth login, or HF_TOKEN)"
    if status == 401:
        return f"{what}: the hub asks who you are - log in (hf auth login, or a valid HF_TOKEN)"
    if status == 403:
        return f"{what}: the hub does not allow it with this token - use one that has the right"
    if status == 429 or status >= 500:
        return f"{what}: the hub is busy or broken (status {status}) - try again later"
    return f"{what}: the hub refused (status {status}) - check the id and the revision"


def reason(error: Any) -> str:
    """An exception's own words, in one line."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def as_size(count: float) -> str:
    """Bytes, for people."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.2f} GB"


def _origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None for what is no web address."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname:
        return None
    return parts.scheme, parts.hostname, port or _PORTS[parts.scheme]


def _follow(url: str, location: str) -> str:
    """Raises:
    HubError: for a redirect that goes nowhere, or from an encrypted connection to an open one.
    """
    there = urljoin(url, location) if location else ""
    if _origin(there) is None or (url.startswith("https:") and not there.startswith("https:")):
        raise HubError(f"{urlsplit(url).netloc}: redirects to no safe address ('{location[:80]}') - check HF_ENDPOINT")
    return there

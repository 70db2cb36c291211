"""A model hub on 127.0.0.1: the endpoints that huggingface_hub asks, with faults that a test chooses.

Large files are served from a second server on another port, as the real hub redirects to its storage.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

TOKEN = "hf_of_the_test"
LARGE = (".gguf", ".safetensors")


@dataclass
class Repo:
    """A repository: commits, and the branch `main`."""

    private: bool = False
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    main: str = ""
    summaries: list[str] = field(default_factory=list)

    def commit(self, files: dict[str, bytes]) -> str:
        """Add files over what is there; returns the commit, which `main` then is."""
        tree = {**self.commits.get(self.main, {}), **files}
        names = sorted((name, hashlib.sha256(data).hexdigest()) for name, data in tree.items())
        self.main = hashlib.sha1(json.dumps([self.main, names]).encode()).hexdigest()
        self.commits[self.main] = tree
        return self.main


@dataclass(frozen=True)
class Asked:
    """A request that came."""

    method: str
    path: str
    range: str | None
    token: str | None
    storage: bool
    """Whether it came to the storage, not to the hub."""


class HubServer:
    """The hub's state, what was asked of it, and what is to go wrong."""

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.uploaded: dict[str, bytes] = {}
        self.asked: list[Asked] = []
        self.bodies: list[dict[str, Any]] = []
        self.cuts: list[int] = []
        """Bytes after which the next answers with bytes are cut, one each."""
        self.ignores_range = False
        self.lies_about_range = False
        self.damages = False
        """Whether the bytes sent are not those that were listed."""
        self.statuses: list[int] = []
        """What the next requests for bytes are answered with, one each."""
        self.refuses: dict[str, int] = {}
        """Start of a path to the status it is answered with."""
        self.ignored: tuple[str, ...] = ()
        """Names that the repository's .gitignore leaves out."""
        self.complaint = ""
        """What is wrong with a card's metadata."""
        self.makes_public = False
        """Whether new repositories are public whatever was asked for."""
        self.url = ""
        self.storage_url = ""

    def add(self, name: str, files: dict[str, bytes], *, private: bool = False) -> str:
        """Put files into a repository, made if need be; returns the commit."""
        return self.repos.setdefault(name, Repo(private)).commit(files)

    def ranges(self) -> list[str | None]:
        """The Range of each request for bytes of a large file."""
        return [one.range for one in self.asked if one.storage and one.method == "GET"]

    def written(self) -> list[str]:
        """The paths of what was not only read."""
        return [one.path for one in self.asked if one.method in ("POST", "PUT") and "validate-yaml" not in one.path]


@contextmanager
def hub_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    """A running hub that HF_ENDPOINT names, asked with TOKEN."""
    from huggingface_hub import constants
    from huggingface_hub.utils import close_session

    state = HubServer()
    close_session()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)  # its protocol is not spoken here
    servers = []
    for storage in (False, True):
        server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": state, "storage": storage}))
        server.daemon_threads = False  # so that closing waits for them
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        servers.append((server, thread))
    state.url, state.storage_url = (f"http://127.0.0.1:{server.server_address[1]}" for server, _ in servers)
    monkeypatch.setenv("HF_ENDPOINT", state.url)
    try:
        yield state
    finally:
        close_session()
        for server, thread in servers:
            server.shutdown()
            server.server_close()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    hub: HubServer
    storage: bool
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def _answer(self) -> None:
        path = unquote(urlsplit(self.path).path)
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ") or None
        self.hub.asked.append(Asked(self.command, path, self.headers.get("Range"), token, self.storage))
        body = self._body()
        refused = [status for start, status in self.hub.refuses.items() if path.startswith(start)]
        if refused:
            self._send(refused[0], {"error": "refused"})
        elif self.storage:
            self._store(path, body) if self.command == "PUT" else self._bytes(self._stored(path))
        elif self.command == "POST":
            if token != TOKEN:
                self._send(401, {"error": "Invalid username or password."})
            else:
                self._post(path, body)
        elif match := re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/revision/(.+))?", path):
            self._info(match[1], match[2] or "main", token)
        elif match := re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            self._resolve(match[1], match[2], match[3], token)
        else:
            self._send(404, {"error": "no such page"})

    # --- reading ----------------------------------------------------------------------------------------------------

    def _tree(self, name: str, revision: str, token: str | None) -> tuple[str, dict[str, bytes]] | None:
        repo = self.hub.repos.get(name)
        if repo is None or (repo.private and token != TOKEN):
            self._send(404 if token == TOKEN else 401, {"error": "not found"}, {"X-Error-Code": "RepoNotFound"})
            return None
        commit = repo.main if revision == "main" else revision
        if commit not in repo.commits and commit:
            self._send(404, {"error": "no revision"}, {"X-Error-Code": "RevisionNotFound"})
            return None
        return commit, repo.commits.get(commit, {})

    def _info(self, name: str, revision: str, token: str | None) -> None:
        if found := self._tree(name, revision, token):
            commit, tree = found
            files = []
            for path, data in tree.items():
                one: dict[str, Any] = {"rfilename": path, "size": len(data), "blobId": _blob(data)}
                if path.endswith(LARGE):
                    one["lfs"] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 134}
                files.append(one)
            private = self.hub.repos[name].private
            self._send(200, {"id": name, "sha": commit or "0" * 40, "private": private, "siblings": files, "tags": []})

    def _resolve(self, name: str, revision: str, path: str, token: str | None) -> None:
        found = self._tree(name, revision, token)
        if not found:
            return
        commit, tree = found
        if path not in tree:
            self._send(404, {"error": "no such file"}, {"X-Error-Code": "EntryNotFound"})
            return
        data = tree[path]
        sha256 = hashlib.sha256(data).hexdigest()
        headers = {"X-Repo-Commit": commit, "ETag": f'"{_blob(data)}"'}
        if not path.endswith(LARGE):
            self._bytes(data, headers)
            return
        self.hub.uploaded[sha256] = data
        headers |= {"X-Linked-Etag": f'"{sha256}"', "X-Linked-Size": str(len(data))}
        self._send(302, {}, {**headers, "Location": f"{self.hub.storage_url}/{sha256}"})

    def _stored(self, path: str) -> bytes:
        return self.hub.uploaded[path.strip("/")]

    def _bytes(self, data: bytes, headers: dict[str, str] | None = None) -> None:
        if self.hub.statuses:
            self._send(self.hub.statuses.pop(0), {"error": "as the test wants"})
            return
        if self.hub.damages:
            data = data[:-1] + bytes([data[-1] ^ 1])
        status, start = 200, 0
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        headers = {**(headers or {}), "Accept-Ranges": "bytes", "Content-Type": "application/octet-stream"}
        if asked and not self.hub.ignores_range:
            start = int(asked[1])
            if start >= len(data):
                self._send(416, {}, {"Content-Range": f"bytes */{len(data)}"})
                return
            status = 206
            start = 0 if self.hub.lies_about_range else start
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        sent = data[start:]
        self._head(status, len(sent), headers)
        if self.command == "HEAD":
            return
        if self.hub.cuts:
            sent = sent[: self.hub.cuts.pop(0)]
        with suppress(OSError):  # whoever asked has gone
            self.wfile.write(sent)

    # --- writing ----------------------------------------------------------------------------------------------------

    def _store(self, path: str, body: bytes) -> None:
        oid = path.strip("/")
        if hashlib.sha256(body).hexdigest() != oid:
            self._send(400, {"error": "wrong hash"})
            return
        self.hub.uploaded[oid] = body
        self._send(200, {})

    def _post(self, path: str, body: bytes) -> None:
        if path == "/api/repos/create":
            self._create(json.loads(body))
        elif path == "/api/validate-yaml":
            errors = [{"message": self.hub.complaint}] if self.hub.complaint else []
            self._send(400 if errors else 200, {"errors": errors, "warnings": []})
        elif match := re.fullmatch(r"/api/models/(.+)/preupload/main", path):
            tree = self.hub.repos[match[1]].commits.get(self.hub.repos[match[1]].main, {})
            files = [
                {
                    "path": one["path"],
                    "uploadMode": "lfs" if one["path"].endswith(LARGE) else "regular",
                    "shouldIgnore": one["path"] in self.hub.ignored,
                    "oid": _blob(tree[one["path"]]) if one["path"] in tree else None,
                }
                for one in json.loads(body)["files"]
            ]
            self._send(200, {"files": files})
        elif path.endswith(".git/info/lfs/objects/batch"):
            objects = [
                {**one, "actions": {"upload": {"href": f"{self.hub.storage_url}/{one['oid']}"}}}
                for one in json.loads(body)["objects"]
            ]
            self._send(200, {"transfer": "basic", "objects": objects})
        elif match := re.fullmatch(r"/api/models/(.+)/commit/main", path):
            self._commit(match[1], [json.loads(line) for line in body.splitlines()])
        else:
            self._send(404, {"error": "no such page"})

    def _create(self, body: dict[str, Any]) -> None:
        self.hub.bodies.append(body)
        name = f"{body['organization']}/{body['name']}"
        status = 409 if name in self.hub.repos else 200
        private = body.get("visibility") == "private" or body.get("private") is True
        self.hub.repos.setdefault(name, Repo(private and not self.hub.makes_public))
        self._send(status, {"url": f"{self.hub.url}/{name}"})

    def _commit(self, name: str, lines: list[dict[str, Any]]) -> None:
        files = {}
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.hub.uploaded[value["oid"]]
            else:
                self.hub.repos[name].summaries.append(value["summary"])
        commit = self.hub.repos[name].commit(files)
        self._send(200, {"commitUrl": f"{self.hub.url}/{name}/commit/{commit}", "commitOid": commit})

    # --- both -------------------------------------------------------------------------------------------------------

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        whole = b""
        while size := int(self.rfile.readline(), 16):
            whole += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return whole

    def _send(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        data = json.dumps(body).encode()
        self._head(status, len(data), {"Content-Type": "application/json", **(headers or {})})
        if self.command != "HEAD":
            self.wfile.write(data)

    def _head(self, status: int, length: int, headers: dict[str, str]) -> None:
        # One request a connection: a thread that waits for the next would outlive the test.
        self.close_connection = True
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(length), "Connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()


def _blob(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()

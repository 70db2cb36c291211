"""Downloads: whole or not there, resumed, checked, stopped, and never outside their folder."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
from pathlib import Path
from typing import Any

import pytest
from hub_server import TOKEN, HubServer

from cqa_desktop.models import download as module
from cqa_desktop.models.download import Downloaded, choose, download, place, read_source
from cqa_desktop.models.errors import DownloadStoppedError, HubError
from cqa_desktop.models.hub import Hub, as_size
from cqa_desktop.models.part import Part

REPO = "writer/model"
NAME = "small-Q8_0.gguf"
DATA = os.urandom(600_001)
HALF = 300_000


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAITS", (0.0,) * len(module.WAITS))


@pytest.fixture
def commit(hub: HubServer) -> str:
    return hub.add(REPO, {NAME: DATA, "README.md": b"# A model\n"})


def fetch(folder: Path, *patterns: str, revision: str = "main", **options: Any) -> list[Downloaded]:
    client = Hub()
    snapshot = client.snapshot(REPO, revision)
    return download(client, snapshot, choose(snapshot, patterns or ("*.gguf",)), folder, **options)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


# --- what comes -----------------------------------------------------------------------------------------------------


def test_a_branch_is_pinned_to_its_commit_and_recorded(hub: HubServer, commit: str, tmp_path: Path) -> None:
    seen: list[int] = []
    (one,) = fetch(tmp_path / "new" / "models", on_progress=lambda _file, done: seen.append(done))
    assert one.path.read_bytes() == DATA
    assert one.fresh
    assert names(one.path.parent) == [NAME, NAME + ".source.json"]
    source = read_source(one.path)
    assert source == {
        "schema": 1, "endpoint": hub.url, "repo": REPO, "revision": "main", "commit": commit, "file": NAME,
        "bytes": len(DATA), "sha256": hashlib.sha256(DATA).hexdigest(),
    }  # fmt: skip
    assert seen[0] == 0
    assert seen == sorted(seen)
    assert seen[-1] == len(DATA)
    assert [one.path for one in hub.asked if "resolve" in one.path] == [f"/{REPO}/resolve/{commit}/{NAME}"]


def test_the_models_are_the_default_and_patterns_choose(hub: HubServer, commit: str, tmp_path: Path) -> None:
    assert [one.path.name for one in fetch(tmp_path)] == [NAME]
    (card,) = fetch(tmp_path, "*.md")
    assert card.path.read_bytes() == b"# A model\n"
    with pytest.raises(HubError, match=r"has no file \*\.bin - it holds small-Q8_0.gguf, README.md"):
        fetch(tmp_path, "*.bin")


def test_a_file_in_a_folder_of_the_repository_keeps_it(hub: HubServer, tmp_path: Path) -> None:
    hub.add(REPO, {"q8/a b.gguf": DATA})
    assert fetch(tmp_path)[0].path == tmp_path / "q8" / "a b.gguf"


def test_what_is_here_and_whole_is_not_fetched_again(hub: HubServer, commit: str, tmp_path: Path) -> None:
    fetch(tmp_path)
    (one,) = fetch(tmp_path)
    assert not one.fresh
    assert hub.ranges() == [None]
    (tmp_path / (NAME + ".source.json")).unlink()  # as if killed between the two
    fetch(tmp_path)
    assert read_source(one.path)["commit"] == commit
    assert len(hub.ranges()) == 1


def test_a_newer_version_replaces_an_older_one_of_the_same_repository(
    hub: HubServer, commit: str, tmp_path: Path
) -> None:
    fetch(tmp_path)
    newer = hub.add(REPO, {NAME: DATA[::-1]})
    (one,) = fetch(tmp_path)
    assert one.path.read_bytes() == DATA[::-1]
    assert read_source(one.path)["commit"] == newer
    (one,) = fetch(tmp_path, revision=commit)
    assert one.path.read_bytes() == DATA


def test_a_file_of_the_writers_own_is_not_overwritten(hub: HubServer, commit: str, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"mine")
    with pytest.raises(HubError, match="is there and is another file - rename it"):
        fetch(tmp_path)
    assert (tmp_path / NAME).read_bytes() == b"mine"


def test_the_token_goes_to_the_hub_and_not_where_it_redirects(hub: HubServer, commit: str, tmp_path: Path) -> None:
    fetch(tmp_path)
    assert {one.token for one in hub.asked if not one.storage} == {TOKEN}
    assert {one.token for one in hub.asked if one.storage} == {None}


def test_without_a_login_nothing_is_sent(hub: HubServer, commit: str, tmp_path: Path) -> None:
    client = Hub(token="")
    snapshot = client.snapshot(REPO)
    download(client, snapshot, choose(snapshot), tmp_path)
    assert {one.token for one in hub.asked} == {None}


# --- cut, resumed, damaged ------------------------------------------------------------------------------------------


def test_a_connection_cut_at_half_goes_on_from_there(hub: HubServer, commit: str, tmp_path: Path) -> None:
    hub.cuts = [HALF]
    (one,) = fetch(tmp_path)
    assert one.path.read_bytes() == DATA
    assert hub.ranges() == [None, f"bytes={HALF}-"]


def test_the_next_download_goes_on_with_the_part_of_the_last(hub: HubServer, commit: str, tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.part").write_bytes(DATA[:HALF])
    (one,) = fetch(tmp_path)
    assert one.path.read_bytes() == DATA
    assert hub.ranges() == [f"bytes={HALF}-"]


def test_a_line_that_is_cut_again_and_again_keeps_what_came(hub: HubServer, commit: str, tmp_path: Path) -> None:
    hub.cuts = [HALF] + [0] * 20
    with pytest.raises(HubError, match=r"cut again and again .*300.0 kB of 600.0 kB are kept - try again later"):
        fetch(tmp_path)
    assert (tmp_path / f"{NAME}.part").read_bytes() == DATA[:HALF]
    assert hub.ranges() == [None] + [f"bytes={HALF}-"] * module.TRIES


@pytest.mark.parametrize("fault", ["ignores_range", "lies_about_range"])
def test_a_server_that_does_not_honour_the_range_is_noticed(
    hub: HubServer, commit: str, tmp_path: Path, fault: str
) -> None:
    (tmp_path / f"{NAME}.part").write_bytes(DATA[:HALF])
    setattr(hub, fault, True)
    (one,) = fetch(tmp_path)
    assert one.path.read_bytes() == DATA


def test_a_part_of_another_version_is_begun_anew(hub: HubServer, commit: str, tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.part").write_bytes(b"x" * HALF)
    assert fetch(tmp_path)[0].path.read_bytes() == DATA
    assert hub.ranges() == [f"bytes={HALF}-", None]


@pytest.mark.parametrize("length", [len(DATA), len(DATA) + 5])
def test_a_part_as_long_as_the_file_or_longer(hub: HubServer, commit: str, tmp_path: Path, length: int) -> None:
    (tmp_path / f"{NAME}.part").write_bytes((DATA + b"more!")[:length])
    assert fetch(tmp_path)[0].path.read_bytes() == DATA
    assert hub.ranges() == ([] if length == len(DATA) else [None])


def test_a_server_without_the_piece_asked_for_is_asked_for_all(hub: HubServer, commit: str, tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.part").write_bytes(DATA[:HALF])
    hub.statuses = [416]
    assert fetch(tmp_path)[0].path.read_bytes() == DATA
    assert hub.ranges() == [f"bytes={HALF}-", None]


def test_a_busy_server_is_asked_again(hub: HubServer, commit: str, tmp_path: Path) -> None:
    hub.statuses = [503, 429]
    assert fetch(tmp_path)[0].path.read_bytes() == DATA


@pytest.mark.parametrize("name", [NAME, "README.md"])
def test_a_wrong_hash_leaves_nothing(hub: HubServer, commit: str, tmp_path: Path, name: str) -> None:
    hub.damages = True
    with pytest.raises(HubError, match="has not the hash that the hub lists, and was removed - download again"):
        fetch(tmp_path, name)
    assert names(tmp_path) == []


def test_more_than_was_listed_is_not_written(hub: HubServer, commit: str, tmp_path: Path) -> None:
    client = Hub()
    snapshot = client.snapshot(REPO)
    sha256 = hashlib.sha256(DATA).hexdigest()
    short = module.RemoteFile(NAME, 1000, sha256, None)
    with pytest.raises(HubError, match=r"sent more than the 1.0 kB it lists"):
        download(client, snapshot, [short], tmp_path)
    assert (tmp_path / f"{NAME}.part").stat().st_size == 0


def test_a_file_without_a_hash_is_refused(hub: HubServer, commit: str, tmp_path: Path) -> None:
    client = Hub()
    with pytest.raises(HubError, match="gives no hash of"):
        download(client, client.snapshot(REPO), [module.RemoteFile(NAME, len(DATA), None, None)], tmp_path)


# --- stopped --------------------------------------------------------------------------------------------------------


def test_stop_keeps_the_part_and_the_next_goes_on(hub: HubServer, commit: str, tmp_path: Path) -> None:
    here: list[int] = [0]
    with pytest.raises(DownloadStoppedError, match="stopped - the next download goes on"):
        fetch(tmp_path, on_progress=lambda _file, done: here.append(done), stop=lambda: here[-1] > 100_000)
    kept = (tmp_path / f"{NAME}.part").stat().st_size
    assert 100_000 < kept < len(DATA)
    assert fetch(tmp_path)[0].path.read_bytes() == DATA
    assert hub.ranges() == [None, f"bytes={kept}-"]


def test_ctrl_c_keeps_the_part(hub: HubServer, commit: str, tmp_path: Path) -> None:
    def press(_file: object, done: int) -> None:
        if done > 100_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(tmp_path, on_progress=press)
    kept = (tmp_path / f"{NAME}.part").read_bytes()
    assert kept == DATA[: len(kept)]
    assert len(kept) > 100_000
    assert fetch(tmp_path)[0].path.read_bytes() == DATA


def test_two_programs_do_not_fill_one_file(hub: HubServer, commit: str, tmp_path: Path) -> None:
    part = Part(tmp_path / f"{NAME}.part", Hub().snapshot(REPO).files[0])
    with part, pytest.raises(HubError, match="another program is downloading it"):
        fetch(tmp_path)
    assert fetch(tmp_path)[0].path.read_bytes() == DATA


# --- what refuses ---------------------------------------------------------------------------------------------------


def test_an_unknown_repository_revision_and_id(hub: HubServer, commit: str) -> None:
    with pytest.raises(HubError, match=r"writer/other: is not at http.*, or is private - check the id, or log in"):
        Hub().snapshot("writer/other")
    with pytest.raises(HubError, match=r"writer/model: has no revision 'v9' - give a branch"):
        Hub().snapshot(REPO, "v9")
    with pytest.raises(HubError, match=r"'a/b/c': is not a repository id - give owner/name"):
        Hub().snapshot("a/b/c")


def test_a_private_repository_asks_for_a_login(hub: HubServer) -> None:
    hub.add("writer/hidden", {NAME: DATA}, private=True)
    assert Hub().snapshot("writer/hidden").private
    with pytest.raises(HubError, match=r"or is private - check the id, or log in"):
        Hub(token="hf_wrong").snapshot("writer/hidden")


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (401, "asks who you are - log in"),
        (403, "does not allow it with this token"),
        (404, "is not at"),
        (418, "refused \\(status 418\\)"),
        (500, "busy or broken"),
    ],
)
def test_a_refusal_is_one_line(hub: HubServer, commit: str, tmp_path: Path, status: int, says: str) -> None:
    hub.refuses = {"/api/models": status}
    with pytest.raises(HubError, match=says) as told:
        Hub().snapshot(REPO)
    assert "\n" not in str(told.value)
    hub.refuses = {f"/{REPO}/resolve": status}
    with pytest.raises(HubError, match="cut again and again" if status == 500 else says):
        fetch(tmp_path)


def test_no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: HubServer, commit: str) -> None:
    client = Hub()
    snapshot = client.snapshot(REPO)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = Hub(endpoint=f"http://127.0.0.1:{closed.getsockname()[1]}")
        with pytest.raises(HubError, match="cannot be reached") as told:
            nobody.snapshot(REPO)
        assert "\n" not in str(told.value)
        with pytest.raises(HubError, match="cut again and again"):
            download(nobody, snapshot, choose(snapshot), tmp_path)


def test_what_is_no_hub(hub: HubServer, commit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.refuses = {"/api/models": 200}  # {"error": ...} and no commit
    with pytest.raises(HubError, match="answers unlike a hub"):
        Hub().snapshot(REPO)
    with pytest.raises(HubError, match="is no address"):
        Hub(endpoint="hub.example")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(HubError, match="HF_HUB_OFFLINE forbids the network"):
        Hub().snapshot(REPO)


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://127.0.0.1:none/"])
def test_a_redirect_to_nowhere(hub: HubServer, commit: str, tmp_path: Path, location: str) -> None:
    hub.storage_url = f"{location}#"
    with pytest.raises(HubError, match="redirects to no safe address"):
        fetch(tmp_path)


def test_redirects_without_end(hub: HubServer, commit: str, tmp_path: Path) -> None:
    hub.storage_url = f"{hub.url}/{REPO}/resolve/{commit}/{NAME}?"
    with pytest.raises(HubError, match="redirected without end"):
        fetch(tmp_path)


# --- the disk -------------------------------------------------------------------------------------------------------


def test_a_disk_without_room_is_told_before_the_first_byte(
    hub: HubServer, commit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(HubError, match=r"too full \(600.0 kB to download, 1.0 kB free\) - make room"):
        fetch(tmp_path / "deep" / "down")
    assert hub.ranges() == []
    assert names(tmp_path) == []


def test_a_disk_that_fills_keeps_the_part(hub: HubServer, commit: str, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (HALF, hard))
    try:
        with pytest.raises(HubError, match="make room and download again: it goes on from here") as told:
            fetch(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "\n" not in str(told.value)
    assert (tmp_path / f"{NAME}.part").read_bytes() == DATA[:HALF]
    assert fetch(tmp_path)[0].path.read_bytes() == DATA
    assert hub.ranges() == [None, f"bytes={HALF}-"]


def test_a_folder_that_cannot_be_made(hub: HubServer, commit: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(HubError, match="cannot be written"):
        fetch(tmp_path / "file" / "models")


# --- names ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "../evil.gguf", "/etc/evil.gguf", "a/../../evil.gguf", "a//evil.gguf", "./evil.gguf", "..\\evil.gguf",
        "C:\\evil.gguf", "c:evil.gguf", "evil.gguf\x00", "evil\n.gguf", "a/.. /evil.gguf", "con.gguf", "evil.gguf.",
        "\u202efugg.live.gguf", "evil.gguf.part", "evil.gguf.source.json",
    ],
)  # fmt: skip
def test_a_name_that_would_leave_the_folder_is_refused(hub: HubServer, tmp_path: Path, name: str) -> None:
    hub.add(REPO, {"good.gguf": DATA, name: DATA})
    folder = tmp_path / "models"
    with pytest.raises(HubError, match="not safe to write - nothing was downloaded"):
        fetch(folder, "*")
    assert names(tmp_path) == []
    assert hub.ranges() == []


def test_names_that_are_one_on_some_systems(hub: HubServer, tmp_path: Path) -> None:
    hub.add(REPO, {"a.gguf": DATA, "A.gguf": DATA})
    with pytest.raises(HubError, match="would get the same name"):
        fetch(tmp_path)
    assert place(tmp_path, "q8/a.gguf") == tmp_path / "q8" / "a.gguf"


def test_a_damaged_record_is_no_record(tmp_path: Path) -> None:
    (tmp_path / "a.gguf.source.json").write_text("[1", encoding="utf-8")
    assert read_source(tmp_path / "a.gguf") == {}
    (tmp_path / "a.gguf.source.json").write_text(json.dumps([1]), encoding="utf-8")
    assert read_source(tmp_path / "a.gguf") == {}


def test_sizes_for_people() -> None:
    assert [as_size(count) for count in (0, 999, 1000, 8_100_000, 4_370_000_000)] == [
        "0 B",
        "999 B",
        "1.0 kB",
        "8.1 MB",
        "4.37 GB",
    ]

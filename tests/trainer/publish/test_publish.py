"""A run goes to a hub and comes back, privately, after a question, and without what is nobody's business."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
from hub_server import TOKEN, HubServer

from cqa_desktop.models.download import read_source
from cqa_desktop.models.registry import user_models
from trainer.cli import main
from trainer.publish import upload

REPO = "writer/williwaw-cqa"
BASE = {"id": "owner/base", "revision": "c" * 40, "sha256": "b" * 64, "config_sha256": "f" * 64}
NAMES = ("base-cqa-epoch-02-Q8_0.gguf", "base-cqa-epoch-02-adapter.gguf")
PUBLISHED = sorted(
    [
        "README.md", "adapter_config.json", "adapter_model.safetensors", "evaluation.html", "evaluation.json",
        "export.json", "run.json", *NAMES,
    ]
)  # fmt: skip
SECRET = "what the expert said in confidence"


def labelled(path: Path, **labels: str) -> Path:
    """A GGUF of one tensor with the labels that an export writes."""
    writer = gguf.GGUFWriter(path, "llama")
    for key, value in {"cqa.base_sha256": BASE["sha256"], "cqa.data_sha256": "d" * 64, **labels}.items():
        writer.add_string(key, str(value))
    seed = len(path.name)
    writer.add_tensor("blk.0.attn_q.weight", np.random.default_rng(seed).normal(size=(64, 64)).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def change(mean: float, p: float) -> dict[str, Any]:
    return {"pairs": 40, "mean": mean, "low": mean - 1, "high": mean + 1, "wins": 25, "cohen_d": 0.2, "p": p,
            "p_two_sided": 2 * p, "p_holm": 2 * p}  # fmt: skip


def evaluated(*, mean: float = 0.1, p: float = 0.4, writing: float = 0.6) -> dict[str, Any]:
    level = {"i_good": 9.0, "i_degraded": 3.0, "delta_i": change(6.0, 0.001)}
    rows = [
        {
            "epoch": epoch, "split": split, "group": group, "pairs": 40, "base": level, "tuned": level,
            "delta_delta_i": change(mean, p), "fields": {}, "by_dimension": {},
            "log_probability": {"good": change(0.1, 0.2), "degraded": change(0.1, 0.2)},
        }
        for epoch in (1, 2) for split in ("dev", "test") for group in ("literary", "factual")
    ]  # fmt: skip
    figure = {"base": 1.0, "tuned": 1.1, "change": 0.1, "low": -0.1, "high": 0.3, "prompts": 20, "p": writing}
    return {
        "schema": 1, "base": "owner/base", "chosen_epoch": 2, "chosen_because": "the greatest mean Δ(ΔI)",
        "main_group": "literary", "epochs": rows, "pairs": [],
        "generation": {"epoch": 2, "prompts": 20, "samples": 4, "figures": {"distinct_2": figure}},
    }  # fmt: skip


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The folder of a run that was fitted, evaluated and exported, with all that lies beside."""
    folder = tmp_path / "run"
    for name in ("export", "epoch-01", "epoch-02"):
        (folder / name).mkdir(parents=True)
    for name in NAMES:
        labelled(folder / "export" / name)
    labelled(folder / "export" / "base-cqa-epoch-01-Q8_0.gguf")
    for epoch in ("epoch-01", "epoch-02"):
        config = {"base_model_name_or_path": str(tmp_path / "my" / "models" / "base"), "r": 16, "revision": None}
        (folder / epoch / "adapter_config.json").write_text(json.dumps(config), encoding="utf-8")
        (folder / epoch / "adapter_model.safetensors").write_bytes(epoch.encode() * 99)
    files = [
        {"name": NAMES[0], "kind": "Q8_0", "megabytes": 1.0, "nmse": 2.1e-5, "kl_nats": 3.4e-4, "delta_bits": 0.01}
    ]
    export = {"schema": 1, "epoch": 2, "epoch_because": "chosen by the evaluation", "files": files}
    (folder / "export" / "export.json").write_text(json.dumps(export), encoding="utf-8")
    record = {
        "schema": 1, "base": BASE, "data": [{"name": "mine.jsonl", "sha256": "e" * 64, "rows": 63}],
        "data_sha256": "d" * 64, "prompt_format": "headed-1", "epochs": 2, "rows": 63, "tokens": 41_234,
        "trained_tokens": 12_345, "loss": [2.5, 2.25], "hardware": "a GPU", "parameters": 10, "trained_parameters": 2,
    }  # fmt: skip
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    (folder / "evaluation.json").write_text(json.dumps(evaluated()), encoding="utf-8")
    (folder / "evaluation.html").write_text("<p>figures</p>", encoding="utf-8")
    for name in ("state.pt", "config.toml", "log.csv", "annotations.jsonl", "epoch-02/notes.txt", "export/mine.jsonl"):
        (folder / name).write_text(SECRET, encoding="utf-8")
    return folder


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def answer(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(text))


def publish(run: Path, *more: str) -> int:
    return main(["publish", str(run), REPO, *more])


def stored(hub: HubServer) -> dict[str, bytes]:
    repo = hub.repos[REPO]
    return repo.commits[repo.main]


def card(hub: HubServer) -> str:
    return stored(hub)["README.md"].decode()


def refused(capsys: pytest.CaptureFixture[str]) -> str:
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1, lines
    return lines[0]


# --- there and back -------------------------------------------------------------------------------------------------


def test_a_run_goes_there_and_comes_back(
    hub: HubServer, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert publish(run, "--yes") == 0
    assert hub.repos[REPO].private
    assert sorted(stored(hub)) == PUBLISHED
    assert hub.repos[REPO].summaries == ["Epoch 2, by cqa-train publish"]
    commit = hub.repos[REPO].main
    said = capsys.readouterr()
    assert f"{hub.url}/{REPO}: 9 files, private, commit {commit}\ncqa-train pull {REPO}@{commit}\n" == said.out
    assert "left out: base-cqa-epoch-01-Q8_0.gguf - of another epoch than 2" in said.err

    hub.cuts = [8000]  # one file is cut at half
    assert main(["pull", f"{REPO}@{commit}"]) == 0
    for name in NAMES:
        assert (user_models() / name).read_bytes() == (run / "export" / name).read_bytes()
        assert read_source(user_models() / name)["commit"] == commit
    assert [one for one in hub.ranges() if one] == ["bytes=8000-"]
    said = capsys.readouterr()
    assert f"{REPO} at {commit}: 2 files, 33." in said.err
    assert f"cqa score draft.md --model '{user_models() / NAMES[0]}'" in said.out
    assert f"cqa score draft.md --adapter '{user_models() / NAMES[1]}'" in said.out

    out = tmp_path / "out"
    assert main(["pull", REPO, "--include", "adapter_*", "*.md", "--out", str(out)]) == 0
    for name in ("adapter_config.json", "adapter_model.safetensors", "README.md"):
        assert (out / name).read_bytes() == stored(hub)[name]
    assert main(["pull", REPO, "--list"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert sorted(line.split()[-1] for line in listed[-9:]) == PUBLISHED


def test_nothing_but_the_list_leaves_the_machine(hub: HubServer, run: Path) -> None:
    assert publish(run, "--yes") == 0
    sent = b"".join([*stored(hub).values(), *hub.uploaded.values()])
    assert SECRET.encode() not in sent
    assert str(run.parent).encode() not in sent  # peft writes where the base lay
    config = json.loads(stored(hub)["adapter_config.json"])
    assert (config["base_model_name_or_path"], config["revision"], config["r"]) == ("owner/base", "c" * 40, 16)
    assert stored(hub)["adapter_model.safetensors"] == b"epoch-02" * 99


def test_it_asks_before_the_first_byte(
    hub: HubServer, run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for text in ("n\n", "\n", "what?\n", ""):
        answer(monkeypatch, text)
        assert publish(run) == 1
    said = capsys.readouterr()
    assert "nothing was uploaded" in said.out
    assert f"to {hub.url}/{REPO} (a new repository, private)" in said.err
    for name in PUBLISHED:
        assert f"  {name} " in said.err
    assert "792 B" in said.err
    assert "licence: none stated (--licence)" in said.err
    assert "Upload these files? [y/N]" in said.err
    assert hub.written() == []
    assert hub.repos == {}
    answer(monkeypatch, "Yes\n")
    assert publish(run) == 0
    assert sorted(stored(hub)) == PUBLISHED
    assert (run / "card.md").read_text(encoding="utf-8") == card(hub)


def test_public_is_said_to_be(
    hub: HubServer, run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(monkeypatch, "y\n")
    assert publish(run, "--public") == 0
    assert not hub.repos[REPO].private
    said = capsys.readouterr()
    assert "PUBLIC: everyone can read it" in said.err
    assert ", public, commit" in said.out


def test_a_second_time_it_is_one_more_commit(hub: HubServer, run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hub.add(REPO, {"mine.txt": b"stays"}, private=True)
    assert publish(run, "--yes") == 0
    assert "(which is there, private)" in capsys.readouterr().err
    assert stored(hub)["mine.txt"] == b"stays"
    assert len(hub.repos[REPO].commits) == 2
    assert publish(run, "--yes") == 0  # nothing changed
    puts = [one for one in hub.asked if one.method == "PUT"]
    assert all(one.token is None for one in puts)  # the storage is not the hub


# --- what is refused ------------------------------------------------------------------------------------------------


def test_with_nobody_to_ask_it_does_not_begin(hub: HubServer, run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert publish(run) == 2
    assert "nobody is there to be asked - give --yes" in refused(capsys)
    assert hub.asked == []


def test_a_public_repository_is_not_taken_for_a_private_one(
    hub: HubServer, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.add(REPO, {})
    assert publish(run, "--yes") == 2
    assert "is there and is public - give --public, or another id" in refused(capsys)
    assert hub.written() == []


def test_a_hub_that_makes_it_public_all_the_same_gets_nothing(
    hub: HubServer, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.makes_public = True
    assert publish(run, "--yes") == 2
    assert "the hub made it public though private was asked for" in capsys.readouterr().err
    assert stored_or_nothing(hub) == {}


def stored_or_nothing(hub: HubServer) -> dict[str, bytes]:
    repo = hub.repos.get(REPO)
    return repo.commits.get(repo.main, {}) if repo else {}


@pytest.mark.parametrize("repo", ["williwaw", "a/b/c", "../b", "writer/.."])
def test_a_bad_id(hub: HubServer, run: Path, capsys: pytest.CaptureFixture[str], repo: str) -> None:
    assert main(["publish", str(run), repo, "--yes"]) == 2
    assert "is not a repository id - give owner/name" in refused(capsys)


def test_without_a_login(
    hub: HubServer, run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("HF_TOKEN")
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "none"))
    assert publish(run, "--yes") == 2
    assert "you are not logged in - hf auth login, or set HF_TOKEN" in refused(capsys)
    monkeypatch.setenv("HF_TOKEN", TOKEN + "x")
    assert publish(run, "--yes") == 2
    assert "the hub asks who you are" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/api/repos/create", 403, "does not allow it with this token"),
        (f"/api/models/{REPO}/preupload", 403, "does not allow it with this token"),
        (f"/api/models/{REPO}/commit", 409, "refused (status 409)"),
        (f"/{REPO}.git", 400, "the hub refuses it"),
    ],
)
def test_a_hub_that_refuses(
    hub: HubServer, run: Path, capsys: pytest.CaptureFixture[str], path: str, status: int, says: str
) -> None:
    hub.refuses = {path: status}
    assert publish(run, "--yes") == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("cqa-train: ")
    assert says in last
    assert stored_or_nothing(hub) == {}


def test_storage_that_refuses_and_metadata_that_is_wrong(
    hub: HubServer, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.complaint = '"license" must be one of these'
    assert publish(run, "--yes", "--licence", "mine") == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert 'the hub refuses it (Invalid metadata in README.md. - "license" must be one of these) - mend that' in last
    hub.complaint = ""
    hub.ignored = (NAMES[0],)
    assert publish(run, "--yes") == 2
    assert f"{NAMES[0]} did not get there - see its .gitignore" in capsys.readouterr().err
    hub.ignored = ()
    (run / "export" / NAMES[0]).write_bytes(labelled(run / "new-name.gguf").read_bytes())
    digests = [item.sha256 for item in upload.collect(run).models]
    hub.refuses = {f"/{digest}": 403 for digest in digests}
    assert publish(run, "--yes") == 2
    assert "the upload broke off (" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda run: (run / "run.json").unlink(), "run.json: there is no such file - give the folder"),
        (lambda run: (run / "run.json").write_text("[]"), "is not what cqa-train writes"),
        (lambda run: (run / "run.json").write_text('{"base": 3, "prompt_format": ""}'), "is damaged"),
        (lambda run: (run / "export" / "export.json").unlink(), "run cqa-train export first"),
        (lambda run: (run / "export" / "export.json").write_text("{"), "cannot be read"),
        (lambda run: (run / "export" / NAMES[0]).unlink(), "export.json lists it, and it is not there"),
        (lambda run: (run / "export" / NAMES[0]).write_bytes(b"GG"), "export again"),
        (lambda run: labelled(run / "export" / NAMES[0], **{"cqa.base_sha256": "9"}), "is of another base or other"),
        (lambda run: labelled(run / "export" / NAMES[1], **{"cqa.data_sha256": "9"}), "is of another base or other"),
        (lambda run: (run / "epoch-02" / "adapter_model.safetensors").unlink(), "adapter is not there"),
        (lambda run: (run / "epoch-02" / "adapter_config.json").unlink(), "there is no such file - export again"),
        (lambda run: (run / "evaluation.json").write_text("{}"), "evaluate again"),
    ],
)
def test_a_run_that_is_not_ready_is_one_line(
    hub: HubServer, run: Path, capsys: pytest.CaptureFixture[str], damage: Any, says: str
) -> None:
    damage(run)
    assert publish(run, "--yes") == 2
    assert says in refused(capsys)
    assert hub.asked == []


def test_pull_refuses_in_one_line(hub: HubServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pull", "writer/none"]) == 2
    assert "or is private - check the id" in refused(capsys)
    hub.add(REPO, {"README.md": b""})
    assert main(["pull", REPO]) == 2
    assert "has no file *.gguf - it holds README.md" in refused(capsys)
    assert main(["pull", REPO, "--revision", "v2"]) == 2
    assert "has no revision 'v2'" in refused(capsys)


# --- the card -------------------------------------------------------------------------------------------------------


def test_the_card_says_what_it_is_made_from_and_how_to_use_it(hub: HubServer, run: Path) -> None:
    assert publish(run, "--yes", "--licence", "cc-by-4.0") == 0
    text = card(hub)
    front = text.split("---")[1]
    assert 'license: "cc-by-4.0"' in front
    assert 'base_model: "owner/base"' in front
    assert f"cqa-train pull {REPO}\n" in text
    assert f"cqa score draft.md --model BASE.gguf --adapter {NAMES[1]}" in text
    for value in ("c" * 40, "b" * 64, "d" * 64, "| annotations | 63 |", "2.5, 2.25", "`headed-1`"):
        assert value in text
    row = next(line for line in text.splitlines() if line.startswith(f"| `{NAMES[0]}`"))
    digest = next(item.sha256 for item in upload.collect(run).models if item.name == NAMES[0])
    assert row.split(" | ")[3:] == ["2.1e-05", "3.4e-04", "+0.0100", f"`{digest}` |"]
    adapter = next(line for line in text.splitlines() if line.startswith(f"| `{NAMES[1]}`"))
    assert "| adapter |" in adapter
    assert "| - | - | - |" in adapter  # a later export wrote over its figures


def test_the_card_over_the_reference_model(hub: HubServer, run: Path) -> None:
    path = run / "run.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    record["base"] |= {"id": "reference", "revision": None}
    path.write_text(json.dumps(record), encoding="utf-8")
    assert publish(run, "--yes") == 0
    text = card(hub)
    assert 'license: "apache-2.0"' in text
    assert "base_model:" not in text
    assert f"cqa score draft.md --adapter {NAMES[1]}" in text


@pytest.mark.parametrize(
    ("result", "says", "never"),
    [
        (
            evaluated(),
            ["**A null result.** On the literary pairs (test)", "A null result for writing"],
            "further apart a",
        ),
        (evaluated(mean=2.0, p=0.001), ["further apart after tuning: Δ(ΔI) +2.00 bits"], "**A null result.**"),
        (evaluated(mean=-2.0, p=0.001), ["**A null result.**"], "further apart after"),
        (evaluated(writing=0.01), ["Of 1 figures of what it writes, 1 changed"], "null result for writing"),
        (evaluated() | {"chosen_epoch": 1}, ["as asked for; the evaluation chose epoch 1"], "nothing"),
        (evaluated() | {"epochs": []}, ["Epoch 2 was not evaluated"], "null"),
        (evaluated() | {"generation": None}, ["**A null result.**"], "what it writes"),
        (None, ["It was not evaluated: whether tuning did anything is not known."], "null"),
    ],
)
def test_the_card_says_plainly_what_was_found(
    hub: HubServer, run: Path, result: dict[str, Any] | None, says: list[str], never: str
) -> None:
    path = run / "evaluation.json"
    if result is None:
        path.unlink()
    else:
        path.write_text(json.dumps(result), encoding="utf-8")
    assert publish(run, "--yes") == 0
    assert all(words in card(hub) for words in says), card(hub)
    assert never not in card(hub)

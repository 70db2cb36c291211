"""Exports: what the app loads says what torch says, and what cannot be exported is refused by name."""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from bases import PROSE, tiny_base
from families import FAMILIES, family_checkpoint

from cqa_desktop.cli import main as cqa
from cqa_desktop.engine.batches import Run
from cqa_desktop.engine.errors import ModelError
from cqa_desktop.engine.gguf_file import inspect_gguf
from cqa_desktop.engine.llama import LlamaModel
from trainer.bases import resolve_base
from trainer.cli import main
from trainer.convert.convert import convert_checkpoint
from trainer.export import run as export_run
from trainer.export.adapter import write_adapter
from trainer.export.lora import Lora
from trainer.fit.model import load_adapters

TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def make_run(folder: Path, base: Path, **lora: Any) -> Path:
    """A run as fit leaves it, its adapter filled with random numbers instead of trained."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    options = {"r": 4, "lora_alpha": 8, "target_modules": TARGETS, "task_type": "CAUSAL_LM", **lora}
    torch.manual_seed(11)
    plain = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    with warnings.catch_warnings():
        # Old names inside peft, and that a tied embedding should not be adapted: what we want to see refused.
        warnings.simplefilter("ignore")
        model = get_peft_model(plain, LoraConfig(**options))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_" in name:
                parameter.normal_(0, 0.15)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.save_pretrained(folder / "epoch-01")
    record = {
        "base": {"id": base.name, "revision": None, "sha256": resolve_base(str(base)).sha256},
        "prompt_format": "prose-1",
        "data_sha256": "d" * 64,
        "stop_token": None,
        "chat_template": False,
    }
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    return folder


def torch_logits(base: Path, adapter: Path, ids: np.ndarray) -> np.ndarray:
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    model = load_adapters(model, {"one": adapter}).eval()
    with torch.inference_mode():
        found: np.ndarray = model(input_ids=torch.from_numpy(ids[None].astype(np.int64))).logits[0, -1].numpy()
    return found


def nmse(ours: np.ndarray, theirs: np.ndarray) -> float:
    ours, theirs = ours[: len(theirs)] - ours[: len(theirs)].mean(), theirs - theirs.mean()
    return float(np.mean((ours - theirs) ** 2) / np.mean(theirs**2))


@contextmanager
def prompt_ids(gguf: Path, adapter: Path | None = None) -> Iterator[tuple[LlamaModel, np.ndarray]]:
    with LlamaModel(gguf, adapter=adapter) as model:
        yield model, np.concatenate(([model.bos], model.tokenize(PROSE[:300]))).astype(np.int32)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_base(tmp_path_factory.mktemp("bases") / "small")


@pytest.fixture(scope="module")
def finished(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("run"), base)


@pytest.fixture
def run_folder(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "run"))


def export(run: Path, base: Path, *more: str) -> int:
    return main(["export", str(run), "--base", str(base), *more])


def change_adapter(run: Path, **change: Any) -> None:
    path = run / "epoch-01" / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | change), encoding="utf-8")


def leftovers(run: Path) -> list[str]:
    return sorted(path.name for path in (run / "export").glob("*")) if (run / "export").exists() else []


# --- what is written ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES)
def test_a_merged_model_and_an_adapter_of_every_family_say_what_torch_says(family: str, tmp_path: Path) -> None:
    folder = family_checkpoint(tmp_path / "base", family, tied=family in ("smollm2", "qwen3"))
    run = make_run(tmp_path / "run", folder)
    lora = Lora(run / "epoch-01")
    merged = convert_checkpoint(folder, tmp_path / "merged.gguf", name="t", edit=lora.merge)
    plain = convert_checkpoint(folder, tmp_path / "plain.gguf", name="t")
    adapter = write_adapter(lora, folder, tmp_path / "adapter.gguf", name="t", metadata={})
    with prompt_ids(merged) as (model, ids):
        expected = torch_logits(folder, run / "epoch-01", ids)
        assert nmse(model.logits_after(ids), expected) < 1e-6
    with prompt_ids(plain, adapter) as (model, ids):
        assert nmse(model.logits_after(ids, adapter=True), expected) < 1e-6
        assert nmse(model.logits_after(ids), expected) > 1e-3  # off, it is the base: the adapter does something


@pytest.mark.parametrize(
    "lora",
    [
        {"use_rslora": True},
        {"alpha_pattern": {"q_proj": 3}},
        {"rank_pattern": {"layers.0.mlp.down_proj": 2}},
        {"target_modules": ["q_proj", "v_proj"]},
        {"r": 1, "lora_alpha": 32},
    ],
    ids=["rank-stabilised", "alpha pattern", "rank pattern", "two targets", "rank 1"],
)
def test_the_scale_is_pefts(base: Path, tmp_path: Path, lora: dict[str, Any]) -> None:
    run = make_run(tmp_path / "run", base, **lora)
    parts = Lora(run / "epoch-01")
    merged = convert_checkpoint(base, tmp_path / "merged.gguf", name="t", edit=parts.merge)
    plain = convert_checkpoint(base, tmp_path / "plain.gguf", name="t")
    adapter = write_adapter(parts, base, tmp_path / "adapter.gguf", name="t", metadata={})
    with prompt_ids(merged) as (model, ids):
        expected = torch_logits(base, run / "epoch-01", ids)
        assert nmse(model.logits_after(ids), expected) < 1e-6
    with prompt_ids(plain, adapter) as (model, ids):
        assert nmse(model.logits_after(ids, adapter=True), expected) < 1e-6


def test_several_kinds_at_once_verified_and_labelled(
    base: Path, run_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    loaded: list[Path] = []
    load = export_run.load_base
    monkeypatch.setattr(export_run, "load_base", lambda folder, *rest: loaded.append(folder) or load(folder, *rest))
    assert export(run_folder, base, "--quant", "F16", "Q8_0", "Q6_K", "Q5_K_M", "q4_k_m", "--no-calibrate") == 0
    assert len(loaded) == 1  # torch holds the base whole: once for all kinds
    table = capsys.readouterr().out
    names = [f"small-cqa-epoch-01-{kind}.gguf" for kind in ("F16", "Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M")]
    assert leftovers(run_folder) == sorted([*names, "export.json"])
    assert all(name in table for name in names)
    report = json.loads((run_folder / "export" / "export.json").read_text(encoding="utf-8"))
    assert [one["name"] for one in report["files"]] == names
    assert report["epoch"] == 1
    kls = [one["kl_nats"] for one in report["files"]]
    assert 0 <= kls[0] < 1e-3
    assert kls[0] < kls[1] < kls[4] < 6e-2
    assert all(one["delta_bits"] is not None for one in report["files"])
    labels = inspect_gguf(run_folder / "export" / names[1]).metadata
    assert labels["cqa.base_id"] == "small"
    assert labels["cqa.base_sha256"] == resolve_base(str(base)).sha256
    assert labels["cqa.data_sha256"] == "d" * 64
    assert labels["cqa.prompt_format"] == "prose-1"
    assert labels["cqa.merged"] is True
    assert labels["cqa.critique"] is False
    assert labels["cqa.chat_template"] is False
    assert "tokenizer.chat_template" not in labels


def test_a_merged_model_carries_its_own_percentiles(
    base: Path, run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prose = tmp_path / "prose.txt"
    prose.write_text(PROSE[:9000], encoding="utf-8")
    monkeypatch.setattr(export_run, "reference_prose", lambda: [prose])
    assert export(run_folder, base) == 0
    out = run_folder / "export" / "small-cqa-epoch-01-Q8_0.gguf"
    assert "bands" in str(inspect_gguf(out).metadata["cqa.calibration"])
    draft = tmp_path / "draft.txt"
    draft.write_text(PROSE[:600], encoding="utf-8")
    assert cqa(["score", str(draft), "--model", str(out), "--json"]) == 0


def test_an_adapter_is_taken_over_its_own_base_alone(
    base: Path, run_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export(run_folder, base, "--adapter-only") == 0
    adapter = run_folder / "export" / "small-cqa-epoch-01-adapter.gguf"
    assert leftovers(run_folder) == ["export.json", adapter.name]
    sha = resolve_base(str(base)).sha256
    mine = convert_checkpoint(base, tmp_path / "mine.gguf", name="t", metadata={"cqa.base_sha256": sha})
    other = tiny_base(tmp_path / "other", seed=5)
    wrong = convert_checkpoint(
        other, tmp_path / "wrong.gguf", name="t", metadata={"cqa.base_sha256": resolve_base(str(other)).sha256}
    )
    with LlamaModel(mine, adapter=adapter) as model:
        run = Run(np.array([model.bos, *model.tokenize("The ship was cold.")], np.int32), 1)
        on, off = (model.score([run], adapter=which)[0].surprisal for which in (True, False))
    assert np.abs(on - off).max() > 0.1
    with pytest.raises(ModelError, match="was trained over 'small'"):
        LlamaModel(wrong, adapter=adapter)
    draft = tmp_path / "draft.txt"
    draft.write_text("The ship was cold. Nobody spoke.", encoding="utf-8")
    capsys.readouterr()
    assert cqa(["score", str(draft), "--model", str(wrong), "--adapter", str(adapter)]) == 2
    said = capsys.readouterr().err.strip()
    assert len(said.splitlines()) == 1
    assert "was trained over 'small', not over t - load it over its own base" in said


def test_the_stop_and_the_template_that_were_trained_are_kept(tmp_path: Path) -> None:
    chat = tiny_base(tmp_path / "chat", chat=True)
    run = make_run(tmp_path / "run", chat)
    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    record |= {"stop_token": "<|im_end|>", "chat_template": True, "prompt_format": "headed-1"}
    (run / "run.json").write_text(json.dumps(record), encoding="utf-8")
    assert export(run, chat, "--quant", "F16", "--no-calibrate") == 0
    labels = inspect_gguf(run / "export" / "chat-cqa-epoch-01-F16.gguf").metadata
    assert "<|im_start|>" in str(labels["tokenizer.chat_template"])
    assert labels["cqa.prompt_format"] == "headed-1"
    assert labels["cqa.chat_template"] is True
    with LlamaModel(run / "export" / "chat-cqa-epoch-01-F16.gguf") as model:
        assert labels["tokenizer.ggml.eos_token_id"] != 1
        assert model.bos == 0


def test_the_epoch_is_the_one_that_was_chosen(base: Path, run_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(run_folder / "epoch-01", run_folder / "epoch-02")
    export(run_folder, base, "--adapter-only", "--no-verify")
    assert "epoch 2: the last one" in capsys.readouterr().err
    (run_folder / "evaluation.json").write_text('{"chosen_epoch": 1}', encoding="utf-8")
    export(run_folder, base, "--adapter-only", "--no-verify")
    assert "epoch 1: chosen by the evaluation" in capsys.readouterr().err
    export(run_folder, base, "--adapter-only", "--no-verify", "--epoch", "2")
    assert "epoch 2: as asked for" in capsys.readouterr().err
    assert export(run_folder, base, "--epoch", "7") == 2
    assert "has no epoch 7 - it has 1, 2" in capsys.readouterr().err


def test_the_report_covers_adapter_and_merged_model(base: Path, run_folder: Path) -> None:
    for more in (("--adapter-only",), ("--no-calibrate",), ("--no-calibrate", "--no-verify")):
        assert export(run_folder, base, *more) == 0
    report = json.loads((run_folder / "export" / "export.json").read_text(encoding="utf-8"))
    found = {one["kind"]: one["verified"] for one in report["files"]}
    assert found == {"adapter": True, "Q8_0": False}  # and the same file is not told twice
    (run_folder / "export" / "small-cqa-epoch-01-adapter.gguf").unlink()
    assert export(run_folder, base, "--no-calibrate", "--quant", "F16") == 0
    report = json.loads((run_folder / "export" / "export.json").read_text(encoding="utf-8"))
    assert [one["kind"] for one in report["files"]] == ["Q8_0", "F16"]


# --- what is refused ------------------------------------------------------------------------------------------------


def refused(run: Path, base: Path, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    capsys.readouterr()
    assert export(run, base, "--no-calibrate", *more) == 2
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("cqa-train: ")]
    assert len(said) == 1
    assert " - " in said[0]
    assert not [name for name in leftovers(run) if name.endswith((".gguf", ".trial", ".part"))]
    return said[0]


@pytest.mark.parametrize("only", [(), ("--adapter-only",)], ids=["merged", "adapter"])
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"use_dora": True}, "DoRA"),
        ({"modules_to_save": ["lm_head"]}, "modules_to_save"),
        ({"bias": "all"}, "trained biases"),
        ({"peft_type": "IA3"}, "a IA3 adapter"),
        ({"lora_alpha": None}, "lora_alpha"),
    ],
)
def test_a_kind_of_adapter_that_cannot_be_exported(
    base: Path,
    run_folder: Path,
    change: dict[str, Any],
    says: str,
    only: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
) -> None:
    change_adapter(run_folder, **change)
    assert says in refused(run_folder, base, capsys, *only)


def test_an_adapted_embedding_is_refused(base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = make_run(tmp_path / "run", base, target_modules=["q_proj", "embed_tokens"])
    assert "adapts an embedding" in refused(run, base, capsys)


def test_numbers_that_are_not_finite_are_refused(
    base: Path, run_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from safetensors.torch import load_file, save_file

    path = run_folder / "epoch-01" / "adapter_model.safetensors"
    tensors = load_file(path)
    name = sorted(tensors)[0]
    tensors[name][0, 0] = float("nan")
    save_file(tensors, path)
    said = refused(run_folder, base, capsys)
    assert "not finite" in said
    assert "q_proj" in said or "proj" in said


def test_another_base_is_refused(run_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tiny_base(tmp_path / "other", seed=9)
    assert "is not the base of this run (small)" in refused(run_folder, other, capsys)


def test_a_quantised_base_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tiny_base(tmp_path / "small")
    run = make_run(tmp_path / "run", folder)
    path = folder / "config.json"
    path.write_text(
        json.dumps(json.loads(path.read_text(encoding="utf-8")) | {"quantization_config": {"load_in_4bit": True}}),
        encoding="utf-8",
    )
    assert "give the 16-bit one" in refused(run, folder, capsys)


def test_an_adapter_of_other_shapes_is_refused(
    base: Path, run_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    narrow = family_checkpoint(tmp_path / "narrow", "llama", num_hidden_layers=1)
    other = make_run(tmp_path / "other", narrow)
    shutil.rmtree(run_folder / "epoch-01")
    shutil.copytree(other / "epoch-01", run_folder / "epoch-01")
    assert "give the base that it was trained on" in refused(run_folder, base, capsys)
    assert "give the base that it was trained on" in refused(run_folder, base, capsys, "--adapter-only")


@pytest.mark.parametrize("damage", ["missing", "cut", "garbage config"])
def test_a_damaged_adapter_is_refused(
    base: Path, run_folder: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = run_folder / "epoch-01" / "adapter_model.safetensors"
    if damage == "missing":
        weights.unlink()
    elif damage == "cut":
        weights.write_bytes(weights.read_bytes()[:1000])
    else:
        (run_folder / "epoch-01" / "adapter_config.json").write_text("{", encoding="utf-8")
    assert "epoch-01" in refused(run_folder, base, capsys)


def test_a_folder_that_is_no_run(base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "is no run" in refused(tmp_path, base, capsys)


# --- the gates ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("only", [(), ("--adapter-only",)], ids=["merged", "adapter"])
def test_a_file_that_is_not_faithful_gets_no_name(
    base: Path,
    run_folder: Path,
    only: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(Lora, "_scale", lambda _self, _weight, rank: 3.0 / rank)
    assert "not what torch says" in refused(run_folder, base, capsys, *only)


def test_a_quantisation_that_loses_too_much_leaves_none(
    base: Path, run_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(export_run, "MOST_KL", {"F16": 1e-3, "Q4_K_M": 1e-12})
    said = refused(run_folder, base, capsys, "--quant", "F16", "Q4_K_M")
    assert "Q4_K_M loses too much" in said


def test_what_was_there_stays_until_the_new_one_is_verified(
    base: Path, run_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert export(run_folder, base, "--quant", "F16", "--no-calibrate") == 0
    path = run_folder / "export" / "small-cqa-epoch-01-F16.gguf"
    before = path.read_bytes()
    monkeypatch.setattr(Lora, "_scale", lambda _self, _weight, rank: 3.0 / rank)
    assert export(run_folder, base, "--quant", "F16", "--no-calibrate") == 2
    assert path.read_bytes() == before


def test_without_verifying_torch_is_not_asked(
    base: Path, run_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def never(*_args: Any, **_options: Any) -> Any:
        raise AssertionError("torch was asked")

    monkeypatch.setattr(export_run, "load_base", never)
    assert export(run_folder, base, "--no-verify", "--no-calibrate") == 0
    assert "not verified" in capsys.readouterr().out

"""Every supported family converts to a GGUF that says what transformers says; what is not supported is refused."""

from __future__ import annotations

import json
import shutil
import tracemalloc
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
from bases import PROSE
from families import FAMILIES, SPLITS, family_checkpoint, published_tokenizer, save_tokenizer_of, trained_tokenizer

from cqa_desktop.engine.gguf_file import inspect_gguf
from cqa_desktop.engine.llama import LlamaModel
from trainer.convert.convert import convert_checkpoint
from trainer.convert.parity import NASTY, check_parity
from trainer.convert.pre_tokenizers import pre_tokenizer_of
from trainer.errors import TrainerError


def metadata(path: Path) -> dict[str, Any]:
    return dict(inspect_gguf(path).metadata)


def changed(folder: Path, copy: Path, name: str, change: dict[str, Any]) -> Path:
    shutil.copytree(folder, copy)
    data = json.loads((copy / name).read_text(encoding="utf-8"))
    (copy / name).write_text(json.dumps(data | change), encoding="utf-8")
    return copy


@pytest.mark.parametrize(("tied", "kv_heads"), [(True, 2), (False, 2), (True, 1), (False, 4)])
@pytest.mark.parametrize("family", FAMILIES)
def test_ids_and_logits_are_the_checkpoints(family: str, tied: bool, kv_heads: int, tmp_path: Path) -> None:
    folder = family_checkpoint(tmp_path / "base", family, tied=tied, kv_heads=kv_heads)
    out = convert_checkpoint(folder, tmp_path / "out.gguf", name="t")
    parity = check_parity(folder, out, PROSE[:3000])
    assert parity.nmse < 1e-6
    assert abs(parity.bits) < 1e-3
    assert parity.texts == len(NASTY) + 1
    names = {tensor.name for tensor in gguf.GGUFReader(out).tensors}
    assert ("output.weight" in names) is not tied


@pytest.mark.parametrize(
    "rope",
    [
        {
            "rope_type": "llama3", "rope_theta": 10000.0, "factor": 8.0, "low_freq_factor": 1.0,
            "high_freq_factor": 4.0, "original_max_position_embeddings": 64,
        },
        {"rope_type": "linear", "rope_theta": 10000.0, "factor": 4.0},
    ],
    ids=["llama3", "linear"],
)  # fmt: skip
def test_scaled_rotary_positions(rope: dict[str, Any], tmp_path: Path) -> None:
    folder = family_checkpoint(tmp_path / "base", "llama", rope_parameters=rope)
    out = convert_checkpoint(folder, tmp_path / "out.gguf", name="t")
    assert check_parity(folder, out, PROSE[:3000]).nmse < 1e-6


def test_the_token_list_is_padded_to_the_embedding(tmp_path: Path) -> None:
    folder = family_checkpoint(tmp_path / "base", "qwen2", vocab_size=704)
    out = convert_checkpoint(folder, tmp_path / "out.gguf", name="t")
    assert check_parity(folder, out, PROSE[:2000]).nmse < 1e-6
    field = gguf.GGUFReader(out).get_field("tokenizer.ggml.tokens")
    assert field is not None
    assert len(field.contents()) == 704


def test_more_tokens_than_rows_are_refused(tmp_path: Path) -> None:
    folder = family_checkpoint(tmp_path / "base", "qwen2")
    small = changed(folder, tmp_path / "small", "config.json", {"vocab_size": 300})
    with pytest.raises(TrainerError, match="embedding has 300 rows"):
        convert_checkpoint(small, tmp_path / "out.gguf", name="t")


def test_bos_is_said_outright(tmp_path: Path) -> None:
    with_bos = convert_checkpoint(family_checkpoint(tmp_path / "a", "llama"), tmp_path / "a.gguf", name="t")
    without = convert_checkpoint(family_checkpoint(tmp_path / "b", "qwen2"), tmp_path / "b.gguf", name="t")
    tokenizer = trained_tokenizer("qwen2")
    assert metadata(with_bos)["tokenizer.ggml.add_bos_token"] is True
    assert metadata(with_bos)["tokenizer.ggml.bos_token_id"] == trained_tokenizer("llama-bpe").token_to_id("<|text|>")
    # Without a BOS of its own, a missing key would make llama.cpp take token 11.
    assert metadata(without)["tokenizer.ggml.add_bos_token"] is False
    assert metadata(without)["tokenizer.ggml.bos_token_id"] == tokenizer.token_to_id("<|text|>")
    assert metadata(without)["tokenizer.ggml.eos_token_id"] == tokenizer.token_to_id("<|done|>")


def test_the_stop_that_was_trained_is_the_end_of_text(tmp_path: Path) -> None:
    folder = family_checkpoint(tmp_path / "base", "llama")
    out = convert_checkpoint(folder, tmp_path / "out.gguf", name="t", stop="<|text|>")
    assert metadata(out)["tokenizer.ggml.eos_token_id"] == trained_tokenizer("llama-bpe").token_to_id("<|text|>")
    with pytest.raises(TrainerError, match=r"has no token '<\|im_end\|>'"):
        convert_checkpoint(folder, tmp_path / "other.gguf", name="t", stop="<|im_end|>")


def test_a_chat_template_is_kept_only_if_it_was_trained(tmp_path: Path) -> None:
    folder = family_checkpoint(tmp_path / "base", "qwen2")
    folder = changed(folder, tmp_path / "chat", "tokenizer_config.json", {"chat_template": "{{ messages }}"})
    assert "tokenizer.chat_template" not in metadata(convert_checkpoint(folder, tmp_path / "a.gguf", name="t"))
    kept = convert_checkpoint(folder, tmp_path / "b.gguf", name="t", chat_template="{{ messages }}")
    assert metadata(kept)["tokenizer.chat_template"] == "{{ messages }}"


@pytest.mark.parametrize("split", SPLITS)
def test_the_split_is_named_by_what_is_written_in_the_file(split: str) -> None:
    data = json.loads(trained_tokenizer(split).to_str())
    assert pre_tokenizer_of(data, Path("tokenizer.json")) == split


@pytest.mark.parametrize(
    "pre_tokenizer",
    [
        {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": False},
        {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        None,
    ],
)
def test_a_tokenizer_that_is_not_byte_level_is_refused(pre_tokenizer: Any, tmp_path: Path) -> None:
    folder = family_checkpoint(tmp_path / "base", "llama")
    other = changed(folder, tmp_path / "other", "tokenizer.json", {"pre_tokenizer": pre_tokenizer})
    with pytest.raises(TrainerError, match="not a byte-level BPE tokenizer"):
        convert_checkpoint(other, tmp_path / "out.gguf", name="t")


@pytest.mark.parametrize(
    "normaliser", [{"type": "Lowercase"}, {"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "NFKC"}]}]
)
def test_a_tokenizer_that_changes_texts_is_refused(normaliser: Any, tmp_path: Path) -> None:
    folder = family_checkpoint(tmp_path / "base", "llama")
    other = changed(folder, tmp_path / "other", "tokenizer.json", {"normalizer": normaliser})
    with pytest.raises(TrainerError, match=r"normaliser '(Lowercase|NFKC)' changes texts"):
        convert_checkpoint(other, tmp_path / "out.gguf", name="t")
    assert list(tmp_path.glob("*.gguf*")) == []


def test_an_unknown_split_is_refused(tmp_path: Path) -> None:
    folder = family_checkpoint(tmp_path / "base", "llama")
    steps = json.loads(json.dumps(SPLITS["llama-bpe"]))
    steps["pretokenizers"][0]["pattern"]["Regex"] = r"\p{N}{1,2}|\p{L}+"
    other = changed(folder, tmp_path / "other", "tokenizer.json", {"pre_tokenizer": steps})
    with pytest.raises(TrainerError, match="is not known - use a base of a supported family"):
        convert_checkpoint(other, tmp_path / "out.gguf", name="t")
    assert list(tmp_path.glob("*.gguf*")) == []


@pytest.mark.parametrize(
    ("family", "change", "says"),
    [
        ("llama", {"model_type": "gemma3"}, "architecture 'gemma3' is not supported - use a base of llama"),
        ("llama", {"quantization_config": {"bits": 4}}, "is quantised - give the 16-bit one"),
        ("llama", {"rope_parameters": {"rope_type": "yarn"}}, "rotary scaling 'yarn'"),
        ("mistral", {"sliding_window": 128}, "sliding window"),
        ("qwen2", {"use_sliding_window": True}, "sliding window"),
        ("smollm3", {"no_rope_layers": [1, 1, 1, 1]}, "no_rope_layers"),
    ],
)
def test_a_variant_that_is_not_supported_is_named(
    family: str, change: dict[str, Any], says: str, tmp_path: Path
) -> None:
    folder = changed(family_checkpoint(tmp_path / "base", family), tmp_path / "other", "config.json", change)
    with pytest.raises(TrainerError, match=says):
        convert_checkpoint(folder, tmp_path / "out.gguf", name="t")
    assert list(tmp_path.glob("*.gguf*")) == []


def test_weights_in_several_files_convert_to_the_same_bytes(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = family_checkpoint(tmp_path / "base", "qwen3")
    whole = convert_checkpoint(folder, tmp_path / "whole.gguf", name="t")
    tensors = load_file(folder / "model.safetensors")
    names = sorted(tensors)
    (folder / "model.safetensors").unlink()
    for number, part in enumerate((names[::2], names[1::2]), 1):
        save_file({name: tensors[name] for name in part}, folder / f"model-0000{number}-of-00002.safetensors")
    pieces = convert_checkpoint(folder, tmp_path / "pieces.gguf", name="t")
    ours, theirs = ({t.name: np.array(t.data) for t in gguf.GGUFReader(path).tensors} for path in (whole, pieces))
    assert ours.keys() == theirs.keys()
    assert all(np.array_equal(ours[name], theirs[name]) for name in ours)


def test_memory_is_bounded_by_one_tensor(tmp_path: Path) -> None:
    folder = family_checkpoint(tmp_path / "base", "llama", num_hidden_layers=16, hidden_size=256)
    weights = (folder / "model.safetensors").stat().st_size
    largest = 640 * 256 * 4 * 2  # embedding, or its like
    tracemalloc.start()
    convert_checkpoint(folder, tmp_path / "out.gguf", name="t", format="F16")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 6 * largest < weights / 2


def test_rows_that_do_not_divide_fall_back(tmp_path: Path) -> None:
    folder = family_checkpoint(tmp_path / "base", "llama", intermediate_size=80)
    out = convert_checkpoint(folder, tmp_path / "out.gguf", name="t", format="Q8_0")
    kinds = {tensor.name: tensor.tensor_type.name for tensor in gguf.GGUFReader(out).tensors}
    assert kinds["blk.0.ffn_down.weight"] == "F16"
    assert kinds["blk.0.ffn_up.weight"] == "Q8_0"
    with LlamaModel(out) as model:
        assert np.isfinite(model.logits_after(np.array([model.bos], np.int32))).all()


@pytest.mark.parametrize(("name", "family"), [("qwen2", "qwen2"), ("llama-bpe", "smollm3")])
def test_a_published_vocabulary(name: str, family: str, tmp_path: Path) -> None:
    try:
        tokenizer, size = published_tokenizer(name)
    except OSError as error:
        pytest.skip(str(error))
    folder = family_checkpoint(
        tmp_path / "base", family, tied=True, hidden_size=32, num_hidden_layers=1,
        vocab_size=size, bos_token_id=1, eos_token_id=2,
    )  # fmt: skip
    ends = {"qwen2": "<|endoftext|>", "llama-bpe": "<|end_of_text|>"}
    save_tokenizer_of(folder, tokenizer, add_bos=False)
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": ends[name]}
    if name == "llama-bpe":
        settings["bos_token"] = "<|begin_of_text|>"
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    out = convert_checkpoint(folder, tmp_path / "out.gguf", name="t")
    assert metadata(out)["tokenizer.ggml.pre"] == name
    assert check_parity(folder, out, PROSE[:3000]).nmse < 1e-6

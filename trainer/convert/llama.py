"""A Llama checkpoint of transformers, as GGUF: one tensor in memory at a time."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import numpy.typing as npt

from trainer.convert.vocabulary import add_vocabulary, read_vocabulary
from trainer.errors import TrainerError

FORMATS: Mapping[str, gguf.GGMLQuantizationType] = {
    "F32": gguf.GGMLQuantizationType.F32,
    "F16": gguf.GGMLQuantizationType.F16,
    "Q8_0": gguf.GGMLQuantizationType.Q8_0,
}
_FILE_TYPES = {
    "F32": gguf.LlamaFileType.ALL_F32,
    "F16": gguf.LlamaFileType.MOSTLY_F16,
    "Q8_0": gguf.LlamaFileType.MOSTLY_Q8_0,
}


def convert_llama(
    checkpoint: Path, out: Path, *, name: str, pre_tokenizer: str, format: str = "F32", metadata: Mapping[str, str] = {}
) -> Path:
    """Write `out` from a folder with config.json, tokenizer.json and safetensors; returns `out`.

    `metadata` is written under the keys given (`cqa.*`). Vectors stay in F32 whatever the format. The file appears
    under its name only when it is whole.

    Raises:
        TrainerError: for an architecture other than Llama, biases, or a rotary scaling that we do not convert.
    """
    config = _read_config(checkpoint)
    writer = gguf.GGUFWriter(out, "llama")
    writer.add_name(name)
    writer.add_file_type(_FILE_TYPES[format])
    _add_parameters(writer, config)
    add_vocabulary(
        writer,
        read_vocabulary(checkpoint, config["vocab_size"], config["bos_token_id"], config["eos_token_id"]),
        pre_tokenizer,
    )
    for key, value in metadata.items():
        writer.add_string(key, value)
    part = out.with_suffix(".part")
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config["num_hidden_layers"])
    try:
        for tensor_name, tensor in _tensors(checkpoint, config):
            target = names.get_name(tensor_name, try_suffixes=(".weight", ".bias"))
            if target is None or tensor_name.endswith(".bias"):
                raise TrainerError(f"{checkpoint}: tensor '{tensor_name}' has no place in a Llama GGUF")
            kind = FORMATS[format] if tensor.ndim == 2 else gguf.GGMLQuantizationType.F32
            writer.add_tensor(target, gguf.quants.quantize(tensor, kind), raw_dtype=kind)
        writer.write_header_to_file(part)
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        os.replace(part, out)
    finally:
        part.unlink(missing_ok=True)
    return out


def _read_config(checkpoint: Path) -> dict[str, Any]:
    path = checkpoint / "config.json"
    try:
        config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise TrainerError(f"{path}: cannot be read ({error}) - give a checkpoint folder") from error
    if config.get("model_type") != "llama":
        raise TrainerError(f"{path}: architecture '{config.get('model_type')}' is not supported - only 'llama' is")
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    if rope.get("rope_type", "default") != "default":
        raise TrainerError(f"{path}: rotary scaling '{rope['rope_type']}' is not supported")
    return config


def _add_parameters(writer: gguf.GGUFWriter, config: Mapping[str, Any]) -> None:
    heads = config["num_attention_heads"]
    rope = config.get("rope_parameters") or {}
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(config.get("num_key_value_heads", heads))
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_dimension_count(config.get("head_dim") or config["hidden_size"] // heads)
    writer.add_rope_freq_base(rope.get("rope_theta", config.get("rope_theta", 10000.0)))
    writer.add_vocab_size(config["vocab_size"])


def _tensors(checkpoint: Path, config: Mapping[str, Any]) -> Iterator[tuple[str, npt.NDArray[np.float32]]]:
    from safetensors import safe_open

    heads = config["num_attention_heads"]
    kv_heads = config.get("num_key_value_heads", heads)
    for file in sorted(checkpoint.glob("*.safetensors")):
        with safe_open(file, framework="pt") as tensors:
            for name in tensors.keys():  # noqa: SIM118  (not a mapping)
                if name == "lm_head.weight" and config.get("tie_word_embeddings"):
                    continue  # llama.cpp takes the embedding when there is no output tensor
                tensor: npt.NDArray[np.float32] = tensors.get_tensor(name).float().numpy()
                if name.endswith("q_proj.weight"):
                    tensor = _permute(tensor, heads)
                elif name.endswith("k_proj.weight"):
                    tensor = _permute(tensor, kv_heads)
                yield name, tensor


def _permute(weights: npt.NDArray[np.float32], heads: int) -> npt.NDArray[np.float32]:
    """Rows from transformers' rotary order (halves) to llama.cpp's (interleaved pairs), head by head."""
    rows, columns = weights.shape
    halves = weights.reshape(heads, 2, rows // heads // 2, columns)
    return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(rows, columns))

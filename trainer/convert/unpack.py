"""A Llama GGUF of whole or half precision back into transformers' files: how the shipped model becomes a base."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import gguf
import numpy as np
import numpy.typing as npt

from trainer.errors import TrainerError

_READABLE: Final = (gguf.GGMLQuantizationType.F32, gguf.GGMLQuantizationType.F16, gguf.GGMLQuantizationType.BF16)
_LAYER: Final = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_OUTSIDE: Final = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}


def unpack_llama(source: Path, folder: Path) -> None:
    """Write config.json, tokenizer.json, tokenizer_config.json and model.safetensors into `folder`.

    Raises:
        TrainerError: if the GGUF is not a Llama with a byte-level BPE, or is quantised below half precision.
    """
    from safetensors.numpy import save_file

    reader = gguf.GGUFReader(source)
    config = _config(source, reader)
    tensors: dict[str, npt.NDArray[np.float16] | npt.NDArray[np.float32]] = {}
    for tensor in reader.tensors:
        if tensor.tensor_type not in _READABLE:
            raise TrainerError(f"{source}: '{tensor.name}' is {tensor.tensor_type.name} - unpack an F16 or F32 file")
        name = _name(source, str(tensor.name))
        values = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        if name.endswith("q_proj.weight"):
            values = _unpermute(values, config["num_attention_heads"])
        elif name.endswith("k_proj.weight"):
            values = _unpermute(values, config["num_key_value_heads"])
        half = tensor.tensor_type == gguf.GGMLQuantizationType.F16
        tensors[name] = np.ascontiguousarray(values.astype(np.float16 if half else np.float32))
    config["tie_word_embeddings"] = "lm_head.weight" not in tensors
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    _write_tokenizer(source, reader, folder)
    # Last: a folder with a config is a whole one.
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")


def _field(reader: gguf.GGUFReader, key: str) -> Any:
    field = reader.get_field(key)
    return None if field is None else field.contents()


def _config(source: Path, reader: gguf.GGUFReader) -> dict[str, Any]:
    if _field(reader, "general.architecture") != "llama":
        raise TrainerError(f"{source}: architecture '{_field(reader, 'general.architecture')}' cannot be unpacked")
    heads = _field(reader, "llama.attention.head_count")
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": _field(reader, "llama.vocab_size"),
        "hidden_size": _field(reader, "llama.embedding_length"),
        "intermediate_size": _field(reader, "llama.feed_forward_length"),
        "num_hidden_layers": _field(reader, "llama.block_count"),
        "num_attention_heads": heads,
        "num_key_value_heads": _field(reader, "llama.attention.head_count_kv") or heads,
        "max_position_embeddings": _field(reader, "llama.context_length"),
        "rms_norm_eps": _field(reader, "llama.attention.layer_norm_rms_epsilon"),
        "rope_parameters": {"rope_type": "default", "rope_theta": _field(reader, "llama.rope.freq_base") or 10000.0},
        "bos_token_id": _field(reader, "tokenizer.ggml.bos_token_id"),
        "eos_token_id": _field(reader, "tokenizer.ggml.eos_token_id"),
        "hidden_act": "silu",
        "attention_bias": False,
        "mlp_bias": False,
        "dtype": "float16",
    }


def _name(source: Path, name: str) -> str:
    if name in _OUTSIDE:
        return _OUTSIDE[name]
    parts = name.split(".")
    if len(parts) == 4 and parts[0] == "blk" and parts[2] in _LAYER:
        return f"model.layers.{parts[1]}.{_LAYER[parts[2]]}.{parts[3]}"
    raise TrainerError(f"{source}: tensor '{name}' has no place in a Llama checkpoint")


def _unpermute(weights: npt.NDArray[np.float32], heads: int) -> npt.NDArray[np.float32]:
    """Rows from llama.cpp's rotary order (interleaved pairs) back to transformers' (halves), head by head."""
    rows, columns = weights.shape
    pairs = weights.reshape(heads, rows // heads // 2, 2, columns)
    return np.ascontiguousarray(pairs.swapaxes(1, 2).reshape(rows, columns))


def _write_tokenizer(source: Path, reader: gguf.GGUFReader, folder: Path) -> None:
    from trainer.reference.tokenizer import PRE_TOKENIZER, rebuild_tokenizer, save_tokenizer

    if _field(reader, "tokenizer.ggml.pre") != PRE_TOKENIZER:
        raise TrainerError(f"{source}: its tokenizer is not the reference model's - give the checkpoint it came from")
    tokens: list[str] = _field(reader, "tokenizer.ggml.tokens")
    merges = [tuple(merge.split(" ")) for merge in _field(reader, "tokenizer.ggml.merges")]
    save_tokenizer(rebuild_tokenizer(tokens, merges), folder)

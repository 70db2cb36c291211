"""Tiny Llama models with random weights, as GGUF files and as transformers models of the very same weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import numpy.typing as npt

Weights = dict[str, npt.NDArray[np.float32]]

PROSE = (
    "The harbour lay still under the rain. Mrs. Alder shut the door and listened; nothing moved in the house.\n\n"
    '"You came back," she said, and did not turn round. "I thought you might."\n\n'
    "He set the lamp on the table, where its light fell on the letters, the knife, the bread, and her hands.\n\n"
    "Outside, a cart went by. The horses were tired. Somebody laughed, and then the street was quiet again.\n\n"
    "They had been young in that kitchen. It had been summer, and the windows had stood open all night long.\n\n"
    "It was the letters that she minded most: seven of them, tied with string, and none of them opened.\n\n"
)


@dataclass(frozen=True)
class Shape:
    vocabulary: int = 512
    width: int = 64
    layers: int = 2
    heads: int = 4
    kv_heads: int = 2
    feed_forward: int = 96
    context: int = 1024
    rope_base: float = 10_000.0
    epsilon: float = 1e-5

    @property
    def head(self) -> int:
        return self.width // self.heads


def train_tokenizer(size: int) -> tuple[list[str], list[str]]:
    """Tokens and merges of a byte-level BPE; ids 0 and 1 are BOS and EOS."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=["<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([PROSE], trainer)
    model = json.loads(tokenizer.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].__getitem__)
    tokens += [f"<|unused{index}|>" for index in range(len(tokens), size)]
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"]]
    return tokens, merges


def make_weights(shape: Shape, seed: int = 7) -> Weights:
    """Random weights under transformers' names, large enough that what came before makes a difference."""
    random = np.random.default_rng(seed)

    def normal(*size: int, scale: float) -> npt.NDArray[np.float32]:
        return (random.standard_normal(size) * scale).astype(np.float32)

    width, narrow = shape.width, shape.kv_heads * shape.head
    weights: Weights = {
        "model.embed_tokens.weight": normal(shape.vocabulary, width, scale=1.0),
        "model.norm.weight": 1 + normal(width, scale=0.1),
        "lm_head.weight": normal(shape.vocabulary, width, scale=0.25),
    }
    for layer in range(shape.layers):
        prefix = f"model.layers.{layer}."
        sizes = {
            "self_attn.q_proj": (width, width),
            "self_attn.k_proj": (narrow, width),
            "self_attn.v_proj": (narrow, width),
            "self_attn.o_proj": (width, width),
            "mlp.gate_proj": (shape.feed_forward, width),
            "mlp.up_proj": (shape.feed_forward, width),
            "mlp.down_proj": (width, shape.feed_forward),
        }
        for name, size in sizes.items():
            weights[f"{prefix}{name}.weight"] = normal(*size, scale=0.2)
        for name in ("input_layernorm", "post_attention_layernorm"):
            weights[f"{prefix}{name}.weight"] = 1 + normal(width, scale=0.1)
    return weights


def write_model(
    path: Path,
    shape: Shape = Shape(),
    seed: int = 7,
    *,
    name: str = "tiny",
    architecture: str = "llama",
    weights: Weights | None = None,
    metadata: Mapping[str, str] = {},
    with_tensors: bool = True,
) -> Path:
    """Write a GGUF in F32."""
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_name(name)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_layer_norm_rms_eps(shape.epsilon)
    writer.add_rope_dimension_count(shape.head)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_vocab_size(shape.vocabulary)
    tokens, merges = train_tokenizer(shape.vocabulary)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.CONTROL] * 2 + [gguf.TokenType.NORMAL] * (len(tokens) - 2))
    writer.add_token_merges(merges)
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(1)
    writer.add_add_bos_token(True)
    for key, value in metadata.items():
        writer.add_string(key, value)
    if with_tensors:
        names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, shape.layers)
        for tensor_name, tensor in (weights or make_weights(shape, seed)).items():
            if "q_proj" in tensor_name:
                tensor = interleave(tensor, shape.heads)
            elif "k_proj" in tensor_name:
                tensor = interleave(tensor, shape.kv_heads)
            target = names.get_name(tensor_name, try_suffixes=(".weight",))
            assert target is not None, tensor_name
            writer.add_tensor(target, tensor)
    _finish(writer)
    return path


def write_adapter(path: Path, shape: Shape = Shape(), seed: int = 11, rank: int = 4, scale: float = 0.5) -> Path:
    """Write a LoRA adapter over every o_proj, in GGUF form."""
    random = np.random.default_rng(seed)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", float(rank))
    writer.add_name("tiny adapter")
    for layer in range(shape.layers):
        for part, size in {"a": (rank, shape.width), "b": (shape.width, rank)}.items():
            tensor = (random.standard_normal(size) * scale).astype(np.float32)
            writer.add_tensor(f"blk.{layer}.attn_output.weight.lora_{part}", tensor)
    _finish(writer)
    return path


def interleave(weights: npt.NDArray[np.float32], heads: int) -> npt.NDArray[np.float32]:
    """Rows from transformers' rotary order (two halves a head) to llama.cpp's (pairs)."""
    rows, columns = weights.shape
    halves = weights.reshape(heads, 2, rows // heads // 2, columns)
    return np.ascontiguousarray(halves.swapaxes(1, 2)).reshape(rows, columns)


def transformers_model(shape: Shape, weights: Weights) -> Any:
    """The same weights in transformers, float32."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.width,
        intermediate_size=shape.feed_forward,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        max_position_embeddings=shape.context,
        rms_norm_eps=shape.epsilon,
        rope_parameters={"rope_type": "default", "rope_theta": shape.rope_base},
        tie_word_embeddings=False,
    )
    model = LlamaForCausalLM(config)
    model.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()})
    return model.eval()


def _finish(writer: gguf.GGUFWriter) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()

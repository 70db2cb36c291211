"""The model families that can be converted, and what each needs. A table: nothing is guessed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import gguf
import numpy as np
import numpy.typing as npt

from trainer.errors import TrainerError


@dataclass(frozen=True)
class Family:
    """One architecture of transformers, and its name in llama.cpp."""

    arch: gguf.MODEL_ARCH
    permutes: bool
    """Whether llama.cpp turns pairs of neighbouring rows of q and k, where transformers turns two halves."""

    @property
    def name(self) -> str:
        return str(gguf.MODEL_ARCH_NAMES[self.arch])


FAMILIES: Final[Mapping[str, Family]] = {
    "llama": Family(gguf.MODEL_ARCH.LLAMA, permutes=True),  # SmolLM and SmolLM2 as well
    "mistral": Family(gguf.MODEL_ARCH.LLAMA, permutes=True),
    "qwen2": Family(gguf.MODEL_ARCH.QWEN2, permutes=False),  # Qwen2.5 as well
    "qwen3": Family(gguf.MODEL_ARCH.QWEN3, permutes=False),
    "smollm3": Family(gguf.MODEL_ARCH.SMOLLM3, permutes=True),
}
SMOLLM3_STEP: Final = 4
"""Every fourth layer of SmolLM3 has no rotary positions; llama.cpp knows no other pattern."""


def family_of(config: Mapping[str, Any], where: str) -> Family:
    """The family of a config.json.

    Raises:
        TrainerError: for an architecture that is not in FAMILIES, a quantised checkpoint, or a variant that llama.cpp
            would evaluate wrongly.
    """
    kind = str(config.get("model_type"))
    family = FAMILIES.get(kind)
    if family is None:
        known = ", ".join(FAMILIES)
        raise TrainerError(f"{where}: architecture '{kind}' is not supported - use a base of {known}")
    if config.get("quantization_config"):
        raise TrainerError(f"{where}: the checkpoint is quantised - give the 16-bit one: a merge needs whole weights")
    if kind == "smollm3":
        rotary = config.get("no_rope_layers")
        layers = range(1, config["num_hidden_layers"] + 1)
        if rotary is not None and list(rotary) != [int(layer % SMOLLM3_STEP != 0) for layer in layers]:
            raise TrainerError(f"{where}: no_rope_layers is not every fourth layer - llama.cpp has no other pattern")
    if config.get("use_sliding_window") or (kind == "mistral" and _slides(config)):
        raise TrainerError(f"{where}: attends in a sliding window, which is not supported - use a base without")
    return family


def add_parameters(writer: gguf.GGUFWriter, config: Mapping[str, Any], where: str) -> None:
    """Write the hyperparameters of a config.json.

    Raises:
        TrainerError: for a rotary scaling that is not supported.
    """
    heads = config["num_attention_heads"]
    head = head_size(config)
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(config.get("num_key_value_heads") or heads)
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_dimension_count(head)
    writer.add_key_length(head)
    writer.add_value_length(head)
    writer.add_rope_freq_base(_rope(config).get("rope_theta", config.get("rope_theta", 10000.0)))
    writer.add_vocab_size(config["vocab_size"])
    kind = rope_kind(config)
    if kind == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(_rope(config)["factor"])
    elif kind not in ("default", "llama3"):
        raise TrainerError(f"{where}: rotary scaling '{kind}' is not supported - use a base without it")


def rope_kind(config: Mapping[str, Any]) -> str:
    """How rotary positions are scaled: `default` if they are not."""
    rope = _rope(config)
    return str(rope.get("rope_type", rope.get("type", "default")))


def rope_factors(config: Mapping[str, Any]) -> npt.NDArray[np.float32] | None:
    """Llama 3's divisors of the rotary frequencies, shape (head size / 2,); None where they are not scaled so."""
    if rope_kind(config) != "llama3":
        return None
    rope = _rope(config)
    base = rope.get("rope_theta", config.get("rope_theta", 10000.0))
    size = head_size(config)
    wavelengths = 2 * np.pi * base ** (np.arange(0, size, 2, dtype=np.float64) / size)
    factor, low, high = rope.get("factor", 8.0), rope.get("low_freq_factor", 1.0), rope.get("high_freq_factor", 4.0)
    context = rope.get("original_max_position_embeddings", 8192)
    smooth = (context / wavelengths - low) / (high - low)
    between = 1 / ((1 - smooth) / factor + smooth)
    factors = np.where(wavelengths < context / high, 1.0, np.where(wavelengths > context / low, factor, between))
    return factors.astype(np.float32)


def head_size(config: Mapping[str, Any]) -> int:
    """Width of an attention head."""
    return int(config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"])


def permute(weights: npt.NDArray[np.float32], heads: int) -> npt.NDArray[np.float32]:
    """Rows from transformers' rotary order (halves) to llama.cpp's (interleaved pairs), head by head.

    Args:
        weights: shape (rows,) or (rows, columns); rows are heads times head size.
    """
    rows = weights.shape[0]
    halves = weights.reshape(heads, 2, rows // heads // 2, *weights.shape[1:])
    return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(weights.shape))


def _rope(config: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = config.get("rope_parameters") or config.get("rope_scaling") or {}
    return found


def _slides(config: Mapping[str, Any]) -> bool:
    window = config.get("sliding_window")
    return window is not None and window < config["max_position_embeddings"]

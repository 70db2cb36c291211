"""A checkpoint of transformers, as GGUF: streamed, one tensor in memory at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import gguf
import numpy as np

from trainer.convert.checkpoint import Checkpoint, Tensor
from trainer.convert.families import Family, add_parameters, family_of, permute, rope_factors
from trainer.convert.vocabulary import add_vocabulary, read_vocabulary
from trainer.errors import TrainerError

FORMATS: Final[Mapping[str, tuple[gguf.GGMLQuantizationType, gguf.LlamaFileType]]] = {
    "F32": (gguf.GGMLQuantizationType.F32, gguf.LlamaFileType.ALL_F32),
    "F16": (gguf.GGMLQuantizationType.F16, gguf.LlamaFileType.MOSTLY_F16),
    "Q8_0": (gguf.GGMLQuantizationType.Q8_0, gguf.LlamaFileType.MOSTLY_Q8_0),
}
"""What the converter writes itself; the K-quants are llama.cpp's (`quantise`)."""

Edit = Callable[[str, Tensor], Tensor]
"""Gets a tensor by its name in transformers; returns what is written in its place."""


def convert_checkpoint(
    folder: Path,
    out: Path,
    *,
    name: str,
    format: str = "F32",
    metadata: Mapping[str, str | bool] = {},
    edit: Edit | None = None,
    stop: str | None = None,
    chat_template: str | None = None,
) -> Path:
    """Write `out` from a folder with config.json, tokenizer.json and safetensors; returns `out`.

    Vectors stay in F32 whatever the format. The file appears under its name only when it is whole.

    Args:
        metadata: written under the keys given (`cqa.*`).
        edit: a change to each tensor on its way: how a LoRA is merged.
        stop: the token that the model was trained to end with.
        chat_template: kept if, and only if, one was trained.

    Raises:
        TrainerError: for an architecture, tokenizer or variant that is not supported, or weights that are not finite.
    """
    checkpoint = Checkpoint(folder)
    config = checkpoint.config
    where = str(folder / "config.json")
    family = family_of(config, where)
    vocabulary = read_vocabulary(folder, config, stop=stop)
    part = out.with_name(out.name + ".part")
    writer = gguf.GGUFWriter(part, family.name)
    try:
        writer.add_name(name)
        writer.add_file_type(FORMATS[format][1])
        add_parameters(writer, config, where)
        add_vocabulary(writer, vocabulary)
        if chat_template is not None:
            writer.add_chat_template(chat_template)
        for key, value in metadata.items():
            writer.add_bool(key, value) if isinstance(value, bool) else writer.add_string(key, value)
        targets = _targets(checkpoint, family)
        _write(writer, checkpoint, family, targets, format, edit)
        writer.close()
        os.replace(part, out)
    finally:
        writer.close()
        part.unlink(missing_ok=True)
    return out


def tensor_name(family: Family, layers: int, name: str) -> str | None:
    """A tensor's name in GGUF; None if the family has no such tensor."""
    found = gguf.get_tensor_name_map(family.arch, layers).get_name(name, try_suffixes=(".weight", ".bias"))
    return None if found is None else str(found)


def rotate(family: Family, config: Mapping[str, int], name: str, tensor: Tensor) -> Tensor:
    """Rows of q and k in llama.cpp's order, where the family needs it; any other tensor as it is."""
    if family.permutes and ".q_proj." in name:
        return permute(tensor, config["num_attention_heads"])
    if family.permutes and ".k_proj." in name:
        return permute(tensor, config.get("num_key_value_heads") or config["num_attention_heads"])
    return tensor


def _targets(checkpoint: Checkpoint, family: Family) -> list[tuple[str, str, tuple[int, ...]]]:
    """Name in transformers, name in GGUF, shape; in the order in which they are written."""
    found = []
    for name, shape in checkpoint.shapes():
        if name.endswith("rotary_emb.inv_freq"):
            continue  # computed, and in old files all the same
        target = tensor_name(family, checkpoint.config["num_hidden_layers"], name)
        if target is None:
            raise TrainerError(f"{checkpoint.folder}: tensor '{name}' has no place in a {family.name} GGUF")
        found.append((name, target, shape))
    return found


def _write(
    writer: gguf.GGUFWriter,
    checkpoint: Checkpoint,
    family: Family,
    targets: list[tuple[str, str, tuple[int, ...]]],
    format: str,
    edit: Edit | None,
) -> None:
    factors = rope_factors(checkpoint.config)
    if factors is not None:
        _announce(writer, "rope_freqs.weight", factors.shape, gguf.GGMLQuantizationType.F32)
    kinds = {}
    for name, target, shape in targets:
        kind = FORMATS[format][0] if len(shape) == 2 else gguf.GGMLQuantizationType.F32
        if kind == gguf.GGMLQuantizationType.Q8_0 and shape[-1] % 32:
            kind = gguf.GGMLQuantizationType.F16  # blocks of 32 do not fit the row
        kinds[name] = kind
        _announce(writer, target, shape, kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    if factors is not None:
        writer.write_tensor_data(factors)
    for name, _, _ in targets:
        tensor = checkpoint.read(name)
        if edit is not None:
            tensor = edit(name, tensor)
        _check_finite(checkpoint.folder, name, tensor, half=kinds[name] == gguf.GGMLQuantizationType.F16)
        tensor = rotate(family, checkpoint.config, name, tensor)
        writer.write_tensor_data(gguf.quants.quantize(tensor, kinds[name]))


def _announce(writer: gguf.GGUFWriter, name: str, shape: tuple[int, ...], kind: gguf.GGMLQuantizationType) -> None:
    block, size = gguf.GGML_QUANT_SIZES[kind]
    writer.add_tensor_info(name, shape, np.dtype(np.float32), int(np.prod(shape)) // block * size, raw_dtype=kind)


def _check_finite(folder: Path, name: str, tensor: Tensor, *, half: bool) -> None:
    if not np.isfinite(tensor).all():
        raise TrainerError(f"{folder}: '{name}' holds numbers that are not finite - the adapter or the base is damaged")
    if half and float(np.abs(tensor).max(initial=0.0)) > np.finfo(np.float16).max:
        raise TrainerError(f"{folder}: '{name}' holds numbers that F16 cannot - quantise to Q8_0 or a K-quant alone")

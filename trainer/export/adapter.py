"""A LoRA as a GGUF adapter, which llama.cpp puts over the base's GGUF."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import gguf
import numpy as np

from trainer.convert.checkpoint import Checkpoint
from trainer.convert.convert import rotate, tensor_name
from trainer.convert.families import family_of
from trainer.errors import TrainerError
from trainer.export.lora import Lora


def write_adapter(lora: Lora, base: Path, out: Path, *, name: str, metadata: Mapping[str, str | bool]) -> Path:
    """Write `out`, in float32; returns it. The file appears under its name only when it is whole.

    llama.cpp scales each factor by alpha over rank, and knows no other rule: where peft's scale is another (a
    rank-stabilised LoRA, a module with an alpha of its own), the difference goes into the second factor.

    Raises:
        TrainerError: if the adapter does not fit the base.
    """
    checkpoint = Checkpoint(base)
    family = family_of(checkpoint.config, str(base / "config.json"))
    shapes = dict(checkpoint.shapes())
    lora.check_against(iter(shapes.items()))
    part = out.with_name(out.name + ".part")
    writer = gguf.GGUFWriter(part, family.name)
    try:
        writer.add_type("adapter")
        writer.add_string("adapter.type", "lora")
        writer.add_float32("adapter.lora.alpha", lora.alpha)
        writer.add_name(name)
        for key, value in metadata.items():
            writer.add_bool(key, value) if isinstance(value, bool) else writer.add_string(key, value)
        for module in sorted(lora.modules):
            weight = f"{module}.weight"
            factors = lora.factors(weight)
            target = tensor_name(family, checkpoint.config["num_hidden_layers"], weight)
            if factors is None or target is None:
                raise TrainerError(f"{lora.folder}: '{weight}' has no place in a {family.name} GGUF")
            if (factors.b.shape[0], factors.a.shape[1]) != shapes[weight]:
                raise TrainerError(
                    f"{lora.folder}: '{weight}' is {shapes[weight]} in the base, and the adapter was made for "
                    f"{(factors.b.shape[0], factors.a.shape[1])} - give the base that it was trained on"
                )
            b = factors.b * np.float32(factors.scale / (lora.alpha / factors.a.shape[0]))
            writer.add_tensor(f"{target}.lora_a", np.ascontiguousarray(factors.a))
            writer.add_tensor(f"{target}.lora_b", np.ascontiguousarray(rotate(family, checkpoint.config, weight, b)))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        os.replace(part, out)
    finally:
        writer.close()
        part.unlink(missing_ok=True)
    return out

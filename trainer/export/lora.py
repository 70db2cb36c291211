"""A LoRA as peft saved it: what it changes, read one tensor at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from trainer.convert.checkpoint import Tensor, read_json
from trainer.errors import TrainerError

_NAME: Final = re.compile(r"base_model\.model\.(?P<module>.+)\.lora_(?P<part>[AB])(?:\.\w+)?\.weight")
_EMBEDDING: Final = re.compile(r"(embed_tokens|lm_head|wte|embed_in|embed_out)")


@dataclass(frozen=True)
class Factors:
    """The two factors of one weight's change, W + scale * B @ A."""

    a: Tensor
    """Shape (rank, columns of W)."""
    b: Tensor
    """Shape (rows of W, rank)."""
    scale: float


class Lora:
    """An adapter folder of peft.

    Raises:
        TrainerError: if it cannot be read, or is of a kind that a GGUF cannot hold, each named with its way out.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = read_json(folder / "adapter_config.json", "give the folder of an epoch")
        self._refuse()
        self._file = folder / "adapter_model.safetensors"
        self.modules = self._modules()

    @property
    def alpha(self) -> float:
        return float(self.config["lora_alpha"])

    def factors(self, weight: str) -> Factors | None:
        """What is added to a weight of the base, by its name in transformers; None if it stays as it is.

        Raises:
            TrainerError: if the factors hold what is not finite.
        """
        from safetensors import safe_open

        parts = self.modules.get(weight.removesuffix(".weight")) if weight.endswith(".weight") else None
        if parts is None:
            return None
        with safe_open(self._file, framework="pt") as file:
            a, b = (file.get_tensor(parts[part]).float().numpy() for part in ("A", "B"))
        if not np.isfinite(a).all() or not np.isfinite(b).all():
            raise TrainerError(f"{self.folder}: '{weight}' holds numbers that are not finite - use another epoch")
        return Factors(a, b, self._scale(weight, a.shape[0]))

    def merge(self, weight: str, tensor: Tensor) -> Tensor:
        """A tensor of the base with the adapter added to it.

        Raises:
            TrainerError: if the adapter was made for another shape, or holds what is not finite.
        """
        factors = self.factors(weight)
        if factors is None:
            return tensor
        if (factors.b.shape[0], factors.a.shape[1]) != tensor.shape:
            raise TrainerError(
                f"{self.folder}: '{weight}' is {tensor.shape} in the base, and the adapter was made for "
                f"{(factors.b.shape[0], factors.a.shape[1])} - give the base that it was trained on"
            )
        merged: Tensor = tensor + np.float32(factors.scale) * (factors.b @ factors.a)
        return merged

    def _scale(self, weight: str, rank: int) -> float:
        """alpha / rank, or alpha / sqrt(rank) for a rank-stabilised LoRA; patterns give some modules their own."""
        alpha = float(self._pattern("alpha_pattern", weight, self.config["lora_alpha"]))
        return alpha / (rank**0.5 if self.config.get("use_rslora") else rank)

    def _pattern(self, name: str, weight: str, default: Any) -> Any:
        module = weight.removesuffix(".weight")
        for pattern, value in (self.config.get(name) or {}).items():
            if re.fullmatch(rf"(.*\.)?({pattern})", module):
                return value
        return default

    def _refuse(self) -> None:
        config = self.config
        kind = str(config.get("peft_type", "")).upper()
        for refused, what, way in (
            (kind != "LORA", f"a {kind or 'nameless'} adapter", "train a LoRA"),
            (bool(config.get("use_dora")), "DoRA", "train with use_dora off: a GGUF adapter has no magnitudes"),
            (bool(config.get("modules_to_save")), "modules_to_save", "train the LoRA alone, without whole modules"),
            (config.get("bias", "none") != "none", "trained biases", "train with bias 'none'"),
            (bool(config.get("fan_in_fan_out")), "fan_in_fan_out", "use a base with ordinary linear layers"),
        ):
            if refused:
                raise TrainerError(f"{self.folder}: holds {what}, which cannot be exported - {way}")
        if not isinstance(config.get("lora_alpha"), (int, float)):
            raise TrainerError(f"{self.folder}/adapter_config.json: says no lora_alpha - give the folder of an epoch")

    def _modules(self) -> Mapping[str, dict[str, str]]:
        from safetensors import SafetensorError, safe_open

        found: dict[str, dict[str, str]] = {}
        try:
            with safe_open(self._file, framework="pt") as file:
                names = list(file.keys())
        except (OSError, SafetensorError) as error:
            raise TrainerError(f"{self._file}: cannot be read ({error}) - use another epoch") from error
        for name in names:
            match = _NAME.fullmatch(name)
            if _EMBEDDING.search(name):
                raise TrainerError(
                    f"{self.folder}: adapts an embedding ('{name}'), which llama.cpp cannot load - leave it out of "
                    "targets"
                )
            if match is None:
                raise TrainerError(f"{self.folder}: '{name}' is no part of a LoRA - train projections alone")
            found.setdefault(match["module"], {})[match["part"]] = name
        whole = {module: parts for module, parts in found.items() if len(parts) == 2}
        if not whole or len(whole) < len(found):
            raise TrainerError(f"{self._file}: lacks a factor of the LoRA - use another epoch")
        return whole

    def check_against(self, shapes: Iterator[tuple[str, tuple[int, ...]]]) -> None:
        """Raises:
        TrainerError: if a module that is adapted is not in the base.
        """
        there = {name.removesuffix(".weight") for name, _ in shapes}
        missing = sorted(set(self.modules) - there)
        if missing:
            raise TrainerError(f"{self.folder}: adapts '{missing[0]}', which the base lacks - give its own base")

"""The base in memory, with a LoRA over it."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from trainer.errors import TrainerError
from trainer.fit.config import FitConfig


def load_base(folder: Path, config: FitConfig, device: torch.device) -> Any:
    """The base as a causal language model of transformers, on `device`: bf16 on a GPU, float32 on a CPU.

    Raises:
        TrainerError: if it cannot be loaded, or 4 bits are asked for and cannot be had.
    """
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()
    options: dict[str, Any] = {"dtype": torch.bfloat16 if use_bf16(config, device) else torch.float32}
    if config.load_in_4bit:
        options["quantization_config"] = _four_bits(device)
        options["device_map"] = {"": device}
    try:
        model: Any = AutoModelForCausalLM.from_pretrained(folder, **options)
    except (ValueError, KeyError, OSError, RuntimeError) as error:
        line = str(error).strip().splitlines()[0]
        raise TrainerError(f"base {folder}: transformers cannot load it ({line}) - choose another base") from error
    return model if config.load_in_4bit else model.to(device)


def add_lora(model: Any, config: FitConfig, device: torch.device) -> Any:
    """A PeftModel whose only trainable weights are the LoRA's, float32, on the projections of `config.targets`.

    Raises:
        TrainerError: if a target is not in the model.
    """
    from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training

    names = {name.rpartition(".")[2] for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)}
    missing = [target for target in config.targets if target not in names]
    if missing:
        raise TrainerError(f"targets: the base has no '{missing[0]}' - it has {', '.join(sorted(names - {'lm_head'}))}")
    checkpointing = config.gradient_checkpointing
    if config.load_in_4bit:
        model = prepare_model_for_kbit_training(model, use_gradient_checkpointing=False)
    if checkpointing == "on" or (checkpointing == "auto" and device.type == "cuda"):
        with _old_names():
            model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        model.enable_input_require_grads()
    model.config.use_cache = False
    lora = LoraConfig(
        r=config.rank,
        lora_alpha=config.alpha,
        lora_dropout=config.dropout,
        target_modules=list(config.targets),
        bias="none",
        task_type="CAUSAL_LM",
    )
    with _old_names():
        return get_peft_model(model, lora)


def load_adapters(model: Any, folders: Mapping[str, Path]) -> Any:
    """A PeftModel over a base with several saved adapters, each under its name.

    Raises:
        TrainerError: if one is missing, damaged or made for another base.
    """
    from peft import PeftModel
    from safetensors import SafetensorError

    adapted: Any = None
    for name, folder in folders.items():
        try:
            with _old_names():
                if adapted is None:
                    adapted = PeftModel.from_pretrained(model, folder, adapter_name=name)
                else:
                    adapted.load_adapter(folder, adapter_name=name)
        except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as error:
            line = str(error).strip().splitlines()[0]
            raise TrainerError(f"{folder}: the adapter does not load over the base ({line}) - fit it again") from error
    return adapted


@contextmanager
def _old_names() -> Iterator[None]:
    """Inside, no word of names that transformers gave up in 5.23: older releases have no others."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*gradient_checkpointing.*", category=FutureWarning)
        yield


def use_bf16(config: FitConfig, device: torch.device) -> bool:
    """Whether weights and arithmetic are bf16."""
    return config.precision == "bf16" or (config.precision == "auto" and device.type == "cuda")


def _four_bits(device: torch.device) -> Any:
    if device.type != "cuda":
        raise TrainerError("load_in_4bit: needs a CUDA GPU - leave it out to train on this machine")
    if importlib.util.find_spec("bitsandbytes") is None:
        raise TrainerError("load_in_4bit: bitsandbytes is not installed - pip install bitsandbytes")
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )

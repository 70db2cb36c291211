"""A reference model trained earlier: a run goes on from its weights, or learns from what it predicts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cqa_desktop.resources import resource
from trainer.bases import REFERENCE, load_tokenizer, resolve_base
from trainer.errors import TrainerError
from trainer.reference.config import ModelConfig
from trainer.reference.tokenizer import BOS, BOS_ID, EOS, EOS_ID

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import LlamaForCausalLM


def earlier_tokenizer(spec: str) -> Tokenizer:
    """The tokenizer of `reference`, or of a folder of transformers' files that this trainer made.

    Raises:
        TrainerError: if there is no such model, or its tokenizer is not of this trainer's making.
    """
    tokenizer = load_tokenizer(resolve_base(spec).folder)
    if (tokenizer.token_to_id(BOS), tokenizer.token_to_id(EOS)) != (BOS_ID, EOS_ID):
        raise TrainerError(f"{spec}: is no reference model - give 'reference', or the hf/ folder of an earlier run")
    return tokenizer


def earlier_model(spec: str) -> LlamaForCausalLM:
    """Its weights, in float32.

    Raises:
        TrainerError: if there is no such model, or it is no Llama.
    """
    import torch
    from transformers import LlamaForCausalLM

    folder = resolve_base(spec).folder
    try:
        model: LlamaForCausalLM = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32)
    except (OSError, ValueError, RuntimeError) as error:
        line = str(error).strip().splitlines()[0]
        raise TrainerError(f"{folder}: cannot be loaded as a Llama ({line}) - give another model") from error
    model.config.use_cache = False
    return model


def earlier_record(spec: str) -> dict[str, Any]:
    """Its hash, and the tokens it saw and seconds it took in all, where the record of its training is beside it."""
    base = resolve_base(spec)
    path = resource("models", "run.json") if spec == REFERENCE else base.folder.parent / "run.json"
    found: dict[str, Any] = {"weights_sha256": base.sha256}
    if path.is_file():
        record = json.loads(path.read_text(encoding="utf-8"))
        before = record.get("before") or {}
        for name in ("tokens_seen", "seconds"):
            found[name] = record[name] + before.get(name, 0)
    return found


def check_shape(model: LlamaForCausalLM, config: ModelConfig, spec: str) -> None:
    """That a run with this configuration can go on from the model.

    Raises:
        TrainerError: naming the first size that differs.
    """
    found = {
        "hidden_size": model.config.hidden_size,
        "intermediate_size": model.config.intermediate_size,
        "layers": model.config.num_hidden_layers,
        "heads": model.config.num_attention_heads,
        "kv_heads": model.config.num_key_value_heads,
        "context": model.config.max_position_embeddings,
    }
    for name, size in found.items():
        if getattr(config, name) != size:
            raise TrainerError(f"training.start: '{spec}' has model.{name} {size}, the recipe {getattr(config, name)}")

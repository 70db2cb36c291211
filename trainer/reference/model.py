"""The reference model in torch: a small Llama, made by transformers so that any tool reads its checkpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as functional

from trainer.reference.config import ModelConfig, TrainingConfig
from trainer.reference.tokenizer import BOS_ID, EOS_ID

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM


def build_model(config: ModelConfig, vocab_size: int) -> LlamaForCausalLM:
    """A Llama with tied embeddings and random weights (normal, sd 0.02; outputs of each layer scaled by depth)."""
    from transformers import LlamaConfig, LlamaForCausalLM

    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=vocab_size,
            hidden_size=config.hidden_size,
            intermediate_size=config.intermediate_size,
            num_hidden_layers=config.layers,
            num_attention_heads=config.heads,
            num_key_value_heads=config.kv_heads,
            max_position_embeddings=config.context,
            rope_parameters={"rope_type": "default", "rope_theta": config.rope_theta},
            rms_norm_eps=1e-5,
            tie_word_embeddings=True,
            use_cache=False,
            bos_token_id=BOS_ID,
            eos_token_id=EOS_ID,
        )
    )
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith(("o_proj.weight", "down_proj.weight")):
                parameter.mul_((2 * config.layers) ** -0.5)
    return model


def token_losses(model: LlamaForCausalLM, inputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of each target in nats, shape (batch * length,); bf16 inside, float32 where it is summed."""
    return functional.cross_entropy(_logits(model, inputs), targets.flatten(), reduction="none")


def distilled_losses(
    model: LlamaForCausalLM, inputs: torch.Tensor, targets: torch.Tensor, teacher: LlamaForCausalLM, share: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """`token_losses`, and what is minimised: `share` of it cross-entropy against the teacher's whole distribution.

    Both in nats, shape (batch * length,). Source: Hinton, Vinyals and Dean 2015, at temperature 1.
    """
    logits = _logits(model, inputs)
    with torch.no_grad():
        wanted = functional.softmax(_logits(teacher, inputs), dim=-1)
    losses = functional.cross_entropy(logits, targets.flatten(), reduction="none")
    soft = functional.cross_entropy(logits, wanted, reduction="none")
    return losses, (1 - share) * losses + share * soft


def _logits(model: LlamaForCausalLM, inputs: torch.Tensor) -> torch.Tensor:
    with torch.autocast(inputs.device.type, dtype=torch.bfloat16):
        hidden = model.model(input_ids=inputs).last_hidden_state
        logits: torch.Tensor = model.lm_head(hidden)
    return logits.flatten(0, 1).float()


def make_optimizers(model: LlamaForCausalLM, training: TrainingConfig) -> list[torch.optim.Optimizer]:
    """Muon or AdamW for the matrices inside the layers, AdamW for embeddings and norms (Jordan 2024; Liu et al. 2025).

    Muon's updates are scaled to the root mean square of AdamW's, so both rates mean the same kind of step.
    """
    matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and ".layers." in name]
    chosen = {id(p) for p in matrices}
    others = [p for p in model.parameters() if id(p) not in chosen]
    rate, decay = training.matrix_lr, training.weight_decay
    if training.optimizer == "muon":
        inner: torch.optim.Optimizer = torch.optim.Muon(
            matrices, lr=rate, weight_decay=decay, momentum=0.95, adjust_lr_fn="match_rms_adamw"
        )
    else:
        inner = torch.optim.AdamW(matrices, lr=rate, betas=(0.9, 0.95), eps=1e-10, weight_decay=decay)
    return [inner, torch.optim.AdamW(others, lr=training.other_lr, betas=(0.9, 0.95), eps=1e-10, weight_decay=0.0)]


def lr_factor(progress: float, warmup: float, decay: float) -> float:
    """Warm-up, plateau, linear decay to zero; `progress` in 0 to 1."""
    if progress < warmup:
        return max(progress / warmup, 0.01)
    return min(1.0, (1.0 - progress) / decay) if decay > 0 else 1.0

"""Whether a converted model is the model it was made from: the same token ids, the same logits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch

from cqa_desktop.engine.llama import LlamaModel
from trainer.errors import TrainerError

POSITIONS: Final = 24
"""Prefixes of growing length whose next-token logits are compared."""
MOST_NMSE: Final = 1e-4
NASTY: Final = (
    "The ferry was late. \"Don't,\" she said, 'not to-night.'\n\nIt wasn't.",
    "  two  spaces,\ttabs\r\nand returns \n \n\n\n at odd places   ",
    "1234567890 3.14159 10,000 1st 2nd 20's $5.00 50% a1b2c3",
    "naïve façade Ünïcödé ÆŒ ſtraße Ελληνικά русский עברית العربية हिन्दी 日本語 한국어",
    "👩‍👩‍👧‍👦 🏳️‍🌈 e\u0301 \u200b\u200d\ufeff \u00a0\u2003\u3000 …—–‘’“”",
    "<|begin|><|end|> <s></s> [INST] {{}} \\n \x00\x01\x7f",
    "can't've I'LL they'd'Ve 'Twas ''quoted'' rock'n'roll",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA!!!!!!!!!!????????--------________",
    "",
    " ",
    "\n",
)
"""Texts on which tokenizers part ways."""


@dataclass(frozen=True)
class Parity:
    """What a comparison found."""

    nmse: float
    """Mean squared difference of logits over their variance (each position's mean taken off)."""
    texts: int
    """Texts whose ids were compared, all of them equal."""


def check_parity(checkpoint: Path, converted: Path, prose: str) -> Parity:
    """Compare a checkpoint of transformers with an F32 GGUF made from it.

    Args:
        prose: text of at least some hundred words, whose tokens are evaluated by both.

    Raises:
        TrainerError: if token ids differ on one of NASTY or on the prose, or the NMSE is 1e-4 or more.
    """
    from tokenizers import Tokenizer
    from transformers import LlamaForCausalLM

    tokenizer = Tokenizer.from_file(str(checkpoint / "tokenizer.json"))
    torch_model = LlamaForCausalLM.from_pretrained(checkpoint, dtype=torch.float32).eval()
    with LlamaModel(converted, gpu=False) as model:
        for text in (*NASTY, prose):
            # Special tokens in a text are text to us: a writer's "<|end|>" must not end anything.
            expected = _plain_ids(tokenizer, text)
            found = model.tokenize(text).tolist()
            if expected is not None and expected != found:
                raise TrainerError(f"{converted}: token ids differ from the checkpoint's on {text[:40]!r}")
        ids = np.concatenate(([model.bos], model.tokenize(prose)[: model.window - 1])).astype(np.int32)
        with torch.inference_mode():
            logits = torch_model(input_ids=torch.from_numpy(ids[None].astype(np.int64))).logits[0].numpy()
        ends = np.unique(np.linspace(1, len(ids), POSITIONS).astype(int))
        ours = np.stack([model.logits_after(ids[:end]) for end in ends])[:, : logits.shape[1]]
    theirs = logits[ends - 1]
    ours, theirs = (one - one.mean(axis=1, keepdims=True) for one in (ours, theirs))
    nmse = float(np.mean((ours - theirs) ** 2) / np.mean(theirs**2))
    if not nmse < MOST_NMSE:
        raise TrainerError(f"{converted}: logits differ from the checkpoint's (NMSE {nmse:.1e}, not under {MOST_NMSE})")
    return Parity(nmse, len(NASTY) + 1)


def _plain_ids(tokenizer: object, text: str) -> list[int] | None:
    """The ids of a text; None where it holds a special token's name, which the library always takes for the token."""
    specials = [token.content for token in tokenizer.get_added_tokens_decoder().values()]  # type: ignore[attr-defined]
    if any(special in text for special in specials):
        return None
    ids: list[int] = tokenizer.encode(text, add_special_tokens=False).ids  # type: ignore[attr-defined]
    return ids

"""Whether a converted model is the model it was made from: the same token ids, the same predictions."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from cqa_desktop.engine.batches import Run
from cqa_desktop.engine.llama import LlamaModel
from trainer.bases import load_tokenizer
from trainer.convert.checkpoint import read_json
from trainer.errors import TrainerError

POSITIONS: Final = 24
"""Prefixes of growing length whose next-token logits are compared."""
MOST_NMSE: Final = 1e-4
"""In F32."""
MOST_KL: Final = {"F16": 1e-3, "Q8_0": 5e-3, "Q6_K": 1e-2, "Q5_K_M": 3e-2, "Q4_K_M": 6e-2}
"""Mean KL divergence from the torch model, nats a token. F16, Q8_0 and Q4_K_M as is usual; those between, ours."""
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
    kl: float
    """Mean KL divergence of the converted model's predictions from the torch model's, nats a token."""
    bits: float
    """Mean surprisal a token of the prose under the converted model less that under the torch model, bits."""
    texts: int
    """Texts whose ids were compared, all of them equal."""


@dataclass(frozen=True)
class Expected:
    """What the torch model says of a text."""

    prose: str
    ids: np.ndarray
    """Int32, BOS first."""
    logits: np.ndarray
    """Float32, shape (len(ids), V)."""

    @property
    def surprisal(self) -> float:
        """Mean bits a token, after the first."""
        rows = torch.log_softmax(torch.from_numpy(self.logits[:-1]), dim=-1)
        own = rows.gather(1, torch.from_numpy(self.ids[1:].astype(np.int64))[:, None])
        return float(-own.double().mean() / np.log(2))


def expect(model: Any, folder: Path, prose: str, *, bos: int, window: int) -> Expected:
    """Evaluate some prose with a causal language model of transformers."""
    tokenizer = load_tokenizer(folder)
    ids = np.array([bos, *tokenizer.encode(prose, add_special_tokens=False).ids[: window - 1]], np.int32)
    with torch.inference_mode():
        row = torch.from_numpy(ids[None].astype(np.int64)).to(model.device)
        logits = model(input_ids=row).logits[0].float().cpu().numpy()
    return Expected(prose, ids, logits)


def check_parity(folder: Path, converted: Path, prose: str) -> Parity:
    """Compare a checkpoint of transformers with an F32 GGUF made from it.

    Args:
        prose: text of at least some hundred words, whose tokens are evaluated by both.

    Raises:
        TrainerError: if token ids differ on one of NASTY or on the prose, or the NMSE is 1e-4 or more.
    """
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()
    torch_model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    with LlamaModel(converted, gpu=False) as model:
        expected = expect(torch_model, folder, prose, bos=model.bos, window=model.window)
        parity = compare(model, folder, expected)
    if not parity.nmse < MOST_NMSE:
        raise TrainerError(
            f"{converted}: logits differ from the checkpoint's (NMSE {parity.nmse:.1e}, not under {MOST_NMSE})"
        )
    return parity


def compare(model: LlamaModel, folder: Path, expected: Expected, *, adapter: bool = False) -> Parity:
    """Compare a loaded GGUF with what the torch model said.

    Raises:
        TrainerError: if token ids differ on one of NASTY or on the prose.
    """
    texts = _compare_ids(model, folder, expected)
    ids, logits = expected.ids, expected.logits
    ends = np.unique(np.linspace(1, len(ids), POSITIONS).astype(int))
    ours = np.stack([model.logits_after(ids[:end], adapter=adapter) for end in ends])[:, : logits.shape[1]]
    theirs = logits[ends - 1]
    log_ours, log_theirs = (torch.log_softmax(torch.from_numpy(one).double(), dim=-1).numpy() for one in (ours, theirs))
    kl = float((np.exp(log_theirs) * (log_theirs - log_ours)).sum(axis=1).mean())
    ours, theirs = (one - one.mean(axis=1, keepdims=True) for one in (ours, theirs))
    nmse = float(np.mean((ours - theirs) ** 2) / np.mean(theirs**2))
    scores = model.score([Run(ids, 1)], adapter=adapter)[0]
    bits = float(scores.surprisal.mean(dtype=np.float64)) - expected.surprisal
    return Parity(nmse, kl, bits, texts)


def _compare_ids(model: LlamaModel, folder: Path, expected: Expected) -> int:
    tokenizer = load_tokenizer(folder)
    composed = "NFC" in json.dumps(read_json(folder / "tokenizer.json", "the base needs it").get("normalizer"))
    texts = (*NASTY, expected.prose)
    for text in texts:
        # Special tokens in a text are text to us: a writer's "<|end|>" must not end anything.
        ids = _plain_ids(tokenizer, text)
        # llama.cpp composes no accents: a base that does is fed composed text by whoever wants its ids.
        found = model.tokenize(unicodedata.normalize("NFC", text) if composed else text).tolist()
        if ids is not None and ids != found:
            raise TrainerError(f"{model.file.path}: token ids differ from the checkpoint's on {text[:40]!r}")
    return len(texts)


def _plain_ids(tokenizer: Any, text: str) -> list[int] | None:
    """The ids of a text; None where it holds a special token's name, which the library always takes for the token."""
    specials = [token.content for token in tokenizer.get_added_tokens_decoder().values()]
    if any(special in text for special in specials):
        return None
    ids: list[int] = tokenizer.encode(text, add_special_tokens=False).ids
    return ids

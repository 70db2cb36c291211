"""Tiny bases and annotations for the trainer's tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cqa_desktop.resources import resource

PROSE = resource("prose", "gore-vidal_williwaw-a-novel.txt").read_text(encoding="utf-8").replace("’", "'")
CHAT = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def tiny_base(folder: Path, *, chat: bool = False, seed: int = 3) -> Path:
    """A Llama of one layer with random weights and a tokenizer of 700 tokens, as transformers saves it."""
    import torch
    from tokenizers import AddedToken

    from trainer.reference.config import ModelConfig
    from trainer.reference.model import build_model
    from trainer.reference.tokenizer import save_tokenizer, train_tokenizer

    tokenizer = train_tokenizer([PROSE], 700)
    if chat:
        tokenizer.add_special_tokens([AddedToken(name, special=True) for name in ("<|im_start|>", "<|im_end|>")])
    torch.manual_seed(seed)
    shape = ModelConfig(layers=1, hidden_size=256, intermediate_size=256, context=512)
    model = build_model(shape, tokenizer.get_vocab_size())
    model.save_pretrained(folder)
    save_tokenizer(tokenizer, folder)
    if chat:
        path = folder / "tokenizer_config.json"
        settings = json.loads(path.read_text(encoding="utf-8")) | {"chat_template": CHAT, "eos_token": "<|im_end|>"}
        path.write_text(json.dumps(settings), encoding="utf-8")
    return folder


def annotations(path: Path, count: int = 4, **changes: Any) -> Path:
    """A file of short annotations, all different."""
    rows = []
    for number in range(count):
        row: dict[str, Any] = {
            "schema": 1,
            "id": f"a{number}",
            "passage": f"The {'very ' * number}cold ship went on, and number {number} was asleep.",
            "context": "It was night.",
            "brief": {"intent": "Be quiet.", "audience": "Sailors.", "reality": "A ship."},
            "source": "written for a test",
            "licence": "CC0-1.0",
            "language": "en",
            "annotators": [{"role": "expert", "name": "A"}],
            "dialogue": [{"role": "engineer", "text": "Why asleep?"}, {"role": "expert", "text": "He is tired."}],
            "judgments": [
                {
                    "quote": "was asleep",
                    "dimension": "craft",
                    "constraint": "lexis",
                    "verdict": "works",
                    "reasoning": f"He sleeps, and the ship does not need number {number} any more.",
                    "counterfactual": "Awake he would have had to be afraid.",
                    "suggestion": "",
                }
            ],
        }
        rows.append(json.dumps(row | changes))
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def pairs(path: Path, count: int = 8) -> Path:
    """A file of pairs in two groups and two splits."""
    rows = [
        {
            "id": f"p{number}",
            "group": "literary" if number % 2 else "factual",
            "split": "dev" if number % 4 < 2 else "test",
            "dimension": "craft",
            "context": "The ship was cold.",
            "brief": {"intent": "Be quiet.", "audience": "Sailors.", "reality": "A ship."},
            "good": f"The cold ship went on through night {number}.",
            "degraded": f"The bright lamp sang of its own house {number}.",
        }
        for number in range(count)
    ]
    path.write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    return path

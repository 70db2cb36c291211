"""A byte-level BPE vocabulary in the form that llama.cpp reads."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf

from trainer.errors import TrainerError


@dataclass(frozen=True)
class Vocabulary:
    tokens: list[str]
    types: list[int]
    """gguf.TokenType of each."""
    merges: list[str]
    bos: int
    eos: int


def read_vocabulary(folder: Path, size: int, bos: int, eos: int) -> Vocabulary:
    """Read `tokenizer.json`, padded with unused tokens to `size`, the rows of the embedding.

    Raises:
        TrainerError: if it is not byte-level BPE, or has more tokens than the embedding has rows.
    """
    path = folder / "tokenizer.json"
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise TrainerError(f"{path}: cannot be read ({error}) - the checkpoint needs its tokenizer.json") from error
    model = data["model"]
    if model.get("type") != "BPE" or not _is_byte_level(data.get("pre_tokenizer")):
        raise TrainerError(f"{path}: not a byte-level BPE tokenizer - only those can be converted")
    pieces: dict[int, tuple[str, int]] = {i: (t, gguf.TokenType.NORMAL) for t, i in model["vocab"].items()}
    for added in data.get("added_tokens", []):
        kind = gguf.TokenType.CONTROL if added["special"] else gguf.TokenType.USER_DEFINED
        pieces[added["id"]] = (added["content"], kind)
    if max(pieces) >= size:
        raise TrainerError(f"{path}: has token id {max(pieces)}, but the embedding has {size} rows")
    padded = [pieces.get(i, (f"<|unused{i}|>", gguf.TokenType.UNUSED)) for i in range(size)]
    # Newer files list a merge as a pair, older ones as one string.
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"]]
    return Vocabulary([token for token, _ in padded], [int(kind) for _, kind in padded], merges, bos, eos)


def _is_byte_level(pre_tokenizer: dict[str, Any] | None) -> bool:
    if pre_tokenizer is None:
        return False
    parts = pre_tokenizer.get("pretokenizers", [pre_tokenizer])
    return any(part.get("type") == "ByteLevel" for part in parts)


def add_vocabulary(writer: gguf.GGUFWriter, vocabulary: Vocabulary, pre_tokenizer: str) -> None:
    """Write it, with BOS, EOS and whether to add them said outright: a missing BOS key would default to id 11."""
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre_tokenizer)
    writer.add_token_list(vocabulary.tokens)
    writer.add_token_types(vocabulary.types)
    writer.add_token_merges(vocabulary.merges)
    writer.add_bos_token_id(vocabulary.bos)
    writer.add_eos_token_id(vocabulary.eos)
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(False)

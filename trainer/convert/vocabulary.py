"""A byte-level BPE vocabulary in the form that llama.cpp reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf

from trainer.convert.checkpoint import read_json
from trainer.convert.pre_tokenizers import check_normaliser, pre_tokenizer_of
from trainer.errors import TrainerError


@dataclass(frozen=True)
class Vocabulary:
    """What a GGUF says of its tokens."""

    tokens: list[str]
    types: list[int]
    """gguf.TokenType of each."""
    merges: list[str]
    pre_tokenizer: str
    bos: int
    add_bos: bool
    """Whether a text begins with `bos` by itself."""
    eos: int


def read_vocabulary(folder: Path, config: Mapping[str, Any], *, stop: str | None = None) -> Vocabulary:
    """Read `tokenizer.json`, padded with unused tokens to the rows of the embedding.

    Args:
        stop: the token that a model was trained to end with; written as the end-of-text token.

    Raises:
        TrainerError: if it is not byte-level BPE, llama.cpp does not know its split, it has more tokens than the
            embedding has rows, or `stop` is not one of them.
    """
    path = folder / "tokenizer.json"
    data = read_json(path, "the checkpoint needs its tokenizer.json")
    model = data.get("model", {})
    if model.get("type") != "BPE" or model.get("byte_fallback"):
        raise TrainerError(f"{path}: not a byte-level BPE tokenizer - only those can be converted")
    pre_tokenizer = pre_tokenizer_of(data, path)
    check_normaliser(data, path)
    size = int(config["vocab_size"])
    pieces: dict[int, tuple[str, int]] = {i: (t, gguf.TokenType.NORMAL) for t, i in model["vocab"].items()}
    for added in data.get("added_tokens", []):
        kind = gguf.TokenType.CONTROL if added["special"] else gguf.TokenType.USER_DEFINED
        pieces[added["id"]] = (added["content"], kind)
    if max(pieces) >= size:
        raise TrainerError(f"{path}: has token id {max(pieces)}, but the embedding has {size} rows")
    padded = [pieces.get(i, (f"<|unused{i}|>", gguf.TokenType.UNUSED)) for i in range(size)]
    # Newer files list a merge as a pair, older ones as one string.
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"]]
    ids = {text: index for index, (text, _) in pieces.items()}
    settings_path = folder / "tokenizer_config.json"
    settings = read_json(settings_path, "the checkpoint needs it") if settings_path.exists() else {}
    if stop is not None and stop not in ids:
        raise TrainerError(f"{path}: has no token '{stop}', which the run was trained to end with - is it the base?")
    eos = ids[stop] if stop is not None else _id(settings.get("eos_token"), ids, config.get("eos_token_id"))
    bos = _id(settings.get("bos_token"), ids, config.get("bos_token_id"))
    if eos is None:
        raise TrainerError(f"{settings_path}: names no end-of-text token - add eos_token")
    add_bos = settings.get("bos_token") is not None and settings.get("add_bos_token", True)
    return Vocabulary(
        [token for token, _ in padded],
        [int(kind) for _, kind in padded],
        merges,
        pre_tokenizer,
        eos if bos is None else bos,
        bool(add_bos),
        eos,
    )


def _id(token: object, ids: Mapping[str, int], given: object) -> int | None:
    text = token.get("content") if isinstance(token, dict) else token
    if isinstance(text, str) and text in ids:
        return ids[text]
    first = given[0] if isinstance(given, list) and given else given
    return first if isinstance(first, int) else None


def add_vocabulary(writer: gguf.GGUFWriter, vocabulary: Vocabulary) -> None:
    """Write it, with BOS, EOS and whether to add them said outright: a missing BOS key would default to id 11."""
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(vocabulary.pre_tokenizer)
    writer.add_token_list(vocabulary.tokens)
    writer.add_token_types(vocabulary.types)
    writer.add_token_merges(vocabulary.merges)
    writer.add_bos_token_id(vocabulary.bos)
    writer.add_eos_token_id(vocabulary.eos)
    writer.add_add_bos_token(vocabulary.add_bos)
    writer.add_add_eos_token(False)

"""Tiny random models of every supported family, with the tokenizers that such models are published with."""

from __future__ import annotations

import functools
import getpass
import json
import subprocess
import sys
import tarfile
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from bases import PROSE

_CONTRACTIONS: Final = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_REST: Final = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
LLAMA_3: Final = _CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|" + _REST
QWEN_2: Final = _CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|" + _REST
TEKKEN: Final = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|"
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}|"
    r" ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def _split(regex: str) -> dict[str, Any]:
    return {"type": "Split", "pattern": {"Regex": regex}, "behavior": "Isolated", "invert": False}


def _bytes(*, own_regex: bool) -> dict[str, Any]:
    return {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": own_regex}


def _sequence(*steps: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Sequence", "pretokenizers": list(steps)}


SPLITS: Final[dict[str, dict[str, Any]]] = {
    "gpt-2": _bytes(own_regex=True),
    "smollm": _sequence({"type": "Digits", "individual_digits": True}, _bytes(own_regex=True)),
    "llama-bpe": _sequence(_split(LLAMA_3), _bytes(own_regex=False)),
    "qwen2": _sequence(_split(QWEN_2), _bytes(own_regex=False)),
    "tekken": _sequence(_split(TEKKEN), _bytes(own_regex=False)),
}
"""`pre_tokenizer` of tokenizer.json as the families publish it, by llama.cpp's name."""

_SMALL: Final = {
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "max_position_embeddings": 512,
    "pad_token_id": None,
}
FAMILIES: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "llama": ("llama-bpe", {}),
    "smollm2": ("smollm", {"model_type": "llama"}),
    "mistral": ("tekken", {"sliding_window": None, "head_dim": 32}),
    "qwen2": ("qwen2", {}),
    "qwen3": ("qwen2", {"head_dim": 32}),
    "smollm3": ("llama-bpe", {}),
}
"""Split and what its config adds, by the name we give the family here."""


@functools.cache
def trained_tokenizer(split: str, *, size: int = 640) -> Any:
    """A tokenizer of a few hundred tokens whose text is split as a family's is."""
    from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers, trainers

    data = json.loads(Tokenizer(models.BPE()).to_str())
    data["pre_tokenizer"] = SPLITS[split]
    data["decoder"] = _bytes(own_regex=True)
    tokenizer = Tokenizer.from_str(json.dumps(data))
    trainer = trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    # Long numbers, capitals and shouting tell splits apart.
    tokenizer.train_from_iterator([PROSE, "1234567890 10,000 " * 2000, "MacLeod's HTTPServer " * 500], trainer)
    # As in published ones, the special tokens come last.
    tokenizer.add_special_tokens([AddedToken(name, special=True) for name in ("<|text|>", "<|done|>")])
    return tokenizer


def save_tokenizer_of(folder: Path, tokenizer: Any, *, add_bos: bool) -> None:
    """The two files that transformers reads."""
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|done|>"}
    if add_bos:
        settings["bos_token"] = "<|text|>"
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")


def family_checkpoint(folder: Path, family: str, *, tied: bool = False, kv_heads: int = 2, **changes: Any) -> Path:
    """A checkpoint with random weights, every one of them telling: biases and norms are random as well."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    split, extra = FAMILIES[family]
    tokenizer = trained_tokenizer(split)
    options: dict[str, Any] = {**_SMALL, "num_key_value_heads": kv_heads, "tie_word_embeddings": tied, **extra}
    options |= {"vocab_size": tokenizer.get_vocab_size(), "bos_token_id": tokenizer.token_to_id("<|text|>")}
    options |= {"eos_token_id": tokenizer.token_to_id("<|done|>"), **changes}
    config = AutoConfig.for_model(options.pop("model_type", family), **options)
    torch.manual_seed(7)
    model = AutoModelForCausalLM.from_config(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim == 2:
                parameter.mul_(4)  # logits that differ from each other, so that an error shows
            elif name.endswith("bias"):
                parameter.normal_(0, 0.5)
            else:
                parameter.uniform_(0.5, 1.5)
    model.save_pretrained(folder)
    save_tokenizer_of(folder, tokenizer, add_bos=family not in ("qwen2", "qwen3"))
    return folder


def published_vocabulary(name: str) -> dict[str, list[Any]]:
    """Tokens, types and merges of a real vocabulary (`qwen2`, `llama-bpe`), as llama-cpp-python's sources hold it.

    Raises:
        OSError: if the source distribution cannot be had.
    """
    folder = Path(tempfile.gettempdir()) / f"cqa-vocabularies-{version('llama-cpp-python')}-{getpass.getuser()}"
    kept = folder / f"{name}.json"
    if not kept.exists():
        folder.mkdir(exist_ok=True)
        _extract(folder)
    found: dict[str, list[Any]] = json.loads(kept.read_text(encoding="utf-8"))
    return found


def _extract(folder: Path) -> None:
    import gguf

    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", "llama-cpp-python"]
        command += ["-d", scratch, f"llama-cpp-python=={version('llama-cpp-python')}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
        archives = list(Path(scratch).glob("*.tar.gz"))
        if not archives:
            raise OSError(f"the source distribution of llama-cpp-python cannot be had: {done.stderr.strip()[-200:]}")
        with tarfile.open(archives[0]) as archive:
            for name in ("qwen2", "llama-bpe"):
                wanted = next(one for one in archive if one.name.endswith(f"models/ggml-vocab-{name}.gguf"))
                file = archive.extractfile(wanted)
                assert file is not None
                whole = Path(scratch, f"{name}.gguf")
                whole.write_bytes(file.read())
                reader = gguf.GGUFReader(whole)
                fields = {key: reader.get_field(f"tokenizer.ggml.{key}") for key in ("tokens", "token_type", "merges")}
                found = {key: field.contents() for key, field in fields.items() if field is not None}
                part = Path(scratch, f"{name}.json")
                part.write_text(json.dumps(found), encoding="utf-8")
                part.replace(folder / part.name)


def published_tokenizer(name: str) -> tuple[Any, int]:
    """A real vocabulary as a tokenizer of transformers, and its number of tokens."""
    import gguf
    from tokenizers import AddedToken, Tokenizer, models

    tokens, types, merges = published_vocabulary(name).values()
    vocabulary = {token: number for number, token in enumerate(tokens)}
    special = [token for token, kind in zip(tokens, types, strict=True) if kind == gguf.TokenType.CONTROL]
    plain = {token: number for token, number in vocabulary.items() if token not in set(special)}
    pairs = [tuple(merge.split(" ")) for merge in merges]
    pairs = [pair for pair in pairs if pair[0] + pair[1] in plain and pair[0] in plain and pair[1] in plain]
    data = json.loads(Tokenizer(models.BPE(vocab=vocabulary, merges=pairs, ignore_merges=name == "llama-bpe")).to_str())
    data["pre_tokenizer"] = SPLITS[name]
    data["decoder"] = _bytes(own_regex=True)
    tokenizer = Tokenizer.from_str(json.dumps(data))
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in special])
    return tokenizer, len(tokens)

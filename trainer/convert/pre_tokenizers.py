"""Which of llama.cpp's pre-tokenizers splits text as a tokenizer.json does: a table of what is written in the file.

Not a hash of a few encoded strings: two tokenizers may agree on those and part ways elsewhere (llama.cpp#23416).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from trainer.errors import TrainerError

_CONTRACTIONS: Final = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|"
_REST: Final = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
REGEXES: Final[Mapping[str, str]] = {
    _CONTRACTIONS + r"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}" + _REST: "llama-bpe",
    _CONTRACTIONS + r"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}" + _REST: "qwen2",
    (
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|"
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}|"
        r" ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    ): "tekken",
}
"""The regular expression of a `Split`, followed by a `ByteLevel` without one of its own, to llama.cpp's name."""


def pre_tokenizer_of(tokenizer: Mapping[str, Any], where: Path) -> str:
    """llama.cpp's name for the split of a decoded tokenizer.json.

    Raises:
        TrainerError: if it is not in the table, naming what it is made of.
    """
    steps = _steps(tokenizer.get("pre_tokenizer"))
    kinds = [str(step.get("type")) for step in steps]
    if not steps or kinds[-1] != "ByteLevel" or steps[-1].get("add_prefix_space"):
        raise TrainerError(f"{where}: not a byte-level BPE tokenizer - only those can be converted")
    own = steps[-1].get("use_regex", True)
    if kinds == ["ByteLevel"] and own:
        return "gpt-2"
    if kinds == ["Digits", "ByteLevel"] and own and steps[0].get("individual_digits"):
        return "smollm"
    if kinds == ["Split", "ByteLevel"] and not own and steps[0].get("behavior") == "Isolated":
        name = REGEXES.get(str(steps[0].get("pattern", {}).get("Regex")))
        if name is not None and not steps[0].get("invert"):
            return name
    shown = json.dumps(steps, ensure_ascii=False)[:120]
    raise TrainerError(f"{where}: llama.cpp's split for {shown} is not known - use a base of a supported family")


def check_normaliser(tokenizer: Mapping[str, Any], where: Path) -> None:
    """Raises:
    TrainerError: if a decoded tokenizer.json changes texts before it splits them, otherwise than by composing accents.
    """
    node = tokenizer.get("normalizer") or {"type": "NFC"}
    for one in node.get("normalizers", []) if node.get("type") == "Sequence" else [node]:
        if one.get("type") != "NFC":
            raise TrainerError(
                f"{where}: its normaliser '{one.get('type')}' changes texts, and llama.cpp does not - use a base of a "
                "supported family"
            )


def _steps(node: object) -> list[Mapping[str, Any]]:
    if not isinstance(node, dict):
        return []
    if node.get("type") == "Sequence":
        return [step for one in node.get("pretokenizers", []) for step in _steps(one)]
    return [node]

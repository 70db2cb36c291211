"""Quantising a GGUF with llama.cpp's own quantiser."""

from __future__ import annotations

import os
from pathlib import Path

from cqa_desktop.engine.library import load_library
from trainer.errors import TrainerError

KINDS = ("F16", "Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M")
"""From the smallest loss to the smallest file."""


def quantise(source: Path, out: Path, kind: str, threads: int = 2) -> Path:
    """Write `source` (F32 or F16) to `out` in one of KINDS; metadata is kept. Returns `out`.

    Raises:
        TrainerError: if llama.cpp refuses.
    """
    llama_cpp = load_library()
    file_types = {
        "F16": llama_cpp.LLAMA_FTYPE_MOSTLY_F16,
        "Q8_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q8_0,
        "Q6_K": llama_cpp.LLAMA_FTYPE_MOSTLY_Q6_K,
        "Q5_K_M": llama_cpp.LLAMA_FTYPE_MOSTLY_Q5_K_M,
        "Q4_K_M": llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_K_M,
    }
    parameters = llama_cpp.llama_model_quantize_default_params()
    parameters.nthread = threads
    parameters.ftype = file_types[kind]
    part = out.with_suffix(".part")
    try:
        code = llama_cpp.llama_model_quantize(os.fsencode(source), os.fsencode(part), parameters)
        if code != 0:
            raise TrainerError(
                f"{source}: llama.cpp could not quantise it to {kind} (code {code}) - make room on the disk, or choose "
                "another kind"
            )
        os.replace(part, out)
    finally:
        part.unlink(missing_ok=True)
    return out

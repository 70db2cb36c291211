"""Faults of a run that no check can foresee, told in one line: memory, disk, numbers."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import torch

from trainer.errors import TrainerError

TRAINING: Final = (
    "the last finished epoch is safe - lower micro_batch or turn gradient_checkpointing on, and run again: it resumes; "
    "or lower context or use load_in_4bit, with another --out"
)
"""What to do where training runs out of memory."""
_FULL: Final = ("No space", "too large", "requested and")
"""How safetensors and numpy, which give no number, tell a full disk."""
LOADING: Final = "take a smaller base, or use load_in_4bit on a GPU"
"""The same where the base alone does not fit."""


@contextmanager
def out_of_memory(what: str, way: str) -> Iterator[None]:
    """Inside, running out of memory, on a GPU or not, becomes a TrainerError that tells the way out."""
    try:
        yield
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise TrainerError(f"out of memory at {what}; {way}") from error
    except RuntimeError as error:
        # torch has no class of its own for the CPU's.
        if "not enough memory" not in str(error) and "can't allocate memory" not in str(error):
            raise
        raise TrainerError(f"out of memory at {what}; {way}") from error


@contextmanager
def full_disk(where: Path) -> Iterator[None]:
    """Inside, a failed write becomes a TrainerError; what was written before stays."""
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, SafetensorError) as error:
        number = error.errno if isinstance(error, OSError) else None
        text = str(error.strerror or error) if isinstance(error, OSError) else str(error)
        full = number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) or any(one in text for one in _FULL)
        fix = "make room and run the same command: it resumes" if full else "mend that and run the same command"
        raise TrainerError(f"{where}: cannot be written ({text}) - {fix}") from error
    except RuntimeError as error:
        # torch.save tells a short write as "unexpected pos", by a RuntimeError.
        if "unexpected pos" not in str(error) and "PytorchStreamWriter" not in str(error):
            raise
        raise TrainerError(f"{where}: could not be written whole - make room and run the same command") from error

"""What Ctrl-C does while a command works."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

CALLED_BY_LLAMA: Final = frozenset(["LlamaModel._ask", "_keep"])
"""Functions of `engine.llama` and `engine.library` that llama.cpp calls."""


@contextmanager
def interruptible(*, at_once: bool = True) -> Iterator[Callable[[], bool]]:
    """Inside, Ctrl-C sets a flag that the engine asks for while it evaluates: nothing else interrupts llama.cpp.

    Yields the function that asks.

    Args:
        at_once: also raise KeyboardInterrupt, which ends what is not the model's work just as soon. Without it, whoever
            asks keeps what was made until then.
    """
    asked = False

    def ask(_signal: int, frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        if at_once and not _called_by_llama(frame):
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)


def _called_by_llama(frame: FrameType | None) -> bool:
    """Whether llama.cpp waits for an answer: no exception passes through it, and it is about to ask for the flag."""
    while frame is not None:
        if frame.f_code.co_qualname in CALLED_BY_LLAMA:
            return True
        frame = frame.f_back
    return False


@contextmanager
def ended_by_interrupt() -> Iterator[None]:
    """Inside, Ctrl-C ends the process at once: for work that cannot be interrupted and has nothing to lose."""
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)

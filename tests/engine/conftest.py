"""Tiny models for the engine's tests."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# Tests are imported by path (importmode=importlib), so a helper beside them needs its folder on the path.
sys.path.insert(0, str(Path(__file__).parent))

from tiny_gguf import PROSE, write_adapter, write_model

from cqa_desktop.engine.llama import LlamaModel


@pytest.fixture(scope="session")
def tiny_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of two layers with random weights."""
    return write_model(tmp_path_factory.mktemp("models") / "tiny.gguf")


@pytest.fixture(scope="session")
def adapter_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter that fits `tiny_path`."""
    return write_adapter(tmp_path_factory.mktemp("adapters") / "adapter.gguf")


@pytest.fixture(scope="module")
def model(tiny_path: Path) -> Iterator[LlamaModel]:
    """`tiny_path`, loaded; shared by the tests of a module."""
    with LlamaModel(tiny_path, gpu=False, threads=1) as loaded:
        yield loaded


def _draft(paragraphs: int, seed: int = 3) -> str:
    words = PROSE.replace("\n", " ").split()
    chosen = random.Random(seed)
    made = []
    for _ in range(paragraphs):
        sentences = []
        for _ in range(chosen.randint(1, 5)):
            picked = [chosen.choice(words).strip('.,;:"').lower() for _ in range(chosen.randint(5, 16))]
            sentences.append(" ".join(picked).capitalize() + ".")
        made.append(" ".join(sentences))
    return "\n\n".join(made)


@pytest.fixture(scope="session")
def draft() -> Callable[..., str]:
    """Makes a draft of so many paragraphs; the same seed makes the same draft."""
    return _draft

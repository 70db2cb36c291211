"""A corpus of a few kilobytes and a configuration that trains in seconds."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cqa_desktop.resources import resource

sys.path.insert(0, str(Path(__file__).parent))  # bases.py

TINY = """
name = "tiny"
[tokenizer]
vocab_size = 400
sample_megabytes = 1
[model]
hidden_size = 256
intermediate_size = 256
layers = 1
heads = 4
kv_heads = 2
context = 64
[training]
minutes = 5
tokens = 40_000
batch_tokens = 1024
compile = false
eval_every_minutes = 1.0
checkpoint_every_minutes = 0.02
[[training.phases]]
until = 0.5
sequence = 32
[[training.phases]]
until = 1.0
sequence = 64
[sampling]
since = [1920, 0]
share = [0.7, 0.3]
"""


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Models this small wait for threads more than they reckon, in the processes that a test starts too."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    prose = sorted(resource("prose").glob("*.txt"))
    for split, paths in (("train", prose[:3]), ("valid", prose[3:5])):
        (folder / split).mkdir()
        for path in paths:
            (folder / split / path.name).write_text(path.read_text(encoding="utf-8")[:30_000], encoding="utf-8")
    rows = [f"train/{prose[0].name}\t1957", f"train/{prose[1].name}\t1902"]
    (folder / "manifest.tsv").write_text("path\tyear\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def tiny_config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("config") / "tiny.toml"
    path.write_text(TINY, encoding="utf-8")
    return path

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest
from tiny_gguf import Shape, write_model

from cqa_desktop.engine.errors import ModelError
from cqa_desktop.engine.gguf_file import inspect_adapter, inspect_gguf, inspect_model, sha256_of
from cqa_desktop.engine.llama import LlamaModel


def refusal(path: Path) -> str:
    """The message with which a file is refused as a model: by its header, or by llama.cpp."""
    with pytest.raises(ModelError) as raised:
        LlamaModel(path, gpu=False, threads=1)
    message = str(raised.value)
    assert "\n" not in message
    assert str(path) in message
    assert " - " in message, "says how to fix it"
    return message


def test_the_header_tells_what_the_model_is(tmp_path: Path) -> None:
    path = write_model(tmp_path / "m.gguf", name="A name", metadata={"cqa.calibration": "{}"})
    found = inspect_model(path)
    shape = Shape()
    assert (found.name, found.quantization, found.context, found.architecture) == ("A name", "F32", 1024, "llama")
    assert found.metadata["cqa.calibration"] == "{}"
    narrow = shape.kv_heads * shape.head
    layer = 2 * shape.width * (shape.width + narrow) + 3 * shape.width * shape.feed_forward + 2 * shape.width
    assert found.parameters == 2 * shape.vocabulary * shape.width + shape.width + shape.layers * layer
    assert not found.is_adapter


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.95, 0.9999])
def test_a_file_cut_short(tiny_path: Path, tmp_path: Path, share: float) -> None:
    whole = tiny_path.read_bytes()
    path = tmp_path / "cut.gguf"
    path.write_bytes(whole[: int(len(whole) * share)])
    assert "cut short" in refusal(path)


def test_random_bytes(tmp_path: Path) -> None:
    path = tmp_path / "random.gguf"
    path.write_bytes(os.urandom(100_000))
    assert "not a GGUF file" in refusal(path)


@pytest.mark.parametrize("seed", range(8))
def test_random_bytes_after_a_true_magic(tmp_path: Path, seed: int) -> None:
    import random

    path = tmp_path / "random.gguf"
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 5, 5) + random.Random(seed).randbytes(50_000))
    assert "damaged" in refusal(path)


@pytest.mark.parametrize("seed", range(12))
def test_flipped_bytes_in_the_header_end_in_one_line_or_in_a_model(tiny_path: Path, tmp_path: Path, seed: int) -> None:
    import random

    chosen = random.Random(seed)
    damaged = bytearray(tiny_path.read_bytes())
    for _ in range(20):
        damaged[chosen.randrange(4, 2000)] = chosen.randrange(256)
    path = tmp_path / "flipped.gguf"
    path.write_bytes(damaged)
    try:
        inspect_gguf(path)
    except ModelError as error:
        assert "\n" not in str(error)  # noqa: PT017


def test_a_text_file(tmp_path: Path) -> None:
    path = tmp_path / "letter.gguf"
    path.write_text("Dear Mrs. Alder,\n" * 100)
    assert "not a GGUF file" in refusal(path)


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.gguf"
    path.touch()
    assert "is empty" in refusal(path)


def test_a_folder(tmp_path: Path) -> None:
    assert "is a folder" in refusal(tmp_path)


def test_a_missing_file(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "gone.gguf")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the superuser may read everything")
def test_a_file_that_may_not_be_read(tiny_path: Path, tmp_path: Path) -> None:
    path = tmp_path / "locked.gguf"
    path.write_bytes(tiny_path.read_bytes())
    path.chmod(0)
    assert "not allowed" in refusal(path)


def test_a_version_of_the_future(tiny_path: Path, tmp_path: Path) -> None:
    path = tmp_path / "future.gguf"
    whole = tiny_path.read_bytes()
    path.write_bytes(whole[:4] + struct.pack("<I", 9) + whole[8:])
    assert "version 9" in refusal(path)


def test_an_unsupported_architecture(tmp_path: Path) -> None:
    path = write_model(tmp_path / "strange.gguf", architecture="perceptron")
    assert "perceptron" in refusal(path)


def test_a_vocabulary_without_weights(tmp_path: Path) -> None:
    path = write_model(tmp_path / "vocabulary.gguf", with_tensors=False)
    assert "vocabulary and no weights" in refusal(path)


def test_a_context_in_which_llama_would_end_the_process(tmp_path: Path) -> None:
    path = write_model(tmp_path / "short.gguf", Shape(context=32))
    with pytest.raises(ModelError, match="only 32 tokens at once - "):
        inspect_model(path)


def test_a_model_without_layers(tmp_path: Path) -> None:
    path = write_model(tmp_path / "flat.gguf", Shape(layers=0))
    with pytest.raises(ModelError, match="has no layers - "):
        inspect_model(path)


def test_a_kind_of_file_that_is_no_number_is_unknown(tiny_path: Path, tmp_path: Path) -> None:
    raw = bytearray(tiny_path.read_bytes())
    at = raw.index(b"general.file_type") + len(b"general.file_type")
    raw[at : at + 8] = struct.pack("<If", 6, float("nan"))
    path = tmp_path / "odd.gguf"
    path.write_bytes(raw)
    assert inspect_model(path).quantization == "unknown"


def test_a_tensor_of_the_wrong_size(tmp_path: Path) -> None:
    from tiny_gguf import make_weights

    weights = make_weights(Shape())
    weights["model.layers.1.mlp.up_proj.weight"] = weights["model.layers.1.mlp.up_proj.weight"][:32]
    refusal(write_model(tmp_path / "odd.gguf", weights=weights))


def test_an_adapter_given_as_a_model_and_a_model_given_as_an_adapter(tiny_path: Path, adapter_path: Path) -> None:
    assert "is an adapter" in refusal(adapter_path)
    with pytest.raises(ModelError, match="is a model, not an adapter"):
        LlamaModel(tiny_path, adapter=tiny_path, gpu=False)
    assert inspect_adapter(adapter_path).is_adapter


def test_the_hash_is_that_of_the_file_and_follows_its_changes(tmp_path: Path) -> None:
    import hashlib

    path = tmp_path / "file"
    path.write_bytes(b"one")
    assert sha256_of(path) == hashlib.sha256(b"one").hexdigest()
    path.write_bytes(b"three")
    assert sha256_of(path) == hashlib.sha256(b"three").hexdigest()

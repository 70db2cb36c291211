"""The converter: same ids, same logits."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from cqa_desktop.engine.gguf_file import inspect_model
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.resources import resource
from trainer.convert.convert import convert_checkpoint
from trainer.convert.parity import NASTY, check_parity
from trainer.convert.quantise import KINDS, quantise
from trainer.errors import TrainerError
from trainer.reference.config import ModelConfig
from trainer.reference.model import build_model
from trainer.reference.tokenizer import save_tokenizer, train_tokenizer

PROSE = resource("prose", "gore-vidal_williwaw-a-novel.txt").read_text(encoding="utf-8").replace("’", "'")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch

    folder = tmp_path_factory.mktemp("checkpoint")
    torch.manual_seed(4)
    tokenizer = train_tokenizer([PROSE, "1234567890 10,000 " * 2000], 700)  # long numbers tell splits apart
    model = build_model(ModelConfig(layers=2, intermediate_size=512, context=256), tokenizer.get_vocab_size())
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 2:
                parameter.mul_(3)  # logits that differ from each other, so that an error shows
    model.save_pretrained(folder)
    save_tokenizer(tokenizer, folder)
    return folder


@pytest.fixture(scope="module")
def exact(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("gguf") / "exact.gguf"
    return convert_checkpoint(checkpoint, out, name="test", metadata={"cqa.note": "kept"})


def test_logits_and_ids_are_the_checkpoints(checkpoint: Path, exact: Path) -> None:
    parity = check_parity(checkpoint, exact, PROSE)
    assert parity.nmse < 1e-8
    assert parity.texts == len(NASTY) + 1


def test_a_wrong_rotary_order_would_be_seen(checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from trainer.convert import convert

    monkeypatch.setattr(convert, "permute", lambda weights, _heads: weights)
    wrong = convert_checkpoint(checkpoint, tmp_path / "wrong.gguf", name="test")
    with pytest.raises(TrainerError, match="NMSE"):
        check_parity(checkpoint, wrong, PROSE)


def test_a_wrong_pre_tokenizer_would_be_seen(checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from trainer.convert import vocabulary

    monkeypatch.setattr(vocabulary, "pre_tokenizer_of", lambda _data, _path: "llama-bpe")
    wrong = convert_checkpoint(checkpoint, tmp_path / "wrong.gguf", name="test")
    with pytest.raises(TrainerError, match="token ids differ"):
        check_parity(checkpoint, wrong, PROSE)


def test_metadata_and_format_are_in_the_file(exact: Path) -> None:
    found = inspect_model(exact)
    assert found.metadata["cqa.note"] == "kept"
    assert found.quantization == "F32"
    assert found.context == 256


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_loads_and_keeps_metadata(exact: Path, tmp_path: Path, kind: str) -> None:
    out = quantise(exact, tmp_path / f"{kind}.gguf", kind)
    assert inspect_model(out).metadata["cqa.note"] == "kept"
    assert inspect_model(out).quantization == kind
    assert out.stat().st_size < exact.stat().st_size
    with LlamaModel(out) as model, LlamaModel(exact) as original:
        ids = np.concatenate(([model.bos], model.tokenize(PROSE[:400]))).astype(np.int32)
        ours, theirs = (one.logits_after(ids) for one in (model, original))
        assert np.corrcoef(ours, theirs)[0, 1] > 0.9


def test_what_cannot_be_quantised_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(TrainerError, match=r"could not quantise it to Q8_0 .* - make room"):
        quantise(tmp_path / "none.gguf", tmp_path / "out.gguf", "Q8_0")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("format", ["F16", "Q8_0"])
def test_formats_that_the_converter_writes_itself(checkpoint: Path, tmp_path: Path, format: str) -> None:
    out = convert_checkpoint(checkpoint, tmp_path / "out.gguf", name="t", format=format)
    assert inspect_model(out).quantization == format
    with LlamaModel(out) as model:
        assert np.isfinite(model.logits_after(np.array([model.bos], np.int32))).all()


@pytest.mark.parametrize(
    ("change", "says"),
    [({"model_type": "gpt2"}, "not supported"), ({"rope_parameters": {"rope_type": "yarn"}}, "rotary scaling 'yarn'")],
)
def test_what_cannot_be_converted_is_said(
    checkpoint: Path, tmp_path: Path, change: dict[str, object], says: str
) -> None:
    folder = tmp_path / "other"
    shutil.copytree(checkpoint, folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps(config | change), encoding="utf-8")
    with pytest.raises(TrainerError, match=says):
        convert_checkpoint(folder, tmp_path / "out.gguf", name="t")
    assert list(tmp_path.glob("out*")) == []


def test_a_folder_that_is_no_checkpoint_is_said(tmp_path: Path) -> None:
    with pytest.raises(TrainerError, match="checkpoint folder"):
        convert_checkpoint(tmp_path, tmp_path / "out.gguf", name="t")

"""Runs that go on from an earlier model, learn from one, or keep an average of their weights."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from trainer.cli import main
from trainer.reference.config import ReferenceConfig, TrainingConfig, load_config
from trainer.reference.corpus import find_works, read_work, sample_text
from trainer.reference.earlier import earlier_model, earlier_record, earlier_tokenizer
from trainer.reference.model import build_model, distilled_losses, token_losses
from trainer.reference.tokenizer import save_tokenizer, train_tokenizer
from trainer.reference.train import train


@pytest.fixture(scope="module")
def settings(tiny_config: Path) -> ReferenceConfig:
    config = load_config(tiny_config, "cpu")
    return replace(config, training=replace(config.training, tokens=8192, pool=256))


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory, corpus: Path, settings: ReferenceConfig) -> Path:
    """A run's folder with the model it came to."""
    out = tmp_path_factory.mktemp("earlier")
    works = find_works(corpus, "train")
    tokenizer = train_tokenizer(sample_text(works, 1, 1), settings.tokenizer.vocab_size)
    model, progress = train(settings, works, find_works(corpus, "valid"), tokenizer, out)
    model.save_pretrained(out / "hf")
    save_tokenizer(tokenizer, out / "hf")
    record = {"tokens_seen": progress.tokens, "seconds": 2.0, "before": {"tokens_seen": 1000, "seconds": 1.0}}
    (out / "run.json").write_text(json.dumps(record), encoding="utf-8")
    return out / "hf"


def first_loss(corpus: Path, out: Path, settings: ReferenceConfig, training: TrainingConfig, earlier: Path) -> float:
    """Bits a token over the first steps of a run."""
    out.mkdir()
    works = find_works(corpus, "train")
    _, progress = train(replace(settings, training=training), works, [], earlier_tokenizer(str(earlier)), out)
    return progress.smoothed


def test_a_run_goes_on_from_where_another_ended(
    corpus: Path, earlier: Path, settings: ReferenceConfig, tmp_path: Path
) -> None:
    short = replace(settings.training, tokens=2048)
    fresh = first_loss(corpus, tmp_path / "fresh", settings, short, earlier)
    further = first_loss(corpus, tmp_path / "further", settings, replace(short, start=str(earlier)), earlier)
    assert further < fresh - 0.5


def test_what_came_before_is_counted(earlier: Path) -> None:
    record = earlier_record(str(earlier))
    assert record["tokens_seen"] == 8192 + 1000
    assert record["seconds"] == 3.0
    assert len(record["weights_sha256"]) == 64
    shipped = earlier_record("reference")
    assert shipped["tokens_seen"] > 20e6


def test_the_shipped_model_can_be_gone_on_from() -> None:
    config = load_config(None, "further")
    tokenizer = earlier_tokenizer("reference")
    assert tokenizer.get_vocab_size() == config.tokenizer.vocab_size
    model = earlier_model("reference")
    assert model.config.hidden_size == config.model.hidden_size
    assert next(model.parameters()).dtype == torch.float32
    ids = torch.tensor([[0, *tokenizer.encode("He said that he did not know.").ids]])
    with torch.inference_mode():
        mean = token_losses(model, ids[:, :-1], ids[:, 1:]).mean()
    assert float(mean) < 5  # nats; chance is 9


def test_a_teacher_is_learned_from(corpus: Path, earlier: Path, settings: ReferenceConfig, tmp_path: Path) -> None:
    """All of the loss its own: the pupil moves towards the teacher's predictions, which it never sees as text."""
    teacher = earlier_model(str(earlier)).eval()
    training = replace(settings.training, teacher=str(earlier), teacher_share=1.0)
    works, tokenizer = find_works(corpus, "train"), earlier_tokenizer(str(earlier))
    text = read_work(find_works(corpus, "valid")[0].path)
    batch = torch.tensor(tokenizer.encode(text).ids[:512]).reshape(8, 64)

    def distance(model: torch.nn.Module) -> float:
        with torch.inference_mode():
            ours, theirs = (m(input_ids=batch).logits.log_softmax(-1) for m in (model, teacher))
        return float((theirs.exp() * (theirs - ours)).sum(-1).mean())

    torch.manual_seed(settings.training.seed)
    before = distance(build_model(settings.model, tokenizer.get_vocab_size()))
    model, _ = train(replace(settings, training=training), works, [], tokenizer, tmp_path)
    assert distance(model.eval()) < before / 2


def test_distilled_losses_are_least_at_the_teacher(earlier: Path) -> None:
    teacher = earlier_model(str(earlier)).eval()
    ids = torch.randint(2, 400, (2, 17), generator=torch.Generator().manual_seed(1))
    plain, mixed = distilled_losses(teacher, ids[:, :-1], ids[:, 1:], teacher, 0.0)
    assert torch.equal(plain, mixed)
    assert torch.equal(plain, token_losses(teacher, ids[:, :-1], ids[:, 1:]))
    _, own = distilled_losses(teacher, ids[:, :-1], ids[:, 1:], teacher, 1.0)
    own.mean().backward()
    assert max(float(p.grad.abs().max()) for p in teacher.parameters() if p.grad is not None) < 1e-2


def test_the_average_of_the_weights_is_kept_and_resumed(
    corpus: Path, settings: ReferenceConfig, earlier: Path, tmp_path: Path
) -> None:
    works, tokenizer = find_works(corpus, "train"), earlier_tokenizer(str(earlier))
    averaging = replace(settings, training=replace(settings.training, average=0.9, decay=0.0))
    model, _ = train(averaging, works, [], tokenizer, tmp_path)
    last = torch.load(tmp_path / "checkpoint.pt", weights_only=False)
    weight = model.model.embed_tokens.weight.detach()
    assert not torch.equal(weight, last["model"]["model.embed_tokens.weight"])
    again, _ = train(averaging, works, [], tokenizer, tmp_path)  # nothing is left to do
    assert torch.equal(again.model.embed_tokens.weight.detach(), weight)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"[training]": "[training]\nstart = 'reference'"}, "has 8192 tokens - set tokenizer.vocab_size to that"),
        ({"[training]": "[training]\nstart = 'CORPUS'"}, "has no config.json"),
        ({"[training]": "[training]\nstart = 'nowhere'"}, "no such folder"),
        ({"[training]": "[training]\nstart = 'reference'", "400": "8192"}, "has model.intermediate_size 768"),
        ({"[training]": "[training]\nteacher = 'reference'"}, "has 8192 tokens - set tokenizer.vocab_size to that"),
        ({"[training]": "[training]\naverage = 1.5"}, "are fractions"),
        ({"[training]": "[training]\npool = 0"}, "above 0"),
    ],
)
def test_an_earlier_model_that_does_not_do_is_one_line(
    corpus: Path,
    tiny_config: Path,
    tmp_path: Path,
    changes: dict[str, str],
    says: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = tiny_config.read_text(encoding="utf-8")
    for old, new in changes.items():
        lines = lines.replace(old, new.replace("CORPUS", str(corpus)))
    config = tmp_path / "run.toml"
    config.write_text(lines, encoding="utf-8")
    arguments = ["reference", "--corpus", str(corpus), "--out", str(tmp_path / "out"), "--recipe", "cpu"]
    assert main([*arguments, "--config", str(config)]) == 2
    error = capsys.readouterr().err.splitlines()
    assert says in error[-1]
    assert len(error) <= 2  # the line that counts the works comes first

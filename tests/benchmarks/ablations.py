"""What each choice of the reference model's recipe is worth, in bits per character, at equal training compute.

python -m tests.benchmarks.ablations --corpus DIR --out DIR [--tokens N] [NAME ...]

Each variant changes one thing of the `cpu` recipe. Compute is counted as six operations a token for every weight that
multiplies one (the embedding does so once, as the output): a larger model sees fewer tokens. A variant whose figure is
in OUT/ablations.csv already is not run again, and one that was killed goes on from its checkpoint.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from tokenizers import Tokenizer

from trainer.reference.config import ReferenceConfig, load_config
from trainer.reference.corpus import Work, find_works, sample_text
from trainer.reference.evaluate import bits_per_character
from trainer.reference.model import build_model
from trainer.reference.tokenizer import save_tokenizer, train_tokenizer
from trainer.reference.train import train
from trainer.settings import build, merge

BASE: Final = "the recipe"
EPOCHS: Final = "a quarter of the text, four times"
VARIANTS: Final[Mapping[str, dict[str, Any]]] = {
    BASE: {},
    "another seed": {"training": {"seed": 2}},
    "AdamW at 3e-3": {"training": {"optimizer": "adamw", "matrix_lr": 3e-3}},
    "8 layers": {"model": {"layers": 8}},
    "512 wide, 2 layers": {"model": {"hidden_size": 512, "intermediate_size": 1536, "layers": 2}},
    "4,096 tokens in the vocabulary": {"tokenizer": {"vocab_size": 4096}},
    "16,384 tokens in the vocabulary": {"tokenizer": {"vocab_size": 16384}},
    "batches of 4,096 tokens": {"training": {"batch_tokens": 4096}},
    "batches of 16,384 tokens": {"training": {"batch_tokens": 16384}},
    "decay over the last fifth": {"training": {"decay": 0.2}},
    "sequences of 1,024 throughout": {"training": {"phases": [{"until": 1.0, "sequence": 1024}]}},
    "works as they come, of any year": {"sampling": {"since": [0], "share": [1.0]}},
    "works one after another": {"training": {"pool": 64}},
    EPOCHS: {},
    "weights averaged": {"training": {"average": 0.9}},
    "weights averaged, no decay": {"training": {"average": 0.95, "decay": 0.0}},
    "learns from the shipped model too": {"training": {"teacher": "reference"}},
}
TOKENS: Final = 3_000_000
"""Of the recipe itself: a ninth of what the shipped model saw."""
CHARACTERS_A_TOKEN: Final = 4.1
CHARACTERS: Final = 30_000
"""Of each held-out work that are read."""


def main(argv: list[str]) -> int:
    """Run what was not run yet, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.ablations", description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--tokens", type=int, default=TOKENS)
    parser.add_argument("--threads", type=int, default=2, help="1, to run two variants side by side on two cores")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(VARIANTS))
    chosen = parser.parse_args(argv)
    unknown = [name for name in chosen.names if name not in VARIANTS]
    if unknown:
        print(f"ablations: no variant is called {unknown[0]!r} - choose from {', '.join(VARIANTS)}", file=sys.stderr)
        return 2
    works, held_out = find_works(chosen.corpus, "train"), find_works(chosen.corpus, "valid")
    chosen.out.mkdir(parents=True, exist_ok=True)
    table = chosen.out / "ablations.csv"
    for name in chosen.names or VARIANTS:
        if name not in _read(table):
            _append(table, _run(name, chosen, works, held_out))
    _show(_read(table))
    return 0


def _run(name: str, chosen: argparse.Namespace, works: list[Work], held_out: list[Work]) -> dict[str, Any]:
    base = load_config(None, "cpu")
    config = build(ReferenceConfig, merge(json.loads(json.dumps(asdict(base))), VARIANTS[name]), name)
    budget = round(chosen.tokens * _weights(base) / _weights(config))
    training = replace(config.training, tokens=budget, minutes=1e6, eval_every_minutes=1e6, threads=chosen.threads)
    config = replace(config, training=training)
    folder = chosen.out / name.replace(" ", "-").replace(",", "")
    folder.mkdir(exist_ok=True)
    tokenizer = _tokenizer(config, works, chosen.out)
    print(f"\n{name}: {budget:,} tokens", file=sys.stderr)
    if name == EPOCHS:
        works = _some(works, round(budget * CHARACTERS_A_TOKEN / 4))
    model, progress = train(config, works, held_out, tokenizer, folder)
    bits = bits_per_character(model, tokenizer, held_out, config.model.context, CHARACTERS)["mean"]
    parameters = sum(parameter.numel() for parameter in model.parameters())
    return {"name": name, "parameters": parameters, "tokens": progress.tokens, "bits": round(bits, 4)}


def _some(works: list[Work], characters: int) -> list[Work]:
    """Works of that length in all, from all over the list."""
    found: list[Work] = []
    for work in random.Random(1).sample(works, len(works)):
        size = work.path.stat().st_size
        if size <= characters:
            found.append(work)
            characters -= size
    return found


def _weights(config: ReferenceConfig) -> int:
    """Weights that multiply a token: tied embeddings count once, as they do."""
    model = build_model(config.model, config.tokenizer.vocab_size)
    return sum(parameter.numel() for parameter in model.parameters() if parameter.ndim == 2)


def _tokenizer(config: ReferenceConfig, works: list[Work], out: Path) -> Tokenizer:
    """One tokenizer for every variant of its size."""
    size = config.tokenizer.vocab_size
    path = out / f"tokenizer-{size}" / "tokenizer.json"
    if not path.exists():
        sample = sample_text(works, config.tokenizer.sample_megabytes, 1)
        save_tokenizer(train_tokenizer(sample, size), path.parent)
    return Tokenizer.from_file(str(path))


def _read(table: Path) -> dict[str, dict[str, str]]:
    if not table.exists():
        return {}
    with table.open(encoding="utf-8", newline="") as file:
        return {row["name"]: row for row in csv.DictReader(file)}


def _append(table: Path, row: dict[str, Any]) -> None:
    first = not table.exists()
    with table.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        if first:
            writer.writeheader()
        writer.writerow(row)


def _show(found: Mapping[str, Mapping[str, str]]) -> None:
    base = float(found[BASE]["bits"]) if BASE in found else None
    print("| variant | parameters | tokens seen | bits per character | change |\n|---|---:|---:|---:|---:|")
    for name, row in found.items():
        bits = float(row["bits"])
        change = f"{bits - base:+.3f}" if base is not None and name != BASE else ""
        seen, size = int(row["tokens"]) / 1e6, int(row["parameters"]) / 1e6
        print(f"| {name} | {size:.1f}M | {seen:.2f}M | {bits:.3f} | {change} |")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

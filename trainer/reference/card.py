"""The model card: what the model is, what it was made of, and how well it reads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trainer.reference.compare import as_table
from trainer.reference.finish import CHOICE_CHARACTERS

_CARD = """\
# {name}

A small language model of English fiction: Llama architecture, {layers} layers, {hidden} wide, {vocab:,} byte-level
BPE tokens, {context:,} tokens of context, {parameters:.1f}M parameters. It reads: it was not tuned to follow
instructions and is too small to write a critique. It ships so that everything works offline at once.

## Data and licence

Trained from scratch on {works:,} works of English fiction written up to 1963, all in the public domain in the
United States; some are so only there. Sources: Standard Ebooks (CC0) and Project Gutenberg, with its headers and
trademark removed. The text itself is not shipped. Hash of the training text: `{data}`.
The weights are given under the project's licence (Apache-2.0).

Old fiction is what it knows: words and turns of the last sixty years surprise it because they are new to it.

## Training

`cqa-train reference --corpus DIR --out DIR` with the `{recipe}` recipe: {tokens:.1f}M tokens seen in
{steps:,} steps and {minutes:.0f} minutes on {hardware}.{before} Curly and
straight quotes are made one before tokenising, in training and scoring.

## How well it reads

Bits per character on ten whole works that are not in the training text, by llama.cpp, before (F32) and after quantising
({kind}, {megabytes} MB), beside bz2 and an interpolated character 6-gram model (Witten-Bell, counted on 40 MB of
the training text), all in one run:

{table}

The logits of the F32 file differ from torch's by an NMSE of {nmse:.1e}.

Kinds of quantisation that fit the size limit, on the first {choice:,} characters of each work; the smallest loss was
taken:

{kinds}

## Calibration

Temperature {temperature:.3f}, fitted on the reference prose that ships with the program, and percentiles of its
passages by length; both are inside the file, under `cqa.calibration`.
"""


def _before(earlier: Mapping[str, Any] | None) -> str:
    if earlier is None:
        return ""
    seen = ""
    if "tokens_seen" in earlier:
        seen = f" had seen {earlier['tokens_seen'] / 1e6:.1f}M tokens in {earlier['seconds'] / 60:.0f} minutes and"
    return f"\nIt went on from weights that{seen} have the hash `{earlier['weights_sha256'][:16]}`."


def write_card(record: Mapping[str, Any], path: Path) -> None:
    """Write the card of a run from its `run.json`."""
    config = record["config"]
    kinds = "\n".join(
        ["| kind | MB | bits per character |", "|---|---:|---:|"]
        + [f"| {kind} | {size:.1f} | {bits:.4f} |" for kind, (size, bits) in record["kinds"].items()]
    )
    path.write_text(
        _CARD.format(
            name=config["name"],
            layers=config["model"]["layers"],
            hidden=config["model"]["hidden_size"],
            vocab=config["tokenizer"]["vocab_size"],
            context=config["model"]["context"],
            parameters=record["parameters"] / 1e6,
            works=record["works"],
            data=record["data_sha256"],
            recipe=record["recipe"],
            tokens=record["tokens_seen"] / 1e6,
            steps=record["steps"],
            minutes=record["seconds"] / 60,
            hardware=record["hardware"],
            before=_before(record.get("before")),
            kind=record["kind"],
            megabytes=record["megabytes"],
            table=as_table(record["bits_per_character"]),
            nmse=record["nmse"],
            choice=CHOICE_CHARACTERS,
            kinds=kinds,
            temperature=record["temperature"],
        ),
        encoding="utf-8",
    )

"""`cqa-train reference`: the small model that ships."""

from __future__ import annotations

import argparse
from pathlib import Path


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command's arguments."""
    parser = commands.add_parser(
        "reference",
        help="train the reference model from plain text",
        description="Train tokenizer and reference model from plain text, evaluate, convert to GGUF, quantise, "
        "calibrate, and write the model card. The same command resumes a run that was stopped.",
    )
    parser.add_argument("--corpus", type=Path, required=True, help="folder with train/ and valid/ of .txt files")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoints, model, curve and run.json")
    parser.add_argument("--config", type=Path, help="TOML file whose values go over the recipe's")
    parser.add_argument(
        "--recipe", choices=("auto", "cpu", "further", "gpu"), default="auto", help="default: gpu if there is one"
    )
    parser.add_argument("--max-megabytes", type=float, default=50.0, help="size limit of the shipped GGUF (50)")
    parser.add_argument("--prose", type=Path, help="folder of reference prose for calibration (default: the shipped)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Train, evaluate, convert and label it."""
    from trainer.reference.run import reference

    return reference(
        arguments.corpus,
        arguments.out,
        config=arguments.config,
        recipe=arguments.recipe,
        max_megabytes=arguments.max_megabytes,
        prose=arguments.prose,
    )

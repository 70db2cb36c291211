"""`cqa-train bits`: how well GGUFs predict held-out works."""

from __future__ import annotations

import argparse
from pathlib import Path


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command's arguments."""
    parser = commands.add_parser(
        "bits",
        help="bits per character of a GGUF on held-out works, beside two baselines",
        description="Bits per character of one or more GGUFs on the works of a corpus's valid/ folder, beside bz2 and "
        "an interpolated character 6-gram model of its train/ folder.",
    )
    parser.add_argument("models", type=Path, nargs="+", metavar="GGUF")
    parser.add_argument("--corpus", type=Path, required=True, help="folder with train/ and valid/ of .txt files")
    parser.add_argument("--characters", type=int, help="read only the first N characters of each work")
    parser.add_argument("--no-baselines", action="store_true", help="leave out bz2 and the 6-gram model")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measure and print."""
    from trainer.reference.compare import print_bits

    return print_bits(arguments.models, arguments.corpus, arguments.characters, baselines=not arguments.no_baselines)

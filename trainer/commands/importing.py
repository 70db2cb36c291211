"""`cqa-train import`: public expert judgments, in our schema."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from trainer.errors import TrainerError


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command's arguments."""
    parser = commands.add_parser(
        "import",
        help="read the public TTCW or LAMP files into our schema",
        description="Read TTCW (a folder) or LAMP (a file), as published, into annotations. How their categories "
        "become dimension and constraint is a table: docs/annotations.md.",
    )
    parser.add_argument("set", choices=("ttcw", "lamp"))
    parser.add_argument("path", type=Path, metavar="PATH", help="TTCW's folder, or LAMP's file")
    parser.add_argument("--out", type=Path, help="file to write (default: ttcw.jsonl or lamp.jsonl)")
    parser.add_argument("--mapping", type=Path, metavar="TOML", help="another table of categories")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the annotations, and say what was left out."""
    from cqa_desktop.annotations.jsonl import AnnotationError, write
    from trainer.annotations.lamp import read_lamp
    from trainer.annotations.mapping import load_mapping
    from trainer.annotations.ttcw import read_ttcw

    mapping = load_mapping(arguments.set, arguments.mapping)
    imported = (read_ttcw if arguments.set == "ttcw" else read_lamp)(arguments.path, mapping)
    for why, count in sorted(imported.left_out.items()):
        print(f"left out: {count} {why}", file=sys.stderr)
    if not imported.annotations:
        raise TrainerError(f"{arguments.path}: holds nothing that can be taken over - give the files as published")
    out = arguments.out or Path(f"{arguments.set}.jsonl")
    try:
        write(out, imported.annotations)
    except AnnotationError as error:
        raise TrainerError(str(error)) from error
    judgments = sum(len(one.judgments) for one in imported.annotations)
    print(f"{out}: {len(imported.annotations)} annotations, {judgments} judgments")
    return 0

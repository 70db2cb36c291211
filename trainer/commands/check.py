"""`cqa-train check`: is a file of annotations fit to train on?"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from cqa_desktop.resources import resource
from trainer.errors import TrainerError


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command's arguments."""
    parser = commands.add_parser(
        "check",
        help="find every problem in files of annotations",
        description="Tell every problem in files of annotations (JSONL) as file:line: field: problem - fix, all in one "
        "run. Exit code 2 if there is any.",
    )
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
    parser.add_argument("--base", default="reference", help="whose context rows must fit (reference)")
    parser.add_argument("--context", type=int, metavar="TOKENS", help="check against this length instead")
    parser.add_argument("--prompt-format", choices=("prose-1", "headed-1"), help="default: prose-1 for reference only")
    parser.add_argument("--dialogue", action="store_true", help="count the dialogue, which fit can train on too")
    parser.add_argument(
        "--pairs",
        type=Path,
        nargs="*",
        metavar="FILE",
        help="evaluation pairs that must not be trained on (default: the shipped ones)",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the problems; returns 2 if there are any."""
    from cqa_desktop.annotations.jsonl import AnnotationError
    from trainer.annotations.check import check, read_pairs
    from trainer.annotations.lengths import limits_of

    pair_files = sorted(resource("pairs").glob("*.jsonl")) if arguments.pairs is None else arguments.pairs
    try:
        pairs = read_pairs(pair_files)
    except UnicodeDecodeError as error:
        raise TrainerError(f"evaluation pairs: not UTF-8 ({error.reason}) - give a JSONL file") from error
    except OSError as error:
        raise TrainerError(f"{error.filename}: cannot be read ({error.strerror}) - give a file of pairs") from error
    found = 0
    with limits_of(arguments.base, arguments.context, arguments.prompt_format, dialogue=arguments.dialogue) as limits:
        for path in arguments.files:
            try:
                for row, problem in check(path, pairs, limits):
                    print(f"{path}:{row.line}: {problem}")
                    found += 1
            except AnnotationError as error:
                print(f"{path}:1: {error.problem}" if error.problem else error)
                found += 1
    if found:
        print(f"cqa-train: {found} problem{'s' if found > 1 else ''} - mend them and check again", file=sys.stderr)
        return 2
    print(f"no problems in {', '.join(map(str, arguments.files))}")
    return 0

"""`cqa-train audit`: what a set of annotations covers, and what to write next."""

from __future__ import annotations

import argparse
from pathlib import Path

from trainer.errors import TrainerError


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command's arguments."""
    parser = commands.add_parser(
        "audit",
        help="count what annotations cover, and say what to write next",
        description="Coverage of a set of annotations over dimension and constraint, counterfactuals, length and "
        "completeness of the reasoning, balance of verdicts, duplicates, and what to write next.",
    )
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
    parser.add_argument("--html", type=Path, metavar="OUT", help="write a page with a chart")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the audit."""
    from cqa_desktop.annotations.coverage import cover
    from cqa_desktop.annotations.jsonl import AnnotationError, load
    from trainer.annotations.audit import as_json, as_text, write_page

    try:
        annotations = [one for path in arguments.files for one in load(path)]
    except AnnotationError as error:
        raise TrainerError(str(error)) from error
    coverage = cover(annotations)
    name = ", ".join(path.name for path in arguments.files)
    print(as_json(coverage) if arguments.json else as_text(name, coverage))
    if arguments.html is not None:
        write_page(name, coverage, arguments.html)
    return 0

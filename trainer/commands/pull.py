"""`cqa-train pull`: a model from a hub."""

from __future__ import annotations

import argparse
from pathlib import Path


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command's arguments."""
    parser = commands.add_parser(
        "pull",
        help="download models from a hub, resumed and checked",
        description="Download the GGUFs of a repository, at the commit that a revision is now, into the app's folder "
        "of models. A download that was cut goes on where it was; a file gets its name when its sha256 is the listed "
        "one. HF_ENDPOINT names another hub.",
    )
    parser.add_argument("repo", metavar="REPO", help="owner/name, or owner/name@revision")
    parser.add_argument("--revision", help="branch, tag or commit (default: main)")
    parser.add_argument(
        "--include", nargs="+", default=[], metavar="PATTERN", help="which files, as '*Q4_K_M.gguf' (default: *.gguf)"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="default: the app's folder of models")
    parser.add_argument("--list", action="store_true", help="say what is there, and download nothing")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Pull."""
    from trainer.publish.pull import pull

    return pull(arguments.repo, arguments.revision, arguments.include, arguments.out, only_list=arguments.list)

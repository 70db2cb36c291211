"""`cqa-train publish`: a run on a model hub."""

from __future__ import annotations

import argparse
from pathlib import Path


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command's arguments."""
    parser = commands.add_parser(
        "publish",
        help="upload an exported run to a model hub, private unless told otherwise",
        description="Upload the GGUFs of a run's export, the adapter, the figures and a model card, in one commit. "
        "Shows what would go where, and asks. Annotations and training state are never uploaded. HF_ENDPOINT names "
        "another hub.",
    )
    parser.add_argument("folder", type=Path, metavar="RUN", help="folder that cqa-train fit wrote and export filled")
    parser.add_argument("repo", metavar="REPO", help="owner/name; made if it is not there")
    parser.add_argument("--public", action="store_true", help="let everyone read it (default: private)")
    parser.add_argument("--licence", metavar="ID", help="the hub's name of the licence, as apache-2.0 or cc-by-4.0")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Publish."""
    from trainer.publish.upload import Options, publish

    options = Options(public=arguments.public, licence=arguments.licence, yes=arguments.yes)
    return publish(arguments.folder, arguments.repo, options)

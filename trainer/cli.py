"""`cqa-train`: the commands. Heavy packages are imported where a command needs them: --help answers at once."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from trainer.commands import audit, bits, check, evaluate, export, fit, importing, publish, pull, reference
from trainer.errors import TrainerError

COMMANDS = (check, audit, importing, fit, evaluate, export, publish, pull, reference, bits)
"""In the order of --help."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns 0, or 2 for a user's mistake, which is told in one line."""
    parser = argparse.ArgumentParser(prog="cqa-train", description="Make the models that CQA Desktop loads.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add(commands)
    arguments = parser.parse_args(argv)
    try:
        code: int = arguments.run(arguments)
    except TrainerError as error:
        print(f"cqa-train: {error}", file=sys.stderr)
        return 2
    except ModuleNotFoundError as error:
        print(f"cqa-train: {error.name} is not installed - pip install 'cqa-desktop[train]'", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ncqa-train: stopped - the same command goes on where this one was stopped", file=sys.stderr)
        return 130
    return code


if __name__ == "__main__":
    sys.exit(main())

"""`cqa-train`: the commands. Heavy packages are imported where a command needs them: --help answers at once."""

from __future__ import annotations

import argparse
import io
import os
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
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A text or a Δ may be what the terminal's encoding cannot say.
            stream.reconfigure(errors="replace")
    try:
        code: int = arguments.run(arguments)
        sys.stdout.flush()
    except TrainerError as error:
        print(f"cqa-train: {error}", file=sys.stderr)
        return 2
    except ModuleNotFoundError as error:
        print(f"cqa-train: {error.name} is not installed - pip install 'cqa-desktop[train]'", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ncqa-train: stopped - the same command goes on where this one was stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read the output has enough: not an error, and nothing more can be said to them.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


if __name__ == "__main__":
    sys.exit(main())

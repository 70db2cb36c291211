"""`cqa`: the app's work without a window."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence

from cqa_desktop import __version__
from cqa_desktop.commands import calibrate, critique, doctor, pairs, score
from cqa_desktop.commands.errors import CommandError
from cqa_desktop.engine.errors import CancelledError, EngineError

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; 0, 1 where some of the work could not be done, 2 for a user's mistake, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="cqa", description="See where a draft surprises, and whether it earns it.")
    parser.add_argument("--version", action="version", version=f"cqa {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in (score, critique, pairs, calibrate, doctor):
        command.add(commands)
    arguments = parser.parse_args(argv)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A draft may hold what the terminal's encoding, or any, cannot say.
        sys.stdout.reconfigure(errors="replace")
    try:
        code: int = arguments.run(arguments)
        sys.stdout.flush()
    except (CancelledError, KeyboardInterrupt):
        print("cqa: stopped", file=sys.stderr)
        return INTERRUPTED
    except (CommandError, EngineError) as error:
        print(f"cqa: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # Whoever read the output has enough: not an error, and nothing more can be said to them.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


if __name__ == "__main__":
    sys.exit(main())

"""`cqa`: the app's work without a window."""

from __future__ import annotations

import argparse
import io
import logging
import os
import sys
from collections.abc import Sequence

from cqa_desktop import __version__
from cqa_desktop.commands.interrupts import ended_by_interrupt
from cqa_desktop.text.printable import printable_line

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; 0, 1 where some of the work could not be done, 2 for a user's mistake, 130 after Ctrl-C."""
    _prepare_streams()
    with ended_by_interrupt():
        # Reading the program takes a moment, in which Ctrl-C should end it without a word.
        from cqa_desktop.commands import calibrate, critique, doctor, pairs, score
        from cqa_desktop.commands.errors import CommandError
        from cqa_desktop.engine.errors import CancelledError, EngineError

    parser = argparse.ArgumentParser(prog="cqa", description="See where a draft surprises, and whether it earns it.")
    parser.add_argument("--version", action="version", version=f"cqa {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in (score, critique, pairs, calibrate, doctor):
        command.add(commands)
    arguments = parser.parse_args(argv)
    try:
        code: int = arguments.run(arguments)
        sys.stdout.flush()
    except (CancelledError, KeyboardInterrupt):
        print("cqa: stopped", file=sys.stderr)
        return INTERRUPTED
    except (CommandError, EngineError) as error:
        print(f"cqa: {printable_line(str(error))}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # Whoever read the output has enough: not an error, and nothing more can be said to them.
        _drop_output()
        return 0
    except OSError as error:
        # Files are opened where their errors are told, so this is standard output: a full disk, most likely.
        _drop_output()
        print(f"cqa: the output could not be written ({error.strerror}) - send it elsewhere", file=sys.stderr)
        return 2
    return code


def _prepare_streams() -> None:
    """Have streams where whoever started us closed them, and let any text through the others."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w", encoding="utf-8"))  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A draft may hold what the terminal's encoding, or any, cannot say.
        sys.stdout.reconfigure(errors="replace")
    logging.basicConfig(format="cqa: %(message)s")


def _drop_output() -> None:
    """What is left in the buffer goes nowhere, so that Python does not try again at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())

"""What ends a command, in one line."""

from __future__ import annotations


class CommandError(Exception):
    """A user's mistake: what, where, and how to fix it. Exit code 2."""

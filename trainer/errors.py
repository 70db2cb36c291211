"""Errors that a user of `cqa-train` can mend: each is one clear line, and ends the command with exit code 2."""

from __future__ import annotations


class TrainerError(Exception):
    """What went wrong, where, and how to fix it, in one line."""

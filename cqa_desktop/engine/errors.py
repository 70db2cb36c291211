"""What can go wrong in the engine, each with one line that a writer can act on."""

from __future__ import annotations


class EngineError(Exception):
    """What, where, and how to fix it, in one line."""


class ModelError(EngineError):
    """A model or adapter that cannot be used."""


class CancelledError(EngineError):
    """The job was stopped."""

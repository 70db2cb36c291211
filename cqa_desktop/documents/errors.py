"""What can go wrong with a writer's file, each with one line to act on. Whatever is raised, nothing was lost."""

from __future__ import annotations


class DocumentError(Exception):
    """What, where, and how to fix it, in one line."""


class ChangedOutsideError(DocumentError):
    """The file changed since it was opened: saving would overwrite another program's work."""


class MuchShorterError(DocumentError):
    """Saving would leave much less in the file than was read from it."""


class SidecarError(DocumentError):
    """The file beside the draft cannot be read."""

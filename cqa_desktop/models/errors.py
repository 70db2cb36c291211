"""Errors of fetching models: each is one clear line."""

from __future__ import annotations


class HubError(Exception):
    """What went wrong, where, and how to fix it, in one line."""


class DownloadStoppedError(HubError):
    """The caller asked to stop; what came so far is kept."""

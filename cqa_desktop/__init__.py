"""CQA Desktop: where a draft is surprising, and whether it earns it."""

from __future__ import annotations

__version__ = "0.1.0"

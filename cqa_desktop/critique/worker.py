"""The app's worker: the engine's, with critics, comparisons and questions.

`python -m cqa_desktop.critique.worker [--cache FILE]`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from cqa_desktop.critique.handlers import handlers
from cqa_desktop.engine import worker


def worker_command(cache: Path | None) -> list[str]:
    """What the client starts."""
    return [sys.executable, "-m", "cqa_desktop.critique.worker", *(["--cache", str(cache)] if cache else [])]


if __name__ == "__main__":
    sys.exit(worker.main(handlers=handlers()))

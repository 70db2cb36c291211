"""A worker whose critic follows a script: `scripted_worker.py SCRIPT.json [--cache FILE]`.

The script is a list of critiques, each a list of steps, taken in turn; the last is used again for those that follow.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from cqa_desktop.annotations.critique import CriticName, Ending, Point
from cqa_desktop.critique import handlers as ours
from cqa_desktop.critique.session import Output, Task, Words
from cqa_desktop.engine import worker
from cqa_desktop.engine.errors import CancelledError, EngineError
from cqa_desktop.engine.scoring_model import Stop, never


class Scripted:
    """Begins critiques, and is the session of the one that it began."""

    notice = "This model is scripted."
    trimmed = 0

    def __init__(self, critiques: list[list[dict[str, Any]]], critic: CriticName = "model") -> None:
        self._critiques = critiques
        self.critic = critic

    def begin(self, _scorer: object, task: Task, _stop: Stop = never) -> Scripted:
        steps = self._critiques.pop(0) if len(self._critiques) > 1 else self._critiques[0]
        made = Scripted([], self.critic)
        made._steps, made._task, made._at = steps, task, 0
        for step in steps:
            if "begin" in step:
                raise EngineError(step["begin"])
            made.trimmed = step.get("trimmed", made.trimmed)
            made.notice = step.get("notice", made.notice)
        made.prompt = f"Judge this passage.\n\n{task.passage}"
        return made

    def advance(self, stop: Stop) -> Iterator[Output]:
        while self._at < len(self._steps):
            step = self._steps[self._at]
            self._wait(step, stop)
            self._at += 1
            if "words" in step:
                yield Words(step["words"])
            elif "quote" in step:
                yield self._point(step)
            elif "ending" in step:
                yield msgspec.convert(step["ending"], Ending)
            elif "fail" in step:
                raise EngineError(step["fail"])
            elif "die" in step:
                os.kill(os.getpid(), signal.SIGKILL)

    def _wait(self, step: dict[str, Any], stop: Stop) -> None:
        until = time.monotonic() + step.get("wait", 0.0)
        while time.monotonic() < until:
            if stop():
                raise CancelledError
            time.sleep(0.005)

    def _point(self, step: dict[str, Any]) -> Point:
        quote = step["quote"]
        start = self._task.text.index(quote) if quote else self._task.start
        end = start + len(quote) if quote else self._task.end
        rest = {key: value for key, value in step.items() if key not in ("quote", "wait")}
        base = {"dimension": "craft", "verdict": "asks", "reasoning": "Why this?"}
        point = {**base, **rest, "start": start, "end": end, "quote": self._task.text[start:end], "whole": not quote}
        return msgspec.convert(point, Point)

    def close(self) -> None:
        pass


def main() -> int:
    script = Scripted(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))

    def choose(wanted: str, _scorer: object) -> Scripted:
        script.critic = "measured" if wanted == "measured" else "model"
        return script

    ours.choose = choose  # type: ignore[assignment]
    return worker.main(sys.argv[2:], handlers=ours.handlers())


if __name__ == "__main__":
    sys.exit(main())

"""How soon a critique speaks, and how soon it is silent: by the true worker, with the reference model.

The reference model is no critic. To time the model critic it is written once more with the words of one that was tuned
to judge in its metadata, and asked for by name: what it says is nothing, what it costs is what any of its size costs.
"""

from __future__ import annotations

import queue
import statistics
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from cqa_desktop.critique.ability import ability_of
from cqa_desktop.critique.model import ModelCritic
from cqa_desktop.critique.session import Task
from cqa_desktop.critique.worker import worker_command
from cqa_desktop.engine.calibrations import find_calibration
from cqa_desktop.engine.client import EngineClient
from cqa_desktop.engine.errors import CancelledError
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.messages import (
    AnyEvent,
    CritiqueStarted,
    CritiqueText,
    JobCancelled,
    JobDone,
    JobFailed,
)
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.measure.types import Brief
from cqa_desktop.models.registry import reference_model
from cqa_desktop.resources import resource
from tests.benchmarks.common import REPEATS, Row, folder, percentile

FIRST: Final = 1.0
STOP: Final = 0.2
BRIEF: Final = Brief(intent="Let nobody say it.", audience="Adults.", reality="A chain ferry, and its ledgers.")
PASSAGE: Final = "The zinc bishop photographed eleven parliaments of custard."


def rows() -> list[Row]:
    """Seconds from the request to the first words, and milliseconds from a stop to the end of the job."""
    with folder() as place:
        measured = [_first_words(reference_model()) for _ in range(REPEATS)]
        tuned = _tuned(place)
        spoken = [_first_token(tuned) for _ in range(REPEATS)]
        stops = _stops(tuned)
    return [
        Row(
            "critique: request to first words, measured critic, draft not scored before",
            f"{statistics.median(measured):.2f} s (most {max(measured):.2f})",
            "1 s",
            statistics.median(measured) < FIRST,
        ),
        Row(
            "critique: request to the first token, model critic of the reference model's size",
            f"{statistics.median(spoken):.2f} s (most {max(spoken):.2f})",
            "1 s",
            statistics.median(spoken) < FIRST,
        ),
        Row(
            "critique: stop to silence, in the prompt and while writing",
            f"{statistics.median(stops) * 1000:.0f} ms (most {max(stops) * 1000:.0f})",
            "200 ms",
            percentile(stops, 95) < STOP,
        ),
    ]


def _tuned(place: Path) -> Path:
    from trainer.bases import resolve_base
    from trainer.convert.convert import convert_checkpoint

    labels: dict[str, str | bool] = {"cqa.critique": False, "cqa.prompt_format": "prose-1", "cqa.chat_template": False}
    base = resolve_base("reference").folder
    return convert_checkpoint(base, place / "tuned.gguf", name="tuned", format="F16", metadata=labels)


class _Worker:
    """A worker with a model, and its events with the moment at which they came."""

    def __init__(self, model: Path) -> None:
        self.events: queue.SimpleQueue[tuple[float, AnyEvent]] = queue.SimpleQueue()
        self.client = EngineClient(
            lambda event: self.events.put((time.monotonic(), event)), lambda _notice: None, command=worker_command(None)
        )
        self.until(self.client.load_model(str(model)), JobDone, JobFailed)

    def until(self, job: int, *kinds: type[AnyEvent]) -> float:
        """When the first event of these kinds of the job came."""
        while True:
            at, event = self.events.get(timeout=120)
            if isinstance(event, kinds) and getattr(event, "job", None) == job:
                return at


def _first_words(model: Path) -> float:
    """Of the measured critic, by a fresh worker, which has scored nothing yet."""
    text = resource("samples", "ferry.md").read_text(encoding="utf-8")
    start = text.index(PASSAGE)
    worker = _Worker(model)
    try:
        asked = time.monotonic()
        job = worker.client.write_critique("d", 1, text, start, start + len(PASSAGE), BRIEF, critic="measured")
        return worker.until(job, CritiqueText) - asked
    finally:
        worker.client.close()


def _first_token(path: Path) -> float:
    """Of the model critic: nonsense may never be shown, so what it writes is watched from inside."""
    text = resource("samples", "ferry.md").read_text(encoding="utf-8")
    start = text.index(PASSAGE)
    with LlamaModel(path, gpu=False) as model:
        scorer = Scorer(model, find_calibration(model)[0])
        began = time.monotonic()
        session = ModelCritic(ability_of(model)).begin(scorer, Task(text, start, start + len(PASSAGE), BRIEF))
        with suppress(CancelledError):
            for _ in session.advance(lambda: len(session.answer) > len("Quote:")):
                pass
        took = time.monotonic() - began
        session.close()
        return took


def _stops(model: Path) -> list[float]:
    text = resource("samples", "ferry.md").read_text(encoding="utf-8")
    start = text.index(PASSAGE)
    worker = _Worker(model)
    found = []
    try:
        for delay in (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8):
            job = worker.client.write_critique("d", 1, text, start, start + len(PASSAGE), BRIEF, critic="model")
            worker.until(job, CritiqueStarted)
            time.sleep(delay)
            asked = time.monotonic()
            worker.client.cancel(job)
            ended = worker.until(job, JobCancelled, JobDone)
            found.append(max(ended - asked, 0.0))
    finally:
        worker.client.close()
    return found

"""Critiques by a true worker process: words as they come, turns with scoring, queueing, stops, crashes."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from chat_gguf import chat_model

from cqa_desktop.critique.handlers import CHANGED
from cqa_desktop.critique.worker import worker_command
from cqa_desktop.engine.client import EngineClient
from cqa_desktop.engine.messages import (
    AnyEvent,
    CritiqueEnded,
    CritiqueStarted,
    CritiqueText,
    Event,
    JobCancelled,
    JobDone,
    JobFailed,
    JobStarted,
    PointReady,
    ScoresReady,
    TokenExplained,
)
from cqa_desktop.measure.types import Brief
from cqa_desktop.resources import resource

WAIT = 60.0
FERRY = resource("samples", "ferry.md").read_text(encoding="utf-8")
START = FERRY.index("The zinc bishop")
END = START + 60
Kind = TypeVar("Kind", bound=Event)

# The true worker, but a model of random weights that neither repeats itself nor goes on for long, and takes its time.
SLOW = """
import sys, time
import cqa_desktop.critique.model as critic
from cqa_desktop.critique.grammar import answer_grammar
from cqa_desktop.critique.handlers import handlers
from cqa_desktop.engine import worker
from cqa_desktop.engine.generate import Generation
critic.TEMPERATURE = 2.0
critic.answer_grammar = lambda: answer_grammar(1, 90)
critic.find_quote = lambda passage, quote: critic.Anchor(0, len(passage), 1.0)
worker.SLICE = 0.3
true = Generation.advance
def advance(self, *given):
    time.sleep(0.006)
    return true(self, *given)
Generation.advance = advance
sys.exit(worker.main([], handlers=handlers()))
"""


@dataclass
class Desk:
    """A client and all that it has said."""

    command: list[str]
    events: list[AnyEvent] = field(default_factory=list, repr=False)
    times: list[float] = field(default_factory=list, repr=False)
    changed: threading.Condition = field(default_factory=threading.Condition, repr=False)

    def __post_init__(self) -> None:
        self.client = EngineClient(self._event, lambda _notice: None, command=self.command)

    def _event(self, event: AnyEvent) -> None:
        with self.changed:
            self.events.append(event)
            self.times.append(time.monotonic())
            self.changed.notify_all()

    def until(self, true: Callable[[], bool], what: str) -> None:
        with self.changed:
            if not self.changed.wait_for(true, WAIT):
                pytest.fail(f"no {what}; last events {self.events[-3:]}")

    def of(self, kind: type[Kind], job: int) -> list[Kind]:
        return [one for one in list(self.events) if isinstance(one, kind) and one.job == job]

    def wait(self, kind: type[Kind], job: int) -> Kind:
        self.until(lambda: bool(self.of(kind, job)), f"{kind.__name__} of {job}")
        return self.of(kind, job)[0]

    def ended(self, job: int) -> Event:
        ends = (JobDone, JobFailed, JobCancelled)
        self.until(lambda: any(self.of(end, job) for end in ends), f"end of {job}")
        return next(self.of(end, job)[0] for end in ends if self.of(end, job))

    def critique(self, **options: Any) -> int:
        asked = {"critic": "model", **options}
        return self.client.write_critique("d", 1, FERRY, START, END, Brief(), **asked)

    def said(self, job: int) -> str:
        return "".join(one.text for one in self.of(CritiqueText, job))

    def when(self, kind: type[Kind], job: int) -> list[float]:
        pairs = zip(list(self.times), list(self.events), strict=False)
        return [at for at, one in pairs if isinstance(one, kind) and one.job == job]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return chat_model(tmp_path_factory.mktemp("chat"))


@pytest.fixture(scope="module")
def desk(path: Path) -> Iterator[Desk]:
    made = Desk([sys.executable, "-c", SLOW])
    assert isinstance(made.ended(made.client.load_model(str(path))), JobDone)
    yield made
    made.client.close()


@pytest.fixture(scope="module")
def alone(desk: Desk) -> int:
    """A critique that nothing disturbed."""
    job = desk.critique()
    assert isinstance(desk.ended(job), JobDone)
    return job


def test_words_come_as_they_are_written_and_then_the_point(desk: Desk, alone: int) -> None:
    kinds = [type(one) for one in desk.events if getattr(one, "job", 0) == alone]
    assert kinds[:2] == [JobStarted, CritiqueStarted]
    assert kinds[-3:] == [PointReady, CritiqueEnded, JobDone]
    assert kinds.count(CritiqueText) > 5
    point = desk.of(PointReady, alone)[0].point
    assert desk.said(alone) == f"{point.reasoning} {point.counterfactual}".strip()
    started = desk.of(CritiqueStarted, alone)[0]
    assert started.critic == "model"
    assert "too small to be trusted" in started.notice
    assert "The passage:\n\nThe zinc bishop" in started.prompt
    assert desk.of(CritiqueEnded, alone)[0].ending.points == 1


def test_scoring_and_words_go_on_in_between_and_the_text_stays_the_same(desk: Desk, alone: int) -> None:
    job = desk.critique()
    desk.wait(CritiqueText, job)
    score = desk.client.score_document("d", 2, FERRY.replace("Ada", "Eda"), Brief())
    word = desk.client.explain_token("d", 2, FERRY, START + 5)
    assert isinstance(desk.ended(job), JobDone)
    assert isinstance(desk.ended(score), JobDone)
    assert desk.of(TokenExplained, word)
    written = desk.when(CritiqueText, job)
    assert written[0] < desk.when(ScoresReady, score)[0] < written[-1]
    assert written[0] < desk.when(TokenExplained, word)[0] < written[-1]
    assert desk.said(job) == desk.said(alone)
    assert [one.point for one in desk.of(PointReady, job)] == [one.point for one in desk.of(PointReady, alone)]
    assert len(desk.of(CritiqueStarted, job)) == 1


def test_a_second_request_waits_or_replaces_and_a_look_does_neither(desk: Desk, alone: int) -> None:
    first = desk.critique()
    desk.wait(CritiqueText, first)
    second = desk.critique(replace=False, seed=2)
    look = desk.critique(preview=True, seed=3)
    desk.ended(second)
    assert desk.said(first) == desk.said(alone)
    assert desk.when(CritiqueEnded, first)[0] < desk.when(CritiqueStarted, second)[0]
    assert isinstance(desk.ended(look), JobDone)
    assert desk.of(CritiqueStarted, look)[0].prompt == desk.of(CritiqueStarted, first)[0].prompt
    assert not desk.of(CritiqueText, look)
    assert desk.when(CritiqueStarted, look)[0] < desk.when(CritiqueEnded, first)[0]
    third = desk.critique()
    desk.wait(CritiqueText, third)
    fourth = desk.critique()
    assert isinstance(desk.ended(third), JobCancelled)
    assert isinstance(desk.ended(fourth), JobDone)
    assert desk.said(fourth) == desk.said(alone)
    assert desk.said(alone).startswith(desk.said(third))


def test_it_stops_at_once_in_the_middle_of_the_prompt(desk: Desk) -> None:
    took = []
    draft = "\n\n".join([FERRY] * 3)
    at = draft.rindex("The zinc bishop")
    for attempt in range(4):
        job = desk.client.write_critique(f"long {attempt}", 1, draft, at, at + 60, critic="model")
        desk.wait(CritiqueStarted, job)
        desk.client.cancel(job)
        asked = time.monotonic()
        assert isinstance(desk.ended(job), JobCancelled)
        took.append(desk.when(JobCancelled, job)[0] - asked)
        assert not desk.of(CritiqueText, job)
    assert min(took) < 0.2  # the machine may be busy with others once, not every time


def test_another_model_ends_it_and_what_was_written_stays(desk: Desk, path: Path) -> None:
    job = desk.critique()
    desk.wait(CritiqueText, job)
    load = desk.client.load_model(str(path))
    assert isinstance(desk.ended(load), JobDone)
    assert isinstance(desk.ended(job), JobDone)
    assert desk.of(CritiqueEnded, job)[0].ending.fault == CHANGED
    assert len(desk.of(CritiqueStarted, job)) == 1
    again = desk.critique()
    assert isinstance(desk.ended(again), JobDone)
    assert desk.of(PointReady, again)


def test_what_cannot_be_written_fails_in_one_line(desk: Desk) -> None:
    job = desk.client.write_critique("d", 1, "\n\n".join([FERRY] * 5), 0, 30_000, critic="model")
    failed = desk.ended(job)
    assert isinstance(failed, JobFailed)
    assert "tokens too long" in failed.message
    assert "\n" not in failed.message


def test_a_killed_worker_costs_the_rest_of_the_critique_alone(path: Path) -> None:
    desk = Desk([sys.executable, "-c", SLOW])
    try:
        desk.ended(desk.client.load_model(str(path)))
        job = desk.critique()
        desk.wait(CritiqueText, job)
        os.kill(desk.client.pid, signal.SIGKILL)
        failed = desk.ended(job)
        assert isinstance(failed, JobFailed)
        assert "kept" in failed.message
        again = desk.critique()
        assert isinstance(desk.ended(again), JobDone)
        assert desk.said(again).startswith(desk.said(job))
        assert len(desk.of(CritiqueStarted, job)) == 1
    finally:
        desk.client.close()


def test_the_first_words_come_within_a_second_of_the_model_being_ready(path: Path) -> None:
    took = []
    for _ in range(2):
        desk = Desk(worker_command(None))
        try:
            desk.ended(desk.client.load_model(str(path)))
            job = desk.client.write_critique("d", 1, FERRY, START, END, critic="measured")
            asked = time.monotonic()
            desk.wait(CritiqueText, job)
            took.append(desk.when(CritiqueText, job)[0] - asked)
            desk.client.cancel(job)
            desk.ended(job)
        finally:
            desk.client.close()
        if took[-1] < 1:
            return
    assert min(took) < 1

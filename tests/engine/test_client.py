"""The client and a true worker process: crashes, bad files, stale results, stops."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec
import psutil
import pytest
from tiny_gguf import PROSE, Shape, write_model

from cqa_desktop.engine.client import EngineClient
from cqa_desktop.engine.messages import (
    AnyEvent,
    Cancel,
    Event,
    Hello,
    JobCancelled,
    JobDone,
    JobFailed,
    JobStarted,
    ModelLoaded,
    ScoresReady,
    Shutdown,
    TokenExplained,
)
from cqa_desktop.engine.transport import read_messages, write_message
from cqa_desktop.measure.types import Brief

WAIT = 40.0
Kind = TypeVar("Kind", bound=Event)
Draft = Callable[..., str]


@dataclass
class Desk:
    """A client and all that it has said."""

    events: list[AnyEvent] = field(default_factory=list, repr=False)
    notices: list[str] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition, repr=False)
    client: EngineClient = field(init=False)

    def start(self, cache: Path | None = None, command: list[str] | None = None) -> Desk:
        self.client = EngineClient(self._event, self._notice, cache=cache, command=command)
        return self

    def _event(self, event: AnyEvent) -> None:
        with self.changed:
            self.events.append(event)
            self.changed.notify_all()

    def _notice(self, notice: str) -> None:
        with self.changed:
            self.notices.append(notice)
            self.changed.notify_all()

    def until(self, true: Callable[[], bool], what: str) -> None:
        with self.changed:
            if not self.changed.wait_for(true, WAIT):
                last = [f"{type(event).__name__}({getattr(event, 'job', '')})" for event in self.events[-3:]]
                pytest.fail(f"no {what}; notices {self.notices}, last events {last}")

    def of(self, kind: type[Kind], job: int | None = None) -> list[Kind]:
        return [one for one in list(self.events) if isinstance(one, kind) and job in (None, one.job)]

    def wait(self, kind: type[Kind], job: int) -> Kind:
        self.until(lambda: bool(self.of(kind, job)), f"{kind.__name__} for job {job}")
        return self.of(kind, job)[0]

    def ended(self, job: int) -> AnyEvent:
        ends = (JobDone, JobFailed, JobCancelled)
        found: list[AnyEvent] = []
        self.until(lambda: bool([e for e in self.events if isinstance(e, ends) and e.job == job]), f"end of {job}")
        found = [e for e in self.events if isinstance(e, ends) and e.job == job]
        return found[0]

    def load(self, path: Path, adapter: Path | None = None) -> ModelLoaded:
        job = self.client.load_model(str(path), str(adapter or ""))
        assert isinstance(self.ended(job), JobDone)
        return self.wait(ModelLoaded, job)


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk().start()
    yield made
    made.client.close()


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_draft_is_scored(desk: Desk, tiny_path: Path) -> None:
    info = desk.load(tiny_path).model
    assert (info.name, info.quantization, info.context, info.calibrated) == ("tiny", "F32", 1024, False)
    assert "CPU" in info.device
    job = desk.client.score_document("d", 1, PROSE, Brief(reality="A harbour."))
    assert isinstance(desk.ended(job), JobDone)
    paragraphs = [one for event in desk.of(ScoresReady, job) for one in event.paragraphs]
    assert sorted(PROSE[one.start : one.end] for one in paragraphs) == sorted(PROSE.strip().split("\n\n"))
    for one in paragraphs:
        assert all(passage.surprisal["story"] > 0 for passage in one.passages)
        assert all(0 <= passage.start < passage.end <= one.end - one.start for passage in one.passages)
    assert desk.of(ScoresReady, job)[-1].done == desk.of(ScoresReady, job)[-1].total == 6


def test_a_word_is_explained(desk: Desk, tiny_path: Path) -> None:
    desk.load(tiny_path)
    at = PROSE.index("lamp") + 1
    job = desk.client.explain_token("d", 0, PROSE, at, top=5)
    found = desk.wait(TokenExplained, job)
    assert PROSE[found.start : found.end] == "lamp"
    assert found.probability == pytest.approx(2.0**-found.bits)
    chances = [one.probability for one in found.expected]
    assert 1 <= len(chances) <= 5
    assert chances == sorted(chances, reverse=True)
    assert all(0 < chance <= 1 for chance in chances)
    assert all(one.text == one.text.strip() != "" for one in found.expected)


def test_explaining_does_not_wait_for_a_long_job(desk: Desk, tiny_path: Path, draft: Draft) -> None:
    desk.load(tiny_path)
    long = desk.client.score_document("long", 0, draft(3000))
    desk.until(lambda: bool(desk.of(ScoresReady, long)), "first scores")
    job = desk.client.explain_token("d", 0, PROSE, PROSE.index("lamp"))
    desk.wait(TokenExplained, job)
    assert not desk.of(JobDone, long), "the long job should still be running"
    seen = len(desk.of(ScoresReady, long))
    desk.until(lambda: len(desk.of(ScoresReady, long)) > seen, "more scores: the job went on")
    desk.client.cancel(long)
    assert isinstance(desk.ended(long), JobCancelled)
    starts = [one.start for event in desk.of(ScoresReady, long) for one in event.paragraphs]
    assert len(starts) == len(set(starts)), "nothing is sent twice when a job steps aside"


def test_a_newer_snapshot_replaces_the_older_and_stale_results_are_dropped(
    desk: Desk, tiny_path: Path, draft: Draft
) -> None:
    desk.load(tiny_path)
    old = desk.client.score_document("d", 1, draft(2000))
    desk.until(lambda: bool(desk.of(ScoresReady, old)), "first scores")
    new = desk.client.score_document("d", 2, PROSE)
    at = len(desk.events)
    assert isinstance(desk.ended(new), JobDone)
    assert isinstance(desk.ended(old), JobCancelled)
    late = [one for one in desk.events[at:] if isinstance(one, ScoresReady)]
    assert {one.revision for one in late} == {2}


def test_cancel_ends_a_running_and_a_waiting_job(desk: Desk, tiny_path: Path, draft: Draft) -> None:
    desk.load(tiny_path)
    waiting = desk.client.score_document("one", 0, draft(1500))
    running = desk.client.score_document("two", 0, draft(1500, seed=8))
    desk.until(lambda: bool(desk.of(ScoresReady)), "first scores")
    started = time.monotonic()
    desk.client.cancel(running)
    desk.client.cancel(waiting)
    assert isinstance(desk.ended(running), JobCancelled)
    assert isinstance(desk.ended(waiting), JobCancelled)
    assert time.monotonic() - started < 3.0


@pytest.mark.parametrize("signal_number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_worker_that_dies_in_mid_job_is_replaced_and_finishes(
    desk: Desk, tiny_path: Path, draft: Draft, signal_number: int
) -> None:
    desk.load(tiny_path)
    text = draft(200)
    job = desk.client.score_document("d", 5, text)
    desk.until(lambda: bool(desk.of(ScoresReady, job)), "first scores")
    pid = desk.client.pid
    os.kill(pid, signal_number)
    assert isinstance(desk.ended(job), JobDone)
    assert gone(pid)
    assert desk.client.pid != pid
    assert len(desk.notices) == 1
    assert "\n" not in desk.notices[0]
    last = desk.of(ScoresReady, job)[-1]
    assert last.done == last.total == 200


def test_a_worker_killed_while_idle_is_replaced_with_its_model(desk: Desk, tiny_path: Path) -> None:
    desk.load(tiny_path)
    os.kill(desk.client.pid, signal.SIGKILL)
    desk.until(lambda: bool(desk.notices), "notice")
    assert isinstance(desk.ended(desk.client.score_document("d", 1, PROSE)), JobDone)


def test_work_that_kills_twice_is_given_up_and_the_rest_goes_on(desk: Desk, tiny_path: Path, draft: Draft) -> None:
    desk.load(tiny_path)
    job = desk.client.score_document("d", 1, draft(3000))
    for _ in range(2):
        seen = len(desk.of(ScoresReady, job))
        desk.until(lambda seen=seen: len(desk.of(ScoresReady, job)) > seen, "scores")
        os.kill(desk.client.pid, signal.SIGKILL)
    failed = desk.ended(job)
    assert isinstance(failed, JobFailed)
    assert "twice" in failed.message
    assert isinstance(desk.ended(desk.client.score_document("d", 2, PROSE)), JobDone)


def test_bad_files_leave_the_model_in_use(desk: Desk, tiny_path: Path, tmp_path: Path) -> None:
    desk.load(tiny_path)
    whole = tiny_path.read_bytes()
    bad = {
        "truncated.gguf": whole[: len(whole) // 2],
        "random.gguf": os.urandom(5000),
        "text.gguf": b"Dear Mrs. Alder,",
        "empty.gguf": b"",
    }
    for name, content in bad.items():
        (tmp_path / name).write_bytes(content)
    write_model(tmp_path / "strange.gguf", architecture="perceptron")
    write_model(tmp_path / "vocabulary.gguf", with_tensors=False)
    for name in [*bad, "strange.gguf", "vocabulary.gguf", "missing.gguf"]:
        answer = desk.ended(desk.client.load_model(str(tmp_path / name)))
        assert isinstance(answer, JobFailed), name
        assert name in answer.message
        assert "\n" not in answer.message
    job = desk.client.score_document("d", 1, PROSE)
    assert isinstance(desk.ended(job), JobDone)
    assert desk.of(ScoresReady, job)
    assert desk.notices == [], "none of them may bring the worker down"


def test_without_a_model_a_request_fails_in_plain_words(desk: Desk) -> None:
    answer = desk.ended(desk.client.score_document("d", 1, PROSE))
    assert isinstance(answer, JobFailed)
    assert "model" in answer.message


KILLER = """
import os, signal, sys
from cqa_desktop.engine import jobs, worker
true_load = jobs.LlamaModel
def load(path, **options):
    if path.name == "killer.gguf":
        os.kill(os.getpid(), signal.SIGSEGV)
    return true_load(path, **options)
jobs.LlamaModel = load
sys.exit(worker.main([]))
"""


def test_a_model_that_kills_twice_is_given_up_and_the_old_one_stays(tiny_path: Path, tmp_path: Path) -> None:
    killer = tmp_path / "killer.gguf"
    killer.write_bytes(tiny_path.read_bytes())
    desk = Desk().start(command=[sys.executable, "-c", KILLER])
    try:
        desk.load(tiny_path)
        answer = desk.ended(desk.client.load_model(str(killer)))
        assert isinstance(answer, JobFailed)
        assert "killer.gguf" in answer.message
        assert isinstance(desk.ended(desk.client.score_document("d", 1, PROSE)), JobDone)
        assert len(desk.notices) == 2
    finally:
        desk.client.close()


def test_an_engine_that_cannot_start_says_so_once_and_is_left_alone() -> None:
    desk = Desk().start(command=[sys.executable, "-c", "raise SystemExit(3)"])
    try:
        desk.until(lambda: any("does not start" in one for one in desk.notices), "notice that it does not start")
        assert len(desk.notices) == 1 + 3, "one for each try, then this"
    finally:
        desk.client.close()


def test_work_asked_of_an_engine_that_cannot_start_is_answered() -> None:
    desk = Desk().start(command=[sys.executable, "-c", "import time; time.sleep(0.2); raise SystemExit(3)"])
    try:
        answer = desk.ended(desk.client.score_document("d", 1, PROSE))
        assert isinstance(answer, JobFailed)
        assert "does not start" in answer.message
    finally:
        desk.client.close()


def test_a_model_in_use_that_can_no_longer_be_loaded_does_not_crash_for_ever(tiny_path: Path, tmp_path: Path) -> None:
    killer = tmp_path / "killer.gguf"
    killer.write_bytes(tiny_path.read_bytes())
    once = KILLER.replace('"killer.gguf"', '"killer.gguf" and os.path.exists(str(path) + ".armed")')
    desk = Desk().start(command=[sys.executable, "-c", once])
    try:
        desk.load(killer)
        (tmp_path / "killer.gguf.armed").touch()
        os.kill(desk.client.pid, signal.SIGKILL)
        desk.until(lambda: any("given up" in one for one in desk.notices), "notice that it was given up")
        assert len(desk.notices) == 3
        assert isinstance(desk.ended(desk.client.score_document("d", 1, PROSE)), JobFailed)
        desk.load(tiny_path)
    finally:
        desk.client.close()


def test_half_a_surrogate_pair_in_a_draft_is_no_reason_to_hang(desk: Desk, tiny_path: Path) -> None:
    desk.load(tiny_path)
    job = desk.client.score_document("d", 1, "The harbour \ud83d lay still under the rain.")
    assert isinstance(desk.ended(job), JobDone)
    assert [one.end for event in desk.of(ScoresReady, job) for one in event.paragraphs] == [
        len("The harbour ? lay still under the rain.")
    ]


def test_noise_on_standard_output_does_not_reach_the_messages(tiny_path: Path) -> None:
    noisy = (
        "import os, sys\nfrom cqa_desktop.engine import jobs, worker\n"
        "true = jobs.find_calibration\n"
        "def find(model):\n    os.write(1, b'noise from a library\\n'); print('more', flush=True); return true(model)\n"
        "jobs.find_calibration = find\nsys.exit(worker.main([]))\n"
    )
    desk = Desk().start(command=[sys.executable, "-c", noisy])
    try:
        desk.load(tiny_path)
        assert isinstance(desk.ended(desk.client.score_document("d", 1, PROSE)), JobDone)
        assert desk.notices == []
    finally:
        desk.client.close()


def test_a_second_worker_scores_from_the_cache(tiny_path: Path, tmp_path: Path, draft: Draft) -> None:
    text, cache = draft(300), tmp_path / "scores.sqlite3"
    keys = []
    for _ in range(2):
        desk = Desk().start(cache=cache)
        try:
            desk.load(tiny_path)
            job = desk.client.score_document("d", 1, text)
            assert isinstance(desk.ended(job), JobDone)
            keys.append({one.start: one.key for event in desk.of(ScoresReady, job) for one in event.paragraphs})
        finally:
            desk.client.close()
    assert keys[0] == keys[1]
    assert len(desk.of(ScoresReady)) <= 4, "from the cache they come in a few large messages"


def test_closing_in_the_middle_of_a_job_leaves_nothing(tiny_path: Path, draft: Draft) -> None:
    desk = Desk().start()
    desk.load(tiny_path)
    job = desk.client.score_document("d", 1, draft(3000))
    desk.until(lambda: bool(desk.of(ScoresReady, job)), "first scores")
    pid, started = desk.client.pid, time.monotonic()
    desk.client.close()
    desk.client.close()
    assert time.monotonic() - started < 5
    assert gone(pid)


def test_a_worker_ends_when_its_input_closes(tiny_path: Path) -> None:
    worker = subprocess.Popen(
        [sys.executable, "-m", "cqa_desktop.engine.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert worker.stdin is not None
    assert worker.stdout is not None
    events = read_messages(worker.stdout, msgspec.msgpack.Decoder(AnyEvent))
    assert isinstance(next(events), Hello)
    worker.stdin.close()
    assert worker.wait(10) == 0
    worker.stdout.close()


def test_a_worker_sent_rubbish_ends_instead_of_hanging() -> None:
    found = subprocess.run(
        [sys.executable, "-m", "cqa_desktop.engine.worker"], input=b"\xff\xff\xff\xffrubbish", capture_output=True,
        timeout=30, check=False,
    )  # fmt: skip
    assert found.returncode == 0
    assert b"worker:" in found.stderr
    assert b"Traceback" not in found.stderr


def test_a_model_of_another_shape_may_follow(desk: Desk, tiny_path: Path, tmp_path: Path) -> None:
    desk.load(tiny_path)
    other = write_model(tmp_path / "other.gguf", Shape(vocabulary=600, context=256), name="other")
    assert desk.load(other).model.name == "other"
    assert isinstance(desk.ended(desk.client.score_document("d", 1, PROSE)), JobDone)


def test_messages_of_the_protocol_that_the_worker_answers(tiny_path: Path) -> None:
    worker = subprocess.Popen(
        [sys.executable, "-m", "cqa_desktop.engine.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert worker.stdin is not None
    assert worker.stdout is not None
    from cqa_desktop.engine.messages import ExplainToken, LoadModel

    for request in (LoadModel(1, str(tiny_path)), ExplainToken(2, "d", 0, PROSE, PROSE.index("\n\n")), Cancel(3, 99)):
        write_message(worker.stdin, request)
    events = read_messages(worker.stdout, msgspec.msgpack.Decoder(AnyEvent))
    kinds = [type(next(events)) for _ in range(6)]
    assert kinds == [Hello, JobStarted, ModelLoaded, JobDone, JobStarted, JobDone], "white space has nothing to explain"
    write_message(worker.stdin, Shutdown(4))
    assert worker.wait(10) == 0
    worker.stdin.close()
    worker.stdout.close()

from __future__ import annotations

from cqa_desktop.engine.messages import ExplainToken, LoadModel, ScoreDocument
from cqa_desktop.engine.scheduler import Scheduler, precedes, replaces


def score(job: int, document: str = "a", revision: int = 0) -> ScoreDocument:
    return ScoreDocument(job, document, revision, "text")


def explain(job: int, document: str = "a") -> ExplainToken:
    return ExplainToken(job, document, 0, "text", 1)


def test_what_the_writer_waits_for_comes_first() -> None:
    scheduler = Scheduler()
    jobs = [score(1), score(2, "b"), explain(3), LoadModel(4, "m.gguf")]
    for job in jobs:
        assert scheduler.submit(job) == []
    assert [scheduler.next() for _ in range(4)] == [jobs[3], jobs[2], jobs[1], jobs[0]]
    assert scheduler.next() is None


def test_a_newer_request_for_the_same_text_replaces_the_older() -> None:
    scheduler = Scheduler()
    scheduler.submit(score(1))
    scheduler.submit(score(2, "b"))
    assert scheduler.submit(score(3)) == [score(1)]
    assert [scheduler.next(), scheduler.next(), scheduler.next()] == [score(3), score(2, "b"), None]


def test_replacing_is_for_the_same_kind_and_document_alone() -> None:
    assert replaces(score(2), score(1))
    assert not replaces(score(2), score(1, "b"))
    assert not replaces(explain(2), score(1))
    assert replaces(explain(2), explain(1))
    assert replaces(LoadModel(2, "b.gguf"), LoadModel(1, "a.gguf"))
    assert not replaces(score(1), score(1))


def test_what_steps_aside() -> None:
    assert precedes(explain(2), score(1))
    assert precedes(LoadModel(2, "m.gguf"), explain(1))
    assert not precedes(score(2, "b"), score(1))
    assert not precedes(score(2), explain(1))


def test_cancel_takes_a_waiting_job_out() -> None:
    scheduler = Scheduler()
    scheduler.submit(score(1))
    assert scheduler.cancel(9) is None
    assert scheduler.cancel(1) == score(1)
    assert scheduler.next() is None


def test_a_job_that_stepped_aside_comes_back_after_the_urgent_one() -> None:
    scheduler = Scheduler()
    scheduler.submit(explain(2))
    scheduler.put_back(score(1))
    assert [scheduler.next(), scheduler.next()] == [explain(2), score(1)]

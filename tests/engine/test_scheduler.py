from __future__ import annotations

from cqa_desktop.engine.messages import ExplainToken, LoadModel, ScoreDocument, WriteCritique
from cqa_desktop.engine.scheduler import Scheduler, precedes, replaces


def score(job: int, document: str = "a", revision: int = 0) -> ScoreDocument:
    return ScoreDocument(job, document, revision, "text")


def explain(job: int, document: str = "a") -> ExplainToken:
    return ExplainToken(job, document, 0, "text", 1)


def critique(job: int, document: str = "a", *, replace: bool = True, preview: bool = False) -> WriteCritique:
    return WriteCritique(job, document, 0, "text", 0, 4, replace=replace, preview=preview)


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


def test_a_second_critique_replaces_the_first_or_waits_as_the_writer_chose() -> None:
    scheduler = Scheduler()
    scheduler.submit(critique(1))
    assert scheduler.submit(critique(2)) == [critique(1)]
    assert scheduler.submit(critique(3, replace=False)) == []
    assert replaces(critique(4), critique(2))
    assert not replaces(critique(4, replace=False), critique(2))
    assert [scheduler.next(), scheduler.next()] == [critique(2), critique(3, replace=False)]


def test_critiques_are_written_one_after_the_other_and_scoring_between() -> None:
    scheduler = Scheduler()
    waiting = [critique(1), critique(2, replace=False), score(3)]
    for job in waiting:
        scheduler.submit(job)
    ran = []
    for _ in range(4):
        running = scheduler.next()
        assert running is not None
        ran.append(running.job)
        assert scheduler.waits_beside(running)
        scheduler.put_back(running)
    assert ran == [3, 1, 3, 1]
    scheduler.cancel(1)
    found = scheduler.next()
    assert found is not None
    assert found.job == 2


def test_a_look_at_what_the_model_sees_disturbs_no_critique() -> None:
    look = critique(2, preview=True)
    assert precedes(look, critique(1))
    assert not replaces(look, critique(1))
    assert not replaces(critique(3), look)
    assert replaces(critique(3, preview=True), look)
    assert not precedes(score(3), look)

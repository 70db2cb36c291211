"""The model critic with a tiny model: stops, and all that can go wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from chat_gguf import chat_model
from model_passage import DRAFT, START, TASK, babble, begin, ending, points, said, written
from scripted import point, script

import cqa_desktop.critique.model as critic
from cqa_desktop.annotations.critique import Ending, Point
from cqa_desktop.critique.ability import ability_of
from cqa_desktop.critique.model import NEVER_SAID, REPEATED, ModelCritic
from cqa_desktop.critique.session import Output, Task
from cqa_desktop.engine.errors import CancelledError, EngineError
from cqa_desktop.engine.generate import Generation
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.engine.scoring_model import never
from cqa_desktop.measure.calibration import Calibration


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return chat_model(tmp_path_factory.mktemp("chat"))


@pytest.fixture(scope="module")
def model(path: Path) -> Iterator[LlamaModel]:
    with LlamaModel(path, gpu=False, threads=1) as loaded:
        yield loaded


@pytest.fixture(scope="module")
def scorer(model: LlamaModel) -> Scorer[LlamaModel]:
    return Scorer(model, Calibration())


# --- stopping -------------------------------------------------------------------------------------------------------


def every(count: int) -> Callable[[], bool]:
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked % count == 0

    return stop


def test_stopped_anywhere_it_goes_on_to_the_same_critique(
    scorer: Scorer[LlamaModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    babble(monkeypatch)
    expected = written(begin(scorer))
    session = begin(scorer)
    patience = iter(range(10**9))
    interrupt = every(7)
    found: list[Output] = []
    stops = 0
    while True:
        try:
            found += session.advance(lambda: next(patience) % 600 < 300 and interrupt())
            break
        except CancelledError:
            stops += 1
    assert found == expected
    assert stops > 50
    session.close()
    assert list(session.advance(never)) == []


def test_what_was_not_taken_is_given_to_the_next_who_asks(
    scorer: Scorer[LlamaModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    script(monkeypatch, point("rain", "There it is, and it falls."))
    session = begin(scorer)
    found: list[Output] = []
    while not isinstance(found[-1] if found else None, Ending):
        found.append(next(session.advance(never)))
    assert said(found) == "There it is, and it falls."
    assert [one.quote for one in points(found)] == ["rain"]
    session.close()


def test_a_passage_that_runs_over_the_end_ends_with_the_draft(
    scorer: Scorer[LlamaModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    script(monkeypatch, point(None, "It holds."))
    found = points(written(begin(scorer, Task(DRAFT + "\n\n", START - 2, len(DRAFT) + 99))))
    assert [(one.start, one.end, one.quote) for one in found] == [(START, len(DRAFT), DRAFT[START:])]


def test_it_can_be_stopped_while_it_is_prepared(model: LlamaModel) -> None:
    fresh = Scorer(model, Calibration())
    with pytest.raises(CancelledError):
        ModelCritic(ability_of(model)).begin(fresh, TASK, lambda: True)


# --- what can go wrong ----------------------------------------------------------------------------------------------


def failing_after(monkeypatch: pytest.MonkeyPatch, points_before: int, fail: Callable) -> None:
    """A point or more, and then what `fail` does in place of choosing a token."""
    answer = "\n".join(point("rain", f"The rain is number {number} and a half.") for number in range(9))
    script(monkeypatch, answer)
    follow = Generation._choose

    def choose(self: Generation, logits: np.ndarray) -> int:
        written_now = self.text.count("Try:")
        return fail(self) if written_now > points_before else follow(self, logits)

    monkeypatch.setattr(Generation, "_choose", choose)


def test_a_dead_end_keeps_the_points_before_it(scorer: Scorer[LlamaModel], monkeypatch: pytest.MonkeyPatch) -> None:
    def dead_end(self: Generation) -> int:
        raise EngineError("Nothing that the model could write next fits an answer; what came before is kept.")

    monkeypatch.setattr(critic, "ALIKE", 2.0)
    failing_after(monkeypatch, 2, dead_end)
    found = written(begin(scorer))
    assert len(points(found)) == 2
    assert ending(found).points == 2
    assert "fits an answer" in ending(found).fault


@pytest.mark.parametrize(("code", "says"), [(1, "context is full"), (-2, "code -2")])
def test_a_failure_of_llama_cpp_keeps_the_points_before_it(
    scorer: Scorer[LlamaModel], monkeypatch: pytest.MonkeyPatch, code: int, says: str
) -> None:
    import llama_cpp

    script(monkeypatch, "\n".join((point("rain", "One."), point("ticket", "Two and more."))))
    session = begin(scorer)
    found: list[Output] = []
    for one in session.advance(never):
        found.append(one)
        if isinstance(one, Point):
            monkeypatch.setattr(llama_cpp, "llama_decode", lambda *_: code)
    assert [one.reasoning for one in points(found)] == ["One."]
    assert says in ending(found).fault
    assert "\n" not in ending(found).fault
    session.close()


def test_no_memory_is_told(scorer: Scorer[LlamaModel], monkeypatch: pytest.MonkeyPatch) -> None:
    import llama_cpp

    session = begin(scorer)
    monkeypatch.setattr(llama_cpp, "llama_init_from_model", lambda *_: None)
    found = written(session)
    assert found == [Ending(0, fault=ending(found).fault)]
    assert "not enough memory" in ending(found).fault


def test_an_answer_that_outgrows_the_context_keeps_what_came_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LlamaModel(chat_model(tmp_path, context=640), gpu=False, threads=1) as small:
        scorer = Scorer(small, Calibration())
        long = "and so it goes on from one word to the next until nobody knows where it began or what it was for"
        quotes = ("rain", "Then", "began", "the rain", "rain began", "Then the")
        script(monkeypatch, "\n".join(point(quote, f"{quote} {long}") for quote in quotes))
        found = written(begin(scorer, Task(DRAFT, DRAFT.index("Then"), len(DRAFT))))
        assert len(points(found)) >= 1
        assert "room" in ending(found).fault


def test_a_model_that_repeats_itself_in_a_field_is_stopped(
    scorer: Scorer[LlamaModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    script(monkeypatch, "\n".join((point("rain", "One."), point("ticket", "It is so very " + "very " * 99))))
    found = written(begin(scorer))
    assert [one.reasoning for one in points(found)] == ["One."]
    assert "repeat itself" in ending(found).fault
    assert len(said(found)) < 200


@pytest.mark.parametrize("second", ["ticket", "rain"])
def test_a_model_that_repeats_a_point_is_stopped(
    scorer: Scorer[LlamaModel], monkeypatch: pytest.MonkeyPatch, second: str
) -> None:
    thought = "The rain comes at the end, as it must, and nothing is said of it."
    again = thought if second == "ticket" else thought.replace("nothing", "nothing much")
    script(monkeypatch, "\n".join((point("rain", thought), point(second, again), point("She", "No."))))
    found = written(begin(scorer))
    assert len(points(found)) == 1
    assert ending(found) == Ending(1, fault=REPEATED)
    if second == "ticket":
        assert said(found) == thought  # what was said before is not shown again


def test_a_model_that_only_repeats_itself_has_kept_nothing(
    scorer: Scorer[LlamaModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    script(monkeypatch, point("ticket", "It is so very " + "very " * 99))
    found = written(begin(scorer))
    assert points(found) == []
    assert ending(found).fault == NEVER_SAID


def test_a_point_that_begins_as_another_is_shown_whole(
    scorer: Scorer[LlamaModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    script(monkeypatch, "\n".join((point("rain", "It falls and falls."), point("ticket", "It falls"))))
    found = written(begin(scorer))
    assert said(found) == "It falls and falls.It falls"
    assert len(points(found)) == 2


def test_closing_the_model_closes_the_critique(tmp_path: Path) -> None:
    loaded = LlamaModel(chat_model(tmp_path), gpu=False, threads=1)
    session = begin(Scorer(loaded, Calibration()))
    outputs = session.advance(never)
    next(outputs)
    loaded.close()
    session.close()
    assert list(session.advance(never)) == []

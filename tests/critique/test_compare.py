"""Two versions of a stretch of a draft, scored by a tiny model."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))

from tiny_gguf import PROSE, write_model

from cqa_desktop.critique.compare import Compared, compare
from cqa_desktop.critique.handlers import handlers
from cqa_desktop.engine.errors import CancelledError, EngineError
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.messages import CompareVersions, VersionsCompared, VersionWord
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.engine.scoring_model import never
from cqa_desktop.measure.calibration import Calibration
from cqa_desktop.measure.stock import word_scores
from cqa_desktop.measure.types import BARE, BRIEF, STORY, Brief
from cqa_desktop.measure.versions import interval

GIVEN = Brief(reality="A harbour town in winter.")
TEXT = (
    "The harbour lay still in the summer evening.\n\n"
    "She read the letters again, and she listened. “Nobody came,” he said to the lamp. The boats went out at dawn."
)
OTHER = "He put out the lamp and went down to the boats, and nobody listened."


@pytest.fixture(scope="module")
def scorer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scorer[LlamaModel]]:
    path = write_model(tmp_path_factory.mktemp("models") / "tiny.gguf")
    with LlamaModel(path, gpu=False, threads=1) as model:
        yield Scorer(model, Calibration(temperature=1.1))


def find(text: str, words: str) -> tuple[int, int]:
    return text.index(words), text.index(words) + len(words)


def total(words: list[VersionWord], view: str) -> float:
    return sum(word.bits[view] for word in words)


def test_the_drafts_own_version_scores_as_in_the_draft(scorer: Scorer[LlamaModel]) -> None:
    chosen = "“Nobody came,” he said to the lamp."
    found = compare(scorer, TEXT, *find(TEXT, chosen), OTHER, GIVEN)
    passage = next(one for one in scorer.score(TEXT, GIVEN).passages if TEXT[one.start : one.end] == chosen)
    for view in (STORY, BRIEF):
        inside = [word.bits for word in word_scores(passage, TEXT, view)]
        assert [word.bits[view] for word in found.first] == pytest.approx(inside, abs=2e-3)
    assert [each.view for each in found.views] == [BARE, STORY, BRIEF]


def test_words_are_spans_of_their_own_version(scorer: Scorer[LlamaModel]) -> None:
    found = compare(scorer, TEXT, *find(TEXT, " he said to the lamp. "), f"  {OTHER}\n", GIVEN)
    own = [" he said to the lamp. "[word.start : word.end] for word in found.first]
    assert own == ["he", "said", "to", "the", "lamp"]
    assert [f"  {OTHER}\n"[word.start : word.end] for word in found.second] == OTHER.replace(",", "")[:-1].split()
    assert all(set(word.bits) == {BARE, STORY, BRIEF} for word in found.first + found.second)


def test_means_and_intervals_come_from_the_tokens(scorer: Scorer[LlamaModel]) -> None:
    chosen = "The boats went out at dawn."
    context = TEXT[: TEXT.index(chosen)]
    found = compare(scorer, TEXT, *find(TEXT, chosen), OTHER)
    first, second = (scorer.score_passage(context, version) for version in (chosen, OTHER))
    for each in found.views:
        own, other = (np.asarray(one.views[each.view].surprisal, np.float64) for one in (first, second))
        assert (each.first, each.second) == pytest.approx((own.mean(), other.mean()), abs=1e-3)
        assert (each.low, each.high) == pytest.approx(interval(own, other), abs=1e-3)
    assert [each.view for each in found.views] == [BARE, STORY]


def test_an_opening_quote_before_the_stretch_stands_before_both(scorer: Scorer[LlamaModel]) -> None:
    inside = compare(scorer, TEXT, *find(TEXT, "Nobody came,” he said to the lamp."), OTHER)
    quoted = compare(scorer, TEXT, *find(TEXT, "“Nobody came,” he said to the lamp."), f"“{OTHER}")
    for view in (BARE, STORY):
        assert total(inside.first, view) == pytest.approx(total(quoted.first, view), abs=1e-3)
        assert total(inside.second, view) == pytest.approx(total(quoted.second, view), abs=1e-3)
    assert inside.second[0].start == 0
    assert quoted.second[0].start == 1


def test_half_a_word_may_be_replaced(scorer: Scorer[LlamaModel]) -> None:
    start = TEXT.index("bour lay still")
    found = compare(scorer, TEXT, start, start + len("bour lay still"), "vest was in")
    assert [(word.start, word.end) for word in found.first] == [(0, 4), (5, 8), (9, 14)]
    assert [(word.start, word.end) for word in found.second] == [(0, 4), (5, 8), (9, 11)]


def test_what_stands_before_counts_in_the_story_alone(scorer: Scorer[LlamaModel]) -> None:
    chosen = "The boats went out at dawn."
    alone = compare(scorer, chosen, 0, len(chosen), OTHER)
    assert total(alone.first, BARE) == total(alone.first, STORY)
    paragraph = f"Nobody came to the lamp.\n\n{chosen}"
    after = compare(scorer, paragraph, *find(paragraph, chosen), OTHER)
    assert total(after.first, BARE) == pytest.approx(total(alone.first, BARE), abs=1e-3)
    assert total(after.first, STORY) != pytest.approx(total(alone.first, STORY), abs=1e-3)


def test_versions_of_several_paragraphs(scorer: Scorer[LlamaModel]) -> None:
    start = TEXT.index("in the summer")
    alternative = "in the lamp.\n\n  He listened.\n\nShe went."
    found = compare(scorer, TEXT, start, TEXT.index(" “Nobody"), alternative)
    assert [alternative[word.start : word.end] for word in found.second] == [
        "in",
        "the",
        "lamp",
        "He",
        "listened",
        "She",
        "went",
    ]
    own = TEXT[start : TEXT.index(" “Nobody")]
    assert [own[word.start : word.end] for word in found.first][-3:] == ["and", "she", "listened"]
    # The second paragraph of the draft's version scores as it does in the draft.
    passage = next(one for one in scorer.score(TEXT).passages if TEXT[one.start :].startswith("She read"))
    inside = [word.bits for word in word_scores(passage, TEXT, STORY)]
    assert [word.bits[STORY] for word in found.first][-len(inside) :] == pytest.approx(inside, abs=2e-3)


def test_in_a_hard_wrapped_draft_a_line_break_is_a_space(scorer: Scorer[LlamaModel]) -> None:
    lines = [line for line in PROSE.replace("\n", " ").split(". ") if line]
    words = " ".join(lines).split()
    wrapped = "\n".join(" ".join(words[at : at + 11]) for at in range(0, len(words), 11))
    start = wrapped.index("\n", len(wrapped) // 2) + 1
    end = start + 60
    broken = compare(scorer, wrapped, start, end, "he put out\nthe lamp and went to sea")
    flat = compare(scorer, wrapped, start, end, "he put out the lamp and went to sea")
    assert [word.bits for word in broken.second] == [word.bits for word in flat.second]


@pytest.mark.parametrize(
    ("chosen", "alternative", "says"),
    [
        ("The boats went out at dawn.", " \n ", "is empty"),
        ("The boats went out at dawn.", "The  boats went out\nat dawn. ", "are the same"),
        ("“Nobody came,”", '"Nobody came,"', "are the same"),
        ("\n\n", "Something.", "No words are chosen"),
        ("The boats went out at dawn.", "and so on " * 4000, "longer than the"),
    ],
    ids=["empty", "same but for space", "same but for quotes", "nothing chosen", "too long"],
)
def test_what_cannot_be_compared_is_told_in_one_line(
    scorer: Scorer[LlamaModel], chosen: str, alternative: str, says: str
) -> None:
    with pytest.raises(EngineError, match=says) as raised:
        compare(scorer, TEXT, *find(TEXT, chosen), alternative)
    assert "\n" not in str(raised.value)


def test_a_stop_stops_it(scorer: Scorer[LlamaModel]) -> None:
    with pytest.raises(CancelledError):
        compare(scorer, TEXT, *find(TEXT, "She read the letters again"), OTHER, stop=lambda: True)


def test_the_handler_answers_with_what_compare_found(scorer: Scorer[LlamaModel]) -> None:
    start, end = find(TEXT, "The boats went out at dawn.")
    request = CompareVersions(7, "draft", 3, TEXT, start, end, OTHER, GIVEN)
    sent: list[msgspec.Struct] = []
    handlers()[CompareVersions].run(scorer, request, sent.append, never)
    found: Compared = compare(scorer, TEXT, start, end, OTHER, GIVEN)
    assert sent == [VersionsCompared(7, "draft", 3, found.views, found.first, found.second, found.summary)]
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(sent[0]), type=VersionsCompared) == sent[0]

"""What a knowledge engineer asks: balanced, never twice, gone into, and no more than the evidence bears."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pytest

from cqa_desktop.annotations.types import CONSTRAINTS, DIMENSIONS
from cqa_desktop.critique.handlers import handlers
from cqa_desktop.critique.question_bank import BANK
from cqa_desktop.critique.question_evidence import gather
from cqa_desktop.critique.questions import QUESTIONS, Evidence, Sentence, Word, pose
from cqa_desktop.engine.calibrations import find_calibration
from cqa_desktop.engine.errors import CancelledError, EngineError
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.messages import AskQuestions, QuestionsReady
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.engine.scoring_model import never
from cqa_desktop.measure.types import Brief
from cqa_desktop.models.registry import reference_model
from cqa_desktop.text.normalise import straighten_quotes
from cqa_desktop.text.spans import Span

CONTEXT = "The ferry was late, and the ferryman's dog slept on the ticket desk.\n\n"
PASSAGE = (
    "“A ticket for yesterday,” she said, and his eyes filled with tears and he took a deep breath. The zinc bishop "
    "photographed eleven parliaments of custard.\nNobody on the quay looked round, for on the quay nobody ever did."
)
TEXT = CONTEXT + PASSAGE + "\n\nThe dog slept on."
START, END = len(CONTEXT), len(CONTEXT) + len(PASSAGE)
GIVEN = Brief(reality="On this river a ticket can be bought for a day that is over.")


@pytest.fixture(scope="module")
def scorer() -> Iterator[Scorer[LlamaModel]]:
    with LlamaModel(reference_model(), gpu=False, threads=2) as model:
        yield Scorer(model, find_calibration(model)[0])


@pytest.fixture(scope="module")
def evidence(scorer: Scorer[LlamaModel]) -> Evidence:
    return gather(scorer, TEXT, START, END, GIVEN)


def word(text: str, at: int = 0, **changes: object) -> Word:
    values: dict[str, object] = {"bare": 12.0, "story": 12.0, "informed": 12.0} | changes
    return Word(Span(at, at + len(text)), text, **values)  # type: ignore[arg-type]


def told(evidence: Evidence, rounds: int = 12) -> str:
    """Everything that can be asked of some evidence, one question a line."""
    asked: list[str] = []
    for _ in range(rounds):
        asked += [one.text for one in pose(evidence, {}, asked)]
    return "\n".join(asked)


def test_what_is_rare_is_asked_about_more_and_nothing_is_left_out(evidence: Evidence) -> None:
    even = Counter(one.dimension for one in pose(evidence))
    assert set(even) == set(DIMENSIONS)
    assert max(even.values()) - min(even.values()) <= 1
    skewed = Counter(one.dimension for one in pose(evidence, {"craft": 60, "audience": 3, "reality": 0}))
    assert skewed["reality"] > skewed["audience"] > skewed["craft"] >= 1
    assert {one.constraint for one in pose(evidence)} == set(CONSTRAINTS)
    # Each dimension is asked about afresh before anything is gone into.
    assert {one.dimension for one in pose(evidence) if one.depth == 1} == set(DIMENSIONS)
    assert [one.depth for one in pose(evidence)][:3] == [1, 1, 1]


def test_nothing_is_asked_twice_until_nothing_is_left(evidence: Evidence) -> None:
    asked: list[str] = []
    while found := pose(evidence, {}, asked):
        assert len(found) <= QUESTIONS
        asked += [one.text for one in found]
    assert len(asked) == len(set(asked)) > 40
    # A change of quote marks or case does not make it another question.
    assert pose(evidence, {}, [straighten_quotes(one).upper() for one in asked]) == []


def test_it_goes_deeper_only_into_what_was_answered(evidence: Evidence) -> None:
    asked: list[str] = []
    depths: dict[tuple[int, int], int] = {}
    while found := pose(evidence, {}, asked):
        for one in found:
            before = depths.get((one.start, one.end), 0)
            assert one.depth <= before + 1
            depths[one.start, one.end] = max(before, one.depth)
        asked += [one.text for one in found]
    assert max(depths.values()) == 3
    first = pose(evidence)
    assert any(one.depth == 2 for one in first)
    skipped = pose(evidence, {}, [], [one.text for one in first])
    begun = {(one.start, one.end) for one in skipped if one.depth == 1}
    assert skipped
    assert all((one.start, one.end) in begun for one in skipped if one.depth > 1)
    assert not {one.text for one in first} & {one.text for one in skipped}


def test_what_stands_in_quote_marks_is_the_passages_own(evidence: Evidence) -> None:
    own = " ".join(straighten_quotes(TEXT).replace('"', "").split())
    guesses = {one.expected for one in evidence.words}
    for line in told(evidence).splitlines():
        for quoted in re.findall("“(.+?)”", line):
            for part in quoted.split(" … "):
                plain = " ".join(straighten_quotes(part.translate({0x2018: None})).split()).rstrip("'")
                assert quoted in guesses or plain.replace("'", "") in own.replace("'", ""), line
    assert TEXT[evidence.span.start : evidence.span.end] == PASSAGE


def test_spans_are_those_of_the_words_asked_about(evidence: Evidence) -> None:
    words = {one.text: one.span for one in evidence.words}
    assert words
    assert all(span.of(TEXT) == text for text, span in words.items())
    assert all(one.span.of(TEXT).split() == one.text.split() for one in evidence.sentences)
    assert all(START <= one.start < one.end <= END for one in pose(evidence))


def test_a_word_is_called_expected_only_if_it_was_likelier_by_far() -> None:
    def asked_of(chance: float, bits: float) -> str:
        return told(Evidence(Span(0, 40), [word("custard", informed=bits, expected="cream", probability=chance)]))

    assert "cream" in asked_of(0.3, 12.0)
    assert "cream" not in asked_of(0.04, 12.0)  # a guess among very many
    assert "cream" not in asked_of(0.3, 2.0)  # custard was as likely


def test_no_more_is_claimed_than_was_measured() -> None:
    bare = told(Evidence(Span(0, 40), [word("custard")]))
    assert "makes “custard” much easier" in bare
    helped = told(Evidence(Span(0, 40), [word("custard", story=6.0, informed=6.0)]))
    assert "makes “custard” much easier" not in helped
    assert "leads up to “custard”" in helped
    assert "“custard” fits what the brief says" not in helped
    text = "He took off his hat and sat."
    plain = Sentence(Span(0, 28), text, 7, 30.0, 60.0)
    assert "easier to foresee than most" not in told(Evidence(plain.span, (), [plain]))
    foreseen = Sentence(Span(0, 28), text, 7, 9.0, 8.0)
    assert "easier to foresee than most" in told(Evidence(plain.span, (), [foreseen]))
    for share, said in ((None, "Nothing is written down"), (0.08, "makes the passage easier"), (0.001, "hardly makes")):
        found = told(Evidence(Span(0, 9), fields={} if share is None else {"reality": share}))
        reality = [line for line in found.splitlines() if "world" in line]
        assert any(said in line for line in reality), share


@pytest.mark.parametrize(
    "hostile",
    [
        "{word} {0} {quote!r}",
        "%s %(word)s \\N{DASH}",
        "“”„‟\"'‘’",
        "a\u2028b\u2029c\r\nd",
        "\U0001f600 \u202egnirts",
        "\x00",
    ],
)
def test_hostile_text_is_only_quoted(hostile: str) -> None:
    long = f"{hostile} and so on for ever and a day"
    sentence = Sentence(Span(0, len(long)), long, 9, 40.0, 5.0, (Span(0, len(hostile)),))
    evidence = Evidence(sentence.span, [word(hostile, expected=hostile, probability=0.9, spoken=True)], [sentence])
    lines = told(evidence)
    assert lines
    assert not any(slot in lines for slot in ("{expected}", "{quote}")) or hostile.startswith("{")


def test_every_pattern_asks() -> None:
    texts = [one.text for one in BANK]
    assert len(texts) == len({(one.text, one.kinds) for one in BANK}) > 100
    assert all("?" in text or text.endswith(".") for text in texts)
    for dimension in DIMENSIONS:
        assert {one.constraint for one in BANK if one.dimension == dimension} == set(CONSTRAINTS)


def test_the_worker_answers_stops_and_says_what_is_missing(scorer: Scorer[LlamaModel]) -> None:
    handler = handlers()[AskQuestions]
    sent: list[QuestionsReady] = []
    handler.run(scorer, AskQuestions(7, "d", 3, TEXT, START, END, GIVEN, {"craft": 9}), sent.append, never)  # type: ignore[arg-type]
    assert [(one.job, one.document, one.revision) for one in sent] == [(7, "d", 3)]
    assert len(sent[0].questions) == QUESTIONS
    with pytest.raises(CancelledError):
        handler.run(scorer, AskQuestions(8, "d", 3, TEXT + " New.", START, END), sent.append, lambda: True)  # type: ignore[arg-type]
    for text in ("", "  …  ", "— — —"):
        with pytest.raises(EngineError, match="no words here"):
            handler.run(scorer, AskQuestions(9, "d", 3, text, 0, len(text)), sent.append, never)  # type: ignore[arg-type]

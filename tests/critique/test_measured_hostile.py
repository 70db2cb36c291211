"""What is thrown at the measured critic: any text, long ones, and what a small model expects in them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from measured_passages import FERRY, PASSAGES, check, points, said, say

from cqa_desktop.annotations.critique import Ending, Point
from cqa_desktop.commands.session import open_scorer
from cqa_desktop.critique.instead import Instead, short
from cqa_desktop.critique.measured import MeasuredCritic
from cqa_desktop.critique.measured_bank import BANK
from cqa_desktop.critique.measured_evidence import Word, part_of
from cqa_desktop.critique.measured_findings import Finding
from cqa_desktop.critique.session import Task, Words
from cqa_desktop.engine.errors import EngineError
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.engine.scoring_model import never
from cqa_desktop.text.spans import Span
from cqa_desktop.text.words import fold


@pytest.fixture(scope="module")
def scorer() -> Iterator[Scorer[LlamaModel]]:
    with open_scorer(None) as opened:
        yield opened


WRAPPED = (
    "The harbour lay still under a rain that had been falling since noon, and\nsomebody laughed in the street below as "
    "though nothing at all had been\nlost by anybody in the whole of that long year.\n\nThe second paragraph of the "
    "tale went on in much the same manner, and\nwrapped itself at the same width without being asked to do it at all.\n"
)
HOSTILE = {
    "one word": ("She opened the accordion and wept.", 15, 24),
    "only word": ("Rain", 0, 4),
    "inside a word": ("The harbour lay still under the rain.", 6, 9),
    "list": ("- apples\n- pears\n- a gun\n- more apples than that\n", 0, 49),
    "verse": ("The sea came in\nand the sea went out\nand nobody counted the difference\nbut the moon\n", 0, 85),
    "line breaks": (
        "He came in.\r\nHe sat.\r\n\r\nThe moon was filing its taxes over the water.\r\nHe ate.\r\n",
        0,
        80,
    ),
    "emoji": ("😀 She laughed 😀 until the 🦊 spoke to her about taxes and 🐟.", 0, 60),
    "wrapped": (WRAPPED, 10, len(WRAPPED)),
    "scripts": ("Он вошёл в комнату. 他走进了房间。 She said مرحبا بالعالم to nobody.", 0, 60),
    "no spaces": ("他走进了房间,坐下来,看着窗外的雨。没有人说话。", 0, 24),
    "braces": ("He wrote {word} and {0} and %s on the wall, and {unknown} after it.", 0, 66),
    "quotes": ('“He said ‘go’ and "went" and “never” came “back.', 0, 48),
    "control": ("The \x00 broke \x07 here and nobody minded it at all.", 0, 45),
    "names": ("Zorblax met Quindle at Fennimark Hall, and Ostrov sent Brillig the Ninefold Duke of Parn.", 0, 89),
    "outside": ("A short line of text that ends.", -5, 500),
}
UNREADABLE = {"scripts", "no spaces"}
"""The reference model knows English only, and says so."""


@pytest.mark.parametrize("name", HOSTILE)
def test_any_text_gets_a_critique(name: str, scorer: Scorer[LlamaModel]) -> None:
    text, start, end = HOSTILE[name]
    task = Task(text, start, end)
    outputs = say(scorer, task)
    if name in UNREADABLE:
        assert outputs == [Ending(0)]
        return
    check(Task(text, max(0, start), min(end, len(text))), outputs)


@pytest.mark.parametrize("text", ["", "   \n\t ", "***", "— … —", "😀 🦊"])
def test_a_passage_without_words_is_refused_in_one_line(text: str, scorer: Scorer[LlamaModel]) -> None:
    with pytest.raises(EngineError, match="no words") as raised:
        MeasuredCritic().begin(scorer, Task(text, 0, len(text)))
    assert "\n" not in str(raised.value)


def test_of_a_chapter_the_beginning_is_read_and_it_says_how_much(scorer: Scorer[LlamaModel]) -> None:
    task = Task(FERRY * 3, 0, len(FERRY) * 3)
    session = MeasuredCritic().begin(scorer, task)
    assert re.fullmatch(r"Of the [\d,]+ words of this passage, the first [\d,]+ were looked at; .*\.", session.notice)
    outputs = list(session.advance(never))
    session.close()
    check(task, outputs)
    assert max(one.end for one in points(outputs)) <= 6_000
    assert len(points(outputs)) <= 13
    assert MeasuredCritic().begin(scorer, PASSAGES["ferry-tom"]).notice == ""


def test_first_words_wait_for_a_part_only(scorer: Scorer[LlamaModel]) -> None:
    text = " ".join(f"Line {index} of it came after the {index}th door had been shut again." for index in range(90))
    task = Task(text, 0, len(text))
    session = MeasuredCritic().begin(scorer, task)
    before = scorer.model.tokens_evaluated
    going = session.advance(never)
    assert isinstance(next(going), Words)
    first = scorer.model.tokens_evaluated - before
    rest = list(going)
    session.close()
    assert isinstance(rest[-1], Ending)
    assert first <= scorer.model.tokens_evaluated - before


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (" into the water, and the boat went after it.", "into the water, and the boat went after it"),
        (" the", ""),
        (" he said that he would not come for the", "he said that he would not come"),
        ("“Never,” he said", ""),
        (" one two three four five six seven, eight nine ten eleven twelve", "one two three four five six seven"),
    ],
)
def test_a_continuation_is_whole_words(text: str, kept: str) -> None:
    assert short(text) == kept


def test_before_the_first_word_of_a_draft_nothing_was_expected(scorer: Scorer[LlamaModel]) -> None:
    for text in ("Unfortunately", "Priya had muted the group chat three days ago, and still she could feel it."):
        for point in points(say(scorer, Task(text, 0, len(text)))):
            assert "“… " not in said(point)


def test_a_reader_leans_towards_a_word_only_if_the_line_goes_on_with_it() -> None:
    leaning = [line for line in BANK["any / reader"] if "leaning towards" in line.text]
    assert leaning
    assert all("leaning" in line.needs for line in leaning)
    other = [line for line in BANK["any / reader"] if {"went", "expected"} <= line.needs]
    assert other
    assert all("leaning" in line.lacks for line in other)


def test_continuations_are_made_of_words_and_begin_with_a_guess(scorer: Scorer[LlamaModel]) -> None:
    text = "The heron waits where the weir lets go of all that the river was trying to keep, a grey umbrella."
    word = text.index("umbrella")
    finding = Finding(
        "odd", Span(0, len(text)), 1.0, "craft", "mythos", "asks",
        word=Word(Span(word, word + 8), "umbrella", {}, 0, False, False, False),
    )  # fmt: skip
    task = Task(text, 0, len(text))
    instead = Instead(scorer, task, part_of(task), finding)
    instead.find(never)
    assert instead._guesses
    first = min(one for one in instead._guesses if one[0].isalpha())
    assert instead._likely(f"{first} of the house")
    assert instead._likely(f"{first} of the weir")  # the draft's own
    assert not instead._likely(f"{first} of the rheumatician")
    assert not instead._likely("zinc of the house")
    assert not instead._likely("")
    assert not instead._likely(f"{first} of the house, and the house")
    went = instead.slots.get("went", "")
    assert not went or fold(went.split()[0]) in instead._guesses
    instead.close()


def test_one_critic_says_a_thing_in_another_way_the_second_time(scorer: Scorer[LlamaModel]) -> None:
    text = "He opened the door with a heavy heart. The sea lay far below. She closed it with a heavy heart."
    critic = MeasuredCritic()
    ways = []
    for start, end in ((0, 38), (62, len(text))):
        session = critic.begin(scorer, Task(text, start, end))
        ways.append([one for one in session.advance(never) if isinstance(one, Point) and "heavy heart" in one.quote])
        session.close()
    assert ways[0]
    assert ways[1]
    assert ways[0][0].reasoning.split(". ")[0] != ways[1][0].reasoning.split(". ")[0]
    assert ways[0][0].suggestion != ways[1][0].suggestion


HOME = (
    "The lift smelled of gravy and hand gel, and Janine had the keys on a lanyard that her daughter had plaited.\n\n"
    "Mr Oyelaran was sitting up. Somebody had combed his hair the wrong way. On the tray the soup had grown a skin, "
    "and he was looking at it the way you look at a door.\n\n"
    "She laughed. She sat. She waited. She looked. She poured. The tea was weak. The night was long. The bill was paid."
)


def test_a_name_is_asked_about_and_spoken_of_as_itself(scorer: Scorer[LlamaModel]) -> None:
    start = HOME.index("Mr Oyelaran")
    named = [one for one in points(say(scorer, Task(HOME, start, len(HOME)))) if "“Oyelaran”" in one.reasoning]
    assert named
    for point in named:
        assert point.verdict == "asks"  # somebody has to be named for the first time
        before = re.findall(r"(?:Before|have) “([^”]*)”", said(point))
        assert set(before) <= {"Oyelaran"}, said(point)


def test_one_beat_is_one_remark(scorer: Scorer[LlamaModel]) -> None:
    start = HOME.index("She laughed.")
    found = points(say(scorer, Task(HOME, start, len(HOME))))
    rhythm = [one for one in found if one.constraint == "lexis" and not one.whole and one.quote.count(". ") > 1]
    assert len(rhythm) == 1, [one.reasoning for one in rhythm]


def test_a_word_that_comes_twice_is_not_two_words(scorer: Scorer[LlamaModel]) -> None:
    text = f"{HOME}\n\nThree knocks, a pause, three knocks. Nobody on the ward had ever heard the wall do that before."
    start = text.index("Three knocks")
    for point in points(say(scorer, Task(text, start, len(text)))):
        assert not re.search(r"“(\w+)”(, | and )“\1”", said(point), re.IGNORECASE), said(point)

"""What the measured critic says of a text that the model cannot read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from cqa_desktop.annotations.critique import Ending, Point
from cqa_desktop.commands.session import open_scorer
from cqa_desktop.critique.compare import compare
from cqa_desktop.critique.depth import beyond
from cqa_desktop.critique.measured import MeasuredCritic
from cqa_desktop.critique.measured_evidence import look, part_of
from cqa_desktop.critique.measured_findings import view_slots
from cqa_desktop.critique.session import Task
from cqa_desktop.engine.errors import CancelledError, EngineError
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.engine.scoring_model import never
from cqa_desktop.measure.explain import explain, unread_notice
from cqa_desktop.measure.language import looks_english, unread_share
from cqa_desktop.measure.types import BRIEF
from cqa_desktop.text.spans import Span

FRENCH = (
    "Le train s'arrêta en pleine campagne, et personne ne descendit. On entendait le vent dans les haies, et, plus "
    "loin, une cloche qui n'était pas celle du village. Marthe posa son livre sur ses genoux. Elle avait oublié le nom "
    "de l'homme qu'elle allait épouser."
)
GERMAN = "Der Zug hielt mitten auf freiem Feld, und niemand stieg aus. Man hörte den Wind in den Hecken."
HEBREW = "הרכבת עצרה באמצע השדה, ואיש לא ירד. הרוח נשמעה מבין העצים, והילד שתק."
JAPANESE = "列車は野原の真ん中で止まった。誰も降りなかった。風の音がして、遠くで鐘が鳴っていた。"
ENGLISH = {
    "slang": "Priya had muted the group chat three days ago, and still she could feel it, a phone-shaped warmth.",
    "nonsense": "Twas brillig, and the slithy toves did gyre and gimble in the wabe: all mimsy were the borogoves.",
    "names": "Bartholomew Okonkwo met Xiaolong Wang, Siobhán Ní Dhomhnaill and Oluwaseun Adeyemi in Reykjavík.",
    "list": "- eggs\n- milk\n- two lengths of rope, six metres each\n- a tarpaulin that nobody will miss\n- bleach",
    "emoji": "She texted him 🎉🎉🎉 and then, after a minute, 👩‍👩‍👧‍👦 and then nothing at all.",
    "a word": "Ragnarök",
}


@pytest.fixture(scope="module")
def scorer() -> Iterator[Scorer[LlamaModel]]:
    with open_scorer(None) as opened:
        yield opened


def lost(scorer: Scorer[LlamaModel], text: str) -> bool:
    task = Task(text, 0, len(text))
    return beyond(scorer, task, part_of(task), never)


@pytest.mark.parametrize("text", [FRENCH, GERMAN, HEBREW, JAPANESE])
def test_another_language_is_noticed(text: str, scorer: Scorer[LlamaModel]) -> None:
    assert lost(scorer, text)


@pytest.mark.parametrize("text", ENGLISH.values(), ids=ENGLISH)
def test_odd_english_is_english(text: str, scorer: Scorer[LlamaModel]) -> None:
    assert not lost(scorer, text)


def test_a_line_of_french_on_an_english_page_is_a_surprise_like_others(scorer: Scorer[LlamaModel]) -> None:
    page = "The train had stopped in the fields, and nobody on it knew for how long it was going to stand there. " * 4
    line = "On entendait le vent dans les haies, et une cloche qui n'était pas celle du village."
    task = Task(page + line, len(page), len(page + line))
    assert not looks_english(line)
    assert not beyond(scorer, task, part_of(task), never)


def test_nothing_is_marked_in_a_paragraph_that_the_model_can_only_spell(scorer: Scorer[LlamaModel]) -> None:
    english = "The train had stopped in the fields, and nobody on it knew for how long it was going to stand there."
    for text in (FRENCH, HEBREW, JAPANESE):
        document = scorer.score(f"{english}\n\n{text}")
        read, *unread = document.paragraphs
        assert all(one.readable for one in read.measures)
        for one in (measure for paragraph in unread for measure in paragraph.measures):
            assert (one.kind, one.marks, one.readable) == ("steady", (), False)
            assert one.words < 5 or "can only spell this" in explain(one, False)
        assert unread_notice("It", unread_share(scorer.score(text).measures))
    for text in ENGLISH.values():
        measures = scorer.score(text).measures
        assert all(one.readable for one in measures)
        assert unread_notice("It", unread_share(measures)) == ""


def test_of_what_it_cannot_read_it_says_so_and_nothing_more(scorer: Scorer[LlamaModel]) -> None:
    for text in (FRENCH, JAPANESE):
        for sentence in text.split(". "):
            start = text.index(sentence)
            session = MeasuredCritic().begin(scorer, Task(text, start, start + len(sentence)))
            assert "can hardly read this" in session.notice
            assert list(session.advance(never)) == [Ending(0)]
            session.close()


def test_what_can_be_counted_is_still_said(scorer: Scorer[LlamaModel]) -> None:
    text = "Elle posa le livre. Elle ferma la porte. Elle prit la lampe. Elle monta au lit. " + FRENCH
    session = MeasuredCritic().begin(scorer, Task(text, 0, len(text)))
    points = [one for one in session.advance(never) if isinstance(one, Point)]
    session.close()
    assert any("Elle monta au lit" in point.reasoning for point in points), points
    for point in points:
        assert all(figure.unit != "bits" for figure in point.figures)


def test_looking_can_be_stopped(scorer: Scorer[LlamaModel]) -> None:
    with pytest.raises(CancelledError):
        MeasuredCritic().begin(scorer, Task(FRENCH + " Encore.", 0, len(FRENCH)), lambda: True)


def test_versions_in_two_scripts_are_not_compared(scorer: Scorer[LlamaModel]) -> None:
    text = "The train had stopped in the fields, and nobody knew for how long. He waited."
    for other in (HEBREW, JAPANESE):
        with pytest.raises(EngineError, match="different scripts"):
            compare(scorer, text, 0, len(text), other)
    assert compare(scorer, text, 0, len(text), FRENCH).views


def test_nothing_is_said_of_a_brief_that_is_not_there(scorer: Scorer[LlamaModel]) -> None:
    text = "The train had stopped. A zinc bishop photographed eleven parliaments of custard in the rain."
    part = Span(text.index("A zinc"), len(text))
    evidence = look(scorer, Task(text, part.start, part.end), part, fields=False, stop=never)
    sentence = evidence.sentences[0]
    # An adapter makes the view of the brief another one, brief or none.
    measure = replace(sentence.measure, surprisal={**sentence.measure.surprisal, BRIEF: 1.0})
    slots = view_slots(evidence, replace(sentence, measure=measure), [])
    assert not {"brief_none", "brief_some"} & slots.keys()
    given = replace(evidence, given=frozenset({"intent"}))
    assert {"brief_none", "brief_some"} & view_slots(given, replace(sentence, measure=measure), []).keys()

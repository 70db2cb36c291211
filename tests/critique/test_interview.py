"""What is taken from a draft, and what becomes of questions and answers."""

from __future__ import annotations

from cqa_desktop.annotations.types import Annotation, Annotator, Turn
from cqa_desktop.critique.interview import MOST_CONTEXT, Interview, taken, whole_words
from cqa_desktop.engine.messages import Question
from cqa_desktop.text.spans import Span

PASSAGE = "The zinc bishop photographed eleven parliaments of custard."


def begun(context: str = "The ferry was late.\n\nThe dog slept.") -> Interview:
    return Interview(
        Annotation(
            id="a",
            passage=PASSAGE,
            context=context,
            source="s",
            licence="l",
            language="en",
            annotators=(Annotator(role="expert", name="A"),),
            judgments=(),
        )
    )


def question(interview: Interview, words: str, text: str, depth: int = 1) -> Question:
    start = interview.source()[0].index(words)
    return Question(text, "audience", start, start + len(words), "dianoia", depth)


def test_a_passage_is_taken_with_what_stands_before_it() -> None:
    draft = f"# Title\n\nFirst, and then.\n\n{PASSAGE} It went on.\n\nLast."
    at = draft.index("photo") + 2
    assert taken(draft, at, at) == (f"{PASSAGE} It went on.", "# Title\n\nFirst, and then.")
    # Words that a selection cuts are made whole, and the paragraph before it in the same line is context.
    assert taken(draft, at, at + 12) == ("photographed eleven", "# Title\n\nFirst, and then.\n\nThe zinc bishop")
    assert taken("", 0, 0) == ("", "")
    assert taken("\n\n  \n", 2, 2)[0] == ""
    passage, context = taken("word " * 9_000 + "\n\n" + "end.", 45_002, 45_006)
    assert passage == "end."
    assert 0 < len(context) <= MOST_CONTEXT
    assert whole_words("ab", Span(2, 2)) == Span(2, 2)


def test_an_answer_becomes_a_judgment_in_its_own_words_about_the_words_asked_about() -> None:
    interview = begun()
    interview.supply([question(interview, "eleven parliaments", "Why eleven?"), question(interview, PASSAGE, "Whole?")])
    interview.answer = "  Ten would be a count. \n Eleven is a joke.  "
    at = interview.judge_answer()
    sketch = interview.sketches[at]
    assert (sketch.quote, sketch.dimension, sketch.constraint) == ("eleven parliaments", "audience", "dianoia")
    assert sketch.reasoning == "Ten would be a count. \n Eleven is a joke."
    assert sketch.lacks == ["verdict"]
    assert interview.annotation().judgments == ()
    assert interview.unfinished() == (sketch,)
    assert interview.turns[-1] == Turn(role="expert", text=sketch.reasoning)
    # About the passage as a whole: no quote.
    interview.answer = "All of it."
    assert interview.sketches[interview.judge_answer()].quote is None
    # What was said earlier is judged later, though it was reworded since.
    interview.reword(0, "Why just eleven?")
    assert interview.sketches[interview.judge_answer(1)].quote == "eleven parliaments"


def test_what_is_skipped_is_not_gone_into_and_what_a_colleague_asks_comes_between() -> None:
    interview = begun(context="")
    one, deeper, other = (
        question(interview, "custard", "Why custard?"),
        question(interview, "custard", "And what then?", 2),
        question(interview, "zinc", "Why zinc?"),
    )
    interview.supply([one, deeper, other])
    interview.go_on()
    assert interview.current is not None
    assert interview.current.text == "Why zinc?"
    assert interview.skipped == ["Why custard?"]
    interview.put_own("Why a bishop?")
    interview.answer = "He is last."
    assert interview.asked == ("Why a bishop?",)
    interview.go_on()
    assert interview.current.text == "Why zinc?"
    assert not interview.needs_questions
    interview.go_on()
    assert interview.needs_questions
    # Another passage: what was to be asked was about other words.
    interview.supply([one])
    interview.change(passage="Something else.")
    assert interview.current is None


def test_thinking_aloud_without_a_question_is_recorded() -> None:
    interview = begun()
    assert not interview.begun
    interview.answer = "What strikes me is the bishop."
    interview.go_on()
    assert interview.annotation().dialogue == (Turn(role="expert", text="What strikes me is the bishop."),)
    interview.remove_turns(0, 1)
    assert not interview.begun

"""What a knowledge engineer can ask, by the evidence that gives cause to ask it.

Questions claim no more than their evidence: those of `dull` are asked of what was easy to foresee, those of `least` of
whatever a passage's least surprising sentence is. Each asks for a judgment and its reason; none can be answered by yes
alone without the expert feeling that something is missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from cqa_desktop.annotations.types import Constraint, Dimension

Kind = Literal[
    "expected",
    "open",
    "spoken",
    "prepared",
    "briefed",
    "dull",
    "least",
    "stock",
    "bright",
    "long",
    "short",
    "reality helps",
    "reality silent",
    "reality missing",
    "audience helps",
    "audience silent",
    "audience missing",
    "intent helps",
    "intent silent",
    "intent missing",
    "whole",
]
"""`expected`: another word was; `open`: nothing was, and nothing led up to the word; `spoken`: it is in direct speech;
`prepared`, `briefed`: the story, the brief make the word likelier. A field of the brief helps, is silent, or is
missing.
"""
WORDS: Final[tuple[Kind, ...]] = ("expected", "open", "spoken", "prepared", "briefed")
SENTENCES: Final[tuple[Kind, ...]] = ("dull", "least", "stock", "bright", "long", "short")


@dataclass(frozen=True, slots=True)
class Pattern:
    """One way to ask."""

    kinds: tuple[Kind, ...]
    dimension: Dimension
    constraint: Constraint
    text: str
    """With {word}, {expected} or {quote} where the evidence has it."""
    depth: int = 1
    """2 and 3 go on where a question of the depth before was put about the same words."""


_DIMENSIONS: Final[dict[str, Dimension]] = {"craft": "craft", "audience": "audience", "reality": "reality"}
_CONSTRAINTS: Final[dict[str, Constraint]] = {
    "ethos": "ethos",
    "mythos": "mythos",
    "lexis": "lexis",
    "dianoia": "dianoia",
}


def _patterns(kinds: tuple[Kind, ...], lines: str, depth: int = 1) -> Iterator[Pattern]:
    """Patterns from lines of `dimension constraint: question`."""
    for line in lines.strip().splitlines():
        about, _, text = line.strip().partition(": ")
        dimension, constraint = about.split()
        yield Pattern(kinds, _DIMENSIONS[dimension], _CONSTRAINTS[constraint], text, depth)


_EXPECTED = """
craft lexis: A reader would sooner have expected “{expected}” here than “{word}”. Why not “{expected}”?
craft ethos: “{expected}” would have been less of a surprise. What does “{word}” show about whoever is looking?
craft mythos: Put “{expected}” where “{word}” stands. What does the story then no longer tell?
craft dianoia: “{word}”, and not “{expected}”: what thought is in the one that is not in the other?
audience lexis: Some readers will see “{expected}” coming and meet “{word}”. Does that stop them, and should it?
audience dianoia: Say that a reader expects “{expected}” and reads “{word}”. What goes through their mind in between?
audience mythos: What does “{word}” make a reader suspect that “{expected}” would not have?
reality mythos: What would have to be otherwise in this world for it to be “{expected}” after all?
reality ethos: Would somebody who was there have put it as “{word}”, or as “{expected}”?
reality lexis: Does “{word}” belong to this place and time as much as “{expected}” would?
"""
_OPEN = """
craft lexis: Nothing before it makes “{word}” much easier to see coming. What was gained by choosing it?
craft mythos: Does “{word}” come back, or was it promised? If neither, what is it doing here?
craft dianoia: What is “{word}” there to make one think of?
audience lexis: Who would stumble over “{word}”, and is that wanted?
audience dianoia: What must a reader know beforehand for “{word}” to make sense?
reality dianoia: In what world is “{word}” the natural thing to say here?
reality mythos: Could it have been anything but “{word}”? What in this world decides it?
"""
_SPOKEN = """
craft ethos: Cover the speaker's name. Does “{word}” still tell who is talking?
craft lexis: Is “{word}” the speaker's word, or one that the author put there to be heard over their head?
reality ethos: Would this speaker say “{word}”, in this company?
reality lexis: Is “{word}” how people talk here, or how a page talks?
audience ethos: What does a reader make up their mind about when the speaker says “{word}”?
audience mythos: What is the speaker keeping back at “{word}”, and will a reader hear it?
"""
_PREPARED = """
craft mythos: The story so far makes room for “{word}”. Which earlier line did that, and was it early enough?
craft lexis: Something earlier leads up to “{word}”. Is it said here as it was said there, and why?
audience mythos: How many readers still remember what makes “{word}” right here? What do the others read?
audience dianoia: Somebody who opens the book on this page is puzzled by “{word}”. What do they miss?
reality mythos: What had to happen first, in this world, for “{word}” to be right? Is any step left out?
reality ethos: Who in the story could have seen “{word}” coming, and did they?
"""
_BRIEFED = """
craft dianoia: The brief makes “{word}” easier to see coming, and the story does not. Should the story?
audience dianoia: Whoever knows the brief is readier for “{word}” than a reader is. How would a reader get there?
reality lexis: “{word}” fits what the brief says. What else in this line should fit it as closely, and does not?
"""
_DULL = """
craft lexis: “{quote}” is easier to foresee than most sentences are. Is the plainness doing something?
craft ethos: Who is it that sees “{quote}”? Would they see no more than that?
audience dianoia: “{quote}” asks little of a reader. Do they rest there, or skip?
audience mythos: What is a reader waiting for while “{quote}” goes by?
reality ethos: “{quote}”: what would only this person, in this place, have done?
reality mythos: Which fact of this world would make “{quote}” harder to foresee?
"""
_LEAST = """
craft mythos: What would be lost if “{quote}” went?
craft dianoia: Which thought leans on “{quote}”?
audience lexis: Would anyone miss “{quote}”? Who, and why them?
audience mythos: What does “{quote}” tell a reader that they could not have filled in for themselves?
reality lexis: What in “{quote}” could stand in no other story?
"""
_STOCK = """
craft lexis: A reader could nearly finish “{quote}” unaided. What did the author see, before the phrase came to hand?
craft ethos: Who thinks in phrases like “{quote}”: the character, or the author?
audience lexis: Which readers would wince at “{quote}”, and which would be glad of it?
audience dianoia: Each word of “{quote}” can be guessed from those before it. What is a reader given to do meanwhile?
reality ethos: What happened in the body, or in the room, that “{quote}” stands for?
"""
_BRIGHT = """
audience dianoia: Who would not follow “{quote}”?
audience lexis: Read “{quote}” aloud to somebody who knows nothing of the story. Where do they frown?
audience ethos: How must a reader feel about the people here to go along with “{quote}”?
reality mythos: Could this happen, in this world: “{quote}”? What allows it?
reality dianoia: Take “{quote}” at its word. What else must then be true here?
reality ethos: Who, of the people here, would be the last to believe it: “{quote}”?
craft mythos: What follows from “{quote}” that could not have followed otherwise?
craft dianoia: What is “{quote}” getting at, and could it be got at without it?
craft ethos: Whose way of seeing is this: “{quote}”?
"""
_LONG = """
craft lexis: “{quote}” runs on much longer than what stands around it. What is the length for?
audience dianoia: Where in “{quote}” might a reader lose the thread, if anywhere?
reality ethos: Would the person who is there have had the breath, or the time, for “{quote}”?
"""
_SHORT = """
craft lexis: “{quote}” is much shorter than what stands around it. What should be heard in the pause after it?
audience mythos: What does a reader think has just happened, at “{quote}”?
reality ethos: Whom would “{quote}” have surprised if they had been there?
"""
_WHOLE = """
craft mythos: If this passage came a page later, what would change?
craft ethos: Who wants something in this passage, and what is in the way?
craft lexis: Which word in this passage would you fight for, and which would you let go?
craft dianoia: What is this passage about, that none of its sentences says?
audience mythos: What does a reader want to know at the end of this passage that they did not at its start?
audience ethos: Whose side does a reader take in this passage, and at which word?
audience lexis: Which sentence here would a reader copy out, and which would they never miss?
audience dianoia: A reader who dislikes books of this kind stops in this passage. At which line, and are they wrong?
reality mythos: What goes on outside this passage, at the same time, that it takes for granted?
reality ethos: Who here could not have acted otherwise, and what in this world forbids it?
reality lexis: Which detail here could only come from somebody who had been there?
reality dianoia: What does everybody in this world believe that this passage never has to say?
"""
_WORD_AGAIN = """
craft dianoia: Say again why it is “{word}”, and this time do not speak of the word: what is the sentence after?
craft mythos: Once “{word}” stands there, what must come next that need not have come before?
audience mythos: Suppose that a reader passes over “{word}”. What do they get wrong on the next page?
audience lexis: What if “{word}” came one sentence earlier: would a reader be warned, or spoiled?
reality ethos: What if somebody else from the story had been there: would it still be “{word}”?
reality dianoia: What if “{word}” were the one thing here that is not so? Who would find out, and how?
"""
_SENTENCE_AGAIN = """
craft mythos: And then? What does “{quote}” make possible that is made use of later?
craft dianoia: Why does what “{quote}” says matter more than what it leaves out?
audience mythos: What if “{quote}” were the very first line: what would a reader take this story for?
audience ethos: What if a reader laughed at “{quote}”: what would be spoiled, and what would be saved?
reality mythos: What if “{quote}” were not so: which later line would no longer hold?
reality ethos: What if another of the people here told of “{quote}”: what would they leave out?
"""
_PASSAGE_AGAIN = """
craft mythos: What if this passage were cut: what would the next one have to do in its place?
craft lexis: Why is that worth a whole passage, and not a sentence?
audience dianoia: Which reader would put it the other way round from you, and what would they point to?
reality ethos: What if one of the people here were to read this passage: what would they correct?
"""
_WORD_AT_LAST = """
craft lexis: Is what you said of “{word}” a rule for any writer, or one for this page alone?
audience dianoia: Who would disagree with you about “{word}”, and what would they say?
reality lexis: What would you have to find elsewhere in the draft to change your mind about “{word}”?
"""
_SENTENCE_AT_LAST = """
craft lexis: Is what you said of “{quote}” a rule for any writer, or one for this page alone?
audience dianoia: Who would disagree with you about “{quote}”, and what would they say?
reality mythos: What would you have to find elsewhere in the draft to change your mind about “{quote}”?
"""
_FIELDS: Final[tuple[tuple[Kind, str], ...]] = (
    (
        "reality missing",
        """
reality dianoia: Nothing is written down about this world. What is true in it that a stranger would not guess here?
reality mythos: What is impossible in this world, and where does this passage keep to that?
""",
    ),
    (
        "reality helps",
        """
reality mythos: Knowing this world makes the passage easier to see coming. Which fact does that, and is it on the page?
reality dianoia: Which fact of this world does the passage rest on, and who would dispute it?
""",
    ),
    (
        "reality silent",
        """
reality dianoia: What the brief says of the world hardly makes this passage easier to foresee. Could it happen anywhere?
reality lexis: Point to the word that could only stand in this world. If there is none, where might one stand?
""",
    ),
    (
        "audience missing",
        """
audience dianoia: Whom is this passage for? Think of one person: what do they know that others do not?
audience lexis: Nobody is named as its reader. Whose patience does this passage count on?
""",
    ),
    (
        "audience helps",
        """
audience mythos: The readers whom the brief names are readier for this passage than others. Is that wanted here?
""",
    ),
    (
        "audience silent",
        """
audience lexis: Who reads it hardly makes this passage easier to foresee. What would change for a child, or an enemy?
audience ethos: What do the readers in the brief expect of such people as these, and do they get it?
""",
    ),
    (
        "intent missing",
        """
craft mythos: What is this passage for? Say it in one sentence, as if to its author.
""",
    ),
    (
        "intent helps",
        """
craft mythos: Knowing what the author is after makes this passage easier to see coming. Does it give itself away?
""",
    ),
    (
        "intent silent",
        """
craft dianoia: What the author is after hardly makes this passage easier to foresee. What else does the passage do?
""",
    ),
)

BANK: Final[tuple[Pattern, ...]] = (
    *_patterns(("expected",), _EXPECTED),
    *_patterns(("open",), _OPEN),
    *_patterns(("spoken",), _SPOKEN),
    *_patterns(("prepared",), _PREPARED),
    *_patterns(("briefed",), _BRIEFED),
    *_patterns(("dull",), _DULL),
    *_patterns(("least",), _LEAST),
    *_patterns(("stock",), _STOCK),
    *_patterns(("bright",), _BRIGHT),
    *_patterns(("long",), _LONG),
    *_patterns(("short",), _SHORT),
    *_patterns(("whole",), _WHOLE),
    *(pattern for kind, lines in _FIELDS for pattern in _patterns((kind,), lines)),
    *_patterns(WORDS, _WORD_AGAIN, 2),
    *_patterns(SENTENCES, _SENTENCE_AGAIN, 2),
    *_patterns(("whole", *(kind for kind, _ in _FIELDS)), _PASSAGE_AGAIN, 2),
    *_patterns(WORDS, _WORD_AT_LAST, 3),
    *_patterns(SENTENCES, _SENTENCE_AT_LAST, 3),
)
"""All of them."""

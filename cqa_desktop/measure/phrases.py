"""A book of stock phrases: listed runs of words that readers of present-day prose have met too often.

A model that read old fiction alone finds a new cliché new. The book says of such phrases what the model cannot know. It
is read once; looking words up in it costs a dictionary access a word, since a line is kept under its rarest part.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cqa_desktop.measure.function_words import FUNCTION_WORDS
from cqa_desktop.text.spans import Span, join_spans
from cqa_desktop.text.words import fold

Part = frozenset[str] | None
"""The words that may stand at one place of a phrase; None for any word."""
MOST: Final = 64
"""Most phrases that one line may stand for once what may be left out is left out."""
_PLAIN: Final = str.maketrans(
    dict.fromkeys(set(string.punctuation) - {"'", "-"}, " ")
    | dict.fromkeys("“”„‟«»—–…", " ")
    | dict.fromkeys("‘’‚‛", "'")
    | {"‑": "-"}
)
_NAME = re.compile(r"<([a-z_]+)> =(.*)")
_ITEM = re.compile(r"\(([^()\s]+)\)|([^()\s]+)")


@dataclass(frozen=True)
class PhraseBook:
    """Phrases, each under the words of its rarest part."""

    anchors: Mapping[str, Sequence[tuple[tuple[Part, ...], int]]] = field(default_factory=dict)
    """Folded word to the phrases that it may be part of, and at which place."""

    def __len__(self) -> int:
        return len({phrase for found in self.anchors.values() for phrase, _ in found})

    def may_hold(self, text: str) -> bool:
        """Whether a phrase may stand in `text`. Looks at words cut roughly, for a tenth of what it costs to find them
        and to fold them: nearly all sentences are told apart by this alone.
        """
        words = text.lower().translate(_PLAIN).replace("'s ", " ").split()
        return bool(self.find([word.strip("'") if "'" in word else word for word in words]))

    def find(self, words: Sequence[str]) -> list[tuple[int, int]]:
        """Where phrases stand in a row of folded words, as (first, behind the last); overlapping ones are one."""
        found: list[tuple[int, int]] = []
        for at, word in enumerate(words):
            for phrase, place in self.anchors.get(word, ()):
                first = at - place
                behind = first + len(phrase)
                if first < 0 or behind > len(words):
                    continue
                if all(part is None or words[first + k] in part for k, part in enumerate(phrase)):
                    found.append((first, behind))
        return [(span.start, span.end) for span in join_spans([Span(*one) for one in found])]

    @classmethod
    def parse(cls, text: str) -> PhraseBook:
        """Read a book, one phrase a line.

        `a/b` is either word, `*` any one word, `(a/b)` may be left out, `<name>` a list of words that a line
        `<name> = ...` gave before; `#` begins a comment.

        Raises:
            ValueError: with one line that names the line's number.
        """
        lists: dict[str, tuple[str, ...]] = {}
        anchors: dict[str, list[tuple[tuple[Part, ...], int]]] = {}
        for number, raw in enumerate(text.splitlines(), start=1):
            line = raw.partition("#")[0].strip()
            if not line:
                continue
            try:
                name = _NAME.fullmatch(line)
                if name is not None:
                    lists[name[1]] = tuple(name[2].split())
                    continue
                for phrase in _phrases(line, lists):
                    place = _anchor(phrase)
                    for word in phrase[place] or ():
                        anchors.setdefault(word, []).append((phrase, place))
            except ValueError as error:
                raise ValueError(f"line {number}: {error}") from error
        return cls(anchors)


NO_PHRASES: Final = PhraseBook()


def _phrases(line: str, lists: Mapping[str, Sequence[str]]) -> list[tuple[Part, ...]]:
    if _ITEM.sub("", line).strip():
        raise ValueError(f"'{line}' has a bracket that does not stand around one place")
    phrases: list[tuple[Part, ...]] = [()]
    for optional, given in _ITEM.findall(line):
        part = _part(optional or given, lists)
        longer = [(*phrase, part) for phrase in phrases]
        phrases = [*longer, *phrases] if optional else longer
        if len(phrases) > MOST:
            raise ValueError(f"'{line}' leaves out too much - write it as several lines")
    if any(len(phrase) < 2 or all(part is None for part in phrase) for phrase in phrases):
        raise ValueError(f"'{line}' may come down to less than two words - name what must be there")
    return phrases


def _part(item: str, lists: Mapping[str, Sequence[str]]) -> Part:
    if item == "*":
        return None
    words: list[str] = []
    for choice in item.split("/"):
        if choice.startswith("<") and choice.endswith(">"):
            if choice[1:-1] not in lists:
                raise ValueError(f"'{choice}' is no list - define it above with {choice} = words")
            words += lists[choice[1:-1]]
        elif choice:
            words.append(choice)
        else:
            raise ValueError(f"'{item}' has an empty choice")
    return frozenset(map(fold, words))


def _anchor(phrase: Sequence[Part]) -> int:
    """The place whose words are rarest: matter before grammar, then few choices before many."""

    def rarity(place: int) -> tuple[int, int]:
        part = phrase[place]
        if part is None:
            return (len(FUNCTION_WORDS) + 1, 0)
        return (len(part & FUNCTION_WORDS), len(part))

    return min(range(len(phrase)), key=rarity)

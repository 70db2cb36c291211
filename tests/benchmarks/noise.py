"""The noise versions of the triples: marked words of an original replaced by others of the same class and form.

python -m tests.benchmarks.noise < resources/pairs/marked.tsv     (id, tab, marked original)

A mark follows its word: `|n` noun, `|N` plural, `|v` past or participle, `|b` bare verb, `|g` -ing, `|a` adjective,
`|r` adverb. What is drawn depends on the row's id alone.
"""

from __future__ import annotations

import random
import re
import sys

_MARKED = re.compile(r"([\w’'-]+)\|([nNvbgar])")
_NOUNS = (
    "acrobat algebra anvil balcony barrel basket beard beetle bishop brick cabbage calendar canal candle carpet "
    "cathedral cheese compass curtain cushion dentist engine factory glacier goose hammer harbour helmet jury kettle "
    "ladder lantern lawyer ledger mattress meadow mill mirror mustard orchard orphan oyster pamphlet parliament "
    "pension pillow pistol plumber postage raft ribbon saddle sandwich sausage senator sermon sparrow spoon syllable "
    "tax thimble treaty trumpet tunnel turnip umbrella vinegar violin walnut wardrobe"
)
_VERBS = (
    "applaud arrest audit baptise borrow bury butter confess elect embroider flatter fold hatch inherit insure knit "
    "marry measure mend negotiate paint peel pickle plough polish postpone quarry rehearse salute sharpen sneeze "
    "swallow tax translate worship"
)
_ADJECTIVES = (
    "annual bald bankrupt brass buttered crooked damp democratic distant elderly feudal hollow legal marine municipal "
    "musical nasal orthodox parallel pious plural polite postal purple rectangular rheumatic royal rural square sugary "
    "ticklish tropical vegetable vertical wooden woollen"
)
_ADVERBS = "abroad alphabetically annually jointly legally loudly musically politely sideways thirstily together twice"
_VOWELS = "aeiou"


def _plural(noun: str) -> str:
    if noun.endswith("y") and noun[-2] not in _VOWELS:
        return f"{noun[:-1]}ies"
    if noun == "goose":
        return "geese"
    return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{noun}s"


def _past(verb: str) -> str:
    if verb.endswith("e"):
        return f"{verb}d"
    if verb.endswith("y"):
        return f"{verb[:-1]}ied"
    return f"{verb}ted" if verb == "knit" else f"{verb}ped" if verb == "worship" else f"{verb}ed"


def _gerund(verb: str) -> str:
    double = {"knit": "knitting", "worship": "worshipping"}
    return double.get(verb) or f"{verb.removesuffix('e')}ing"


WORDS = {
    "n": _NOUNS.split(),
    "N": [_plural(noun) for noun in _NOUNS.split()],
    "b": _VERBS.split(),
    "v": [_past(verb) for verb in _VERBS.split()],
    "g": [_gerund(verb) for verb in _VERBS.split()],
    "a": _ADJECTIVES.split(),
    "r": _ADVERBS.split(),
}
"""Class to the words that are drawn from."""


def unmarked(marked: str) -> str:
    """The original."""
    return _MARKED.sub(r"\1", marked)


def noise(identity: str, marked: str) -> str:
    """The original with its marked words drawn anew, no word twice in a row of them."""
    draw = random.Random(identity)
    left: dict[str, list[str]] = {}

    def replaced(match: re.Match[str]) -> str:
        word, kind = match.groups()
        if not left.get(kind):
            left[kind] = draw.sample(WORDS[kind], len(WORDS[kind]))
        chosen = left[kind].pop()
        return chosen.capitalize() if word[0].isupper() else chosen

    return _MARKED.sub(replaced, marked)


if __name__ == "__main__":
    for line in sys.stdin:
        name, _, text = line.rstrip("\n").partition("\t")
        print(f"{name}\t{noise(name, text)}")

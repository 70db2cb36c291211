"""From evidence to what is worth saying: findings, with what each is about and how strong it is. No model is needed."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from cqa_desktop.annotations.critique import Figure, PointVerdict
from cqa_desktop.annotations.types import DIMENSIONS, Constraint, Dimension
from cqa_desktop.critique.measured_evidence import Evidence, Sentence, Word, new_names
from cqa_desktop.critique.questions import quote
from cqa_desktop.measure.types import BARE, BRIEF, STORY
from cqa_desktop.text.spans import Span
from cqa_desktop.text.words import fold

MOST_POINTS: Final = 12
FEWEST_UNMARKED: Final = 2
WORDS_A_POINT: Final = 45
"""Beside what is marked: so many points, and one more for each so many words."""
HOT: Final = 75.0
"""Percentile of bits a token after the story from which an unmarked sentence is asked about where it has no peers."""
ABOVE: Final = 0.85
"""Standard deviations above the other sentences, in bits a new word of matter, from which one is asked about."""
PEERS: Final = 5
FRESH_WORDS: Final = 3
"""Fewest sentences, and new words of matter in each, that are compared so."""
EXPLAINED: Final = 60.0
"""Percentile of information up to which nothing is said to have led up to a sentence, as for its class."""
EXTREME_Z: Final = 99.5
HARDLY: Final = 10.0
"""A sentence above the one and not above the other, in percentiles of z and of information, is said to fail."""
ALONE: Final = 0.5
"""Share of the surprise of a sentence's matter that one word carries if the sentence is said to hang on it."""
HELP_BITS: Final = 1.0
"""A view that lowers a word's surprisal by so much is said to prepare for it."""
STRANGE: Final = 12.0
"""Bits of a name from which a reader is said not to know it."""
FAR: Final = 250
"""Characters between an echo and what it answers."""
LONGEST_SHOWN: Final = 90
"""Characters of the draft that are shown inside a sentence: a word may be as long as its writer likes."""
SIMILAR: Final = 0.12
ALIKE: Final = 0.05
"""What a second finding of one kind, or of one dimension, loses in strength: a critique says different things."""


@dataclass(frozen=True)
class Finding:
    """One thing to say."""

    kind: str
    span: Span
    strength: float
    dimension: Dimension
    constraint: Constraint
    verdict: PointVerdict
    slots: Mapping[str, str] = field(default_factory=dict)
    """What its sentences are filled with; a name alone, filled with nothing to show, is a condition that holds."""
    figures: tuple[Figure, ...] = ()
    word: Word | None = None
    """Where the surprise sits: a reader is asked what was expected there."""
    marked: bool = False
    """The editor marks it."""
    whole: bool = False
    also: tuple[str, ...] = ()
    """Other kinds that the same evidence supports."""


ABOUT: Final[Mapping[str, tuple[Dimension, Constraint]]] = {
    "odd": ("craft", "mythos"),
    "world": ("reality", "mythos"),
    "dense": ("audience", "lexis"),
    "stranger": ("audience", "dianoia"),
    "voice": ("craft", "ethos"),
    "ahead": ("audience", "mythos"),
    "earned": ("craft", "mythos"),
    "fits": ("reality", "mythos"),
    "meant": ("audience", "mythos"),
    "stock": ("craft", "lexis"),
    "said": ("craft", "ethos"),
    "foreseen": ("audience", "dianoia"),
    "again": ("craft", "dianoia"),
    "told": ("craft", "dianoia"),
    "even": ("craft", "lexis"),
    "openings": ("craft", "lexis"),
    "brief stop": ("craft", "lexis"),
    "longer": ("audience", "lexis"),
    "shorter": ("audience", "lexis"),
    "unvaried": ("craft", "lexis"),
    "reality helps": ("reality", "dianoia"),
    "reality silent": ("reality", "dianoia"),
    "audience helps": ("audience", "dianoia"),
    "audience silent": ("audience", "dianoia"),
    "intent helps": ("craft", "mythos"),
    "intent silent": ("craft", "mythos"),
    "still": ("craft", "dianoia"),
}
"""Kind to what it is about."""
SURPRISES: Final = frozenset({"odd", "world", "dense", "stranger", "voice", "ahead"})


def finding(kind: str, span: Span, strength: float, verdict: PointVerdict, **rest: object) -> Finding:
    """A finding about what its kind is about."""
    dimension, constraint = ABOUT[kind]
    return Finding(kind, span, strength, dimension, constraint, verdict, **rest)  # type: ignore[arg-type]


def surprises(evidence: Evidence) -> Iterator[Finding]:
    """Sentences of which the surprise is not explained, and what about them a writer can use."""
    above = above_others([*evidence.sentences, *evidence.beside])
    for sentence in evidence.sentences:
        made = _surprise(evidence, sentence, above.get(sentence.span))
        if made is not None:
            yield made


def above_others(sentences: Sequence[Sentence]) -> dict[Span, float]:
    """How far a sentence's new words of matter are more surprising than the others', in standard deviations."""
    means: dict[Span, float] = {}
    for sentence in sentences:
        fresh = [word.informed for word in sentence.words if word.matter and not word.copied and not word.name]
        if len(fresh) >= FRESH_WORDS:
            means[sentence.span] = statistics.fmean(fresh)
    if len(means) < PEERS:
        return {}
    spread = max(statistics.pstdev(means.values()), 1e-6)
    middle = statistics.fmean(means.values())
    return {span: (mean - middle) / spread for span, mean in means.items()}


def crowded(evidence: Evidence, sentence: Sentence) -> bool:
    """Whether more than one name comes up in a sentence for the first time."""
    return _several(_strange(evidence, sentence))


def _strange(evidence: Evidence, sentence: Sentence) -> list[tuple[Word, ...]]:
    found = new_names(evidence, sentence)
    return [name for name in found if max(one.informed for one in name) >= STRANGE]


def _several(names: Sequence[tuple[Word, ...]]) -> bool:
    return len({_name(one) for one in names}) > 1


def _name(words: Sequence[Word]) -> str:
    return " ".join(word.text for word in words)


def _surprise(evidence: Evidence, sentence: Sentence, above: float | None) -> Finding | None:
    span = evidence.clip(sentence.span)
    measure = sentence.measure
    percentile = measure.percentile
    marked = measure.kind == "unexplained"
    strange = _strange(evidence, sentence)
    several = _several(strange)
    hot = above >= ABOVE if above is not None else percentile.story_bits_per_token >= HOT
    hot = hot and measure.kind == "steady" and percentile.information <= 90
    if span is None or not (marked or hot or several):
        return None
    if measure.words < 5 and len(evidence.sentences) > 2:
        return None
    inside = [one for one in sentence.words if evidence.clip(one.span)] or list(sentence.words)
    pivots = pivotal(inside)
    if not pivots:
        return None
    extreme = percentile.z >= EXTREME_Z and percentile.information <= HARDLY
    strength = 0.55 + 0.4 * percentile.z / 100 if marked else 0.3 + 0.08 * min(above or 1.0, 3.0)
    kind, also = _kind(evidence, sentence, pivots, strange, marked=marked)
    if kind == "stranger":
        strength = max(strength, 0.6 + 0.03 * len(strange))
        # What is said of a word is said of the name: it is there that a reader is asked.
        pivots = [strange[0][0], *(one for one in pivots if one not in strange[0])]
    slots = {"quote": shown(sentence.text), **word_slots(sentence, pivots), **view_slots(evidence, sentence, pivots)}
    slots |= ({"extreme": ""} if extreme else {}) | ({"marked": ""} if marked else {})
    if strange:
        slots["names"] = _listed([shown(_name(one)) for one in strange])
        slots |= {"several": ""} if several else {}
    return finding(
        kind,
        span,
        strength + 0.05 * extreme,
        "fails" if extreme and (kind != "stranger" or several) else "asks",
        slots=slots,
        figures=sentence_figures(sentence, pivots[:2]),
        word=strange[0][0] if kind == "stranger" else (pivots[0] if pivots else None),
        marked=marked or measure.kind == "earned",
        also=also,
    )


def _kind(
    evidence: Evidence, sentence: Sentence, pivots: Sequence[Word], strange: Sequence[tuple[Word, ...]], *, marked: bool
) -> tuple[str, tuple[str, ...]]:
    """What the surprise of a sentence is about, and what else it could be."""
    strongest = max((one.informed for one in strange[0]), default=0.0) if strange else 0.0
    if _several(strange) or (strange and marked and strongest >= pivots[0].informed):
        return "stranger", ()
    if sentence.spoken:
        return "voice", ()
    if pivots and helps(pivots[0].bits.get("story", 0), pivots[0].bits.get("reality", 1e9)):
        return "ahead", ("odd",)
    matter = [word.informed for word in pivots]
    alone = bool(matter) and matter[0] >= ALONE * sum(matter[:3])
    if not alone and len(matter) >= 3 and matter[2] >= STRANGE:
        return "dense", ("world", "odd")
    if "reality" in evidence.given:
        return "world", ("odd", "dense")
    return "odd", ("world", "dense")


def pivotal(words: Sequence[Word]) -> list[Word]:
    """The words of matter, the most surprising first: new words before names, and before words that stood before."""
    matter = [word for word in words if word.matter]
    return sorted(matter, key=lambda one: (one.name, one.copied, -one.informed, one.span.start))


def helps(before: float, after: float) -> bool:
    """Whether a view makes a word noticeably likelier."""
    return before - after >= HELP_BITS


def word_slots(sentence: Sentence, pivots: Sequence[Word]) -> dict[str, str]:
    """The pivotal words, and where in the sentence they stand."""
    if not pivots:
        return {}
    slots = {"word": shown(pivots[0].text)}
    second = next((one for one in pivots[1:] if fold(one.text) != fold(pivots[0].text)), None)
    if second is not None and second.informed >= 0.7 * pivots[0].informed:
        slots["second"] = shown(second.text)
    at = next((i for i, one in enumerate(sentence.words) if one.span == pivots[0].span), 0)
    before = [one.informed for one in sentence.words[:at]]
    if len(before) >= 3 and sum(before) / len(before) < 6.0:
        slots["smooth"] = ""
    if at >= len(sentence.words) - 2 and len(sentence.words) > 4:
        slots["late"] = ""
    if at <= 1 and len(sentence.words) > 4:
        slots["early"] = ""
    return slots


def view_slots(evidence: Evidence, sentence: Sentence, pivots: Sequence[Word]) -> dict[str, str]:
    """Which view makes the sentence easier to see coming, and which does not."""
    measure = sentence.measure
    bare = max(measure.surprisal[BARE], 1e-6)
    slots: dict[str, str] = {}
    if not evidence.before(sentence.span.start).strip():
        slots["alone"] = ""
    elif pivots and helps(pivots[0].bits[BARE], pivots[0].bits[STORY]):
        slots["story_word"] = ""
    elif measure.information.story / bare > 0.05:
        slots["story_little"] = ""
    else:
        slots["story_none"] = ""
    if BRIEF in measure.surprisal and evidence.given:  # with an adapter there is that view without a brief
        gain = measure.information.brief / bare
        slots["brief_some" if gain > 0.02 else "brief_none"] = ""
    if evidence.fields:
        by_field = {name: 1 - measure.surprisal[name] / max(measure.surprisal[STORY], 1e-6) for name in evidence.fields}
        best = max(by_field, key=lambda name: by_field[name])
        if by_field[best] > 0.02:
            slots[f"{best}_most"] = ""
    return slots


def sentence_figures(sentence: Sentence, pivots: Sequence[Word] = ()) -> tuple[Figure, ...]:
    """The numbers behind a sentence, in each view."""
    measure = sentence.measure
    labels = {BARE: "On its own", STORY: "After the story", BRIEF: "With the brief"}
    labels |= {name: f"With the {name} alone" for name in ("intent", "audience", "reality")}
    found = [Figure(labels[view], round(bits, 1), "bits") for view, bits in measure.surprisal.items() if view in labels]
    found.append(
        Figure("Sentences of its length that surprise less, for their place", round(measure.percentile.z, 0), "%")
    )
    found.append(
        Figure("Sentences of its length that are less explained", round(measure.percentile.information, 0), "%")
    )
    found.extend(Figure(f"“{word.text}”", round(word.informed, 1), "bits") for word in pivots)
    return tuple(found)


def shown(text: str) -> str:
    """Words of the draft as they stand in a sentence of the critique: on one line, and not too long."""
    short = quote(text)
    return short if len(short) <= LONGEST_SHOWN else short[: LONGEST_SHOWN - 1].rstrip() + "…"


def _listed(names: Sequence[str]) -> str:
    unique = list(dict.fromkeys(names))[:3]
    if len(unique) == 1:
        return f"“{unique[0]}”"
    return ", ".join(f"“{name}”" for name in unique[:-1]) + f" and “{unique[-1]}”"


# --- which of them, in which order --------------------------------------------------------------------------------


def order(found: Iterable[Finding], words: int) -> list[Finding]:
    """The findings to be said, the strongest first, each a little weaker where its like was said before it."""
    pool = sorted(found, key=lambda one: (-one.strength, one.span.start, one.kind))
    chosen: list[Finding] = []
    room = FEWEST_UNMARKED + words // WORDS_A_POINT
    while pool and len(chosen) < MOST_POINTS:
        best = max(pool, key=lambda one: (_worth(one, chosen), -one.span.start))
        pool.remove(best)
        unmarked = sum(not one.marked for one in chosen)
        if _clashes(best, chosen) or (not best.marked and unmarked >= room):
            continue
        chosen.append(best)
    return _cover(chosen, pool)


def _worth(one: Finding, chosen: Sequence[Finding]) -> float:
    kinds = Counter(other.kind for other in chosen)
    dimensions = Counter(other.dimension for other in chosen)
    return one.strength - SIMILAR * min(kinds[one.kind], 3) - ALIKE * min(dimensions[one.dimension], 4)


def _clashes(one: Finding, chosen: Sequence[Finding]) -> bool:
    """Whether its words were spoken of: two things about one sentence must be different things."""
    if one.whole:
        return sum(other.whole for other in chosen) > 1
    for other in chosen:
        if {one.kind, other.kind} == {"openings", "even"} and (_holds(one, other) or _holds(other, one)):
            return True  # one beat, one remark
        touching = not other.whole and one.span.start < other.span.end and other.span.start < one.span.end
        if one.kind == other.kind and not one.whole and one.slots.get("quote", "") == other.slots.get("quote", None):
            return True  # the very same words, once more
        if touching and (one.kind == other.kind or {one.kind, other.kind} <= SURPRISES or one.span == other.span):
            return True
    return False


def _holds(outer: Finding, inner: Finding) -> bool:
    return outer.span.start <= inner.span.start and inner.span.end <= outer.span.end


def _cover(chosen: list[Finding], rest: Sequence[Finding]) -> list[Finding]:
    """See that each dimension with evidence is spoken of: by another reading, or by a finding left out."""
    for wanted in DIMENSIONS:
        if not chosen or any(one.dimension == wanted for one in chosen):
            continue
        counts = Counter(one.dimension for one in chosen)
        for at in range(len(chosen) - 1, 0, -1):
            kind = next((kind for kind in chosen[at].also if ABOUT[kind][0] == wanted), None)
            if kind is not None and counts[chosen[at].dimension] > 1:
                dimension, constraint = ABOUT[kind]
                chosen[at] = replace(chosen[at], kind=kind, dimension=dimension, constraint=constraint)
                break
        else:
            left = [one for one in rest if one.dimension == wanted and not _clashes(one, chosen)]
            chosen.extend(left[:1])
    return chosen

"""What a passage earns, foresees, repeats and leans on: findings other than surprise that nothing explains."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from typing import Final

from cqa_desktop.annotations.critique import Figure
from cqa_desktop.critique import rhythm
from cqa_desktop.critique.measured_evidence import Evidence, Sentence, Word
from cqa_desktop.critique.measured_findings import (
    FAR,
    Finding,
    above_others,
    crowded,
    finding,
    helps,
    pivotal,
    sentence_figures,
    shown,
    surprises,
    view_slots,
    word_slots,
)
from cqa_desktop.critique.word_lists import BECAUSE, FEELINGS
from cqa_desktop.measure.types import BARE, BRIEF, STORY
from cqa_desktop.text.spans import Span
from cqa_desktop.text.words import fold

STANDS_OUT: Final = 0.45
"""Strength under which it is said that nothing stands out."""
WEIGHTY: Final = 9.0
"""Bits that a word has by itself, if making room for it is said to be worth something."""
MUCH: Final = 0.15
"""Share of a sentence's surprise that goes with what is known, if it is said to be much."""
GUESSED_EARLY: Final = 2
"""Words after which the rest of a stock phrase was the first guess, if it is said to fail."""
LONG_PHRASE: Final = 4
"""Words of a stock phrase that is said to fail: a shorter one may be plain speech."""
UNGUESSED: Final = 2.5
"""Bits a word from which a stock phrase was not guessed: it is known to be one all the same."""
HELPED: Final = 0.015
"""Share of the surprisal that a field of the brief takes away, if the passage is said to lean on it."""
SILENT: Final = 0.002


def findings(evidence: Evidence) -> list[Finding]:
    """All there is to say about a passage, in no order."""
    found = [*surprises(evidence), *_earned(evidence), *_easy(evidence), *_told(evidence), *_counted(evidence)]
    found.extend(_fields(evidence))
    if not any(one.marked or one.strength >= STANDS_OUT for one in found):
        found.extend(_strongest(evidence))
    return found


def _earned(evidence: Evidence) -> Iterator[Finding]:
    for sentence in evidence.sentences:
        span = evidence.clip(sentence.span)
        if sentence.measure.kind != "earned" or span is None or crowded(evidence, sentence):
            continue
        matter = [word for word in sentence.words if word.matter]
        new = [word for word in matter if not word.copied and not word.name] or matter
        if not new:
            continue
        later = [word for word in new if word.span.start > sentence.words[0].span.start]
        helped = [word for word in later if word.bits[BARE] >= WEIGHTY and helps(word.bits[BARE], word.informed)]
        best = max(helped or new, key=lambda one: (one.bits[BARE] - one.informed, -one.span.start))
        slots = {"quote": shown(sentence.text), **view_slots(evidence, sentence, [best])}
        slots["helped" if helped else "word"] = shown(best.text)
        gain = sentence.measure.information.story + sentence.measure.information.brief
        if gain >= MUCH * sentence.measure.surprisal[BARE]:
            slots["much"] = ""
        slots |= _echo(evidence, sentence, matter)
        kind = "fits" if "reality_most" in slots else "meant" if "audience_most" in slots else "earned"
        percentile = sentence.measure.percentile
        yield finding(
            kind,
            span,
            0.45 + 0.2 * percentile.information / 100 + 0.1 * percentile.bits_per_token / 100,
            "works",
            slots=slots,
            figures=sentence_figures(sentence, [best]),
            word=best,
            marked=True,
        )


def _echo(evidence: Evidence, sentence: Sentence, matter: Sequence[Word]) -> dict[str, str]:
    """A word of the sentence that answers one far before it, the rarest there is."""
    before = evidence.before(sentence.span.start)
    lowered = before.casefold()
    for word in sorted(matter, key=lambda one: -one.bits[BARE]):
        if not word.copied or word.name or len(word.text) < 4:
            continue
        at = lowered.rfind(word.text.casefold())
        if 0 <= at < len(before) - FAR:
            return {"echo": shown(word.text)}
    return {}


def _easy(evidence: Evidence) -> Iterator[Finding]:
    """Stock phrases, and sentences that a reader sees coming."""
    for sentence in evidence.sentences:
        for stock in sentence.stock:
            span = evidence.clip(stock)
            if span is not None:
                yield _stock(sentence, span)
        span = evidence.clip(sentence.span)
        if span is None or sentence.measure.kind != "predictable" or sentence.stock:
            continue
        percentile = sentence.measure.percentile
        dull = percentile.story_bits_per_token
        yield finding(
            "said" if sentence.spoken else "foreseen",
            span,
            (0.3 if sentence.spoken else 0.45) + 0.02 * (10 - min(dull, 10)),
            "asks",
            slots={"quote": shown(sentence.text), **({"very": ""} if dull < 2 else {})},
            figures=sentence_figures(sentence),
            marked=True,
        )


def _stock(sentence: Sentence, span: Span) -> Finding:
    own = [word for word in sentence.words if span.start <= word.span.start < span.end]
    early = guessed_after(own)
    mean = statistics.fmean(word.bits[STORY] for word in own) if own else 0.0
    slots = {"quote": shown(_of(sentence, span))}
    if mean > UNGUESSED:
        slots["listed"] = ""
    elif early < len(own):
        slots["known"] = " ".join(word.text for word in own[: max(early, 1)])
        slots["rest"] = " ".join(word.text for word in own[max(early, 1) :])
    strong = len(own) >= LONG_PHRASE and (early <= GUESSED_EARLY or "listed" in slots)
    if sentence.spoken:
        slots["spoken"] = ""
    return finding(
        "stock",
        span,
        0.6 + 0.2 * strong,
        "fails" if strong and not sentence.spoken else "asks",
        slots=slots,
        figures=(
            Figure("Words after which the rest was the first guess", early, "words"),
            Figure("A word of it, on average", round(mean, 1), "bits"),
        ),
        marked=True,
    )


def guessed_after(own: Sequence[Word]) -> int:
    """After how many words of a phrase the rest was the model's first guess; all of them if it never was."""
    late = max((at for at, word in enumerate(own) if word.rank > 0), default=-1)
    return late + 1


def _told(evidence: Evidence) -> Iterator[Finding]:
    """A feeling named and explained outside of speech."""
    for sentence in evidence.sentences:
        words = [word for word in sentence.words if not word.spoken]
        folded = [fold(word.text) for word in words]
        named = next((at for at, word in enumerate(folded) if word in FEELINGS), None)
        reason = next((at for at, word in enumerate(folded) if word in BECAUSE), None)
        if named is None or reason is None or len(words) < 6:
            continue
        # What comes after the reason is what is explained; where the reason stands last, the whole is.
        first = reason if reason < len(words) - 3 else 0
        span = evidence.clip(Span(words[first].span.start, words[-1].span.end))
        if span is None:
            continue
        after = statistics.fmean(word.informed for word in words[first:])
        whole = statistics.fmean(word.informed for one in evidence.sentences for word in one.words)
        slots = {"quote": shown(evidence.text[span.start : span.end]), "feeling": words[named].text}
        slots["reason"] = words[reason].text
        if after < whole:
            slots["easy"] = ""
        yield finding(
            "told",
            span,
            0.55 + 0.1 * (after < whole),
            "asks",
            slots=slots,
            figures=(
                Figure("A word of the explanation", round(after, 1), "bits"),
                Figure("A word of the passage", round(whole, 1), "bits"),
            ),
        )


def _counted(evidence: Evidence) -> Iterator[Finding]:
    """Rhythm and repetition."""
    lines = [
        rhythm.line(
            one.text,
            spoken=one.spoken,
            names=frozenset(fold(word.text) for word in one.words if word.name),
            paragraph=one.paragraph,
        )
        for one in evidence.sentences
    ]
    for run in rhythm.even_runs(lines):
        chosen = evidence.sentences[run.first : run.last]
        span = evidence.clip(Span(chosen[0].span.start, chosen[-1].span.end))
        if span is None:
            continue
        lengths = [one.measure.words for one in chosen]
        slots = {"first": shown(chosen[0].text), "last": shown(chosen[-1].text), "count": _number(len(run))}
        strong = len(run) > rhythm.EVEN_RUN and max(lengths) <= 9
        figures = tuple(Figure(f"Sentence {at}", length, "words") for at, length in enumerate(lengths, 1))
        yield finding(
            "even", span, 0.6 + 0.05 * len(run), "fails" if strong else "asks", slots=slots, figures=figures[:8]
        )
    for run in rhythm.same_openings(lines):
        chosen = evidence.sentences[run.first : run.last]
        span = evidence.clip(Span(chosen[0].span.start, chosen[-1].span.end))
        if span is None:
            continue
        slots = {"opening": shown(chosen[0].words[0].text), "count": _number(len(run))}
        figures = (Figure("Sentences in a row that begin alike", len(run), ""),)
        yield finding("openings", span, 0.35 + 0.06 * len(run), "asks", slots=slots, figures=figures)
    for at, earlier, share in rhythm.said_again(lines):
        sentence = evidence.sentences[at]
        span = evidence.clip(sentence.span)
        if span is None:
            continue
        slots = {"quote": shown(sentence.text), "earlier": shown(evidence.sentences[earlier].text)}
        shared = lines[at].matter & lines[earlier].matter
        same = [word.text for word in sentence.words if rhythm.stem(fold(word.text)) in shared]
        slots["same"] = ", ".join(f"“{text}”" for text in dict.fromkeys(same[:3]))
        easy = sentence.measure.percentile.story_bits_per_token < 65
        figures = (Figure("Of its matter, said just before", round(100 * share, 0), "%"),)
        yield finding(
            "again",
            span,
            0.55 + 0.3 * share,
            "fails" if share >= 0.75 and easy else "asks",
            slots=slots,
            figures=(*figures, *sentence_figures(sentence)),
        )
    yield from _stops(evidence)
    yield from _pace(evidence)


def _stops(evidence: Evidence) -> Iterator[Finding]:
    """A short sentence after long ones that is not easy to see coming."""
    for before, sentence in zip(evidence.sentences, evidence.sentences[1:], strict=False):
        span = evidence.clip(sentence.span)
        short = 0 < sentence.measure.words <= 5 and before.measure.words >= 18
        if span is None or not short or sentence.spoken or before.spoken or before.paragraph != sentence.paragraph:
            continue
        yield finding(
            "brief stop",
            span,
            0.4,
            "works",
            slots={"quote": shown(sentence.text), "earlier": shown(before.text)},
            figures=(
                Figure("This sentence", sentence.measure.words, "words"),
                Figure("The one before it", before.measure.words, "words"),
            ),
        )
        return


def _pace(evidence: Evidence) -> Iterator[Finding]:
    found = rhythm.pace([one.text for one in evidence.sentences], evidence.around)
    if found is None:
        return
    figures = (
        Figure("Words in a sentence here", round(found.here, 1), "words"),
        Figure("Words in a sentence around it", round(found.around, 1), "words"),
        Figure("How unlike each other the lengths are here", round(100 * found.spread, 0), "%"),
        Figure("How unlike each other they are around it", round(100 * found.spread_around, 0), "%"),
    )
    ratio = found.here / found.around
    kind = "longer" if ratio > 1.5 else "shorter" if ratio < 0.62 else ""
    if not kind and found.spread < 0.55 * found.spread_around:
        kind = "unvaried"
    if kind:
        slots = _evenness(evidence)
        yield finding(kind, evidence.span, 0.4, "asks", slots=slots, figures=figures, whole=True)


def _evenness(evidence: Evidence) -> dict[str, str]:
    """Whether the surprise is spread evenly over the sentences, or one has most of it."""
    bits = [one.measure.surprisal.get(BRIEF, one.measure.surprisal[STORY]) for one in evidence.sentences]
    each = [value / max(one.measure.words, 1) for value, one in zip(bits, evidence.sentences, strict=True)]
    whole = [(value, one) for value, one in zip(each, evidence.sentences, strict=True) if one.measure.words >= 5]
    if len(whole) < 4:
        return {}
    values = [value for value, _ in whole]
    top, sentence = max(whole, key=lambda pair: pair[0])
    if statistics.pstdev(values) < 0.2 * statistics.fmean(values):
        return {"level": ""}
    return {"peak": shown(sentence.text)} if top > 1.4 * statistics.fmean(values) else {}


def _fields(evidence: Evidence) -> Iterator[Finding]:
    """What each field of the brief does for the whole passage; of those that do nothing, the one that does least."""
    least = min(evidence.fields, key=lambda one: evidence.fields[one], default="")
    for name, share in evidence.fields.items():
        figures = (Figure(f"Surprise that the {name} takes away", round(100 * share, 1), "%"),)
        if share >= HELPED:
            best = _most_helped(evidence, name)
            slots = {"word": shown(best.text)} if best else {}
            yield finding(
                f"{name} helps", evidence.span, 0.35, "works", slots=slots, figures=figures, whole=True, word=best
            )
        elif name == least and share < SILENT and sum(one.measure.words for one in evidence.sentences) >= 40:
            weight = {"reality": 0.24, "audience": 0.22, "intent": 0.2}[name]
            yield finding(f"{name} silent", evidence.span, weight, "asks", figures=figures, whole=True)


def _most_helped(evidence: Evidence, name: str) -> Word | None:
    words = [word for one in evidence.sentences for word in one.words if word.matter and not word.copied]
    best = max(words, key=lambda one: one.bits[STORY] - one.bits[name], default=None)
    return best if best is not None and helps(best.bits[STORY], best.bits[name]) else None


def _strongest(evidence: Evidence) -> Iterator[Finding]:
    """Where nothing stands out: the most surprising sentence all the same."""
    above = above_others([*evidence.sentences, *evidence.beside])

    def strength(one: Sentence) -> tuple[float, float, int]:
        return above.get(one.span, -9.0), one.measure.percentile.story_bits_per_token, -one.span.start

    sentence = max(evidence.sentences, key=strength)
    span = evidence.clip(sentence.span) or evidence.span
    inside = [word for word in sentence.words if evidence.clip(word.span)] or list(sentence.words)
    pivots = pivotal(inside) or inside[:1]
    slots = {"quote": shown(sentence.text), **word_slots(sentence, pivots), **view_slots(evidence, sentence, pivots)}
    if len(sentence.words) == 1:
        slots["single"] = ""
    yield finding(
        "still",
        span,
        STANDS_OUT + 0.1,
        "asks",
        slots=slots,
        figures=sentence_figures(sentence, pivots[:2]),
        word=pivots[0] if pivots else None,
    )


def _of(sentence: Sentence, span: Span) -> str:
    return sentence.text[span.start - sentence.span.start : span.end - sentence.span.start]


def _number(count: int) -> str:
    names = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    return names[count - 2] if 2 <= count <= 12 else "many"

"""Do the words that writers changed, and the spans that they called clichés, stand out in any figure?

Words are compared within strata: an eighth of the draft, and whether the sentence is first, last or between, since
position alone tells much of where writers edit. A second column compares words of one draft alone.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence

import numpy as np

from cqa_desktop.engine.phrases import shipped_phrases
from cqa_desktop.models.registry import reference_prose
from cqa_desktop.resources import resource
from cqa_desktop.text.words import fold, words
from tests.benchmarks.agreement.data import EditedText, TextPair
from tests.benchmarks.agreement.figures import TOKEN_FIGURES, listed, model_phrases, unigrams, word_bits
from tests.benchmarks.agreement.scored import Array, Scored, Words, words_of
from tests.benchmarks.agreement.statistics import Area, area_over_documents, area_within_documents, interval

WINDOW = 3
"""Words on either side that a smoothed figure takes in."""
SMOOTHED = ("S_story", "I_story", "H_story (entropy)", "H_bare - H_story (expected I)", "S_story - H_story")
BY_SENTENCE = ("S_story", "I_story", "H_story (entropy)", "S_story - H_story", "varentropy")


def span_tables(texts: Sequence[EditedText], scored: Sequence[Scored]) -> list[str]:
    """Areas under the curve, as lines of Markdown."""
    found = [words_of(one) for one in scored]
    document = np.concatenate([np.full(len(one.start), index) for index, one in enumerate(found)])
    edited = np.concatenate([_inside(one, _spans(text)) for one, text in zip(found, texts, strict=True)])
    cliche = np.concatenate([_inside(one, _spans(text, "Cliche")) for one, text in zip(found, texts, strict=True)])
    place = np.concatenate([place_strata(one, text.draft) for one, text in zip(found, texts, strict=True)])
    figures = _word_figures(scored, found)
    figures["place in the draft, without strata"] = place
    lines = [
        f"| figure of a word ({len(document):,} words of {len(texts)} drafts) | changed ({edited.mean():.0%}) | "
        f"the same, within a draft | called a cliché ({cliche.mean():.0%}) | the same, within a draft |",
        "|---|---:|---:|---:|---:|",
    ]
    none = np.zeros(len(document), int)
    for name, values in figures.items():
        strata = none if name.startswith("place") else place
        cells = []
        for labels in (edited, cliche):
            cells.append(_cell(area_over_documents(values, labels, strata, document)))
            # Within a draft a stratum is a quarter of it: eighths hold too few words of each kind.
            cells.append(_cell(area_within_documents(values, labels, strata // 20, document)))
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def phrase_table(
    texts: Sequence[EditedText], scored: Sequence[Scored], pairs: Sequence[TextPair], drafts: Sequence[Scored]
) -> list[str]:
    """What stock phrases are worth: on spans, and on what writers of the pairs took out, beside chance."""
    lines = [
        "| stock phrases | a 1,000 words of the drafts | within a span called cliché (chance) | cliché spans touched | "
        "changed in the spans' drafts (chance) | taken out of the pairs' drafts (chance) |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    kinds = {
        "the model's first guesses": model_phrases,
        "public list (cliches.txt)": lambda one: listed(one, "cliches.txt"),
        "shipped lists": listed,
    }
    removed = [removed_words(pair) for pair in pairs]
    for title, find in kinds.items():
        spans = [find(one) for one in scored]
        count = sum(map(len, spans))
        total = sum(len(words(text.draft)) for text in texts)
        cells = [f"{1000 * count / total:.1f}"]
        for category in ("Cliche", ""):
            inside = [
                _share(span, _spans(text, category)) >= 0.5 for text, s in zip(texts, spans, strict=True) for span in s
            ]
            chance = np.mean([_covered(text, category) for text in texts])
            cells.append(f"{np.mean(inside):.0%} ({chance:.0%})" if inside else f"- ({chance:.0%})")
        touched = [
            any(start < edit.end and edit.start < end for start, end in found)
            for text, found in zip(texts, spans, strict=True)
            for edit in text.edits
            if "liche" in edit.category
        ]
        cells.insert(2, f"{np.mean(touched):.0%}")
        gone = [
            float(np.mean(flags[first:behind])) >= 0.5
            for one, (starts, flags) in zip(drafts, removed, strict=True)
            for start, end in find(one)
            for first, behind in [(int(np.searchsorted(starts, start)), int(np.searchsorted(starts, end)))]
        ]
        chance = float(np.mean([flags.mean() for _, flags in removed]))
        if gone:
            low, high = interval(np.array(gone, float))
            cells.append(f"{np.mean(gone):.0%} ({low:.0%}-{high:.0%}; {chance:.0%})")
        else:
            cells.append(f"- ({chance:.0%})")
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return lines


def alarm_table() -> list[str]:
    """How often the shipped lists fire on bundled texts: published prose, a present-day page, the meaning test's."""
    texts = {
        "reference prose, 1902 to 1960": "\n\n".join(path.read_text(encoding="utf-8") for path in reference_prose()),
        "present-day prose (samples/charger.md)": resource("samples", "charger.md").read_text(encoding="utf-8"),
    }
    rows = [json.loads(line) for line in resource("pairs", "triples.jsonl").read_text(encoding="utf-8").splitlines()]
    for name, title in (("original", "original"), ("noise", "noise"), ("cliche", "cliché")):
        texts[f"the meaning test's triples: {title}"] = "\n\n".join(row[name] for row in rows)
    lines = ["| text | words | listed phrases | a 1,000 words |", "|---|---:|---:|---:|"]
    book = shipped_phrases()
    for title, text in texts.items():
        folded = [fold(span.of(text)) for span in words(text)]
        count = len(book.find(folded))
        lines.append(f"| {title} | {len(folded):,} | {count} | {1000 * count / len(folded):.1f} |")
    return lines


def _word_figures(scored: Sequence[Scored], found: Sequence[Words]) -> dict[str, Array]:
    def joined(of: Sequence[Array]) -> Array:
        return np.concatenate(list(of))

    figures: dict[str, Array] = {}
    sums: dict[str, list[Array]] = {
        name: [one.sums(figure(text)) for text, one in zip(scored, found, strict=True)]
        for name, figure in TOKEN_FIGURES.items()
    }
    for name in sums:
        figures[name] = joined(sums[name])
    for name in SMOOTHED:
        figures[f"{name}, seven words"] = joined(
            [_smooth(values, one.sentence) for values, one in zip(sums[name], found, strict=True)]
        )
    for name in BY_SENTENCE:
        figures[f"{name}, sentence"] = joined(
            [
                np.array([TOKEN_FIGURES[name](text)[text.sentence == k].mean() for k in range(len(text.passages))])[
                    one.sentence
                ]
                for text, one in zip(scored, found, strict=True)
            ]
        )
    figures["z_story, sentence"] = joined(
        [np.array([m.z["story"] for m in text.measures])[one.sentence] for text, one in zip(scored, found, strict=True)]
    )
    counts, total = unigrams()
    figures["unigram - model"] = joined(
        [
            np.array([word_bits(fold(text.text[a:b]), counts, total) for a, b in zip(one.start, one.end, strict=True)])
            - values
            for text, one, values in zip(scored, found, sums["S_story"], strict=True)
        ]
    )
    figures["letters"] = joined([(one.end - one.start).astype(float) for one in found])
    for title, find in (("public list", "cliches.txt"), ("shipped lists", "")):
        figures[f"in a listed phrase, {title}"] = joined(
            [_inside(one, listed(text, find)).astype(float) for text, one in zip(scored, found, strict=True)]
        )
    figures["in a stock phrase of the model"] = joined(
        [_inside(one, model_phrases(text)).astype(float) for text, one in zip(scored, found, strict=True)]
    )
    return figures


def _smooth(values: Array, sentence: Array) -> Array:
    found = np.empty(len(values))
    for at in range(len(values)):
        near = slice(max(0, at - WINDOW), at + WINDOW + 1)
        found[at] = values[near][sentence[near] == sentence[at]].mean()
    return found


def _spans(text: EditedText, category: str = "") -> list[tuple[int, int]]:
    return [(edit.start, edit.end) for edit in text.edits if category in edit.category]


def _inside(found: Words, spans: Sequence[tuple[int, int]]) -> Array:
    inside = np.zeros(len(found.start), bool)
    for start, end in spans:
        inside |= (found.start < end) & (found.end > start) & ((found.start + found.end) / 2 < end)
    return inside


def _share(span: tuple[int, int], spans: Sequence[tuple[int, int]]) -> float:
    covered = {place for start, end in spans for place in range(max(start, span[0]), min(end, span[1]))}
    return len(covered) / max(1, span[1] - span[0])


def _covered(text: EditedText, category: str) -> float:
    return _share((0, len(text.draft)), _spans(text, category))


def place_strata(found: Words, draft: str) -> Array:
    """Ten times the eighth of the draft that a word stands in, and 0, 1, 2 for the first sentence, others, the last."""
    last = found.sentence[-1]
    kind = np.where(found.sentence == 0, 0, np.where(found.sentence == last, 2, 1))
    return np.minimum(found.start * 8 // max(1, len(draft)), 7) * 10 + kind


def changed_words(text: EditedText, scored: Scored) -> Array:
    """Whether each word of a scored draft stands in a span that was changed."""
    return _inside(words_of(scored), _spans(text))


def removed_words(pair: TextPair) -> tuple[Array, Array]:
    """Where each word of the draft begins, and whether the edited text lacks it."""
    spans = words(pair.draft)
    before, after = ([fold(span.of(text)) for span in words(text)] for text in (pair.draft, pair.edited))
    gone = np.ones(len(before), bool)
    for block in difflib.SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks():
        gone[block.a : block.a + block.size] = False
    return np.array([span.start for span in spans]), gone


def _cell(found: Area) -> str:
    return f"{found.area:.3f} ({found.low:.2f}-{found.high:.2f})"

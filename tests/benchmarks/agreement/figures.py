"""What may be said of a text: figures of its tokens, figures of the whole, and trivial ones beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

import numpy as np

from cqa_desktop.engine.phrases import BOOKS
from cqa_desktop.measure.phrases import PhraseBook
from cqa_desktop.measure.stock import StockRule, listed_phrases, stock_phrases
from cqa_desktop.models.registry import reference_prose
from cqa_desktop.resources import resource
from cqa_desktop.text.spans import join_spans
from cqa_desktop.text.words import fold, words
from tests.benchmarks.agreement.scored import Array, Scored
from trainer.reference.baselines import CharacterModel

TOKEN_FIGURES: Final[Mapping[str, Callable[[Scored], Array]]] = {
    "S_bare": lambda t: t.bare,
    "S_story": lambda t: t.story,
    "I_story": lambda t: t.bare - t.story,
    "I_story, new words": lambda t: (t.bare - t.story) * ~t.copied,
    "I_story, copied words": lambda t: (t.bare - t.story) * t.copied,
    "H_story (entropy)": lambda t: t.entropy,
    "H_bare - H_story (expected I)": lambda t: t.bare_entropy - t.entropy,
    "S_story - H_story": lambda t: t.story - t.entropy,
    "I - expected I": lambda t: (t.bare - t.bare_entropy) - (t.story - t.entropy),
    "varentropy": lambda t: t.varentropy,
    "log rank": lambda t: np.log2(t.rank + 1.0),
    "first guess": lambda t: (t.rank == 0).astype(float),
    "among ten first": lambda t: (t.rank < 10).astype(float),
    "under 1 bit": lambda t: (t.story < 1).astype(float),
    "over 10 bits": lambda t: (t.story > 10).astype(float),
}
"""Name to a figure of each token; a text's is their mean."""


def text_figures(text: Scored) -> dict[str, float]:
    """Figures that are not means over tokens."""
    story = text.story
    centred = story - story.mean()
    means = [story[text.sentence == index].mean() for index in np.unique(text.sentence)]
    kinds = Counter(one.kind for one in text.measures)
    count = max(1, len(text.measures))
    count_words = max(1, len(words(text.text)))
    return {
        "z_bare": float((text.bare - text.bare_entropy).sum() / np.sqrt(text.varentropy.sum())),
        "z_story": float((story - text.entropy).sum() / np.sqrt(text.varentropy.sum())),
        "variance of S_story over tokens": float(story.var()),
        "spread of S_story over sentences": float(np.std(means)),
        "autocorrelation of S_story": float((centred[1:] * centred[:-1]).mean() / max(centred.var(), 1e-9)),
        "step from token to token": float((np.diff(story) ** 2).mean()),
        "share earned": kinds["earned"] / count,
        "share unexplained": kinds["unexplained"] / count,
        "share predictable": kinds["predictable"] / count,
        "character 6-gram - model, bits a character": _character_model().bits(text.text)
        - float(story.sum()) / max(1, len(text.text)),
        "unigram - model, bits a word": unigram_bits(text) - float(story.sum()) / count_words,
        "stock phrases of the model, a word": len(_model_phrases(text)) / count_words,
    }


def trivial_figures(text: Scored) -> dict[str, float]:
    """Figures that need no model."""
    spans = words(text.text)
    count = max(1, len(spans))
    return {
        "words": float(count),
        "words a sentence": count / max(1, len(text.passages)),
        "letters a word": sum(span.end - span.start for span in spans) / count,
        "commas a word": text.text.count(",") / count,
        "listed phrases a word (public list)": len(listed(text, "cliches.txt")) / count,
        "listed phrases a word (shipped)": len(listed(text)) / count,
    }


def listed(text: Scored, name: str = "") -> list[tuple[int, int]]:
    """Spans of listed phrases: those of one file, or of all that ship."""
    found = [span for one in text.passages for span in listed_phrases(one, text.text, _book(name))]
    return [(span.start, span.end) for span in join_spans(found)]


def model_phrases(text: Scored) -> list[tuple[int, int]]:
    """Spans of the stock phrases that the model found."""
    return [(span.start, span.end) for span in _model_phrases(text)]


def _model_phrases(text: Scored):  # type: ignore[no-untyped-def]
    return [span for one in text.passages for span in stock_phrases(one, text.text, StockRule())]


def unigram_bits(text: Scored) -> float:
    """Bits a word under the frequencies of the reference prose."""
    counts, total = _unigrams()
    found = [fold(span.of(text.text)) for span in words(text.text)]
    return float(np.mean([word_bits(word, counts, total) for word in found])) if found else 0.0


def word_bits(word: str, counts: Mapping[str, int], total: int) -> float:
    """Bits of a word, each of its letters counted as one more occurrence that was not seen."""
    return float(-np.log2((counts.get(word, 0) + 0.5) / (total + 0.5 * len(counts))))


def unigrams() -> tuple[Mapping[str, int], int]:
    """Words of the reference prose, how often each, and how many in all."""
    return _unigrams()


@cache
def _unigrams() -> tuple[Mapping[str, int], int]:
    counts: Counter[str] = Counter()
    for path in reference_prose():
        text = path.read_text(encoding="utf-8")
        counts.update(fold(span.of(text)) for span in words(text))
    return counts, counts.total()


@cache
def _character_model() -> CharacterModel:
    return CharacterModel("\n\n".join(path.read_text(encoding="utf-8") for path in reference_prose()))


@cache
def _book(name: str) -> PhraseBook:
    names = [name] if name else BOOKS
    return PhraseBook.parse("\n".join(resource("stock", one).read_text(encoding="utf-8") for one in names))


def position_strata(text: Scored) -> Array:
    """Tokens at the same place of a sentence are of one stratum."""
    return np.minimum(text.place, 40)


def length_strata(text: Scored) -> Array:
    """Tokens of sentences of the same length band, and of the same quarter of it, are of one stratum."""
    from cqa_desktop.measure.calibration import band_of

    bands = np.array([band_of(int(count)) for count in text.length])
    return bands * 100 + np.minimum(text.place, 39) // 5

"""A paragraph as the model sees it, and what each token means in the draft."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from cqa_desktop.engine.scoring_model import ScoringModel
from cqa_desktop.measure.types import Ints
from cqa_desktop.text.normalise import as_one_line, straighten_quotes
from cqa_desktop.text.offsets import utf8_offsets
from cqa_desktop.text.sentences import sentences
from cqa_desktop.text.spans import Span
from cqa_desktop.text.words import fold, words

PIECE = 20_000
"""Characters tokenised at once: a longer paragraph is cut at spaces."""
IS_SPACE = np.array([chr(point).isspace() for point in range(0x3002)])
"""By code point; the last, which is none, stands for all beyond."""
CHARACTERS_A_TOKEN = 12
"""More than a token has on average in any language: context of so many characters a token fills a window."""
REMEMBERED = 30_000
"""Paragraphs kept tokenised: a long novel's."""


@dataclass(frozen=True, slots=True)
class PassageTokens:
    """A passage of a paragraph. Offsets count from the paragraph's start."""

    start: int
    end: int
    first: int
    last: int
    """Its tokens are `first` to `last`, `last` left out."""
    words: tuple[str, ...]
    """Its words, folded."""
    word_of: Ints
    """For each of its tokens, the index of the word it belongs to, or -1."""


@dataclass(frozen=True, slots=True)
class TokenizedParagraph:
    """Offsets count code points from the paragraph's start."""

    text: str
    ids: Ints
    start: Ints
    end: Ints
    """A token's span, without its leading white space."""
    passages: tuple[PassageTokens, ...]
    digest: int
    """64 bits of hash of the tokens."""


class ParagraphTokenizer:
    """Tokenises paragraphs, remembering those it has seen: an edit tokenises one paragraph, not the draft."""

    def __init__(self, model: ScoringModel) -> None:
        self._model = model
        self._seen: OrderedDict[str, TokenizedParagraph] = OrderedDict()

    def tokenize(self, text: str) -> TokenizedParagraph:
        """Tokens and passages of a paragraph without white space around it."""
        found = self._seen.get(text)
        if found is None:
            found = self._seen[text] = tokenize_paragraph(self._model, text)
            if len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
        else:
            self._seen.move_to_end(text)
        return found


def tokenize_paragraph(model: ScoringModel, text: str) -> TokenizedParagraph:
    """Tokens with their spans, and the passages they fall into."""
    plain = as_one_line(straighten_quotes(text))
    ids = np.concatenate([model.tokenize(piece) for piece in _cut(plain)] or [np.empty(0, np.int32)])
    bounds = np.concatenate(([0], np.cumsum(model.sizes(ids), dtype=np.int64)))
    offsets = utf8_offsets(plain.encode("utf-8", "replace").decode("utf-8"))
    extra = int(bounds[-1] - offsets[-1])
    if extra:
        # SentencePiece vocabularies put a space before the text: it is in no character of the draft.
        bounds = np.maximum(bounds - extra, 0)
    # A token that begins in the middle of a character counts from that character; one that ends in it, to its end.
    start = np.searchsorted(offsets, bounds[:-1], side="right") - 1
    end = np.searchsorted(offsets, bounds[1:], side="left")
    start = np.minimum(_next_visible(plain)[start], end)
    passages = _passages(text, start, sentences(text, Span(0, len(text))))
    digest = int.from_bytes(blake2b(ids.tobytes(), digest_size=8).digest(), "little")
    return TokenizedParagraph(text, ids, start.astype(np.int32), end.astype(np.int32), passages, digest)


def _cut(text: str) -> list[str]:
    pieces: list[str] = []
    start = 0
    while len(text) - start > PIECE:
        space = text.rfind(" ", start + 1, start + PIECE)
        at = space if space > start else start + PIECE
        pieces.append(text[start:at])
        start = at
    return [*pieces, text[start:]]


def _next_visible(text: str) -> Ints:
    """For each offset (and the end), that of the first character from there on that is not white space."""
    count = len(text)
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    spaces = IS_SPACE[np.minimum(points, len(IS_SPACE) - 1)]
    own = np.where(spaces, count, np.arange(count))
    following = np.minimum.accumulate(own[::-1])[::-1] if count else own
    return np.append(following, count).astype(np.int32)


def _passages(text: str, start: npt.NDArray[np.integer], spans: Sequence[Span]) -> tuple[PassageTokens, ...]:
    firsts = np.searchsorted(start, [span.start for span in spans], side="left")
    lasts = np.append(firsts[1:], len(start))
    if len(firsts):
        firsts[0] = 0  # white space that a tokenizer put before the text
    found = words(text)
    folded = [fold(text[word.start : word.end]) for word in found]
    starts = np.array([word.start for word in found], np.int32)
    ends = np.array([word.end for word in found] or [0], np.int32)
    # For every token the word it begins in, of the paragraph's words; -1 where it begins in none.
    word_of = np.searchsorted(starts, start, side="right").astype(np.int32) - 1
    word_of[start >= ends[word_of]] = -1
    # Where a passage was cut inside a word, its rest is counted to the passage that has its beginning.
    begins = np.searchsorted(starts, [span.start for span in spans], side="left").tolist()
    passages = []
    bounds = zip(spans, firsts.tolist(), lasts.tolist(), begins, [*begins[1:], len(found)], strict=True)
    for span, first, last, begin, end in bounds:
        own = word_of[first:last]
        own = np.where((own >= begin) & (own < end), own - begin, -1).astype(np.int32)
        passages.append(PassageTokens(span.start, span.end, first, last, tuple(folded[begin:end]), own))
    return tuple(passages)

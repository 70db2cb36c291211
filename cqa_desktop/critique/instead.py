"""What a reader expected in a word's place: the likeliest other words, and how the line might have gone on."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np

from cqa_desktop.annotations.critique import Figure
from cqa_desktop.critique.ability import TRUSTED
from cqa_desktop.critique.measured_evidence import place_of
from cqa_desktop.critique.measured_findings import SURPRISES, Finding
from cqa_desktop.critique.session import Task
from cqa_desktop.critique.word_lists import LEADS_ON
from cqa_desktop.engine.errors import CancelledError, EngineError
from cqa_desktop.engine.expectations import explain_word, read_before
from cqa_desktop.engine.generate import Generation, Sampling, context_size
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.engine.scoring_model import Stop
from cqa_desktop.measure.function_words import FUNCTION_WORDS
from cqa_desktop.resources import resource
from cqa_desktop.text.spans import Span
from cqa_desktop.text.words import fold, vocabulary, words

GUESSES: Final = 12
"""Words that are looked among for one of matter."""
LIKELY: Final = 0.01
"""Probability from which a word is said to have been expected."""
TAIL: Final = 256
"""Tokens of the draft that a continuation is written after: the prompt of each is read anew."""
LONGEST: Final = 24
"""Tokens of a continuation."""
SAMPLES: Final = 2
TRIES: Final = 5
"""One that goes on from the middle of the word before, or begins far from what is likely, is thrown away."""
FEWEST_WORDS: Final = 3
MOST_WORDS: Final = 9
TEMPERATURE: Final = 0.6
TOP_P: Final = 0.75
"""Nearer to what is likely than to all that is possible: it is a reader's expectation that is asked for."""
_WHOLE: Final = re.compile(r"[A-Za-z][A-Za-z'’-]*[A-Za-z]$")
_END: Final = re.compile(r"[.!?;:—\"“”\n(]|--")


class Instead:
    """What was expected at the word of one finding. It can be stopped anywhere and asked again."""

    def __init__(self, scorer: Scorer[LlamaModel], task: Task, part: Span, finding: Finding) -> None:
        self.slots: dict[str, str] = {}
        self.figures: tuple[Figure, ...] = ()
        self._scorer = scorer
        self._task = task
        self._place = place_of(task, part)
        self._finding = finding
        self._expected = False
        self._guesses: frozenset[str] = frozenset()
        self._samples: list[str] = []
        self._tried = 0
        self._writing: Generation | None = None

    def find(self, stop: Stop) -> None:
        """Find out what there is to find out.

        Raises:
            CancelledError: once `stop()` is true.
            EngineError: if the model fails.
        """
        if self._finding.word is None or self._finding.whole:
            return
        if not self._expected:
            self._guess(stop)
            self._expected = True
        wanted = SAMPLES if self._finding.kind in SURPRISES else 1
        if self._scorer.model.file.parameters < TRUSTED:
            _read_prose(stop)
        # Before the first word of a draft anything might have been said.
        tries = TRIES if self._place.text[: self._offset].strip() else 0
        while self._tried < tries and len(self._samples) < wanted:
            text = self._sample(self._tried, stop)
            self._tried += 1
            if text and self._likely(short(text)):
                self._samples.append(text)
        own = self._finding.word.text
        went = [
            one
            for one in dict.fromkeys(map(short, self._samples))
            # A capital in mid-sentence is a slip of the model's, and the writer's own word is no other choice.
            if one and fold(one.split()[0]) != fold(own) and one[0].isupper() <= own[0].isupper()
        ]
        self.slots.update(zip(("went", "elsewhere"), went, strict=False))
        expected = fold(self.slots.get("expected", ""))
        self.slots.update(("leaning", one) for one in went[:1] if fold(one.split()[0].strip(",")) == expected)

    def close(self) -> None:
        """Free what is held; a second call does nothing."""
        if self._writing is not None:
            self._writing.close()
            self._writing = None

    @property
    def _offset(self) -> int:
        assert self._finding.word is not None
        return self._finding.word.span.start - self._place.base

    def _guess(self, stop: Stop) -> None:
        assert self._finding.word is not None
        explained = explain_word(self._scorer, self._place.text, self._offset, self._task.brief, top=GUESSES, stop=stop)
        own = fold(self._finding.word.text)
        self._guesses = frozenset(fold(guess.text) for guess in explained.expected) if explained else frozenset()
        found = []
        for guess in explained.expected if explained else ():
            folded = fold(guess.text)
            # What begins as the writer's word does may be that very word, not yet written out.
            other = _WHOLE.match(guess.text) and len(folded) > 2 and not own.startswith(folded[:4])
            other = other and guess.text[0].isupper() <= self._finding.word.text[0].isupper()
            if other and folded not in FUNCTION_WORDS and guess.probability >= LIKELY:
                found.append(guess)
        self.slots.update(zip(("expected", "another"), (one.text for one in found), strict=False))
        self.figures = tuple(
            Figure(f"“{one.text}” in its place", round(100 * one.probability, 1), "%") for one in found[:2]
        )

    def _sample(self, index: int, stop: Stop) -> str:
        """A way on from just before the word; empty if the model has none."""
        if self._writing is None:
            before = read_before(self._scorer, self._place.text, self._offset, self._task.brief)
            if before is None:
                return ""
            model = self._scorer.model
            room = context_size(model) - len(before.fixed) - LONGEST - 1
            tail = before.draft[max(0, len(before.draft) - max(0, min(TAIL, room))) :]
            prompt = np.concatenate([before.fixed, tail])
            temperature = TEMPERATURE * self._scorer.calibration.temperature
            sampling = Sampling(temperature, TOP_P, self._task.seed + 1_000 * index)
            try:
                self._writing = Generation(model, prompt, sampling=sampling, longest=LONGEST, adapter=before.adapter)
            except EngineError:
                return ""  # the brief leaves no room
        try:
            while not self._writing.ended and not _END.search(self._writing.text.strip()[1:]) and not self._glued():
                self._writing.advance(stop)
        except CancelledError:
            raise
        except EngineError:
            pass  # its room is used up, or it repeats itself: what was written is what is asked for
        text = "" if self._glued() else self._writing.text
        self.close()
        return text

    def _likely(self, text: str) -> bool:
        """Whether it begins with a word that was among the first guesses, goes on in words (a small model makes some
        up, which no reader expected), and says none of them twice."""
        said = [fold(span.of(text)) for span in words(text)]
        matter = [word for word in said if word not in FUNCTION_WORDS]
        if not said or said[0] not in self._guesses or len(set(matter)) < len(matter):
            return False
        if self._scorer.model.file.parameters >= TRUSTED:
            return True
        own = vocabulary(self._place.text)
        return all(word in own or any(word in _words_of(path) for path in _prose()) for word in vocabulary(text))

    def _glued(self) -> bool:
        """Whether what is being written goes on from the word before, where the writer's word stands apart from it."""
        before = self._place.text[self._offset - 1 : self._offset]
        text = self._writing.text if self._writing is not None else ""
        return before.isspace() and bool(text) and not text[0].isspace()


@lru_cache(maxsize=1)
def _prose() -> tuple[Path, ...]:
    """The files of the reference prose."""
    return tuple(resource("prose").glob("*.txt"))


@lru_cache(maxsize=32)
def _words_of(path: Path) -> frozenset[str]:
    """The words of a file of it, folded."""
    return frozenset(vocabulary(path.read_text(encoding="utf-8")))


def _read_prose(stop: Stop) -> None:
    """Read it before it is needed, so that a stop need not wait for all of it."""
    for path in _prose():
        if stop():
            raise CancelledError("stopped")
        _words_of(path)


def short(text: str) -> str:
    """The beginning of a continuation, in whole words of one clause; empty if that says nothing."""
    plain = text.strip()
    first = _END.split(plain)[0]
    spans = words(first)
    if len(spans) < FEWEST_WORDS or spans[0].start > 0:
        return ""
    ended = len(first) < len(plain)
    kept = spans if ended else spans[:-1]  # the last may not be written out
    if len(kept) > MOST_WORDS:
        kept = kept[:MOST_WORDS]
        commas = [at for at in range(FEWEST_WORDS, MOST_WORDS) if "," in first[kept[at - 1].end : kept[at].start]]
        kept = kept[: commas[-1]] if commas else kept
    cut = not ended or len(kept) < len(spans)
    while cut and len(kept) > FEWEST_WORDS and fold(kept[-1].of(first)) in LEADS_ON:
        kept = kept[:-1]
    return " ".join(first[: kept[-1].end].split()) if len(kept) >= FEWEST_WORDS else ""

"""The measured critic: a critique made of what was measured, by any model.

The strongest point is begun as soon as the passage is scored; what a reader expected instead, and how the brief's
fields fare each by itself, is found out while it is being said. Each step is whole or not done, so a critique that was
stopped goes on with the step that it was stopped in.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import replace

from cqa_desktop.annotations.critique import CriticName, Ending
from cqa_desktop.critique import depth, measured_words
from cqa_desktop.critique.instead import Instead
from cqa_desktop.critique.measured_claims import findings
from cqa_desktop.critique.measured_evidence import Evidence, head_of, look, part_of
from cqa_desktop.critique.measured_findings import Finding, order
from cqa_desktop.critique.session import Output, Task, Words
from cqa_desktop.engine.errors import CancelledError
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.engine.scoring_model import Stop, never
from cqa_desktop.text.spans import Span
from cqa_desktop.text.words import words


class MeasuredCritic:
    """Begins measured critiques. What one of them said in a way, the next says in another, where there is one."""

    def __init__(self) -> None:
        self._said: Counter[str] = Counter()

    def begin(self, scorer: Scorer[LlamaModel], task: Task, stop: Stop = never) -> MeasuredSession:
        """Prepare a critique.

        Raises:
            CancelledError: once `stop()` is true.
            EngineError: if there are no words in the passage, or the model fails.
        """
        part = part_of(task)
        lost = depth.beyond(scorer, task, part, stop)
        return MeasuredSession(scorer, task, part, self._said, lost=lost)


class MeasuredSession:
    """One measured critique."""

    critic: CriticName = "measured"
    prompt = ""
    trimmed = 0

    def __init__(
        self, scorer: Scorer[LlamaModel], task: Task, part: Span, earlier: Counter[str], *, lost: bool = False
    ) -> None:
        self.notice = " ".join(filter(None, [depth.notice(scorer.model.tuned.name) * lost, _notice(task, part)]))
        self._lost = lost
        """Whether the model cannot read the passage."""
        self._scorer = scorer
        self._task = task
        self._part = part
        self._voice = measured_words.Voice(task.seed, earlier)
        self._ready: deque[Output] = deque()
        """What is to be given, in order."""
        self._next: Callable[[Stop], None] | None = self._look
        """The step to be done when all of that is given."""
        self._to_say: deque[Finding] = deque()
        self._opening = ""
        self._instead: Instead | None = None
        """What a reader expected at the word of the point in hand."""
        self._points = 0

    def advance(self, stop: Stop) -> Iterator[Output]:
        """Go on, until the end or until stopped. After a CancelledError a further call goes on where this one was.

        Raises:
            CancelledError: once `stop()` is true.
            EngineError: if the model fails.
        """
        while self._ready or self._next is not None:
            if stop():
                raise CancelledError("stopped")
            if self._ready:
                yield self._ready.popleft()
            elif self._next is not None:
                self._next(stop)

    def close(self) -> None:
        """Free what the session holds; a second call does nothing."""
        self._next = None
        self._ready.clear()
        if self._instead is not None:
            self._instead.close()
            self._instead = None

    # --- steps, each of which sets the next ------------------------------------------------------------------------

    def _look(self, stop: Stop) -> None:
        """At the passage, or at the beginning of a long one: its strongest point is begun before the rest is seen."""
        head = head_of(self._task.text, self._part)
        found = self._find(look(self._scorer, self._task, head, fields=False, stop=stop))
        if head != self._part and (not found or found[0].whole or found[0].kind == "still"):
            # What is said of the whole needs the whole.
            self._next = self._look_closer
            return
        self._to_say = deque(found)
        self._begin(stop)
        if head != self._part or self._task.brief:
            self._next = self._look_closer

    def _look_closer(self, stop: Stop) -> None:
        """At all of it, and at the brief's fields one by one. What was begun stays what it is, and may know more."""
        fields = bool(self._task.brief)
        found = self._find(look(self._scorer, self._task, self._part, fields=fields, stop=stop))
        if not self._opening:
            self._to_say = deque(found)
            self._begin(stop)
            return
        begun = self._to_say[0]
        same = [one for one in found if (one.span, one.whole) == (begun.span, begun.whole)]
        if same:
            begun = replace(begun, slots={**same[0].slots, **begun.slots}, figures=same[0].figures)
        self._to_say = deque([begun, *(one for one in found if one not in same)])
        self._next = self._expect

    def _find(self, evidence: Evidence) -> list[Finding]:
        found = findings(evidence)
        if self._lost:
            found = depth.only_counted(found)
        return order(found, sum(one.measure.words for one in evidence.sentences))

    def _begin(self, stop: Stop) -> None:
        """The first words of the next point, or the end."""
        if not self._to_say:
            self._ready.append(Ending(self._points))
            self._next = None
            return
        self._opening = measured_words.opening(self._voice, self._to_say[0])
        self._ready.append(Words(self._opening))
        self._next = self._expect

    def _expect(self, stop: Stop) -> None:
        finding = self._to_say[0]
        if self._instead is None:
            self._instead = Instead(self._scorer, self._task, self._part, finding)
        self._instead.find(stop)
        self._next = self._finish

    def _finish(self, stop: Stop) -> None:
        finding = self._to_say.popleft()
        slots = dict(finding.slots)
        if self._instead is not None:
            slots |= self._instead.slots
            finding = replace(finding, figures=(*finding.figures, *self._instead.figures))
            self._instead.close()
            self._instead = None
        more = measured_words.rest(self._voice, finding, slots)
        other = measured_words.counterfactual(self._voice, finding, slots)
        trial = measured_words.suggestion(self._voice, finding, slots)
        reasoning = " ".join([self._opening, *more])
        self._ready.extend(Words(" " + sentence) for sentence in [*more, other] if sentence)
        self._ready.append(measured_words.point(finding, self._task.text, reasoning, other, trial))
        self._points += 1
        self._next = self._begin


def _notice(task: Task, part: Span) -> str:
    """How much is looked at, if it is not all."""
    whole = len(words(task.text, max(task.start, 0), min(task.end, len(task.text))))
    seen = len(words(task.text, part.start, part.end))
    if seen >= whole:
        return ""
    return f"Of the {whole:,} words of this passage, the first {seen:,} were looked at; select the rest to go on."

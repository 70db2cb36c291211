"""Findings in sentences: which lines of the bank are said, so that no critique says the same thing twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from cqa_desktop.annotations.critique import Point
from cqa_desktop.critique.measured_bank import BANK, Line
from cqa_desktop.critique.measured_findings import SURPRISES, Finding


@dataclass
class Voice:
    """Chooses lines; the same seed and the same findings make the same choice."""

    seed: int
    earlier: Counter[str] = field(default_factory=Counter)
    """How often each line was said, in other critiques too."""
    _said: Counter[str] = field(default_factory=Counter)

    def say(self, heading: str, finding: Finding, slots: Mapping[str, str]) -> str:
        """A line under a heading; empty if none fits. Among those said least so far, the one that knows most."""
        fitting = [line for line in BANK.get(heading, ()) if line.fits(slots)]
        if not fitting:
            return ""
        fewest = min(self._said[line.text] for line in fitting)
        if fewest and heading.endswith(("/ views", "/ more")):
            return ""  # better not said than said again; the figures have it
        fresh = [line for line in fitting if self._said[line.text] == fewest]
        fewest = min(self.earlier[line.text] for line in fresh)
        fresh = [line for line in fresh if self.earlier[line.text] == fewest]
        chosen = min(fresh, key=lambda line: (_rank(line, fresh), self._chance(line, finding)))
        self._said[chosen.text] += 1
        self.earlier[chosen.text] += 1
        return _sentence(chosen.text.format(**slots))

    def _chance(self, line: Line, finding: Finding) -> bytes:
        raw = f"{self.seed}/{finding.kind}/{finding.span.start}/{sorted(finding.slots.items())}/{line.text}"
        return blake2b(raw.encode("utf-8", "replace"), digest_size=8).digest()


def _rank(line: Line, among: Sequence[Line]) -> int:
    """Lines that use more of the evidence go before others, but a little more or less does not settle it."""
    most = max(len(one.needs) + len(one.lacks) for one in among)
    return 0 if len(line.needs) + len(line.lacks) >= most - 1 else 1


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] if not text.startswith("“") else text


def opening(voice: Voice, finding: Finding) -> str:
    """What is said first: it needs no more than the scores."""
    return voice.say(f"{finding.kind} / lead", finding, _with_counts(finding.slots))


def rest(voice: Voice, finding: Finding, slots: Mapping[str, str]) -> list[str]:
    """What follows: what a reader expected, which view explains it, what it does."""
    filled = _with_counts(slots)
    said = []
    if finding.kind in SURPRISES or finding.kind == "still":
        said.append(voice.say("any / reader", finding, filled))
        said.append(voice.say("any / views", finding, filled))
    said.append(voice.say(f"{finding.kind} / more", finding, filled))
    return [one for one in said if one]


def counterfactual(voice: Voice, finding: Finding, slots: Mapping[str, str]) -> str:
    """The other choice."""
    return voice.say(f"{finding.kind} / other", finding, _with_counts(slots))


def suggestion(voice: Voice, finding: Finding, slots: Mapping[str, str]) -> str:
    """A question or a direction."""
    return voice.say(f"{finding.kind} / try", finding, _with_counts(slots))


def _with_counts(slots: Mapping[str, str]) -> dict[str, str]:
    return {**slots, **({"Count": slots["count"].capitalize()} if "count" in slots else {})}


def point(finding: Finding, text: str, reasoning: str, other: str, trial: str) -> Point:
    """A finding with its words."""
    return Point(
        start=finding.span.start,
        end=finding.span.end,
        quote=finding.span.of(text),
        dimension=finding.dimension,
        constraint=finding.constraint,
        verdict=finding.verdict,
        reasoning=reasoning,
        counterfactual=other,
        suggestion=trial,
        figures=finding.figures,
        whole=finding.whole,
    )

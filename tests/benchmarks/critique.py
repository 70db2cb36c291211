"""What the measured critic names: ten drafts with planted faults and ten passages of published prose.

The critic was tuned on the drafts with odd numbers; the even ones were written at the same time and not looked at until
it was done. Pointing at much of a draft names much of it by chance: what the same points would name if they were moved
along the draft stands beside.
"""

from __future__ import annotations

import statistics
import time
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cqa_desktop.annotations.critique import Point
from cqa_desktop.commands.session import open_scorer
from cqa_desktop.critique.measured import MeasuredCritic
from cqa_desktop.critique.session import Task
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.engine.scoring_model import never
from cqa_desktop.measure.types import Brief
from tests.benchmarks.common import Row

READING: Final = Path(__file__).parent / "reading"
DIMENSION: Final = {
    "cliche": "craft",
    "flat-rhythm": "craft",
    "impossible": "reality",
    "out-of-character": "craft",
    "over-explained": "craft",
    "redundant": "craft",
    "unexplained-reference": "audience",
    "unprepared": "craft",
}
"""Kind of fault to what a point that names it should be about."""
SHARED: Final = 0.5
"""Of the shorter of the two, point and fault, so much must lie in the other."""


@dataclass(frozen=True)
class Fault:
    """Something planted. Offsets are code points of the text."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True)
class Reading:
    """A passage after its context, what was planted in it, and what the critic said."""

    name: str
    text: str
    start: int
    faults: Sequence[Fault]
    points: Sequence[Point]
    first: float
    """Seconds to its first words, of a text that was not scored before."""
    processor: float
    """Seconds of all cores together that this took."""

    @property
    def complaints(self) -> list[Point]:
        """What is said to fail or asked about; points about the whole passage name nothing."""
        return [one for one in self.points if one.verdict != "works" and not one.whole]

    @property
    def failures(self) -> list[Point]:
        return [one for one in self.points if one.verdict == "fails"]

    def by(self, fault: Fault) -> list[Point]:
        """The points that name a fault."""
        return [one for one in self.complaints if _meet(one, fault)]

    def alarms(self, points: Sequence[Point]) -> int:
        """How many of them are on nothing planted."""
        return sum(not any(_meet(one, fault) for fault in self.faults) for one in points)

    def by_chance(self) -> float:
        """How many faults the same points would name if they were moved along the passage, by any distance."""
        length = len(self.text) - self.start
        named = 0
        for by in range(length):
            places = [
                (self.start + (one.start - self.start + by) % length, one.end - one.start) for one in self.complaints
            ]
            # What goes over the end comes in again at the beginning.
            spans = [(at, at + size) for at, size in places] + [
                (at - length, at - length + size) for at, size in places
            ]
            named += sum(any(_share(*span, fault) for span in spans) for fault in self.faults)
        return named / length

    @property
    def pointed(self) -> float:
        """Share of the passage's characters that complaints point at."""
        inside = {at for one in self.complaints for at in range(one.start, one.end)}
        return len(inside) / (len(self.text) - self.start)


def _meet(point: Point, fault: Fault) -> bool:
    return _share(point.start, point.end, fault)


def _share(start: int, end: int, fault: Fault) -> bool:
    shared = min(end, fault.end) - max(start, fault.start)
    return shared >= SHARED * min(end - start, fault.end - fault.start)


def load(path: Path) -> tuple[str, int, Brief, list[Fault]]:
    """A draft or a passage: the text, where the passage begins, its brief, and the faults."""
    data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    context, passage = data["context"].strip(), data["passage"].strip()
    start = len(context) + 2
    faults = []
    for one in data.get("faults", []):
        if passage.count(one["quote"]) != 1 or one["kind"] not in DIMENSION:
            raise ValueError(f"{path.name}: {one['quote']!r} is not there once, or {one['kind']!r} is no kind of fault")
        at = start + passage.index(one["quote"])
        faults.append(Fault(one["kind"], at, at + len(one["quote"])))
    return f"{context}\n\n{passage}", start, Brief(**data.get("brief", {})), faults


def read(scorer: Scorer[LlamaModel], path: Path) -> Reading:
    """Let the measured critic write."""
    text, start, brief, faults = load(path)
    session = MeasuredCritic().begin(scorer, Task(text, start, len(text), brief))
    began, spent = time.perf_counter(), time.process_time()
    going = session.advance(never)
    next(going)
    first, processor = time.perf_counter() - began, time.process_time() - spent
    points = [one for one in going if isinstance(one, Point)]
    session.close()
    return Reading(path.stem, text, start, faults, points, first, processor)


def report(title: str, readings: Sequence[Reading]) -> Iterator[Row]:
    """The rows of some drafts."""
    faults = [(one, fault) for one in readings for fault in one.faults]
    named = [(one, fault) for one, fault in faults if one.by(fault)]
    right = [fault for one, fault in named if any(point.dimension == DIMENSION[fault.kind] for point in one.by(fault))]
    pointed = sum(one.pointed for one in readings) / len(readings)
    yield Row(f"{title}: planted faults named", f"{len(named)} of {len(faults)}", "", None)
    chance = sum(one.by_chance() for one in readings)
    yield Row(f"{title}: by the same points moved at random", f"{chance:.1f} of {len(faults)}", "", None)
    yield Row(f"{title}: about the right dimension", f"{len(right)} of {len(faults)}", "", None)
    yield Row(f"{title}: of the text pointed at", f"{pointed:.0%}", "", None)
    for kind in sorted(DIMENSION):
        of_kind = [pair for pair in faults if pair[1].kind == kind]
        hit = sum(pair in named for pair in of_kind)
        yield Row(f"{title}: {kind}", f"{hit} of {len(of_kind)}", "", None)
    yield _verdicts(title, readings)


def _verdicts(title: str, readings: Sequence[Reading]) -> Row:
    fails = [one for reading in readings for one in reading.failures]
    asks = [one for reading in readings for one in reading.complaints if one.verdict == "asks"]
    wrong = sum(reading.alarms(reading.failures) for reading in readings)
    idle = sum(reading.alarms([one for one in reading.complaints if one.verdict == "asks"]) for reading in readings)
    figure = f"{wrong} of {len(fails)} that fail, {idle} of {len(asks)} that ask"
    return Row(f"{title}: points on nothing planted", figure, "", None)


def rows() -> list[Row]:
    """What is named and what is not, as lines of the benchmarks' table."""
    with open_scorer(None) as scorer:
        drafts = [read(scorer, path) for path in sorted((READING / "drafts").glob("*.toml"))]
        published = [read(scorer, path) for path in sorted((READING / "passages").glob("*.toml"))]
    tuned = [one for one in drafts if int(one.name[:2]) % 2]
    others = [one for one in drafts if one not in tuned]
    fails = sum(len(one.failures) for one in published)
    asks = sum(one.verdict == "asks" for reading in published for one in reading.points)
    works = sum(one.verdict == "works" for reading in published for one in reading.points)
    first = statistics.median(one.first for one in [*drafts, *published])
    spent = statistics.median(one.processor for one in [*drafts, *published])
    return [
        *report("tuned on", tuned),
        *report("held out", others),
        Row("ten published passages: points that fail, ask, work", f"{fails}, {asks}, {works}", "", None),
        Row(
            "first words of a critique, nothing scored before, median of twenty",
            f"{first:.2f} s ({spent:.2f} s of processor)",
            "1 s",
            first < 1.0,
        ),
    ]

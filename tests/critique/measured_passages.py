"""Passages that the measured critic is asked about, and what holds of every critique."""

from __future__ import annotations

import re
import tomllib

from cqa_desktop.annotations.critique import Ending, Point
from cqa_desktop.critique.measured import MeasuredCritic
from cqa_desktop.critique.session import Output, Task, Words
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.engine.scoring_model import never
from cqa_desktop.measure.types import Brief
from cqa_desktop.resources import resource

JARGON = re.compile(
    r"\b(bits?|entropy|varentropy|surprisal|percentiles?|percent|tokens?|probabilit\w+|z-?score|perplexity|"
    r"language model|the model|logits?|calibrat\w+)\b|%",
    re.IGNORECASE,
)
QUOTED = re.compile(r"“[^”]*”")


def sample(name: str) -> tuple[str, Brief]:
    """A bundled draft and its brief."""
    text = next(resource("samples").glob(f"{name}.[mt][dx]*")).read_text(encoding="utf-8")
    sidecar = resource("samples") / f"{name}.cqa.toml"
    brief = tomllib.loads(sidecar.read_text(encoding="utf-8"))["brief"] if sidecar.exists() else {}
    return text, Brief(**brief)


FERRY, FERRY_BRIEF = sample("ferry")
STATION, _ = sample("station")


def between(text: str, first: str, last: str) -> tuple[int, int]:
    """A stretch from the beginning of some words to the end of others."""
    return text.index(first), text.index(last) + len(last)


PASSAGES: dict[str, Task] = {
    "ferry-crossing": Task(FERRY, *between(FERRY, "They went down together", "dark had been rubbed."), FERRY_BRIEF),
    "ferry-tom": Task(FERRY, *between(FERRY, "Tom said nothing.", "in slow folds."), FERRY_BRIEF),
    "ferry-seals": Task(FERRY, *between(FERRY, "It was fourpence.", "with her left."), FERRY_BRIEF),
    "ferry-clerk": Task(FERRY, *between(FERRY, "The Corporation had sent", "matter of numbers."), FERRY_BRIEF),
    "ferry-without-brief": Task(FERRY, *between(FERRY, "They went down together", "dark had been rubbed.")),
    "station-father": Task(STATION, *between(STATION, "Last winter", "took him with me.")),
    "station-whole": Task(STATION, 0, len(STATION)),
}


def say(scorer: Scorer[LlamaModel], task: Task) -> list[Output]:
    session = MeasuredCritic().begin(scorer, task)
    found = list(session.advance(never))
    session.close()
    return found


def points(outputs: list[Output]) -> list[Point]:
    return [one for one in outputs if isinstance(one, Point)]


def said(point: Point) -> str:
    return f"{point.reasoning} {point.counterfactual} {point.suggestion}"


def check(task: Task, outputs: list[Output]) -> None:
    """What holds of every critique."""
    assert isinstance(outputs[-1], Ending)
    found = points(outputs)
    assert outputs[-1] == Ending(len(found))
    assert found
    for point in found:
        assert point.quote == task.text[point.start : point.end]
        assert point.quote.strip()
        assert task.start <= point.start < point.end <= task.end
        assert point.reasoning
        assert point.counterfactual
        assert point.suggestion
        assert point.figures
        assert not JARGON.search(QUOTED.sub("", said(point))), said(point)
        assert not re.search(r"\d|\{|\}", QUOTED.sub("", said(point))), said(point)
        assert "\n" not in said(point)
    streamed = "".join(one.text for one in outputs if isinstance(one, Words))
    assert streamed == "".join(f"{point.reasoning} {point.counterfactual}" for point in found)

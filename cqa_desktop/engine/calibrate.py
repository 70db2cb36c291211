"""Calibrating a model on reference prose: a temperature at which it is as surprised as it expects, and percentiles."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from cqa_desktop.engine.batches import Run
from cqa_desktop.engine.errors import EngineError
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.engine.scoring_model import ScoringModel, Stop, never
from cqa_desktop.measure.calibration import Calibration, fit_temperature
from cqa_desktop.measure.types import STORY, Brief, ScoredPassage

TEMPERATURE_RUNS = 24
"""Windows of prose that the temperature is fitted on."""


def calibrate(
    model: ScoringModel,
    texts: Sequence[str],
    *,
    on_progress: Callable[[int, int], None] | None = None,
    stop: Stop = never,
) -> Calibration:
    """Fit temperature and percentile tables of `model` on reference prose.

    Raises:
        CancelledError: once `stop()` is true.
        EngineError: if the prose is too short.
    """
    runs = _windows(Scorer(model, Calibration()), texts)
    if not runs:
        raise EngineError("the prose is too short to calibrate on - give some chapters, better some books")

    def excess(temperature: float) -> float:
        scores = model.score(runs, temperature=temperature, stop=stop)
        return float(np.mean([np.mean(one.surprisal.astype(np.float64) - one.entropy) for one in scores]))

    temperature = fit_temperature(excess)
    scorer = Scorer(model, Calibration(model=model.name, temperature=temperature))
    passages: list[ScoredPassage] = []
    for index, text in enumerate(texts):
        passages.extend(scorer.score(text, stop=stop).passages)
        if on_progress is not None:
            on_progress(index + 1, len(texts))
    return Calibration.fit(passages, temperature, model.name)


def _windows(scorer: Scorer[ScoringModel], texts: Sequence[str]) -> list[Run]:
    """Windows spread over the texts, scored as the story view scores them: with context."""
    found: list[Run] = []
    share = max(1, TEMPERATURE_RUNS // max(1, len(texts)))
    for text in texts:
        plan = scorer.plan(text, Brief())
        story = next(view for view in plan.views if view.name == STORY)
        usable = [index for index, segment in enumerate(plan.segments) if segment.context < segment.first]
        step = max(1, len(usable) // share)
        found.extend(plan.runs(index, story)[0] for index in usable[::step][:share])
    return found

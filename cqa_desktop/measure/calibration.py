"""What makes figures mean the same under every model: a temperature, and percentiles by length.

The negative log-likelihood of a text under softmax(logits / T) has, in b = 1/T, the derivative mean(E[l] - l), whose
root is where mean surprisal equals mean entropy. So the T that minimises it is found by a root search on mean S - H.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from cqa_desktop.measure.passages import PassageSums, sum_passage
from cqa_desktop.measure.types import BARE, STORY, ScoredPassage

VERSION: Final = 1
BANDS: Final = (5, 8, 12, 17, 23, 31, 45)
"""Fewest words of each length band; the last is open."""
MIN_WORDS: Final = BANDS[0]
QUANTILES: Final = (0, 1, 2, 5, 10, 15, 20, 30, 40, 50, 60, 70, 80, 85, 90, 95, 98, 99, 100)
FIGURES: Final = ("z", "information", "bits_per_token", "z_story", "story_bits_per_token")
MIN_SAMPLES: Final = 60
"""A band with fewer passages borrows those of its neighbours."""


def figures(sums: PassageSums) -> dict[str, float]:
    """The figures that are compared by percentile, by name (see `Percentile`)."""
    return {
        "z": sums.z[sums.informed],
        "information": sums.per_token(sums.grounded),
        "bits_per_token": sums.per_token(sums.surprisal[BARE]),
        "z_story": sums.z[STORY],
        "story_bits_per_token": sums.per_token(sums.surprisal[STORY]),
    }


@dataclass(frozen=True)
class Calibration:
    """Temperature and percentile tables of one model."""

    model: str = ""
    """Name of the model it was made for."""
    temperature: float = 1.0
    passages: int = 0
    """How many passages the tables were made from; 0 means that there are none."""
    tables: Mapping[str, tuple[tuple[float, ...], ...]] = field(default_factory=dict)
    """Figure to, for each of BANDS, its value at each of QUANTILES."""

    def percentile(self, figure: str, value: float, words: int) -> float:
        """Where `value` stands among reference passages of its length, 0 to 100; 50 where there is no table."""
        table = self.tables.get(figure)
        if not table:
            return 50.0
        return _interpolate(value, table[band_of(words)], QUANTILES)

    def value_at(self, figure: str, percentile: float, words: int) -> float | None:
        """The value of `figure` at a percentile, for passages of that many words."""
        table = self.tables.get(figure)
        return _interpolate(percentile, QUANTILES, table[band_of(words)]) if table else None

    @classmethod
    def fit(cls, passages: Sequence[ScoredPassage], temperature: float, model: str) -> Calibration:
        """Tables from passages of reference prose scored at `temperature`; those under five words are left out."""
        rows = [(passage.words, figures(sum_passage(passage))) for passage in passages if passage.words >= MIN_WORDS]
        if not rows:
            return cls(model, temperature)
        by_band = [[row for words, row in rows if band_of(words) == band] for band in range(len(BANDS))]
        tables = {
            name: tuple(
                _quantiles([row[name] for row in _with_neighbours(by_band, band)]) for band in range(len(BANDS))
            )
            for name in FIGURES
        }
        return cls(model, temperature, len(rows), tables)

    def to_json(self) -> str:
        return json.dumps(
            {
                "version": VERSION,
                "model": self.model,
                "temperature": self.temperature,
                "passages": self.passages,
                "bands": BANDS,
                "quantiles": QUANTILES,
                "tables": self.tables,
            },
            separators=(",", ":"),
        )

    @classmethod
    def from_json(cls, text: str) -> Calibration:
        """Read what `to_json` wrote.

        Raises:
            ValueError: with one line, if it is not that, or of another version.
        """
        try:
            data = json.loads(text)
            version = data["version"]
            known = version == VERSION and data["bands"] == list(BANDS) and data["quantiles"] == list(QUANTILES)
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise _refused(error) from error
        if not known:
            raise ValueError(f"calibration of version {version!r} - make it again with 'cqa calibrate'")
        try:
            names = FIGURES if data["tables"] else ()
            tables = {name: tuple(tuple(map(float, band)) for band in data["tables"][name]) for name in names}
            model, temperature, passages = str(data["model"]), float(data["temperature"]), int(data["passages"])
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise _refused(error) from error
        if any(len(table) != len(BANDS) or not all(map(_whole, table)) for table in tables.values()):
            raise ValueError("calibration tables of the wrong size - make it again with 'cqa calibrate'")
        if not 0 < temperature < 100:
            raise ValueError(f"calibration temperature {temperature} - make it again with 'cqa calibrate'")
        return cls(model, temperature, passages, tables)


def _refused(error: Exception) -> ValueError:
    return ValueError(f"not a calibration ({error!r}) - make it again with 'cqa calibrate'")


def _whole(band: Sequence[float]) -> bool:
    return len(band) == len(QUANTILES) and all(map(math.isfinite, band))


def band_of(words: int) -> int:
    """Index of the length band of a passage; shorter ones count to the first."""
    return max(0, bisect_right(BANDS, words) - 1)


def _interpolate(value: float, xs: Sequence[float], ys: Sequence[float]) -> float:
    # Thousands of passages are looked up at once when a novel is opened: np.interp on tuples costs ten times this.
    at = bisect_right(xs, value)
    if at == 0:
        return float(ys[0])
    if at == len(xs):
        return float(ys[-1])
    return ys[at - 1] + (ys[at] - ys[at - 1]) * (value - xs[at - 1]) / (xs[at] - xs[at - 1])


def _with_neighbours(by_band: Sequence[list[dict[str, float]]], band: int) -> list[dict[str, float]]:
    reach = 0
    while True:
        found = [row for near in by_band[max(0, band - reach) : band + reach + 1] for row in near]
        if len(found) >= MIN_SAMPLES or reach >= len(by_band):
            return found
        reach += 1


def _quantiles(values: Sequence[float]) -> tuple[float, ...]:
    if not values:
        return tuple(0.0 for _ in QUANTILES)
    # np.interp needs rising values: equal quantiles (many equal passages) are parted by a hair.
    raw = np.percentile(np.asarray(values, np.float64), QUANTILES)
    return tuple(round(float(value) + index * 1e-6, 6) for index, value in enumerate(raw))


def fit_temperature(
    excess: Callable[[float], float], low: float = 0.4, high: float = 4.0, tolerance: float = 2e-3, steps: int = 30
) -> float:
    """The T at which `excess(T)`, the mean of S - H over the reference prose in bits, is zero.

    `excess` falls as T rises. If it has one sign over the whole range, the nearer end is returned.
    """
    at_low, at_high = excess(low), excess(high)
    if at_low <= 0:
        return low
    if at_high >= 0:
        return high
    # Regula falsi with the Illinois correction, on log T, where the function is nearer to a line.
    left, right = np.log(low), np.log(high)
    side = 0
    middle = left
    for _ in range(steps):
        middle = (left * at_high - right * at_low) / (at_high - at_low)
        value = excess(float(np.exp(middle)))
        if abs(value) < tolerance:
            break
        if value > 0:
            left, at_low = middle, value
            at_high = at_high / 2 if side == 1 else at_high
            side = 1
        else:
            right, at_high = middle, value
            at_low = at_low / 2 if side == -1 else at_low
            side = -1
    return float(np.exp(middle))

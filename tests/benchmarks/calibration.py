"""Is the model calibrated? What it predicts against what comes, and z on works it has not learned.

python -m tests.benchmarks calibration --corpus DIR [--figure PNG]    (DIR as for `cqa-train reference`)

The text is that of the `valid` works outside the reference prose, on which temperature and percentiles were fitted.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cqa_desktop.commands.session import open_scorer
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.plan import Job, Plan
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.engine.scoring_model import Stop
from cqa_desktop.measure.calibration import BANDS, MIN_WORDS, Calibration, band_of
from cqa_desktop.measure.passages import z_score
from cqa_desktop.measure.reduce import LOG2_E, Reducer
from cqa_desktop.measure.types import STORY, Floats, Ints, ScoredPassage, ViewScores
from cqa_desktop.models.registry import reference_prose

CHARACTERS = 30_000
"""Of each work, half from its beginning and half from its end."""
TOP_BINS = 15
LEAST_BITS = 24
"""Probabilities below 2^-24 share the last bin."""
EVERY = 4
"""The whole vocabulary is looked at in one place of so many."""

Counts = npt.NDArray[np.float64]


@dataclass
class Reliability:
    """Predicted and observed, at one temperature."""

    temperature: float
    top_count: Counts = field(default_factory=lambda: np.zeros(TOP_BINS))
    top_predicted: Counts = field(default_factory=lambda: np.zeros(TOP_BINS))
    top_observed: Counts = field(default_factory=lambda: np.zeros(TOP_BINS))
    count: Counts = field(default_factory=lambda: np.zeros(LEAST_BITS + 1))
    predicted: Counts = field(default_factory=lambda: np.zeros(LEAST_BITS + 1))
    observed: Counts = field(default_factory=lambda: np.zeros(LEAST_BITS + 1))

    def add_top(self, chance: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]) -> None:
        """First guesses: their probability, and whether they came."""
        bins = np.minimum((chance * TOP_BINS).astype(int), TOP_BINS - 1)
        self.top_count += np.bincount(bins, minlength=TOP_BINS)
        self.top_predicted += np.bincount(bins, chance, TOP_BINS)
        self.top_observed += np.bincount(bins, right, TOP_BINS)

    def add_all(self, bits: Floats, target: int) -> None:
        """Every token of the vocabulary at one place: its surprisal, and the one that came."""
        bins = np.minimum(bits, LEAST_BITS).astype(np.int64)
        self.count += np.bincount(bins, minlength=LEAST_BITS + 1)
        self.predicted += np.bincount(bins, np.exp2(-bits.astype(np.float64)), LEAST_BITS + 1)
        self.observed[bins[target]] += 1

    @property
    def top_error(self) -> float:
        """Expected calibration error of the first guess: |observed - predicted|, weighted by how often."""
        return float(np.abs(self.top_observed - self.top_predicted).sum() / max(self.top_count.sum(), 1))

    @property
    def whole_error(self) -> float:
        """The same over the whole vocabulary, as a share of what happens: half the mass that lies in the wrong bin."""
        return float(np.abs(self.observed - self.predicted).sum() / 2 / max(self.observed.sum(), 1))


class Watching:
    """A reducer that also notes how what came compares with what was predicted."""

    def __init__(self, reducer: Reducer, curves: Sequence[Reliability]) -> None:
        self._reducer, self._curves = reducer, curves
        self._seen = 0
        self.on = False

    def reduce(self, logits: Floats, targets: Ints, temperature: float = 1.0) -> ViewScores:
        if self.on:
            for curve in self._curves:
                self._note(curve, logits, targets)
            self._seen += len(targets)
        return self._reducer.reduce(logits, targets, temperature)

    def _note(self, curve: Reliability, logits: Floats, targets: Ints) -> None:
        scaled = logits / np.float32(curve.temperature)
        top = scaled.max(axis=1)
        log_total = top + np.log(np.exp(scaled - top[:, None]).sum(axis=1))
        curve.add_top(np.exp((top - log_total).astype(np.float64)), logits.argmax(axis=1) == targets)
        for row in range((-self._seen) % EVERY, len(targets), EVERY):
            curve.add_all(np.maximum((log_total[row] - scaled[row]) * LOG2_E, 0), int(targets[row]))


@dataclass(frozen=True)
class Spread:
    """z of some passages."""

    name: str
    passages: int
    mean: float
    variance: float
    tokens: float
    """Variance of single tokens over the varentropy that the model gave: 1 where its spread is right."""
    neighbours: float
    """Correlation of a token's excess with the next one's: 0 under the true model."""


def spread(name: str, passages: Sequence[ScoredPassage]) -> Spread:
    """Mean and variance of z_story, and the two parts that its variance is made of."""
    views = [passage.views[STORY] for passage in passages]
    z = np.array([z_score(view) for view in views])
    excess = [view.surprisal.astype(np.float64) - view.entropy for view in views]
    variance = np.concatenate([view.varentropy for view in views]).astype(np.float64)
    whole = np.concatenate(excess)
    standard = [part / np.sqrt(np.maximum(view.varentropy, 1e-6)) for part, view in zip(excess, views, strict=True)]
    first = np.concatenate([part[:-1] for part in standard])
    second = np.concatenate([part[1:] for part in standard])
    return Spread(
        name,
        len(passages),
        float(z.mean()),
        float(z.var(ddof=1)) if len(z) > 1 else 0.0,
        float(np.square(whole).sum() / variance.sum()),
        float(np.corrcoef(first, second)[0, 1]) if len(first) > 2 else 0.0,
    )


@dataclass(frozen=True)
class Work:
    """A held-out work and what was scored of it."""

    author: str
    decade: str
    text: str


def held_out(corpus: Path, characters: int = CHARACTERS) -> list[Work]:
    """The `valid` works outside the reference prose.

    Raises:
        CorpusError: if the folder is not a corpus.
    """
    manifest = corpus / "manifest.tsv"
    folder = corpus / "valid"
    if not manifest.is_file() or not folder.is_dir():
        raise CorpusError(f"{corpus}: needs valid/ and manifest.tsv - give the folder of the training corpus")
    with manifest.open(encoding="utf-8", newline="") as file:
        rows = {row["path"]: row for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}
    known = {paragraph for path in reference_prose() for paragraph in _paragraphs(path)}
    found = []
    for path in sorted(folder.glob("*.txt")):
        row = rows.get(path.relative_to(corpus).as_posix(), {})
        fresh = [one for one in _paragraphs(path) if one not in known]
        half = characters // 2
        text = "\n\n".join(_up_to(fresh, half) + _up_to(fresh[::-1], half)[::-1])
        found.append(Work(row.get("author", path.stem), f"{row.get('decade', '?')}s", text))
    if not found:
        raise CorpusError(f"{folder}: holds no .txt file - unpack the valid works there")
    return found


class CorpusError(Exception):
    """A corpus that cannot be measured on; the message is one line."""


def _paragraphs(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").strip().split("\n\n")


def _up_to(paragraphs: Sequence[str], characters: int) -> list[str]:
    kept: list[str] = []
    while paragraphs and sum(map(len, kept)) < characters and len(kept) < len(paragraphs):
        kept.append(paragraphs[len(kept)])
    return kept


class _Scorer(Scorer[LlamaModel]):
    """Has only the `story` view watched: the others see the same tokens again."""

    watching: Watching

    def _evaluate(self, plan: Plan, job: Job, stop: Stop) -> ViewScores:
        self.watching.on = job.view.name == STORY
        return super()._evaluate(plan, job, stop)


def measure(model: LlamaModel, calibration: Calibration, works: Sequence[Work]) -> tuple[list[Reliability], Any]:
    """Reliability before and after the temperature, and each work's passages with their text."""
    curves = [Reliability(1.0), Reliability(calibration.temperature)]
    watching = Watching(Reducer(model.vocabulary), curves)
    scorer = _Scorer(model, calibration)
    scorer.watching = watching
    found: list[tuple[Work, list[ScoredPassage]]] = []
    own, model._reducer = model._reducer, watching  # type: ignore[assignment]  # the only place where logits pass
    try:
        for work in works:
            found.append((work, list(scorer.score(work.text).passages)))
    finally:
        model._reducer = own
    return curves, found


def report(corpus: Path, figure: Path | None = None) -> str:
    """Everything, as Markdown.

    Raises:
        CorpusError: if the folder is not a corpus.
    """
    works = held_out(corpus)
    with open_scorer(None) as scorer:
        curves, found = measure(scorer.model, scorer.calibration, works)
    if figure is not None:
        draw(curves, figure)
    before, after = curves
    lines = [
        f"| temperature | error of the first guess | error over the vocabulary |\n|---:|---:|---:|\n"
        f"| {before.temperature:.3f} | {before.top_error:.4f} | {before.whole_error:.4f} |\n"
        f"| {after.temperature:.3f} | {after.top_error:.4f} | {after.whole_error:.4f} |",
        "| passages | number | mean of z | variance of z | of single tokens | neighbours |\n"
        "|---|---:|---:|---:|---:|---:|",
    ]
    rows = [spread("all", [one for _, passages in found for one in _long(passages)])]
    rows += [spread(f"{work.author}, {work.decade}", _long(passages)) for work, passages in found]
    for decade in sorted({work.decade for work, _ in found}):
        rows.append(
            spread(decade, [one for work, passages in found if work.decade == decade for one in _long(passages)])
        )
    for name, holds in _kinds():
        chosen = [one for work, passages in found for one in _long(passages) if holds(one, work.text)]
        if len(chosen) > 1:
            rows.append(spread(name, chosen))
    lines[-1] += "".join(
        f"\n| {one.name} | {one.passages} | {one.mean:+.2f} | {one.variance:.2f} | {one.tokens:.2f} "
        f"| {one.neighbours:+.3f} |"
        for one in rows
    )
    return "\n\n".join(lines)


def _long(passages: Sequence[ScoredPassage]) -> list[ScoredPassage]:
    return [one for one in passages if one.words >= MIN_WORDS]


def _kinds() -> list[tuple[str, Callable[[ScoredPassage, str], bool]]]:
    """What kinds of passages are looked at apart."""

    def spoken(one: ScoredPassage, text: str) -> bool:
        return text[one.start] in "\"“'‘"

    def band(index: int) -> Callable[[ScoredPassage, str], bool]:
        return lambda one, _: band_of(one.words) == index

    upper = [f"to {end - 1} words" for end in BANDS[1:]] + ["words and more"]
    return [
        ("beginning with a quotation mark", spoken),
        ("others", lambda one, text: not spoken(one, text)),
        *((f"{start} {name}", band(index)) for index, (start, name) in enumerate(zip(BANDS, upper, strict=True))),
    ]


def draw(curves: Sequence[Reliability], path: Path) -> None:
    """Predicted against observed: first guesses on the left, the whole vocabulary on the right."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3.4), dpi=100)
    styles = [("o", "#999999", f"before (T = {curves[0].temperature:.3f})"), (".", "#1f4e79", "after")]
    styles[1] = (*styles[1][:2], f"after (T = {curves[1].temperature:.3f})")
    for curve, (marker, color, label) in zip(curves, styles, strict=True):
        used = curve.top_count > 0
        left.plot(
            curve.top_predicted[used] / curve.top_count[used],
            curve.top_observed[used] / curve.top_count[used],
            marker, color=color, label=label, fillstyle="none" if marker == "o" else "full",
        )  # fmt: skip
        used = (curve.observed >= 5) & (curve.count > 0)
        right.plot(
            curve.predicted[used] / curve.count[used],
            curve.observed[used] / curve.count[used],
            marker, color=color, fillstyle="none" if marker == "o" else "full",
        )  # fmt: skip
    left.plot([0, 1], [0, 1], color="#bbbbbb", linewidth=0.8, zorder=0)
    right.plot([2.0**-LEAST_BITS, 1], [2.0**-LEAST_BITS, 1], color="#bbbbbb", linewidth=0.8, zorder=0)
    right.set_xscale("log")
    right.set_yscale("log")
    left.set_title("The first guess", fontsize=10)
    right.set_title("Every token of the vocabulary", fontsize=10)
    for axes in (left, right):
        axes.set_xlabel("predicted")
        axes.set_ylabel("observed")
        axes.spines[["top", "right"]].set_visible(False)
    left.legend(frameon=False, fontsize=8)
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)

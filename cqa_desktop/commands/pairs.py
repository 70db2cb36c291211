"""`cqa pairs`: does information tell the good version of a passage from the degraded one?"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

from cqa_desktop.annotations.pair_rows import PairRow, read_pair_rows
from cqa_desktop.commands.errors import CommandError
from cqa_desktop.commands.interrupts import interruptible
from cqa_desktop.commands.score import read_lines
from cqa_desktop.commands.session import json_line, open_scorer, progress_bar, warn
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.measure.pairs import PairResult, PairSummary, summarise_groups
from cqa_desktop.measure.passages import sum_passage


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command's arguments."""
    parser = commands.add_parser(
        "pairs",
        help="test the measure on pairs of good and degraded passages",
        description="For rows of {id, group, context, brief, good, degraded}, one JSON object a line: the "
        "information of both versions, their difference, and statistics by group.",
    )
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--model", type=Path, metavar="GGUF", help="default: the reference model")
    parser.add_argument("--adapter", type=Path, metavar="GGUF", help="a LoRA over the model")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Score the pairs and print the outcome.

    Raises:
        CommandError: if the file or the model cannot be read, or a row is bad: statistics over the rest would mislead.
    """
    rows = _read(arguments.file)
    with open_scorer(arguments.model, arguments.adapter) as scorer, interruptible() as stop:
        results: list[PairResult] = []
        with progress_bar(arguments.file.name) as advance:
            for row in rows:
                good, degraded = (_information(scorer, row, text, stop) for text in (row.good, row.degraded))
                results.append(PairResult(row.id, row.group, good, degraded))
                advance(len(results), len(rows))
    summaries = dict(summarise_groups(results))
    if len(summaries) == 2:
        del summaries[results[0].group]  # one group: the same as all
    print(json_line(_record(results, summaries)) if arguments.json else _table(results, summaries))
    return 0


def _information(scorer: Scorer[LlamaModel], row: PairRow, text: str, stop: Any) -> float:
    """I(P) = S_bare - S_brief of the text as one passage, bits."""
    passage = scorer.score_passage(row.context, text, row.brief, stop=stop)
    return sum_passage(passage).information.total


def _read(path: Path) -> list[PairRow]:
    rows, problems = read_pair_rows(read_lines(path))
    for line, problem in problems:
        warn(f"{path}:{line}: {problem}")
    if problems:
        count = f"{len(problems)} bad row{'s' if len(problems) > 1 else ''}"
        raise CommandError(f"{path}: {count} - mend them; nothing was scored")
    if not rows:
        raise CommandError(f"{path}: holds no pairs - write one JSON object a line")
    return rows


def _record(results: list[PairResult], summaries: dict[str, PairSummary]) -> dict[str, Any]:
    return {
        "schema": 1,
        "pairs": [
            {
                "id": one.id,
                "group": one.group,
                "good": round(one.good, 4),
                "degraded": round(one.degraded, 4),
                "delta": round(one.delta, 4),
            }
            for one in results
        ],
        "groups": {
            name: {
                "pairs": one.pairs,
                "wins": one.wins,
                "ties": one.ties,
                "mean": round(one.mean, 4),
                "cohen_d": one.cohen_d,
                "p": one.p,
            }
            for name, one in summaries.items()
        },
    }


def _table(results: list[PairResult], summaries: dict[str, PairSummary]) -> str:
    wide = max(len("group"), *(len(one.id) for one in results), *(len(name) for name in summaries))
    lines = [f"{'pair':<{wide}}  I(good)  I(degraded)      ΔI   (bits)"]
    lines += [f"{one.id:<{wide}}  {one.good:7.1f}  {one.degraded:11.1f}  {one.delta:+6.1f}" for one in results]
    lines += ["", f"{'group':<{wide}}  pairs  wins  mean ΔI  Cohen's d  Wilcoxon p (good above degraded)"]
    for name, one in summaries.items():
        effect = "        -" if one.cohen_d is None or not math.isfinite(one.cohen_d) else f"{one.cohen_d:+9.2f}"
        p = "-" if one.p is None else f"{one.p:.2g}"
        lines.append(f"{name:<{wide}}  {one.pairs:5}  {one.wins:4}  {one.mean:+7.2f}  {effect}  {p}")
    return "\n".join(lines)

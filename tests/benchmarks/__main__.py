"""`make bench`: the budgets of the design, measured on this machine, as a Markdown table.

python -m tests.benchmarks [scoring] [memory] [window] [start] [meaning] [modern] [words] [training] [critique]
    [writing]
python -m tests.benchmarks agreement|experts --data DIR    (public judgments, which are not in the repository)
python -m tests.benchmarks calibration --corpus DIR [--figure PNG]    (the corpus of `cqa-train reference`)
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
from pathlib import Path

from tests.benchmarks.common import Row

PARTS = ("scoring", "memory", "start", "window", "meaning", "modern", "words", "training", "critique", "writing")
WITH_DATA = ("agreement", "experts")
"""Parts that print tables of their own, from public judgments that `--data` names."""
CALIBRATION = "calibration"
"""The part that prints tables of its own, from the corpus that `--corpus` names."""
ALL = (*PARTS, *WITH_DATA, CALIBRATION)


def main(arguments: list[str]) -> int:
    """Run the parts and print their rows; 1 if a budget is broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Measure, and print tables.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(ALL))
    parser.add_argument("--data", type=Path, metavar="DIR", help=f"public judgments, for {' and '.join(WITH_DATA)}")
    parser.add_argument("--corpus", type=Path, metavar="DIR", help="valid/ and manifest.tsv, for calibration")
    parser.add_argument("--figure", type=Path, metavar="PNG", help="where calibration draws its curves")
    asked = parser.parse_args(arguments)
    wanted: list[str] = asked.parts
    unknown = [part for part in wanted if part not in ALL]
    if unknown:
        print(f"benchmarks: no part named {unknown[0]!r} - choose from {', '.join(ALL)}", file=sys.stderr)
        return 2
    if CALIBRATION in wanted:
        code = _calibration(asked.corpus, asked.figure)
        if code or len(wanted) == 1:
            return code
    for part in (part for part in wanted if part in WITH_DATA):
        code = _with_data(part, asked.data)
        if code or len(wanted) == 1:
            return code
    wanted = [part for part in wanted if part in PARTS]
    print(f"On {platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}.\n")
    print("| what | measured | budget | holds |\n|---|---|---|---|")
    held = True
    for part in wanted or PARTS:
        rows: list[Row] = importlib.import_module(f"tests.benchmarks.{part}").rows()
        for row in rows:
            mark = {True: "yes", False: "**no**", None: ""}[row.holds]
            print(f"| {row.what} | {row.figure} | {row.budget} | {mark} |", flush=True)
            held = held and row.holds is not False
    return 0 if held else 1


def _calibration(corpus: Path | None, figure: Path | None) -> int:
    from tests.benchmarks.calibration import CorpusError, report

    if corpus is None:
        print("benchmarks: calibration needs the training corpus - name its folder with --corpus DIR", file=sys.stderr)
        return 2
    try:
        print(report(corpus, figure), flush=True)
    except CorpusError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2
    return 0


def _with_data(part: str, data: Path | None) -> int:
    from tests.benchmarks.agreement.data import DataError

    if data is None:
        print(f"benchmarks: {part} needs public judgments - name their folder with --data DIR", file=sys.stderr)
        return 2
    try:
        print(importlib.import_module(f"tests.benchmarks.{part}").report(data), flush=True)
    except DataError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

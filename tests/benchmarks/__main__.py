"""`make bench`: the budgets of the design, measured on this machine, as a Markdown table.

python -m tests.benchmarks [scoring] [memory] [window] [start] [meaning] [training] [critique]
"""

from __future__ import annotations

import importlib
import os
import platform
import sys

from tests.benchmarks.common import Row

PARTS = ("scoring", "memory", "start", "window", "meaning", "training", "critique")


def main(wanted: list[str]) -> int:
    """Run the parts and print their rows; 1 if a budget is broken."""
    unknown = [part for part in wanted if part not in PARTS]
    if unknown:
        print(f"benchmarks: no part named {unknown[0]!r} - choose from {', '.join(PARTS)}", file=sys.stderr)
        return 2
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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Do the pairs share twelve words in a row with the reference model's training text, or with the starter set?

python -m tests.benchmarks.disjoint CORPUS     (a folder with train/ of .txt files)
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from cqa_desktop.annotations.jsonl import load
from cqa_desktop.resources import resource
from trainer.annotations.check import SHARED, long_runs


def main(corpus: Path) -> int:
    """Print what is shared; 1 if anything is."""
    owners: dict[tuple[str, ...], str] = {}
    for name in ("literary.jsonl", "factual.jsonl"):
        for line in resource("pairs", name).read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            for text in (row["context"], row["good"], row["degraded"]):
                owners |= dict.fromkeys(long_runs(text), row["id"])
    shared: set[tuple[str, str]] = set()
    for annotation in load(resource("annotations", "starter.jsonl")):
        for text in (annotation.context, annotation.passage):
            shared |= {(owners[run], annotation.id) for run in long_runs(text) if run in owners}
    works = sorted((corpus / "train").rglob("*.txt"))
    for work in works:
        text = work.read_text(encoding="utf-8")
        shared |= {(owners[run], work.name) for run in long_runs(text) if run in owners}
    for pair, where in sorted(shared):
        print(f"{pair}: in {where}")
    print(f"{len(owners)} runs of {SHARED} words; {len(works)} works and the starter set: {len(shared)} shared")
    return 1 if shared else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))

"""Words that present-day English uses far more than the training text: how many times more, as a table that ships.

python -m trainer.reference.ages --corpus DIR --wordfreq large_en.msgpack.gz --run run.json > words.tsv

Present-day frequencies are those of wordfreq 3.1.1 (Robyn Speer; data up to 2021, CC BY-SA 4.0): the file lies in its
package, under data/. The table is made from it and carries its licence.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from cqa_desktop.text.words import fold
from trainer.reference.config import SamplingConfig
from trainer.reference.corpus import Work, find_works, read_work

MIN_FREQUENCY = 1e-6
"""Of present-day words: a rarer one is as good as a name."""
MIN_BITS = 4.0
"""Sixteen times as frequent today: less is a matter of genre as much as of age."""
UNSEEN = 0.5
"""What an unseen word counts, so that its ratio is a number."""
_WORDS = re.compile(r"[a-z]+(?:'[a-z]+)*")


def present_day(path: Path) -> dict[str, float]:
    """Word to its share of present-day text, from wordfreq's list of words by hundredths of a bel."""
    levels = msgspec.msgpack.decode(gzip.decompress(path.read_bytes()))[1:]
    return {word: 10 ** (-level / 100) for level, found in enumerate(levels) for word in found}


def training_text(works: Sequence[Work], sampling: SamplingConfig) -> tuple[dict[str, float], float]:
    """Word to its share of what the model was shown, and the share of a word that was not there.

    A work counts as often as its period was drawn.
    """
    counts: list[Counter[str]] = [Counter() for _ in sampling.since]
    for number, work in enumerate(works, start=1):
        group = next(i for i, since in enumerate(sampling.since) if work.year >= since)
        # The parts of a hyphened word count apart, as in wordfreq.
        counts[group].update(_WORDS.findall(read_work(work.path).lower()))
        print(f"\r{number} of {len(works)} works", end="", file=sys.stderr)
    print(file=sys.stderr)
    sizes = [sum(count.values()) for count in counts]
    found: dict[str, float] = {}
    for count, size, share in zip(counts, sizes, sampling.share, strict=True):
        for word, times in count.items():
            found[fold(word)] = found.get(fold(word), 0.0) + share * times / max(size, 1)
    return found, UNSEEN / max(sum(sizes), 1)


def compare(modern: Mapping[str, float], trained: Mapping[str, float], unseen: float) -> list[tuple[str, float, float]]:
    """(word, bits of its present-day share, bits by which it was rarer in training), by word."""
    rows = []
    for word, share in modern.items():
        if share < MIN_FREQUENCY or len(word) < 2 or not _WORDS.fullmatch(word):
            continue
        rarer = math.log2(share / max(trained.get(fold(word), 0.0), unseen))
        if rarer >= MIN_BITS:
            rows.append((word, -math.log2(share), rarer))
    return sorted(rows)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--wordfreq", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True, help="the record of the model's training")
    arguments = parser.parse_args()
    record = json.loads(arguments.run.read_text(encoding="utf-8"))
    drawn = record["config"]["sampling"]
    sampling = SamplingConfig(tuple(drawn["since"]), tuple(drawn["share"]))
    trained, unseen = training_text(find_works(arguments.corpus, "train"), sampling)
    rows = compare(present_day(arguments.wordfreq), trained, unseen)
    print("# Made by trainer/reference/ages.py from wordfreq 3.1.1 (Robyn Speer and others), CC BY-SA 4.0.")
    print(f"# training text\t{record['data_sha256']}")
    print("# word\tbits of its present-day frequency\tbits by which it was rarer in the training text")
    for word, present, rarer in rows:
        print(f"{word}\t{present:.2f}\t{rarer:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

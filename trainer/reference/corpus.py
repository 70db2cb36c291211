"""The corpus as a stream: works drawn by group, cut into sequences that begin where a sentence begins.

A corpus is a folder with `train/` and `valid/` folders of UTF-8 text files, and optionally a `manifest.tsv` whose
columns `path` and `year` say when a work was written. Nothing holds more than a few works in memory.
"""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from cqa_desktop.text.normalise import straighten_quotes
from trainer.errors import TrainerError
from trainer.reference.config import SamplingConfig
from trainer.reference.tokenizer import BOS_ID, EOS_ID

UNKNOWN_YEAR = 1900
SIDE_BY_SIDE = 16
"""Works tokenised at once, on as many cores as there are: one at a time, they would keep a GPU waiting."""
CHARACTERS_A_TOKEN = 4
_SENTENCE_END = re.compile(r"[.!?][\"')]*$")

Tokens = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Work:
    path: Path
    year: int


def read_work(path: Path) -> str:
    """The text as the model sees it: straight quotes, paragraphs apart by one blank line."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise TrainerError(f"{path}: not UTF-8 at byte {error.start} - convert it, or take it out") from error
    return straighten_quotes(re.sub(r"\s*\n\s*\n\s*", "\n\n", text.replace("\r\n", "\n")).strip())


def find_works(corpus: Path, split: str) -> list[Work]:
    """Works of a split, by path.

    Raises:
        TrainerError: if there is no such folder, or no text in it.
    """
    folder = corpus / split
    if not folder.is_dir():
        raise TrainerError(f"{corpus}: has no '{split}' folder - give a folder with train/ and valid/ inside")
    years = _years(corpus / "manifest.tsv")
    paths = sorted(path for path in folder.rglob("*.txt") if path.stat().st_size > 0)
    if not paths:
        raise TrainerError(f"{folder}: holds no .txt file with text in it")
    return [Work(path, years.get(path.relative_to(corpus).as_posix(), UNKNOWN_YEAR)) for path in paths]


def _years(manifest: Path) -> dict[str, int]:
    if not manifest.is_file():
        return {}
    with manifest.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        found = ((row.get("path") or "", re.match(r"\d{4}", row.get("year") or "")) for row in rows)
        return {path: int(year.group()) for path, year in found if year}


class WorkOrder:
    """An endless, seeded order of works in which each group gets its share of the characters.

    Within a group the works come in random order, all of them before any comes again.
    """

    def __init__(self, works: Sequence[Work], sampling: SamplingConfig, seed: int) -> None:
        groups: list[list[Work]] = [[] for _ in sampling.since]
        for work in works:
            groups[next(i for i, since in enumerate(sampling.since) if work.year >= since)].append(work)
        self._groups = [(group, share) for group, share in zip(groups, sampling.share, strict=True) if group and share]
        self._seed = seed
        self._used = [0.0] * len(self._groups)
        self._taken = [0] * len(self._groups)

    def next(self) -> Work:
        # The group that is furthest behind its share gives the next work: no draw of the dice starves a group.
        i = min(range(len(self._groups)), key=lambda g: self._used[g] / self._groups[g][1])
        group, _ = self._groups[i]
        epoch, position = divmod(self._taken[i], len(group))
        order = list(range(len(group)))
        random.Random(f"{self._seed}/{i}/{epoch}").shuffle(order)
        work = group[order[position]]
        self._taken[i] += 1
        self._used[i] += work.path.stat().st_size
        return work

    def state(self) -> dict[str, Any]:
        return {"used": list(self._used), "taken": list(self._taken)}

    def restore(self, state: dict[str, Any]) -> None:
        self._used, self._taken = list(state["used"]), list(state["taken"])


class SequenceStream:
    """Sequences of BOS and `length` tokens, each beginning at the start of a sentence, mixed over many works."""

    def __init__(self, order: WorkOrder, tokenizer: Tokenizer, length: int, seed: int, pool: int) -> None:
        self.length = length
        self._order = order
        self._tokenizer = tokenizer
        texts = [tokenizer.decode([i], skip_special_tokens=False) for i in range(tokenizer.get_vocab_size())]
        self._breaks_line = np.array([text.endswith("\n") for text in texts])
        self._closes = self._breaks_line | np.array([bool(_SENTENCE_END.search(text)) for text in texts])
        self._random = np.random.default_rng(seed)
        self._size = pool
        self._pool: npt.NDArray[np.uint16] = np.empty((0, length + 1), np.uint16)

    def batch(self, rows: int) -> Tokens:
        """An int32 array of shape (rows, length + 1): inputs are [:, :-1], targets [:, 1:]."""
        while len(self._pool) < max(rows, self._size // 2):
            self._fill()
        chosen = self._random.choice(len(self._pool), size=rows, replace=False)
        batch: Tokens = self._pool[chosen].astype(np.int32)
        self._pool = np.delete(self._pool, chosen, axis=0)
        return batch

    def _fill(self) -> None:
        gathered = [self._pool]
        count = len(self._pool)
        while count < self._size:
            texts = [read_work(work.path) for work in self._next_works(self._size - count)]
            for encoded in self._tokenizer.encode_batch(texts, add_special_tokens=False):
                rows = self._sequences(np.asarray([*encoded.ids, EOS_ID]))
                gathered.append(rows)
                count += len(rows)
        self._pool = np.concatenate(gathered)

    def _next_works(self, sequences: int) -> Iterator[Work]:
        """As many works as hold about that many sequences, though not more than are tokenised side by side."""
        for _ in range(SIDE_BY_SIDE):
            work = self._order.next()
            yield work
            sequences -= work.path.stat().st_size // (CHARACTERS_A_TOKEN * self.length)
            if sequences <= 0:
                break

    def _sequences(self, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.uint16]:
        begins = np.concatenate(([True], self._closes[ids[:-1]])) & ~self._breaks_line[ids]
        starts = np.flatnonzero(begins)
        rows: list[npt.NDArray[np.int64]] = []
        at = int(self._random.integers(0, self.length))
        while at + self.length <= len(ids):
            found = int(np.searchsorted(starts, at))
            at = int(starts[found]) if found < len(starts) else at
            if at + self.length > len(ids):
                break
            rows.append(np.concatenate(([BOS_ID], ids[at : at + self.length])))
            at += self.length
        return np.array(rows, np.uint16).reshape(-1, self.length + 1)


def sample_text(works: Sequence[Work], megabytes: int, seed: int) -> Iterator[str]:
    """Paragraphs of a sample spread evenly over the works, for learning merges from."""
    share = megabytes * 1_000_000 // len(works) + 1
    for index, work in enumerate(works):
        text = read_work(work.path)
        start = random.Random(seed + index).randrange(max(1, len(text) - share))
        yield from text[start : start + share].split("\n\n")

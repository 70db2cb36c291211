"""The public expert judgments that agreement is measured on. They are not in the repository: `--data DIR` names them.

DIR holds `lamp_pairs_dev.jsonl`, `lamp_dev.json` (LAMP, arXiv 2409.14509, CC BY 4.0) and `ttcw/` (TTCW, arXiv
2309.14556, BSD 3-Clause), in the form in which their authors published them.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PAIRS, SPANS, STORIES = "lamp_pairs_dev.jsonl", "lamp_dev.json", "ttcw"
TTCW_STORIES, TTCW_VERDICTS = "ttcw_short_stories.json", "ttcw_annotations.json"


class DataError(Exception):
    """The data are missing or not as published; its text is one line that says what to do."""


@dataclass(frozen=True)
class TextPair:
    """A language model's draft, and the same after a professional writer's edit."""

    id: str
    writer: str
    draft: str
    edited: str


@dataclass(frozen=True)
class Edit:
    """A span that a writer changed."""

    start: int
    end: int
    """Code points of the draft."""
    category: str


@dataclass(frozen=True)
class EditedText:
    """A draft with the spans that a writer changed in it."""

    id: str
    writer: str
    instruction: str
    draft: str
    edited: str
    edits: Sequence[Edit]


@dataclass(frozen=True)
class Story:
    """A story by a language model, and how many of its experts passed it on each of the fourteen tests."""

    id: str
    plot: str
    intent: str
    text: str
    passed: Mapping[int, int] = field(default_factory=dict)
    experts: int = 3


def read_pairs(folder: Path) -> list[TextPair]:
    """The pairs.

    Raises:
        DataError: if they are missing or not as published.
    """
    rows = _rows(folder / PAIRS, ("id", "draft", "edited"))
    return [
        TextPair(row["id"], row["id"].partition("_")[0], row["draft"].strip(), row["edited"].strip()) for row in rows
    ]


def read_spans(folder: Path) -> list[EditedText]:
    """The drafts with what was changed in them; an edit whose words are not in its draft is left out.

    Raises:
        DataError: if they are missing or not as published.
    """
    found = []
    for row in _rows(folder / SPANS, ("id", "preedit", "postedit", "fine_grained_edits")):
        draft = row["preedit"].strip()
        edits = []
        for edit in row["fine_grained_edits"]:
            words = str(edit["originalText"]).strip()
            at = draft.find(words) if words else -1
            if at >= 0:
                edits.append(Edit(at, at + len(words), str(edit["categorization"])))
        writer = row["id"].partition("_")[0]
        found.append(
            EditedText(row["id"], writer, row.get("instruction", "").strip(), draft, row["postedit"].strip(), edits)
        )
    return found


def read_stories(folder: Path) -> list[Story]:
    """The stories that are given in full, with their experts' verdicts.

    Raises:
        DataError: if they are missing or not as published.
    """
    rows = _rows(folder / STORIES / TTCW_STORIES, ("story_id", "content", "plot"))
    votes: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    experts: dict[str, set[str]] = defaultdict(set)
    for row in _rows(folder / STORIES / TTCW_VERDICTS, ("story_id", "expert_idx", "ttcw_idx", "binary_verdict")):
        votes[row["story_id"]][int(row["ttcw_idx"])] += row["binary_verdict"].strip().lower() == "yes"
        experts[row["story_id"]].add(str(row["expert_idx"]))
    found = []
    for row in rows:
        name, text = row["story_id"], row["content"].strip()
        if not text.startswith("http"):
            plot = name.partition("_")[0]
            found.append(Story(name, plot, row["plot"].strip(), text, dict(votes[name]), len(experts[name])))
    return found


def _rows(path: Path, fields: Sequence[str]) -> list[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
        rows = [json.loads(line) for line in text.split("\n") if line.strip()] if path.suffix == ".jsonl" else None
        rows = json.loads(text) if rows is None else rows
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}) - give the published files with --data") from error
    except ValueError as error:
        raise DataError(f"{path}: is not JSON ({error}) - download it again") from error
    for row in rows if isinstance(rows, list) and rows else [None]:
        lacking = [name for name in fields if not isinstance(row, dict) or name not in row]
        if lacking:
            raise DataError(f"{path}: a row has no '{lacking[0]}' - give the file as it was published")
    return rows

"""What reading a public set has in common: files of JSON, and what could not be taken over."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cqa_desktop.annotations.types import Annotation
from trainer.errors import TrainerError


@dataclass
class Imported:
    """Annotations made from a public set."""

    annotations: list[Annotation] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    """Why rows or judgments were left out, and how many."""


def read_json(path: Path) -> Any:
    """A JSON file, or JSONL as a list.

    Raises:
        TrainerError: if it cannot be read or is not JSON.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        try:
            found = json.loads(text)
        except json.JSONDecodeError:
            if path.suffix != ".jsonl":
                raise
            found = [json.loads(line) for line in text.split("\n") if line.strip()]
        json.dumps(found, ensure_ascii=False).encode()  # half of a surrogate pair could not be written again
        return found
    except UnicodeDecodeError as error:
        raise TrainerError(f"{path}: is not UTF-8 - download it again") from error
    except (ValueError, RecursionError) as error:  # too many digits and surrogates among them
        raise TrainerError(f"{path}: is not JSON ({error}) - download it again") from error
    except OSError as error:
        raise TrainerError(f"{path}: cannot be read ({error.strerror}) - give the published files") from error


def records(path: Path, fields: tuple[str, ...]) -> list[dict[str, Any]]:
    """The list of objects in a JSON file, each of which has `fields`.

    Raises:
        TrainerError: as `read_json`, or if the file holds something else.
    """
    data = read_json(path)
    if not isinstance(data, list) or not data:
        raise TrainerError(f"{path}: is not a list of rows - give the file as it was published")
    for number, row in enumerate(data, start=1):
        lacking = [name for name in fields if not isinstance(row, dict) or name not in row]
        if lacking:
            raise TrainerError(f"{path}: row {number} has no '{lacking[0]}' - give the file as it was published")
    return data

"""From the categories of a public set to dimension and constraint: tables that ship, and can be replaced."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cqa_desktop.annotations.types import CONSTRAINTS, DIMENSIONS, Constraint, Dimension
from trainer.errors import TrainerError

FOLDER: Final = Path(__file__).with_name("mappings")
Aim = tuple[Dimension, Constraint]
"""What a judgment is about, and what it holds the text to."""


def load_mapping(name: str, path: Path | None = None) -> Mapping[str, Aim]:
    """The table `name` (`ttcw`: by number of the test; `lamp`: by folded category), or the one in `path`.

    Raises:
        TrainerError: if it cannot be read, or maps to a word that the schema does not have.
    """
    file = path or FOLDER / f"{name}.toml"
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise TrainerError(f"{file}: cannot be read ({error.strerror}) - give a TOML file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TrainerError(f"{file}: not valid TOML ({error}) - mend that line") from error
    table = data.get("tests" if name == "ttcw" else "categories")
    if not isinstance(table, dict) or not table:
        raise TrainerError(f"{file}: has no table [{'tests' if name == 'ttcw' else 'categories'}] - add it")
    return {fold_category(key): _aim(file, key, value) for key, value in table.items()}


def fold_category(category: str) -> str:
    """A category's name without what varies between files: case, brackets, spaces around a slash."""
    return " ".join(re.sub(r"\s*/\s*", "/", re.sub(r"\(.*?\)", "", category)).lower().split())


def _aim(file: Path, key: str, value: object) -> Aim:
    dimension = value.get("dimension") if isinstance(value, dict) else None
    constraint = value.get("constraint") if isinstance(value, dict) else None
    if dimension not in DIMENSIONS or constraint not in CONSTRAINTS:
        raise TrainerError(
            f"{file}: '{key}': needs a dimension ({', '.join(DIMENSIONS)}) and a constraint ({', '.join(CONSTRAINTS)})"
        )
    return dimension, constraint

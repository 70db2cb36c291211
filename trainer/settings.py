"""Settings: values of TOML files over one another, into dataclasses, with nothing accepted in silence."""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from trainer.errors import TrainerError

T = TypeVar("T")


def read_toml(path: Path) -> dict[str, Any]:
    """The values of a TOML file.

    Raises:
        TrainerError: if it cannot be read.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TrainerError(f"{path}: cannot be read ({error.strerror}) - give a TOML file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TrainerError(f"{path}: not valid TOML ({error}) - mend that line") from error


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`over` laid over `base`, table by table."""
    merged = dict(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = merge(merged[key], value) if both else value
    return merged


def build(kind: type[T], values: Mapping[str, Any], where: str, prefix: str = "") -> T:
    """A dataclass from values; what is not given keeps its default.

    Raises:
        TrainerError: for an unknown key (naming the nearest) or a value of the wrong type.
    """
    hints = get_type_hints(kind)
    arguments: dict[str, Any] = {}
    for key, value in values.items():
        if key not in hints:
            near = difflib.get_close_matches(key, hints, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"known keys: {', '.join(sorted(hints))}"
            raise TrainerError(f"{where}: unknown key '{prefix}{key}' - {hint}")
        arguments[key] = _value(hints[key], value, where, f"{prefix}{key}")
    return kind(**arguments)


def _value(hint: Any, value: Any, where: str, name: str) -> Any:
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        if not isinstance(value, dict):
            raise TrainerError(f"{where}: '{name}' must be a table - write [{name}]")
        return build(hint, value, where, f"{name}.")
    if isinstance(hint, types.UnionType):  # X | None: TOML has no null, so None is only ever the default
        hint = hint.__args__[0]
    if typing.get_origin(hint) is typing.Literal:
        if value not in hint.__args__:
            choices = ", ".join(map(str, hint.__args__))
            raise TrainerError(f"{where}: '{name}' is {value!r} - it must be one of {choices}")
        return value
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(hint, type):
        if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
            raise TrainerError(f"{where}: '{name}' is {value!r} - it must be of type {hint.__name__}")
        return value
    item = hint.__args__[0]  # tuple[X, ...]
    if not isinstance(value, list):
        raise TrainerError(f"{where}: '{name}' is {value!r} - it must be a list")
    return tuple(_value(item, one, where, f"{name}[{index}]") for index, one in enumerate(value))

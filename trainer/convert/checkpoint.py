"""A folder of transformers' files, read one tensor at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from trainer.errors import TrainerError

Tensor = npt.NDArray[np.float32]


class Checkpoint:
    """A model on disk. Nothing of it is in memory but its config.

    Raises:
        TrainerError: if the folder is not a checkpoint with safetensors.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = read_json(folder / "config.json", "give a checkpoint folder")
        self.files = self._index()

    @property
    def tied(self) -> bool:
        """Whether the embedding is the output too."""
        return bool(self.config.get("tie_word_embeddings")) or "lm_head.weight" not in self.files

    def shapes(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Every tensor's name and shape; the output's is left out where it is the embedding."""
        from safetensors import safe_open

        for path in sorted(set(self.files.values())):
            with safe_open(path, framework="pt") as file:
                for name in file.keys():  # noqa: SIM118  (not a mapping)
                    if not (name == "lm_head.weight" and self.tied):
                        yield name, tuple(file.get_slice(name).get_shape())

    def read(self, name: str) -> Tensor:
        """One tensor, in float32."""
        from safetensors import safe_open

        with safe_open(self.files[name], framework="pt") as file:
            found: Tensor = file.get_tensor(name).float().numpy()
        return found

    def _index(self) -> Mapping[str, Path]:
        from safetensors import SafetensorError, safe_open

        files: dict[str, Path] = {}
        for path in sorted(self.folder.glob("*.safetensors")):
            try:
                with safe_open(path, framework="pt") as file:
                    files |= dict.fromkeys(file.keys(), path)
            except (SafetensorError, OSError) as error:
                raise TrainerError(f"{path}: cannot be read ({error}) - download or save it again") from error
        if not files:
            raise TrainerError(f"{self.folder}: holds no .safetensors - give a checkpoint folder")
        return files


def read_json(path: Path, fix: str) -> dict[str, Any]:
    """A JSON object in a file.

    Raises:
        TrainerError: if it cannot be read; `fix` says what to do.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TrainerError(f"{path}: cannot be read ({error}) - {fix}") from error
    if not isinstance(data, dict):
        raise TrainerError(f"{path}: is not a JSON object - {fix}")
    return data

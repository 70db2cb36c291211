"""What a GGUF file is, found out before llama.cpp sees it: llama.cpp can abort the process on a bad file.

Only the header is read. The layout is the one of the GGUF specification, versions 2 and 3, little-endian.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Final

from cqa_desktop.engine.errors import ModelError

MAGIC: Final = b"GGUF"
CALIBRATION_KEY: Final = "cqa.calibration"
PROMPT_FORMAT_KEY: Final = "cqa.prompt_format"
RECIPE_KEY: Final = "cqa.recipe"
TRAINING_TEXT_KEY: Final = "cqa.data_sha256"
BASE_ID_KEY: Final = "cqa.base_id"
BASE_SHA_KEY: Final = "cqa.base_sha256"
MERGED_KEY: Final = "cqa.merged"
CRITIQUE_KEY: Final = "cqa.critique"
"""True: was tuned on judgments, and is large enough to write some worth reading. False: tuned, and too small."""
TUNED_CHAT_KEY: Final = "cqa.chat_template"
"""Whether the chat template stood around the prompt while it was tuned."""
CHAT_TEMPLATE_KEY: Final = "tokenizer.chat_template"
REFERENCE_NAME: Final = "CQA reference"
"""The shipped model's own name: what an adapter over the base `reference` belongs to."""

_SCALARS: Final = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
MAX_STRING = 1 << 26
LEAST_CONTEXT: Final = 64
"""Tokens; as many passages are evaluated side by side."""
MAX_COUNT = 1 << 22

# Tensor type to (elements, bytes) of a block. How long a tensor of another type is, only llama.cpp knows.
_BLOCKS: Final = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 40), 10: (256, 84),
    11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292), 16: (256, 66), 17: (256, 74),
    18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110), 22: (256, 82), 23: (256, 136), 24: (1, 1), 25: (1, 2),
    26: (1, 4), 27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2), 34: (256, 54), 35: (256, 66), 39: (32, 17),
    40: (64, 36), 41: (128, 18),
}  # fmt: skip
_FILE_TYPES: Final = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S", 12: "Q3_K_M",
    13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 32: "BF16",
}  # fmt: skip

Value = str | int | float | bool


@dataclass(frozen=True, slots=True)
class GgufFile:
    """The header of a GGUF file."""

    path: Path
    metadata: Mapping[str, Value]
    """Scalars and strings; arrays are left out."""
    tensors: int
    parameters: int
    is_adapter: bool

    @property
    def name(self) -> str:
        return str(self.metadata.get("general.name") or self.path.stem)

    @property
    def architecture(self) -> str:
        return str(self.metadata.get("general.architecture", ""))

    @property
    def quantization(self) -> str:
        return _FILE_TYPES.get(self._count("general.file_type", -1), "unknown")

    @property
    def context(self) -> int:
        """Tokens the model was trained to see at once; 0 if the file does not say."""
        return self._count(f"{self.architecture}.context_length", 0)

    def _count(self, key: str, default: int) -> int:
        """An integer of the header; the default where the file has something else, which llama.cpp refuses itself."""
        value = self.metadata.get(key)
        return value if isinstance(value, int) else default


def inspect_gguf(path: Path) -> GgufFile:
    """Read and check the header of a model or adapter.

    Raises:
        ModelError: for a file that is missing, unreadable, a folder, empty, no GGUF, cut short, or damaged.
    """
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise ModelError(f"{path}: is a folder - choose a .gguf file in it")
        if size == 0:
            raise ModelError(f"{path}: is empty - download it again")
        with path.open("rb") as file:
            return _Reader(file, size, path).read()
    except FileNotFoundError as error:
        raise ModelError(f"{path}: there is no such file - check its name, or choose another") from error
    except PermissionError as error:
        raise ModelError(f"{path}: you are not allowed to read it - change its permissions") from error
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror})") from error


def inspect_model(path: Path) -> GgufFile:
    """`inspect_gguf` of a file that is to be loaded as a model.

    Raises:
        ModelError: also for an adapter, a file with a vocabulary and no weights, or one on which llama.cpp would end
            the process.
    """
    found = inspect_gguf(path)
    if found.is_adapter:
        raise ModelError(f"{path}: is an adapter, not a model - load it over its base model as the adapter")
    if found.tensors == 0:
        raise ModelError(f"{path}: holds a vocabulary and no weights - choose a whole model")
    if 0 < found.context < LEAST_CONTEXT:
        raise ModelError(f"{path}: reads only {found.context} tokens at once - choose one that reads {LEAST_CONTEXT}")
    if found.metadata.get(f"{found.architecture}.block_count") == 0:
        raise ModelError(f"{path}: has no layers - choose another model")
    return found


def inspect_adapter(path: Path) -> GgufFile:
    """`inspect_gguf` of a file that is to be loaded as an adapter.

    Raises:
        ModelError: also for a file that is no adapter.
    """
    found = inspect_gguf(path)
    if not found.is_adapter:
        raise ModelError(f"{path}: is a model, not an adapter - load it as the model")
    return found


def check_base(adapter: GgufFile, model: GgufFile) -> None:
    """Raises:
    ModelError: if the adapter says that it was trained over another base. llama.cpp sees a difference of shapes alone.
    """
    wanted, mine = adapter.metadata.get(BASE_SHA_KEY), model.metadata.get(BASE_SHA_KEY)
    base = str(adapter.metadata.get(BASE_ID_KEY, ""))
    if model.metadata.get(MERGED_KEY):
        raise ModelError(f"{adapter.path}: {model.name} has an adapter merged into it - load this one over {base}")
    if (wanted and mine and wanted != mine) or (base == "reference" and model.name != REFERENCE_NAME):
        raise ModelError(
            f"{adapter.path}: was trained over '{base}', not over {model.name} - load it over its own base"
        )


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, remembered while its size and time do not change."""
    stat = path.stat()
    return _sha256(str(path), stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=16)
def _sha256(path: str, size: int, mtime: int) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Reader:
    def __init__(self, file: BinaryIO, size: int, path: Path) -> None:
        self._file, self._size, self._path = file, size, path

    def read(self) -> GgufFile:
        if self._file.read(4) != MAGIC:
            raise ModelError(f"{self._path}: is not a GGUF file - choose a model in GGUF form")
        version = self._number("I")
        if version not in (2, 3):
            raise ModelError(f"{self._path}: GGUF version {version} is not supported - versions 2 and 3 are")
        tensors, pairs = self._number("Q"), self._number("Q")
        if tensors > MAX_COUNT or pairs > MAX_COUNT:
            raise self._damaged()
        metadata: dict[str, Value] = {}
        for _ in range(pairs):
            key = self._string()
            value = self._value(self._number("I"))
            if value is not None:
                metadata[key] = value
        parameters, end = self._tensor_table(tensors)
        alignment = int(metadata.get("general.alignment", 32)) or 32
        data = -(-self._file.tell() // alignment) * alignment
        missing = data + end - self._size
        if tensors and missing > 0:
            raise ModelError(f"{self._path}: is cut short, {missing:,} bytes are missing - download it again")
        adapter = metadata.get("general.type") == "adapter"
        return GgufFile(self._path, metadata, tensors, parameters, adapter)

    def _tensor_table(self, tensors: int) -> tuple[int, int]:
        """Parameters in all, and where the last tensor ends, relative to the data."""
        parameters = 0
        end = 0
        for _ in range(tensors):
            self._string()
            dimensions = self._number("I")
            if dimensions > 8:
                raise self._damaged()
            count = 1
            for _ in range(dimensions):
                count *= self._number("Q")
            elements, size = _BLOCKS.get(self._number("I"), (1, 0))
            end = max(end, self._number("Q") + -(-count // elements) * size)
            parameters += count
        return parameters, end

    def _value(self, kind: int) -> Value | None:
        if kind in _SCALARS:
            value: Value = self._number(_SCALARS[kind])
            return value
        if kind == _STRING:
            return self._string()
        if kind == _ARRAY:
            item, count = self._number("I"), self._number("Q")
            if count > MAX_COUNT:
                raise self._damaged()
            if item in _SCALARS:
                self._skip(struct.calcsize(_SCALARS[item]) * count)
            elif item == _STRING:
                for _ in range(count):
                    self._skip(self._number("Q"))
            else:
                raise self._damaged()
            return None
        raise self._damaged()

    def _number(self, form: str) -> int:
        raw = self._file.read(struct.calcsize(form))
        if len(raw) < struct.calcsize(form):
            raise self._damaged()
        number: int = struct.unpack(f"<{form}", raw)[0]
        return number

    def _string(self) -> str:
        length = self._number("Q")
        if length > MAX_STRING or self._file.tell() + length > self._size:
            raise self._damaged()
        return self._file.read(length).decode("utf-8", "replace")

    def _skip(self, count: int) -> None:
        if count > self._size - self._file.tell():
            raise self._damaged()
        self._file.seek(count, 1)

    def _damaged(self) -> ModelError:
        return ModelError(f"{self._path}: is damaged or cut short - download it again")

"""The model that a run starts from: the reference model, a folder, or a repository on the hub."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

import platformdirs

from cqa_desktop.models.registry import reference_model
from trainer.errors import TrainerError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

REFERENCE: Final = "reference"
_WEIGHTS: Final = "*.safetensors"
_FILES: Final = ("*.json", "*.safetensors", "*.txt", "*.model", "*.jinja")
_CHUNK: Final = 1 << 22


@dataclass(frozen=True)
class Base:
    """A base model as a folder of transformers' files."""

    id: str
    """`reference`, a repository id, or a folder's name."""
    revision: str | None
    """The commit, for a repository."""
    folder: Path

    @cached_property
    def sha256(self) -> str:
        """Hash over the weight files, in the order of their names: two bases with the same hash are the same."""
        digest = hashlib.sha256()
        for path in sorted(self.folder.glob(_WEIGHTS)):
            digest.update(_sha256(path).encode())
        return digest.hexdigest()

    @cached_property
    def config_sha256(self) -> str:
        """Hash of config.json."""
        return _sha256(self.folder / "config.json")


def resolve_base(spec: str, revision: str | None = None) -> Base:
    """The base named by `spec`: `reference`, a folder, or `owner/name` (with `@revision`) on the hub.

    Raises:
        TrainerError: if there is no such base, or it lacks files.
    """
    if spec == REFERENCE:
        return Base(REFERENCE, None, _unpacked_reference())
    folder = Path(spec).expanduser()
    if folder.exists():
        return Base(folder.resolve().name, revision, _checked(folder))
    name, _, wanted = spec.partition("@")
    if name.count("/") != 1 or spec.startswith((".", "/", "~")) or name.startswith("/") or name.endswith("/"):
        raise TrainerError(f"base '{spec}': no such folder - give 'reference', a folder, or owner/name on the hub")
    return _from_hub(name, wanted or revision)


def window_of(folder: Path) -> int:
    """Tokens that a base reads.

    Raises:
        TrainerError: if its config does not say.
    """
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        return int(config["max_position_embeddings"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainerError(
            f"{folder}/config.json: does not say max_position_embeddings - choose another base"
        ) from error


def load_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of a base, which neither cuts texts nor pads them.

    Raises:
        TrainerError: if it cannot be read.
    """
    from tokenizers import Tokenizer

    path = folder / "tokenizer.json"
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises nothing narrower
        raise TrainerError(f"{path}: cannot be read ({error}) - save or download the base again") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _checked(folder: Path) -> Path:
    if folder.is_file():
        raise TrainerError(f"base {folder}: is a file - training needs a folder of transformers' files, not a GGUF")
    for needed in ("config.json", "tokenizer.json"):
        if not (folder / needed).is_file():
            raise TrainerError(f"base {folder}: has no {needed} - give a folder as transformers saves it")
    if not any(folder.glob(_WEIGHTS)):
        raise TrainerError(f"base {folder}: holds no .safetensors - save the model with safetensors")
    return folder


def _from_hub(name: str, revision: str | None) -> Base:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        folder = Path(snapshot_download(name, revision=revision, allow_patterns=list(_FILES)))
    except HFValidationError as error:
        raise TrainerError(f"base '{name}': is not a repository id - give owner/name") from error
    except LocalEntryNotFoundError as error:
        raise TrainerError(f"base '{name}': the hub cannot be reached, and it is not here - check the line") from error
    except (HfHubHTTPError, OSError) as error:
        line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise TrainerError(
            f"base '{name}': the hub refused ({line}) - check the id, and log in if it is gated"
        ) from error
    return Base(name, folder.name, _checked(folder))  # a snapshot's folder is named by its commit


def _unpacked_reference() -> Path:
    """The shipped GGUF as a folder, made once and kept."""
    from trainer.convert.unpack import unpack_llama

    source = reference_model()
    home = Path(platformdirs.user_cache_dir("cqa-desktop", appauthor=False)) / "bases"
    folder = home / f"reference-{_sha256(source)[:16]}"
    if (folder / "config.json").is_file():
        return folder
    try:
        home.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix="reference-", dir=home))
        try:
            unpack_llama(source, part)
            # Two processes may do this at once: the second finds the folder there, and what it made is the same.
            if not folder.exists():
                os.replace(part, folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    except OSError as error:
        raise TrainerError(f"{home}: cannot be written ({error.strerror}) - make room there") from error
    return folder


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise TrainerError(f"{path}: cannot be read ({error.strerror})") from error
    return digest.hexdigest()

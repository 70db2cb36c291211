"""A model's vocabulary without its weights: for counting tokens at once."""

from __future__ import annotations

import ctypes
from pathlib import Path
from types import TracebackType

import numpy as np

from cqa_desktop.engine.errors import ModelError
from cqa_desktop.engine.gguf_file import inspect_model
from cqa_desktop.engine.library import clear_errors, last_error, load_library
from cqa_desktop.measure.types import Ints


class Vocabulary:
    """Tokenises as the model does. Not for use from two threads at once.

    Raises:
        ModelError: if the file cannot be used.
    """

    def __init__(self, path: Path) -> None:
        file = inspect_model(path)
        self.context = file.context
        """Tokens that the model was trained to read."""
        self._path = path
        self._c = load_library()
        parameters = self._c.llama_model_default_params()
        parameters.vocab_only = True
        clear_errors()
        self._model = self._c.llama_model_load_from_file(str(path).encode(), parameters)
        if not self._model:
            raise ModelError(f"{path}: llama.cpp cannot read its vocabulary ({last_error()}) - choose another model")
        self._vocab = self._c.llama_model_get_vocab(self._model)

    def tokenize(self, text: str) -> Ints:
        """Token ids of a text, without BOS; control tokens in the text are text.

        Raises:
            ModelError: if llama.cpp fails on the text.
        """
        raw = text.encode("utf-8", "replace")
        buffer = np.empty(len(raw) + 8, np.int32)
        pointer = buffer.ctypes.data_as(ctypes.POINTER(ctypes.c_int32))
        count = self._c.llama_tokenize(self._vocab, raw, len(raw), pointer, len(buffer), False, False)
        if count < 0:
            raise ModelError(f"{self._path}: its tokenizer failed on a text of {len(text)} characters")
        return buffer[:count].copy()

    def close(self) -> None:
        """Free it; a second call does nothing."""
        if self._model:
            self._c.llama_model_free(self._model)
            self._model = None

    def __enter__(self) -> Vocabulary:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

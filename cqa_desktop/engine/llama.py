"""llama.cpp, through its low-level interface: load, tokenise, evaluate.

Logits are never kept for a whole context. Only positions that predict a scored token ask for logits, and each batch is
reduced straight from llama.cpp's own buffer before the next one is evaluated.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np

from cqa_desktop.annotations.prompt import FORMATS, PROSE
from cqa_desktop.engine.batches import Batch, Flags, Run, pieces
from cqa_desktop.engine.devices import cpu_name, default_threads, first_gpu
from cqa_desktop.engine.errors import CancelledError, ModelError
from cqa_desktop.engine.gguf_file import (
    PROMPT_FORMAT_KEY,
    RECIPE_KEY,
    TRAINING_TEXT_KEY,
    GgufFile,
    check_base,
    inspect_adapter,
    inspect_model,
    sha256_of,
)
from cqa_desktop.engine.library import clear_errors, give_back_memory, last_error, load_library
from cqa_desktop.engine.scoring_model import Stop, never
from cqa_desktop.measure.reduce import Reducer, concatenate
from cqa_desktop.measure.types import Floats, Ints, ViewScores
from cqa_desktop.measure.word_bits import ends_words

WINDOW = 1024
"""Tokens in a window of context, unless the model was trained to see fewer."""
BATCH = 512
LOGITS_BYTES = 1 << 26
"""The most that the logits of one batch may take: bounds memory at large vocabularies."""
SEQUENCES = 64
"""Passages that are evaluated side by side."""
F32 = 0
"""GGML_TYPE_F32."""
ABORTED = 2
"""What llama_decode returns when the abort callback stopped it."""


class Native(NamedTuple):
    """llama.cpp's own handles, for who opens a context of its own over the model."""

    c: Any
    """The module llama_cpp."""
    model: Any
    vocabulary: Any
    adapter: Any
    """None without."""
    offload: bool
    """Whether a GPU is in use."""


class LlamaModel:
    """A model, and perhaps an adapter, in memory. Not for use from two threads at once.

    Raises:
        ModelError: if the file cannot be used, or memory does not suffice.
    """

    def __init__(
        self, path: Path, *, adapter: Path | None = None, gpu: bool = True, threads: int | None = None
    ) -> None:
        self.file: GgufFile = inspect_model(path)
        self.adapter_file = inspect_adapter(adapter) if adapter else None
        if self.adapter_file is not None:
            check_base(self.adapter_file, self.file)
        self.tuned = tuned = self.adapter_file or self.file
        """What was tuned last, and says for what."""
        self.prompt_format = str(tuned.metadata.get(PROMPT_FORMAT_KEY, PROSE))
        if self.prompt_format not in FORMATS:
            raise ModelError(
                f"{tuned.path}: was tuned on the prompt format '{self.prompt_format}' - a newer version may know it"
            )
        self.name = self.file.name
        read = self.file.metadata if RECIPE_KEY in self.file.metadata else {}
        self.training_text = str(read.get(TRAINING_TEXT_KEY, ""))
        """Hash of all that it has read, where it was trained from nothing by `cqa-train reference`; else empty."""
        self.sha256 = sha256_of(path)
        self.adapter_sha256 = sha256_of(adapter) if adapter else ""
        self.threads = threads or default_threads()
        self.notice = ""
        self.tokens_evaluated = 0
        """Tokens that went through the model since it was loaded: what caching and increments are tested by."""
        self._handles: list[Callable[[], None]] = []
        self._stop: Stop = never
        try:
            self._load(path, gpu)
        except BaseException:
            self.close()
            raise

    def _load(self, path: Path, gpu: bool) -> None:
        llama_cpp = self._c = load_library()
        device = first_gpu() if gpu else None
        self._model = self._load_weights(path, offload=device is not None)
        self._vocab = llama_cpp.llama_model_get_vocab(self._model)
        self.vocabulary = llama_cpp.llama_vocab_n_tokens(self._vocab)
        self.window = min(self.file.context or WINDOW, WINDOW)
        self.batch = max(16, min(BATCH, self.window, LOGITS_BYTES // (4 * self.vocabulary) // 16 * 16))
        self._adapter = self._load_adapter()
        self._adapter_on = False
        self._sizes = np.full(self.vocabulary, -1, np.int32)
        self._pieces: dict[int, bytes] = {}
        self._buffer = ctypes.create_string_buffer(256)
        self.ends_words = ends_words(map(self._read_piece, range(self.vocabulary)))
        """(V,), which tokens go on no word."""
        self._reducer = Reducer(self.vocabulary, self.ends_words)
        self.device = f"{device.name}: {device.description}" if device else cpu_name(self.threads)
        try:
            self._open_context(offload=device is not None)
        except ModelError as error:
            if device is None:
                raise
            # A GPU that is there and fails must not keep the writer from working.
            self.notice = f"{device.description} could not be used ({error}); the CPU took over."
            self._model = self._load_weights(path, offload=False)
            self._adapter = self._load_adapter()
            self.device = cpu_name(self.threads)
            self._open_context(offload=False)
        bos = llama_cpp.llama_vocab_bos(self._vocab)
        self.eos = llama_cpp.llama_vocab_eos(self._vocab)
        self.bos = bos if bos >= 0 else self.eos
        self.adds_bos = bool(llama_cpp.llama_vocab_get_add_bos(self._vocab))
        """Whether its texts begin with BOS by themselves."""
        self.separator = self._separator()

    def _load_weights(self, path: Path, *, offload: bool) -> Any:
        parameters = self._c.llama_model_default_params()
        parameters.n_gpu_layers = 999 if offload else 0
        clear_errors()
        model = self._c.llama_model_load_from_file(os.fsencode(path), parameters)
        if not model:
            if offload:
                self.notice = "The GPU could not hold the model; the CPU took over."
                return self._load_weights(path, offload=False)
            raise ModelError(f"{path}: llama.cpp cannot load it ({last_error()}) - choose another model")
        self._handles.append(lambda: self._c.llama_model_free(model))
        return model

    def _load_adapter(self) -> Any:
        if self.adapter_file is None:
            return None
        clear_errors()
        adapter = self._c.llama_adapter_lora_init(self._model, os.fsencode(self.adapter_file.path))
        if not adapter:
            raise ModelError(
                f"{self.adapter_file.path}: does not fit {self.file.name} ({last_error()}) - "
                "load it over its own base model"
            )
        return adapter  # freed with the model

    def _open_context(self, *, offload: bool) -> None:
        c = self._c
        self._offload = offload
        parameters = c.llama_context_default_params()
        parameters.n_ctx = self.window
        parameters.n_batch = parameters.n_ubatch = parameters.n_outputs_max = self.batch
        parameters.n_seq_max = SEQUENCES
        parameters.kv_unified = True
        parameters.n_threads = parameters.n_threads_batch = self.threads
        parameters.no_perf = True
        parameters.type_k = parameters.type_v = F32
        # Flash attention is a fifth faster on a CPU and, being half precision inside, up to 0.003 bits off: less than
        # rounding the weights costs, so only a model whose weights are not rounded is evaluated without.
        exact = self.file.quantization == "F32"
        parameters.flash_attn_type = c.LLAMA_FLASH_ATTN_TYPE_DISABLED if exact else c.LLAMA_FLASH_ATTN_TYPE_AUTO
        parameters.offload_kqv = parameters.op_offload = offload
        # Kept on the object: llama.cpp holds the bare pointer for the context's life.
        self._abort = c.ggml_abort_callback(self._ask)
        parameters.abort_callback = self._abort
        clear_errors()
        context = c.llama_init_from_model(self._model, parameters)
        if not context:
            raise ModelError(
                f"{self.file.path}: not enough memory for a context of {self.window} tokens ({last_error()}) - "
                "close other programs or choose a smaller model"
            )
        self._context = context
        self._handles.append(lambda: c.llama_free(context))
        self._memory = c.llama_get_memory(context)
        self._input = Batch(c, self.batch)

    def _ask(self, _: Any) -> bool:
        """Whether llama.cpp should stop."""
        return self._stop()

    def _separator(self) -> Ints:
        # Tokenised between two letters, as it stands between paragraphs: at the end of a text it would split otherwise.
        around = self.tokenize("a\n\nb")
        letters = (len(self.tokenize("a")), len(self.tokenize("b")))
        return around[letters[0] : len(around) - letters[1]]

    def native(self) -> Native:
        """The handles; they are good until the model is closed."""
        return Native(self._c, self._model, self._vocab, self._adapter, self._offload)

    def at_close(self, free: Callable[[], None]) -> Callable[[], None]:
        """Have `free` called before the model goes. Returns what calls it at once instead, to be called once."""
        self._handles.append(free)

        def now() -> None:
            if free in self._handles:
                self._handles.remove(free)
                free()

        return now

    # --- tokens ---------------------------------------------------------------------------------------------------

    def tokenize(self, text: str, *, special: bool = False) -> Ints:
        """Token ids of a text, without BOS; control tokens in the text are text, unless `special`."""
        raw = text.encode("utf-8", "replace")
        room = len(raw) + 8
        buffer = np.empty(room, np.int32)
        pointer = buffer.ctypes.data_as(ctypes.POINTER(ctypes.c_int32))
        count = self._c.llama_tokenize(self._vocab, raw, len(raw), pointer, room, False, special)
        if count < 0:
            raise ModelError(f"{self.file.path}: its tokenizer failed on a text of {len(text)} characters")
        return buffer[:count].copy()

    def piece(self, token: int) -> bytes:
        """The bytes of a token; empty for control tokens."""
        found = self._pieces.get(token)
        if found is None:
            found = self._pieces[token] = self._read_piece(token)
        return found

    def _read_piece(self, token: int) -> bytes:
        buffer = self._buffer
        size = self._c.llama_token_to_piece(self._vocab, token, buffer, len(buffer), 0, False)
        if size < 0:
            buffer = ctypes.create_string_buffer(-size)
            size = self._c.llama_token_to_piece(self._vocab, token, buffer, len(buffer), 0, False)
        return buffer.raw[:size]

    def token_name(self, token: int) -> str:
        """What a token is called in the vocabulary, control tokens too; empty for a token that there is none of."""
        raw = self._c.llama_vocab_get_text(self._vocab, token) if 0 <= token < self.vocabulary else None
        return raw.decode("utf-8", "replace") if raw else ""

    def sizes(self, tokens: Ints) -> Ints:
        """Bytes of each token."""
        for token in np.unique(tokens[self._sizes[tokens] < 0]):
            self._sizes[token] = len(self.piece(int(token)))
        return self._sizes[tokens]

    # --- evaluation -----------------------------------------------------------------------------------------------

    def score(
        self, runs: Sequence[Run], *, temperature: float = 1.0, adapter: bool = False, stop: Stop = never
    ) -> list[ViewScores]:
        """Score the runs' tokens, several runs side by side where they are short; one result a run, in order.

        Raises:
            CancelledError: as soon as `stop()` is true, in the middle of a batch too.
            ModelError: if llama.cpp fails, or a run is longer than the window.
        """
        results: list[list[ViewScores]] = [[] for _ in runs]
        self._use_adapter(adapter)
        for group in self._groups(runs):
            self._c.llama_memory_clear(self._memory, False)
            for piece in pieces([runs[index] for index in group], self.batch):
                logits = self._decode(piece.tokens, piece.positions, piece.sequences, piece.wanted, stop)
                scores = self._reducer.reduce(logits, piece.targets, temperature)
                if not np.isfinite(scores.surprisal).all():
                    raise ModelError(f"{self.file.path}: gives no numbers, so its weights are damaged - get it again")
                for sequence, start, end in piece.owners:
                    results[group[sequence]].append(scores.slice(start, end))
        return [concatenate(parts) for parts in results]

    def logits_after(self, tokens: Ints, *, adapter: bool = False, stop: Stop = never) -> Floats:
        """Logits of the token that follows `tokens` (BOS first), a copy of shape (V,); the context keeps them."""
        self._use_adapter(adapter)
        self._c.llama_memory_clear(self._memory, False)
        logits = np.empty(0, np.float32)
        for start in range(0, len(tokens), self.batch):
            part = tokens[start : start + self.batch]
            wanted = np.zeros(len(part), np.int8)
            wanted[-1] = start + len(part) == len(tokens)
            positions = np.arange(start, start + len(part), dtype=np.int32)
            found = self._decode(part, positions, np.zeros(len(part), np.int32), wanted, stop)
            if len(found):
                logits = found[-1].copy()
        return logits

    def continue_each(self, length: int, tokens: Ints, step: int, stop: Stop = never) -> Floats:
        """After `logits_after` of `length` tokens: append one token to each of several branches.

        Branch i is its own continuation; `step` counts from 0. Returns logits of shape (branches, V), a copy.
        """
        branches = np.arange(1, len(tokens) + 1, dtype=np.int32)
        if step == 0:
            for branch in branches:
                self._c.llama_memory_seq_cp(self._memory, 0, int(branch), -1, -1)
        positions = np.full(len(tokens), length + step, np.int32)
        return self._decode(tokens, positions, branches, np.ones(len(tokens), np.int8), stop).copy()

    def _groups(self, runs: Sequence[Run]) -> Iterator[list[int]]:
        group: list[int] = []
        used = 0
        for index, run in enumerate(runs):
            if len(run.tokens) > self.window:
                raise ModelError(f"{self.file.path}: {len(run.tokens)} tokens do not fit its window of {self.window}")
            if group and (used + len(run.tokens) > self.window or len(group) == SEQUENCES):
                yield group
                group, used = [], 0
            group.append(index)
            used += len(run.tokens)
        if group:
            yield group

    def _use_adapter(self, on: bool) -> None:
        on = on and self._adapter is not None
        if on == self._adapter_on:
            return
        if on:
            adapters = (type(self._adapter) * 1)(self._adapter)
            self._c.llama_set_adapters_lora(self._context, adapters, 1, (ctypes.c_float * 1)(1.0))
        else:
            self._c.llama_set_adapters_lora(self._context, None, 0, None)
            give_back_memory()
        self._adapter_on = on

    def _decode(self, tokens: Ints, positions: Ints, sequences: Ints, wanted: Flags, stop: Stop) -> Floats:
        """Evaluate one batch; a view of llama.cpp's logits, valid until the next call, shape (wanted, V)."""
        if stop():
            raise CancelledError("stopped")
        self._stop = stop
        clear_errors()
        code = self._c.llama_decode(self._context, self._input.fill(tokens, positions, sequences, wanted))
        self._stop = never
        if code == ABORTED or (code != 0 and stop()):
            raise CancelledError("stopped")
        if code != 0:
            raise ModelError(f"{self.file.path}: llama.cpp failed with code {code} ({last_error()})")
        self.tokens_evaluated += len(tokens)
        rows = int(np.count_nonzero(wanted))
        if rows == 0:
            self._c.llama_synchronize(self._context)
            return np.empty((0, self.vocabulary), np.float32)
        pointer = self._c.llama_get_logits(self._context)
        return np.ctypeslib.as_array(pointer, (rows * self.vocabulary,)).reshape(rows, self.vocabulary)

    def close(self) -> None:
        """Free everything; a second call does nothing."""
        while self._handles:
            self._handles.pop()()

    def __enter__(self) -> LlamaModel:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

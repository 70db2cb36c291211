"""Text from the model in memory, token by token, in a context of its own: scoring keeps its own beside it.

A generation can be stopped anywhere, in the middle of the prompt too, and goes on where it was: what is in the context
stays, and the same seed gives the same text whether it was stopped or not.
"""

from __future__ import annotations

import codecs
import ctypes
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from cqa_desktop.engine.batches import Batch
from cqa_desktop.engine.errors import CancelledError, EngineError, ModelError
from cqa_desktop.engine.library import clear_errors, last_error
from cqa_desktop.engine.llama import ABORTED, LlamaModel
from cqa_desktop.engine.scoring_model import Stop, never
from cqa_desktop.measure.types import Ints

CONTEXT: Final = 4096
"""Tokens that prompt and text may take together, unless the model was trained to see fewer."""
PIECE: Final = 64
"""Prompt tokens evaluated at once: what is lost, at most, by a stop in the middle of the prompt."""
LIKELIEST: Final = 64
"""Tokens that are chosen among; all of them only where the grammar allows none of these."""
LONGEST_PERIOD: Final = 240
FEWEST_REPEATS: Final = 4
FEWEST_REPEATED: Final = 60
"""A stretch of up to so many characters, so many times in a row and so many characters in all: it repeats itself."""

_CANDIDATE: Final = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])
Candidates = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a token is chosen."""

    temperature: float = 0.7
    top_p: float = 0.95
    seed: int = 1


def context_size(model: LlamaModel) -> int:
    """Tokens that prompt and text may take together under this model."""
    return min(CONTEXT, model.file.context or CONTEXT)


class Generation:
    """One text in the making. To be closed; it is freed with its model at the latest.

    Args:
        prompt: token ids, BOS and all; shape (n,), n at least 1.
        grammar: GBNF with the rule `root`; empty for a free text.
        longest: tokens that the text may have; less where the context ends.
        adapter: whether the model's adapter is on.

    Raises:
        EngineError: if the prompt leaves no room in the context, or the grammar is none.
    """

    def __init__(
        self,
        model: LlamaModel,
        prompt: Ints,
        *,
        grammar: str = "",
        sampling: Sampling = Sampling(),
        longest: int = CONTEXT,
        adapter: bool = False,
    ) -> None:
        self.text = ""
        """Whole characters so far; the bytes of a beginning one are held back."""
        self.evaluated = 0
        """Tokens that went through the model; each goes once, however often it is stopped."""
        self.ended = False
        self._model = model
        self._native = model.native()
        self._c = self._native.c
        self._size = context_size(model)
        if not 0 < len(prompt) < self._size:
            raise EngineError(
                f"The passage and its brief take {len(prompt):,} tokens, and the model reads {self._size:,} at once, "
                "with room for its answer - choose a shorter passage."
            )
        self._tokens: list[int] = [int(token) for token in prompt]
        self._end = min(self._size, len(prompt) + longest)
        self._done = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._adapter = adapter
        self._stop: Stop = never
        self._context: Any = None
        self._closers = [model.at_close(self._free)]
        self._grammar: Any = None
        if grammar:
            self._grammar = self._c.llama_sampler_init_grammar(self._native.vocabulary, grammar.encode(), b"root")
            if not self._grammar:
                raise EngineError("The grammar of the answer cannot be read by llama.cpp - report this.")
        self._chain = self._c.llama_sampler_chain_init(self._c.llama_sampler_chain_default_params())
        for sampler in (
            self._c.llama_sampler_init_top_p(sampling.top_p, 1),
            self._c.llama_sampler_init_temp(sampling.temperature),
            self._c.llama_sampler_init_dist(sampling.seed & 0xFFFFFFFF),
        ):
            self._c.llama_sampler_chain_add(self._chain, sampler)

    def advance(self, stop: Stop = never) -> str:
        """Add one token; returns the characters that became whole, perhaps none. `ended` says that it was the last.

        Raises:
            CancelledError: once `stop()` is true, in the middle of a batch too; call again to go on.
            EngineError: if memory does not suffice, llama.cpp fails, the room is used up, the model repeats itself, or
                the grammar allows nothing. What was written until then stays.
        """
        if self.ended:
            return ""
        try:
            return self._advance(stop)
        except CancelledError:
            raise
        except EngineError:
            self.ended = True
            raise

    def force(self, text: str) -> None:
        """Go on with these words, as if the model had chosen them. Tokens are those of the text by itself.

        Raises:
            EngineError: if the grammar does not allow them.
        """
        for token in self._model.tokenize(text):
            if not len(self._allowed(_candidates(np.array([token]), np.zeros(1, np.float32)))):
                raise EngineError(f"The grammar of the answer does not allow '{text}' here - report this.")
            self._take(int(token))

    def close(self) -> None:
        """Free everything; a second call does nothing."""
        self.ended = True
        while self._closers:
            self._closers.pop()()

    def _advance(self, stop: Stop) -> str:
        if len(self._tokens) >= self._end:
            raise EngineError("The answer grew longer than there is room for; what came before is kept.")
        logits = self._evaluate(stop)
        token = self._choose(logits)
        if self._c.llama_vocab_is_eog(self._native.vocabulary, token):
            self.ended = True
            return self._say(b"", final=True)
        said = self._take(token)
        if repeats_itself(self.text):
            raise EngineError("The model began to repeat itself and was stopped; what came before is kept.")
        return said

    def _take(self, token: int) -> str:
        if self._grammar:
            self._c.llama_sampler_accept(self._grammar, token)
        self._tokens.append(token)
        return self._say(self._model.piece(token))

    def _say(self, raw: bytes, *, final: bool = False) -> str:
        said = self._decoder.decode(raw, final)
        self.text += said
        return said

    # --- choosing -------------------------------------------------------------------------------------------------

    def _choose(self, logits: npt.NDArray[np.float32]) -> int:
        if not np.isfinite(logits).any() or np.isnan(logits).any():
            raise ModelError(f"{self._model.file.path}: gives no numbers but errors - it may be damaged")
        few = np.argpartition(-logits, min(LIKELIEST, len(logits)) - 1)[:LIKELIEST]
        found = self._allowed(_candidates(few, logits[few]))
        if not len(found):
            found = self._allowed(_candidates(np.arange(len(logits)), logits))
        if not len(found):
            raise EngineError("Nothing that the model could write next fits an answer; what came before is kept.")
        array = self._array(found, ordered=True)
        self._c.llama_sampler_apply(self._chain, ctypes.byref(array))
        return int(array.data[array.selected].id)

    def _allowed(self, candidates: Candidates) -> Candidates:
        """Those that the grammar allows, and that are text or the end."""
        if self._grammar:
            array = self._array(candidates, ordered=False)
            self._c.llama_sampler_apply(self._grammar, ctypes.byref(array))
        c, vocabulary = self._c, self._native.vocabulary
        left = candidates[np.isfinite(candidates["logit"])]
        plain = [
            not c.llama_vocab_is_control(vocabulary, int(token)) or c.llama_vocab_is_eog(vocabulary, int(token))
            for token in left["id"]
        ]
        found: Candidates = left[np.array(plain, np.bool_)]
        return found

    def _array(self, candidates: Candidates, *, ordered: bool) -> Any:
        """llama.cpp's view of the candidates, which must outlive it."""
        data = ctypes.cast(candidates.ctypes.data, ctypes.POINTER(self._c.llama_token_data))
        return self._c.llama_token_data_array(data, len(candidates), -1, ordered)

    # --- evaluating -----------------------------------------------------------------------------------------------

    def _evaluate(self, stop: Stop) -> npt.NDArray[np.float32]:
        """Evaluate what was not yet; the logits after the last token, valid until the next call, shape (V,)."""
        if self._context is None:
            self._open()
        while self._done < len(self._tokens):
            if stop():
                raise CancelledError("stopped")
            # Cut where they are cut without a stop, so that the numbers are the same to the last bit.
            part = np.array(self._tokens[self._done : self._done + PIECE], np.int32)
            wanted = np.zeros(len(part), np.int8)
            wanted[-1] = self._done + len(part) == len(self._tokens)
            positions = np.arange(self._done, self._done + len(part), dtype=np.int32)
            self._decode(self._input.fill(part, positions, np.zeros(len(part), np.int32), wanted), stop)
            self._done += len(part)
            self.evaluated += len(part)
        if stop():
            raise CancelledError("stopped")
        pointer = self._c.llama_get_logits_ith(self._context, -1)
        return np.ctypeslib.as_array(pointer, (self._model.vocabulary,))

    def _decode(self, batch: Any, stop: Stop) -> None:
        self._stop = stop
        clear_errors()
        code = self._c.llama_decode(self._context, batch)
        if code == 0:
            self._c.llama_synchronize(self._context)
        self._stop = never
        if code == 0:
            return
        memory = self._c.llama_get_memory(self._context)
        if not self._c.llama_memory_seq_rm(memory, 0, self._done, -1):
            # Some kinds of model cannot forget a part of what they read.
            self._c.llama_memory_clear(memory, True)
            self._done = 0
        if code == ABORTED or stop():
            raise CancelledError("stopped")
        if code == 1:
            raise EngineError("The model's context is full; what came before is kept.")
        raise ModelError(f"{self._model.file.path}: llama.cpp failed with code {code} ({last_error()})")

    def _open(self) -> None:
        c, model = self._c, self._model
        parameters = c.llama_context_default_params()
        parameters.n_ctx = self._size
        parameters.n_batch = parameters.n_ubatch = PIECE
        parameters.n_outputs_max = 1
        parameters.n_seq_max = 1
        parameters.n_threads = parameters.n_threads_batch = model.threads
        parameters.no_perf = True
        parameters.offload_kqv = parameters.op_offload = self._native.offload
        # Kept on the object: llama.cpp holds the bare pointer for the context's life.
        self._abort = c.ggml_abort_callback(lambda _: self._stop())
        parameters.abort_callback = self._abort
        clear_errors()
        self._context = c.llama_init_from_model(self._native.model, parameters) or None
        if self._context is None:
            raise ModelError(
                f"{model.name}: not enough memory to write with it, beside scoring ({last_error()}) - "
                "close other programs or choose a smaller model"
            )
        self._input = Batch(c, PIECE)
        adapter = self._native.adapter
        if self._adapter and adapter is not None:
            c.llama_set_adapters_lora(self._context, (type(adapter) * 1)(adapter), 1, (ctypes.c_float * 1)(1.0))

    def _free(self) -> None:
        self.ended = True
        for handle, free in (
            (self._context, self._c.llama_free),
            (self._grammar, self._c.llama_sampler_free),
            (self._chain, self._c.llama_sampler_free),
        ):
            if handle:
                free(handle)
        self._context = self._grammar = self._chain = None


def repeats_itself(text: str) -> bool:
    """Whether a text ends in one stretch over and over; the same words can be many tokens, so characters count."""
    for period in range(1, LONGEST_PERIOD + 1):
        size = period * max(FEWEST_REPEATS, -(-FEWEST_REPEATED // period))
        if size <= len(text) and text[-size + period :] == text[-size:-period]:
            return True
    return False


def _candidates(ids: npt.NDArray[Any], logits: npt.NDArray[np.float32]) -> Candidates:
    """Likeliest first."""
    made = np.zeros(len(ids), _CANDIDATE)
    order = np.argsort(-logits, kind="stable")
    made["id"], made["logit"] = ids[order], logits[order]
    return made

"""A model of transformers behind the engine's protocol, so that the trainer measures with the app's own code."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from cqa_desktop.engine.batches import Run
from cqa_desktop.engine.errors import CancelledError
from cqa_desktop.engine.scoring_model import Stop, never
from cqa_desktop.measure.types import Ints, ViewScores
from trainer.bases import load_tokenizer
from trainer.errors import TrainerError
from trainer.fit.faults import out_of_memory

WINDOW: Final = 1024
"""Tokens read at once, as in the app: a longer context would make its figures others."""
BATCH_TOKENS: Final = 4096
MEMORY: Final = "free some on this device, or use one with more"
"""What to do where there is not enough of it."""
LN2: Final = float(np.log(2))


class TorchModel:
    """A base in memory, and one adapter over it at a time. Not for use from two threads at once.

    Args:
        model: a causal language model of transformers, on its device; a PeftModel if adapters are to be used.
        folder: of the base, for its tokenizer.
        everywhere: whether the adapter is on in every view; else only where the engine asks for it.

    Raises:
        TrainerError: if the tokenizer cannot be used.
    """

    def __init__(
        self, model: Any, folder: Path, *, name: str, sha256: str, prompt_format: str, everywhere: bool = False
    ) -> None:
        self.model = model.eval()
        self.name = name
        self.sha256 = sha256
        self.prompt_format = prompt_format
        self.adapter_sha256 = ""
        self._everywhere = everywhere
        self._adapter: str | None = None
        self._tokenizer = load_tokenizer(folder)
        self._tokenizer.encode_special_tokens = True  # a special token's name in a draft is text
        self._added = self._tokenizer.get_added_tokens_decoder()
        self.window = min(int(getattr(model.config, "max_position_embeddings", WINDOW)), WINDOW)
        self.bos = self._first_token(folder)
        self._sizes: dict[int, int] = {}
        self._known: dict[bytes, ViewScores] = {}
        around = self.tokenize("a\n\nb")
        letters = (len(self.tokenize("a")), len(self.tokenize("b")))
        self.separator = around[letters[0] : len(around) - letters[1]]

    def _first_token(self, folder: Path) -> int:
        """What a text begins with: BOS as the converter writes it into a GGUF, or else the end-of-text token."""
        settings, config = (_read(folder / name) for name in ("tokenizer_config.json", "config.json"))
        for name in ("bos_token", "eos_token"):
            named, given = settings.get(name), config.get(f"{name}_id")
            text = named.get("content") if isinstance(named, dict) else named
            found: object = self._tokenizer.token_to_id(text) if isinstance(text, str) else None
            if found is None:
                found = given[0] if isinstance(given, list) and given else given
            if isinstance(found, int):
                return found
        raise TrainerError(f"{folder}/config.json: names neither bos_token_id nor eos_token_id - add one")

    @property
    def device(self) -> torch.device:
        return torch.device(self.model.device)

    def use(self, adapter: str | None) -> None:
        """Put an adapter over the base, by the name it was loaded under; None for the base alone."""
        self._adapter = adapter
        self.adapter_sha256 = hashlib.sha256(adapter.encode()).hexdigest() if adapter else ""
        if adapter is not None:
            self.model.set_adapter(adapter)

    def tokenize(self, text: str) -> Ints:
        """Token ids of a text, without BOS; control tokens in the text are text."""
        return np.array(self._tokenizer.encode(text, add_special_tokens=False).ids, np.int32)

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of tokens."""
        return str(self._tokenizer.decode(list(tokens), skip_special_tokens=True))

    def sizes(self, tokens: Ints) -> Ints:
        """Bytes of each token: a byte-level token is as many bytes as its name has letters, a special one has none."""
        return np.array([self._size(int(token)) for token in tokens], np.int32)

    def _size(self, token: int) -> int:
        if token not in self._sizes:
            added = self._added.get(token)
            if added is None:
                size = len(self._tokenizer.id_to_token(token) or "")
            else:
                size = 0 if added.special else len(added.content.encode())
            self._sizes[token] = size
        return self._sizes[token]

    def score(
        self, runs: Sequence[Run], *, temperature: float = 1.0, adapter: bool = False, stop: Stop = never
    ) -> list[ViewScores]:
        """Score the runs' tokens; one result a run, in order. A run that was scored before is not scored again.

        Raises:
            CancelledError: once `stop()` is true, between two batches.
            TrainerError: if memory does not suffice.
        """
        on = (adapter or self._everywhere) and self._adapter is not None
        state = f"{self._adapter if on else ''}/{temperature:.6f}".encode()
        keys = [hashlib.blake2b(run.tokens.tobytes() + state + str(run.scored).encode()).digest() for run in runs]
        missing = list({key: index for index, key in enumerate(keys) if key not in self._known}.values())
        missing.sort(key=lambda index: len(runs[index].tokens))
        with self.adapted(on), out_of_memory("scoring", MEMORY):
            for batch in _batches(runs, missing):
                if stop():
                    raise CancelledError("stopped")
                for index, scores in zip(batch, self._batch([runs[i] for i in batch], temperature), strict=True):
                    self._known[keys[index]] = scores
        return [self._known[key] for key in keys]

    @contextmanager
    def adapted(self, on: bool) -> Iterator[None]:
        """Inside, the adapter is on, or off."""
        if on or not hasattr(self.model, "disable_adapter"):
            yield
        else:
            with self.model.disable_adapter():
                yield

    @torch.inference_mode()
    def _batch(self, runs: Sequence[Run], temperature: float) -> list[ViewScores]:
        longest = max(len(run.tokens) for run in runs)
        ids = torch.zeros((len(runs), longest), dtype=torch.long)
        attention = torch.zeros_like(ids)
        for row, run in enumerate(runs):
            ids[row, : len(run.tokens)] = torch.from_numpy(run.tokens.astype(np.int64))
            attention[row, : len(run.tokens)] = 1
        first = min(run.scored for run in runs) - 1
        output = self.model(
            input_ids=ids.to(self.device), attention_mask=attention.to(self.device), logits_to_keep=longest - first
        )
        return [
            _reduce(output.logits[row, run.scored - 1 - first : len(run.tokens) - 1 - first], run, temperature)
            for row, run in enumerate(runs)
        ]


def _read(path: Path) -> dict[str, Any]:
    """A file of settings; empty if there is none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise TrainerError(f"{path}: cannot be read ({error}) - is the base whole?") from error
    return found if isinstance(found, dict) else {}


def _reduce(logits: torch.Tensor, run: Run, temperature: float) -> ViewScores:
    """As cqa_desktop.measure.reduce, where the logits are."""
    targets = torch.from_numpy(run.tokens[run.scored :].astype(np.int64)).to(logits.device)[:, None]
    logs = torch.log_softmax(logits.float() / temperature, dim=-1)
    own = logs.gather(1, targets)
    chances = logs.exp()
    entropy = -(chances * logs).sum(1)
    spread = (chances * logs.square()).sum(1) - entropy.square()
    rank = (logs > own).sum(1)
    bits = [(-own.squeeze(1)) / LN2, entropy / LN2, spread.clamp(min=0) / LN2**2]
    surprisal, mean, variance = (one.cpu().numpy().astype(np.float32) for one in bits)
    return ViewScores(surprisal, mean, variance, rank.cpu().numpy().astype(np.int32))


def _batches(runs: Sequence[Run], indices: Sequence[int]) -> Iterator[list[int]]:
    """Runs of like length together, so that little is padded."""
    batch: list[int] = []
    for index in indices:
        if batch and (len(batch) + 1) * len(runs[index].tokens) > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch

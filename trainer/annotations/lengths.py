"""How many tokens an annotation takes when it is trained on, without torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from cqa_desktop.annotations.answer import answer_pieces
from cqa_desktop.annotations.prompt import Request, request_text
from cqa_desktop.annotations.types import Annotation
from cqa_desktop.models.registry import reference_model
from trainer.annotations.check import Limits, prompt_format_for
from trainer.bases import REFERENCE, load_tokenizer, resolve_base, window_of
from trainer.errors import TrainerError

ENDS = 2
"""The first token and the stop token."""


@contextmanager
def limits_of(spec: str, context: int | None, prompt_format: str | None, *, dialogue: bool) -> Iterator[Limits]:
    """The window of a base and a counter of its tokens.

    Raises:
        TrainerError: if the base cannot be found or read, or `context` is no length.
    """
    if context is not None and context < 16:
        raise TrainerError(f"--context {context}: must be at least 16")
    chosen = prompt_format_for(spec, prompt_format)
    with _reference() if spec == REFERENCE else nullcontext(_folder(resolve_base(spec).folder)) as (window, tokens):

        def count(annotation: Annotation) -> int:
            request = Request(annotation.passage, annotation.context, annotation.brief)
            answer = answer_pieces(annotation.judgments, annotation.dialogue if dialogue else ())
            return ENDS + tokens(request_text(request, chosen)) + sum(tokens(piece.text) for piece in answer)

        yield Limits(context or window, count, spec)


@contextmanager
def _reference() -> Iterator[tuple[int, Callable[[str], int]]]:
    """By llama.cpp's vocabulary: it needs neither the `train` extra nor anything unpacked."""
    from cqa_desktop.engine.errors import ModelError
    from cqa_desktop.engine.vocabulary import Vocabulary

    try:
        with Vocabulary(reference_model()) as vocabulary:
            yield vocabulary.context, lambda text: len(vocabulary.tokenize(text))
    except ModelError as error:
        raise TrainerError(str(error)) from error


def _folder(folder: Path) -> tuple[int, Callable[[str], int]]:
    tokenizer = load_tokenizer(folder)
    return window_of(folder), lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)

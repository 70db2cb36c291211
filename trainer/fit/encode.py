"""Annotations as token ids, and which of them the loss falls on."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cqa_desktop.annotations.answer import answer_pieces
from cqa_desktop.annotations.prompt import Request, fit_request, request_text
from cqa_desktop.annotations.types import Annotation
from trainer.bases import load_tokenizer
from trainer.errors import TrainerError

_MARK: Final = "\ue000"
"""Stands for a text while a chat template is put around it: a private-use character that no draft holds."""


@dataclass(frozen=True)
class Example:
    """One row, ready to be trained on. Both lists have the same length."""

    id: str
    ids: list[int]
    trained: list[bool]
    """True where the token is the expert's, or the stop token."""
    trimmed: int
    """Paragraphs of context that were left out."""


@dataclass(frozen=True)
class Template:
    """What a chat template puts around a question and an answer, as token ids."""

    before: list[int]
    between: list[int]


class Encoder:
    """Turns annotations into examples for one base.

    Raises:
        TrainerError: if the base's tokenizer cannot be used, or a chat template is asked for and there is none.
    """

    def __init__(self, folder: Path, *, prompt_format: str, chat: bool, context: int, dialogue: bool) -> None:
        self._format = prompt_format
        self._dialogue = dialogue
        self.context = context
        self._where = folder
        settings = _settings(folder)
        self._tokenizer = load_tokenizer(folder)
        self.bos = self._id(settings.get("bos_token"))
        self.stop = self._id(settings.get("eos_token"))
        self._template = self._chat(settings) if chat else None
        if self.stop is None:
            raise TrainerError(f"{folder}: its tokenizer has no end-of-text token - name one in tokenizer_config.json")

    @property
    def stop_token(self) -> str:
        """The token that ends an answer, as text."""
        assert self.stop is not None
        return str(self._tokenizer.id_to_token(self.stop))

    def encode(self, annotation: Annotation) -> Example | None:
        """The example; None if it does not fit even with all of its context left out.

        Raises:
            TrainerError: if nothing in it would be trained, or its stop token would not be.
        """
        pieces = answer_pieces(annotation.judgments, annotation.dialogue if self._dialogue else ())
        answer: list[int] = []
        flags: list[bool] = []
        # Piece by piece, so that no token is half ours and half the expert's.
        for piece in pieces:
            ids = self.ids(piece.text)
            answer += ids
            flags += [piece.trained] * len(ids)
        assert self.stop is not None
        answer.append(self.stop)
        flags.append(True)
        request = Request(annotation.passage, annotation.context, annotation.brief)
        room = self.context - len(answer) - len(self._around([]))
        request, trimmed = fit_request(request, self._format, room, lambda text: len(self.ids(text)))
        prompt = self._around(self.ids(request_text(request, self._format)))
        if len(prompt) + len(answer) > self.context:
            return None
        example = Example(annotation.id, prompt + answer, [False] * len(prompt) + flags, trimmed)
        check_example(example, self.stop)
        return example

    def ids(self, text: str) -> list[int]:
        """Token ids of a text; the name of a special token in it is text."""
        self._tokenizer.encode_special_tokens = True
        found: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return found

    def _around(self, prompt: list[int]) -> list[int]:
        if self._template is not None:
            return self._template.before + prompt + self._template.between
        return ([] if self.bos is None else [self.bos]) + prompt

    def _id(self, token: object) -> int | None:
        text = token.get("content") if isinstance(token, dict) else token
        found = self._tokenizer.token_to_id(text) if isinstance(text, str) else None
        return None if found is None else int(found)

    def _chat(self, settings: dict[str, Any]) -> Template:
        from transformers import AutoTokenizer

        chat = AutoTokenizer.from_pretrained(self._where)
        if not chat.chat_template:
            raise TrainerError(f"{self._where}: has no chat template - use --chat-template off")
        question, answer = {"role": "user", "content": _MARK}, {"role": "assistant", "content": _MARK * 2}
        asked = str(chat.apply_chat_template([question], tokenize=False, add_generation_prompt=True))
        whole = str(chat.apply_chat_template([question, answer], tokenize=False))
        if asked.count(_MARK) != 1 or whole.count(_MARK) != 3:
            raise TrainerError(f"{self._where}: its chat template changes the message - use --chat-template off")
        before, between = asked.split(_MARK)
        self.stop = self._end_of_turn(whole.rsplit(_MARK, 1)[1])
        return Template(self._special_ids(before), self._special_ids(between))

    def _end_of_turn(self, after: str) -> int | None:
        """The first special token after an answer: what ends the turn, and must be learned."""
        specials = {token.content for token in self._tokenizer.get_added_tokens_decoder().values() if token.special}
        return next((one for one in self._special_ids(after) if self._tokenizer.id_to_token(one) in specials), None)

    def _special_ids(self, text: str) -> list[int]:
        self._tokenizer.encode_special_tokens = False
        found: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return found


def check_example(example: Example, stop: int) -> None:
    """Raises:
    TrainerError: if no token is trained, or the stop token is not: the model would never learn to end.
    """
    if not any(trained for token, trained in zip(example.ids, example.trained, strict=True) if token != stop):
        raise TrainerError(f"annotation '{example.id}': no token of it would be trained - write a reasoning")
    if example.ids[-1] != stop or not example.trained[-1]:
        raise TrainerError(f"annotation '{example.id}': its stop token would not be trained - it must end the answer")


def encode_all(
    annotations: Sequence[Annotation], encoder: Encoder, *, skip: bool, say: Callable[[str], None]
) -> list[Example]:
    """Every annotation, encoded; tells how many were trimmed or, where `skip`, left out.

    Raises:
        TrainerError: if one is too long and not to be skipped, or none is left.
    """
    examples: list[Example] = []
    too_long: list[str] = []
    for annotation in annotations:
        example = encoder.encode(annotation)
        if example is None:
            too_long.append(annotation.id)
        else:
            examples.append(example)
    if too_long and not skip:
        more = f" and {len(too_long) - 1} more" if len(too_long) > 1 else ""
        raise TrainerError(
            f"annotation '{too_long[0]}'{more}: longer than {encoder.context} tokens without its context - "
            "shorten it, raise context, or leave such rows out with --overlong skip"
        )
    if not examples:
        raise TrainerError(f"no annotation fits {encoder.context} tokens - use a base with more context")
    trimmed = sum(example.trimmed > 0 for example in examples)
    if trimmed:
        say(f"the context of {trimmed} annotations was trimmed from its start to fit {encoder.context} tokens")
    if too_long:
        say(f"{len(too_long)} annotations do not fit {encoder.context} tokens and were left out")
    return examples


def has_chat_template(folder: Path) -> bool:
    """Whether a base brings a chat template."""
    return (folder / "chat_template.jinja").is_file() or bool(_settings(folder).get("chat_template"))


def _settings(folder: Path) -> dict[str, Any]:
    path = folder / "tokenizer_config.json"
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TrainerError(f"{path}: cannot be read ({error}) - the base needs it") from error
    return settings if isinstance(settings, dict) else {}

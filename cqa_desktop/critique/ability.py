"""Whether a model can write a critique, in which form it is asked, and whether it is large enough to be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cqa_desktop.annotations.prompt import HEADED
from cqa_desktop.critique.chat import ChatFrame, TemplateError, chat_frame
from cqa_desktop.engine.gguf_file import CHAT_TEMPLATE_KEY, CRITIQUE_KEY, TUNED_CHAT_KEY
from cqa_desktop.engine.llama import LlamaModel

TRUSTED: Final = 900_000_000
"""Parameters of the smallest models that are sold as having a billion: fewer, untuned, are not trusted to judge."""


@dataclass(frozen=True, slots=True)
class Ability:
    """What a model can do as a critic."""

    name: str
    """Of the model, or of the adapter that was tuned."""
    able: bool
    trusted: bool
    tuned: bool
    """On judgments, by `cqa-train`."""
    why_not: str = ""
    """Why it is not able, or not trusted: the end of a sentence that begins with its name."""
    prompt_format: str = HEADED
    frame: ChatFrame | None = None
    bos: bool = True
    """Whether the prompt begins with BOS, where the template has not put it there."""


def ability_of(model: LlamaModel) -> Ability:
    """Read it off the metadata of the model and its adapter."""
    critique = model.tuned.metadata.get(CRITIQUE_KEY)
    return _of_tuned(model, bool(critique)) if isinstance(critique, bool) else _of_untuned(model)


def _of_tuned(model: LlamaModel, large: bool) -> Ability:
    name, template = model.tuned.name, _template(model)
    chat = model.tuned.metadata.get(TUNED_CHAT_KEY, bool(template) and model.prompt_format == HEADED)
    frame = None
    if chat:
        if not template:
            return Ability(name, False, False, True, "was tuned with a chat template, which the base model lacks")
        try:
            frame = _frame(model, template)
        except TemplateError as error:
            return Ability(name, False, False, True, f"has a chat template that cannot be used ({error})")
    # The very tokens that were trained: around a chat template nothing, else BOS, if the model has one.
    bos = frame is None and (model.adds_bos or model.bos != model.eos)
    why_not = "" if large else f"was tuned to judge, but is too small to be trusted ({_size(model, 'half a billion')})"
    return Ability(name, True, large, True, why_not, model.prompt_format, frame, bos)


def _of_untuned(model: LlamaModel) -> Ability:
    name, template = model.file.name, _template(model)
    large = model.file.parameters >= TRUSTED
    small = "" if large else f"is too small to be trusted with a critique ({_size(model, 'about a billion')})"
    if not template:
        why_not = (
            f"{small}, and follows no instructions" if small else "goes on with a text and follows no instructions"
        )
        return Ability(name, False, False, False, why_not)
    try:
        # A model that thinks before it answers is asked not to: the form of the answer has a place for reasoning.
        frame = _frame(model, template, options={"enable_thinking": False})
    except TemplateError as error:
        return Ability(name, False, False, False, f"has a chat template that cannot be used ({error})")
    bos = model.adds_bos and not frame.before.startswith(model.token_name(model.bos))
    return Ability(name, True, large, False, small, HEADED, frame, bos)


def _template(model: LlamaModel) -> str:
    return str(model.file.metadata.get(CHAT_TEMPLATE_KEY, ""))


def _frame(model: LlamaModel, template: str, options: dict[str, object] | None = None) -> ChatFrame:
    return chat_frame(template, bos=model.token_name(model.bos), eos=model.token_name(model.eos), options=options)


def _size(model: LlamaModel, least: str) -> str:
    count = model.file.parameters
    said = f"{count / 1e9:.1f} billion" if count >= 1e9 else f"{count / 1e6:,.0f} million"
    return f"{said} parameters; {least} is the least"

"""What a model's chat template puts around one question: text of strangers, so it is rendered in a sandbox.

The question itself never goes through the template. A mark stands for it, as in training, and what comes before and
after the mark is taken; so nothing in a draft can pass for a part of the conversation.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from types import FrameType
from typing import Any, Final

import jinja2
from jinja2.ext import Extension
from jinja2.nodes import Node
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

MARK: Final = "\ue000"
"""Stands for the question: a private-use character."""
LONGEST: Final = 20_000
"""Characters that a template may put around a question."""
SECONDS: Final = 1.0
"""That a template may take; one that is sound takes a thousandth."""
MOST_REPEATS: Final = 10_000


class TemplateError(ValueError):
    """A chat template that cannot be used; says why, in one line."""


@dataclass(frozen=True, slots=True)
class ChatFrame:
    """What stands before a question, and between it and the answer. Names of control tokens in it are tokens."""

    before: str
    after: str


def chat_frame(template: str, *, bos: str, eos: str, options: dict[str, object] | None = None) -> ChatFrame:
    """Render a template around the mark.

    Args:
        bos, eos: names of the tokens, as templates use them.
        options: further variables that the template may know.

    Raises:
        TemplateError: if it is none, fails, takes too long or too much room, or changes the question.
    """
    question = {"role": "user", "content": MARK}
    try:
        with _time_limit(SECONDS):
            made = _environment().from_string(template)
            rendered = ""
            for piece in made.generate(
                messages=[question], add_generation_prompt=True, bos_token=bos, eos_token=eos, tools=None,
                documents=None, **(options or {}),
            ):  # fmt: skip
                rendered += piece
                if len(rendered) > LONGEST:
                    raise TemplateError(f"it writes more than {LONGEST:,} characters")
    except TemplateError:
        raise
    except TimeoutError:
        raise TemplateError(f"it takes more than {SECONDS:.0f} second") from None
    except (
        jinja2.TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError, RecursionError,
        MemoryError, SyntaxError,
    ) as error:  # fmt: skip
        raise TemplateError(" ".join(str(error).split())[:200] or type(error).__name__) from error
    if rendered.count(MARK) != 1:
        raise TemplateError("it leaves the question out or changes it")
    before, after = rendered.split(MARK)
    return ChatFrame(before, after)


class _Generation(Extension):
    """`{% generation %}` marks what a model writes, for training; here it is as if it were not there."""

    tags = {"generation"}  # noqa: RUF012 - jinja2 declares it so

    def parse(self, parser: Parser) -> list[Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


class _Sandbox(ImmutableSandboxedEnvironment):
    """The environment that templates are written for, less what would fill the memory."""

    intercepted_binops = frozenset(("*", "**"))

    def call_binop(self, context: jinja2.runtime.Context, operator: str, left: Any, right: Any) -> Any:
        """Multiply, within reason."""
        sizes = [len(one) if isinstance(one, str | list | tuple) else one for one in (left, right)]
        if any(isinstance(one, int) and abs(one) > MOST_REPEATS for one in (*sizes, _product(sizes))):
            raise TemplateError("it multiplies without measure")
        return super().call_binop(context, operator, left, right)


def _product(sizes: list[Any]) -> int:
    return int(sizes[0] * sizes[1]) if all(isinstance(one, int | float) for one in sizes) else 0


def _environment() -> _Sandbox:
    environment = _Sandbox(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols", _Generation], autoescape=False
    )
    environment.filters["tojson"] = _to_json
    environment.globals.update(raise_exception=_refuse, strftime_now=lambda form: datetime.now().strftime(form))
    return environment


def _refuse(message: object) -> None:
    raise TemplateError(" ".join(str(message).split())[:200])


def _to_json(value: object, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Inside, Python code that runs on for so long ends with a TimeoutError. No signals: any thread, any system."""
    end = time.monotonic() + seconds

    def trace(_frame: FrameType, _event: str, _value: object) -> Any:
        if time.monotonic() > end:
            raise TimeoutError
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)

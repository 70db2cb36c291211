"""Chat templates: those of models that people use, and those that mean harm."""

from __future__ import annotations

import time

import pytest

from cqa_desktop.critique.chat import MARK, ChatFrame, TemplateError, chat_frame

CHATML = (
    "{%- if messages[0].role == 'system' %}{{ messages[0].content }}{%- else %}"
    "{{- '<|im_start|>system\\nYou are helpful.<|im_end|>\\n' }}{%- endif %}"
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n'}}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}"
    "{%- if enable_thinking is defined and enable_thinking is false %}{{ '<think>\\n\\n</think>\\n\\n' }}{% endif %}"
    "{% endif %}"
)
LLAMA = (
    "{{ bos_token }}{% set ns = namespace(first=true) %}{%- for message in messages %}"
    "{%- if message.role not in ['user', 'assistant'] %}{{ raise_exception('roles') }}{%- endif %}"
    "[INST] {{ message['content'] | trim }} [/INST]{%- if not ns.first %}{{ eos_token }}{%- endif %}{%- endfor %}"
)


def frame(template: str) -> ChatFrame:
    return chat_frame(template, bos="<s>", eos="</s>")


def test_templates_of_known_shapes() -> None:
    assert frame(LLAMA) == ChatFrame("<s>[INST] ", " [/INST]")
    assert frame(CHATML) == ChatFrame(
        "<|im_start|>system\nYou are helpful.<|im_end|>\n<|im_start|>user\n", "<|im_end|>\n<|im_start|>assistant\n"
    )
    quiet = chat_frame(CHATML, bos="", eos="", options={"enable_thinking": False})
    assert quiet.after.endswith("<think>\n\n</think>\n\n")
    assert frame("{% generation %}{{ messages[0].content }}{% endgeneration %}!") == ChatFrame("", "!")
    assert frame("{{ messages[0].content }}{{ tools }}{{ unheard_of }}") == ChatFrame("", "None")
    assert frame("{% for m in messages %}{{ m.content }}{% break %}{% endfor %}") == ChatFrame("", "")
    assert len(frame("{{ messages[0].content }}{{ strftime_now('%Y') }}").after) == 4
    assert frame('{{ {"a": "é"} | tojson }}{{ messages[0].content }}').before == '{"a": "é"}'


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("{{ messages[0].content }", "unexpected"),
        ("{% for m in messages %}{{ m.content }}", "endfor"),
        ("{{ raise_exception('roles must\nalternate') }}", "roles must alternate"),
        ("{{ messages[0].content.missing() }}", "missing"),
        ("{{ messages[7].content }}", ""),
        ("hello", "leaves the question out"),
        ("{{ messages[0].content }}{{ messages[0].content }}", "changes"),
        ("{{ messages[0].content | upper | length }}", "leaves the question out"),
        ("{{ 1 // 0 }}", "zero"),
        ("{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}", ""),
        ("{{ ''.__class__.__mro__[1].__subclasses__() }}", "unsafe"),
        ("{{ messages.append(1) }}", "unsafe"),
        ("{{ cycler.__init__.__globals__.os.system('true') }}", "unsafe"),
        ("{% include '/etc/passwd' %}", "loader"),
        ("{{ 'a' * 10 ** 9 }}", "multiplies"),
        ("{{ [0] * 10000000 }}", "multiplies"),
        ("{{ ('a' * 9999) * 9999 }}", "multiplies"),
        ("{% for i in range(99999) %}aaaaaaaa{% endfor %}{{ messages[0].content }}", "more than 20,000"),
        ("{% for i in range(10**9) %}{% endfor %}", ""),
    ],
)
def test_a_bad_template_is_one_line(template: str, says: str) -> None:
    with pytest.raises(TemplateError) as raised:
        frame(template)
    line = str(raised.value)
    assert says in line
    assert line.strip()
    assert "\n" not in line
    assert MARK not in line


def test_a_template_that_does_not_end_is_ended() -> None:
    began = time.monotonic()
    loops = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    with pytest.raises(TemplateError, match="more than 1 second"):
        frame(loops + "{{ messages[0].content }}")
    assert time.monotonic() - began < 5

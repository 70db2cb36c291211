"""Which critic writes, and what is said of it: by what the files say of themselves."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from chat_gguf import CHAT, chat_model

from cqa_desktop.annotations.prompt import HEADED, PROSE
from cqa_desktop.critique import choose as choosing
from cqa_desktop.critique.ability import ability_of
from cqa_desktop.critique.choose import choose
from cqa_desktop.critique.session import Session, Task
from cqa_desktop.engine.errors import EngineError
from cqa_desktop.engine.gguf_file import GgufFile
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.measure.calibration import Calibration
from cqa_desktop.models.registry import reference_model

TEXT = "The rain came down, and she bought a ticket for the day before."
BILLION = 1_240_000_000


class Described:
    """What `ability_of` looks at, with metadata of any kind: no test can hold a model of a billion parameters."""

    bos, eos, adds_bos = 0, 1, True

    def __init__(self, parameters: int, adapter: dict[str, Any] | None = None, **metadata: Any) -> None:
        self.file = GgufFile(Path("model.gguf"), {"general.name": "Fable", **_keys(metadata)}, 1, parameters, False)
        self.adapter_file = None
        if adapter is not None:
            self.adapter_file = GgufFile(Path("taste.gguf"), {"general.name": "taste", **_keys(adapter)}, 1, 9, True)
        self.tuned = self.adapter_file or self.file
        self.prompt_format = self.tuned.metadata.get("cqa.prompt_format", PROSE)

    def token_name(self, token: int) -> str:
        return ["<s>", "</s>"][token]


def _keys(short: dict[str, Any]) -> dict[str, Any]:
    names = {"template": "tokenizer.chat_template", "critique": "cqa.critique", "chat": "cqa.chat_template"}
    return {names.get(key, f"cqa.{key}"): value for key, value in short.items()}


def ability(parameters: int, adapter: dict[str, Any] | None = None, **metadata: Any) -> Any:
    return ability_of(Described(parameters, adapter, **metadata))  # type: ignore[arg-type]


def test_a_large_model_that_follows_instructions_is_trusted() -> None:
    found = ability(BILLION, template=CHAT)
    assert (found.able, found.trusted, found.tuned, found.prompt_format) == (True, True, False, HEADED)
    assert found.frame.before == "<|im_start|>user\n"
    assert found.bos
    assert not ability(BILLION, template="{{ bos_token }}" + CHAT).bos  # the template has put it there


def test_a_small_one_is_able_and_not_trusted() -> None:
    found = ability(494_000_000, template=CHAT)
    assert (found.able, found.trusted) == (True, False)
    assert "494 million parameters" in found.why_not
    assert ability(999_885_952, template=CHAT).trusted  # sold as a billion


def test_a_base_model_is_not_able_however_large() -> None:
    found = ability(70 * BILLION)
    assert (found.able, found.trusted) == (False, False)
    assert "follows no instructions" in found.why_not
    assert "small" not in found.why_not


def test_a_bad_template_is_named() -> None:
    found = ability(BILLION, template="{{ raise_exception('no') }}")
    assert (found.able, found.trusted) == (False, False)
    assert "chat template that cannot be used (no)" in found.why_not


def test_what_was_tuned_is_asked_as_it_was_trained() -> None:
    found = ability(494_000_000, critique=True, prompt_format=PROSE)
    assert (found.able, found.trusted, found.tuned) == (True, True, True)
    assert (found.prompt_format, found.frame, found.bos) == (PROSE, None, True)
    found = ability(BILLION, critique=True, prompt_format=HEADED, template=CHAT, chat=True)
    assert (found.prompt_format, found.frame is None, found.bos) == (HEADED, False, False)
    # A template that was there and was not trained stays out.
    assert ability(BILLION, critique=True, prompt_format=HEADED, template=CHAT, chat=False).frame is None
    # Files of before it was said: the template of a merged model was kept only if it was trained.
    assert ability(BILLION, critique=True, prompt_format=HEADED, template=CHAT).frame is not None


def test_tuned_and_too_small_is_able_and_not_trusted() -> None:
    found = ability(13_000_000, critique=False, prompt_format=PROSE)
    assert (found.able, found.trusted, found.tuned) == (True, False, True)
    assert "too small to be trusted (13 million parameters; half a billion is the least)" in found.why_not


def test_an_adapter_counts_if_it_was_tuned_to_judge() -> None:
    tuned = {"critique": True, "prompt_format": HEADED, "chat": True}
    found = ability(BILLION, tuned, template=CHAT)
    assert (found.name, found.able, found.trusted, found.tuned) == ("taste", True, True, True)
    assert found.frame is not None
    assert ability(BILLION, {"prompt_format": PROSE}, template=CHAT).tuned is False
    assert ability(BILLION, {"prompt_format": PROSE}, template=CHAT).name == "Fable"
    lacking = ability(BILLION, tuned)
    assert not lacking.able
    assert "the base model lacks" in lacking.why_not


# --- the choice -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reference() -> Iterator[Scorer[LlamaModel]]:
    with LlamaModel(reference_model(), gpu=False, threads=1) as model:
        yield Scorer(model, Calibration())


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scorer[LlamaModel]]:
    with LlamaModel(chat_model(tmp_path_factory.mktemp("chat")), gpu=False, threads=1) as model:
        yield Scorer(model, Calibration())


def begun(wanted: Any, scorer: Scorer[LlamaModel]) -> Session:
    session = choose(wanted, scorer).begin(scorer, Task(TEXT, 0, len(TEXT)))
    session.close()
    return session


def test_the_reference_model_measures(reference: Scorer[LlamaModel]) -> None:
    session = begun("auto", reference)
    assert (session.critic, session.prompt) == ("measured", "")
    assert session.notice.startswith("CQA reference is too small to be trusted with a critique (6 million parameters")
    assert "follows no instructions" in session.notice
    assert "made from what was measured" in session.notice


def test_asked_for_what_it_cannot_do_it_says_what_would_do(reference: Scorer[LlamaModel]) -> None:
    with pytest.raises(EngineError, match=r"CQA reference cannot write a critique: .* - open a model that") as raised:
        choose("model", reference)
    assert "\n" not in str(raised.value)
    assert "measured critic" in str(raised.value)
    assert begun("measured", reference).critic == "measured"


def test_a_model_too_small_is_named_as_such_and_writes_only_if_asked(chat: Scorer[LlamaModel]) -> None:
    alone = begun("auto", chat)
    assert alone.critic == "measured"
    assert "tiny chat is too small to be trusted" in alone.notice
    assert "model critic" in alone.notice
    asked = begun("model", chat)
    assert asked.critic == "model"
    assert "tiny chat is too small to be trusted" in asked.notice
    assert "Do not rely" in asked.notice
    assert "<|im_start|>" in asked.prompt
    assert begun("measured", chat).notice.startswith("This was made from the measure alone, as you asked.")


def test_a_model_that_can_be_trusted_writes_by_itself(
    chat: Scorer[LlamaModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cqa_desktop.critique.ability.TRUSTED", 1000)
    session = begun("auto", chat)
    assert session.critic == "model"
    assert "weigh what it says" in session.notice


def test_an_export_of_ours_says_what_it_can(tmp_path: Path) -> None:
    labels: dict[str, str | bool] = {"cqa.critique": True, "cqa.prompt_format": HEADED, "cqa.chat_template": True}
    with LlamaModel(chat_model(tmp_path, metadata=labels), gpu=False, threads=1) as model:
        session = begun("auto", Scorer(model, Calibration()))
    assert session.critic == "model"
    assert "was tuned to judge prose" in session.notice
    assert session.prompt.startswith("<|im_start|>user\n")  # as trained: no BOS before it


def test_the_adapter_is_on_while_it_writes(chat: Scorer[LlamaModel], monkeypatch: pytest.MonkeyPatch) -> None:
    import cqa_desktop.critique.model as critic

    seen: list[bool] = []

    class Looked(critic.Generation):
        def __init__(self, *arguments: Any, adapter: bool, **options: Any) -> None:
            seen.append(adapter)
            super().__init__(*arguments, adapter=adapter, **options)

    monkeypatch.setattr(critic, "Generation", Looked)
    for tuned in (True, False):
        found = ability_of(chat.model)
        able = choosing.Ability(found.name, True, True, tuned, "", HEADED, found.frame, True)
        session = critic.ModelCritic(able).begin(chat, Task(TEXT, 0, len(TEXT)))
        list(session.advance(lambda: False))
        session.close()
    assert seen == [True, False]

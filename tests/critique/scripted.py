"""A model that writes what a test wants it to: token by token, under the true grammar."""

from __future__ import annotations

import numpy as np
import pytest

from cqa_desktop.engine.generate import Generation, _candidates


def point(
    quote: str | None,
    thought: str,
    *,
    about: str = "craft, lexis",
    otherwise: str = "-",
    verdict: str = "fails",
    attempt: str = "-",
) -> str:
    """One judgment as a model writes it."""
    shown = "-" if quote is None else f'"{quote}"'
    return (
        f"Quote: {shown}\nAbout: {about}\nThought: {thought}\nOtherwise: {otherwise}\n"
        f"Verdict: {verdict}\nTry: {attempt}\n"
    )


def script(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    """From here on the model writes `answer`; the model is evaluated all the same, and the grammar asked."""

    def choose(self: Generation, _logits: np.ndarray) -> int:
        model = self._model
        rest = answer[len(self.text) :]
        assert answer.startswith(self.text), (self.text, answer)
        token = int(model.tokenize(rest)[0]) if rest else model.eos
        allowed = self._allowed(_candidates(np.array([token]), np.zeros(1, np.float32)))
        assert len(allowed), f"the grammar does not allow '{rest[:20]}'"
        return token

    monkeypatch.setattr(Generation, "_choose", choose)

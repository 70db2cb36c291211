from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tiny_gguf import Shape, make_weights, write_model

from cqa_desktop.engine.calibrate import calibrate
from cqa_desktop.engine.calibrations import find_calibration
from cqa_desktop.engine.errors import CancelledError, EngineError
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.measure.calibration import Calibration
from cqa_desktop.measure.passages import z_score
from cqa_desktop.measure.types import STORY
from cqa_desktop.models.registry import calibration_file


@pytest.fixture(scope="module")
def texts(draft) -> list[str]:  # type: ignore[no-untyped-def]
    return [draft(40, seed=seed) for seed in range(3)]


@pytest.fixture(scope="module")
def made(model: LlamaModel, texts: list[str]) -> Calibration:
    return calibrate(model, texts)


def test_mean_surprisal_comes_near_mean_entropy_at_the_temperature_found(
    model: LlamaModel, made: Calibration, texts: list[str]
) -> None:
    def excess(calibration: Calibration) -> float:
        passages = [one for text in texts for one in Scorer(model, calibration).score(text).passages]
        return float(
            np.mean(np.concatenate([one.views[STORY].surprisal - one.views[STORY].entropy for one in passages]))
        )

    # Random weights know nothing of the text, so no temperature in the range searched brings them all the way.
    assert made.temperature == pytest.approx(4.0, abs=0.1)
    assert abs(excess(made)) < 0.1 * excess(Calibration())
    assert made.passages > 100


def test_percentiles_of_the_reference_prose_are_spread_evenly(
    model: LlamaModel, made: Calibration, texts: list[str]
) -> None:
    standing = [
        made.percentile("z_story", z_score(one.views[STORY]), one.words)
        for text in texts
        for one in Scorer(model, made).score(text).passages
        if one.words >= 5
    ]
    assert 40 < np.median(standing) < 60
    assert np.mean(np.array(standing) > 90) == pytest.approx(0.1, abs=0.05)


def test_prose_that_is_too_short_is_told(model: LlamaModel) -> None:
    with pytest.raises(EngineError, match="too short to calibrate on - "):
        calibrate(model, ["The harbour lay still under the rain."])


def test_a_calibration_can_be_stopped(model: LlamaModel, texts: list[str]) -> None:
    with pytest.raises(CancelledError):
        calibrate(model, texts, stop=lambda: True)


def test_the_models_own_calibration_is_found(tmp_path: Path, made: Calibration) -> None:
    path = write_model(tmp_path / "own.gguf", metadata={"cqa.calibration": made.to_json()})
    with LlamaModel(path, gpu=False, threads=1) as own:
        assert find_calibration(own) == (made, True)


def test_one_made_here_comes_before_the_models_own(tmp_path: Path, made: Calibration) -> None:
    path = write_model(tmp_path / "own.gguf", metadata={"cqa.calibration": Calibration().to_json()})
    with LlamaModel(path, gpu=False, threads=1) as own:
        target = calibration_file(own.sha256)
        target.parent.mkdir(parents=True)
        target.write_text(made.to_json(), encoding="utf-8")
        assert find_calibration(own)[0].temperature == pytest.approx(made.temperature)


@pytest.mark.parametrize("bad", ["", "{", '{"version": 99}'])
def test_a_calibration_that_cannot_be_read_is_passed_over(
    tmp_path: Path, bad: str, caplog: pytest.LogCaptureFixture
) -> None:
    weights = make_weights(Shape(), seed=3)
    path = write_model(tmp_path / "bad.gguf", weights=weights, metadata={"cqa.calibration": bad} if bad else {})
    with LlamaModel(path, gpu=False, threads=1) as model:
        calibration, own = find_calibration(model)
    assert not own
    assert calibration.temperature == 1.0
    assert bool(caplog.records) == bool(bad)

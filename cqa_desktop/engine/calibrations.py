"""Finding the calibration of a model: its own, one made here, or the reference model's."""

from __future__ import annotations

import logging
from dataclasses import replace

from cqa_desktop.engine.errors import ModelError
from cqa_desktop.engine.gguf_file import CALIBRATION_KEY, inspect_gguf
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.measure.calibration import Calibration
from cqa_desktop.models.registry import calibration_file, reference_model

log = logging.getLogger(__name__)


def find_calibration(model: LlamaModel) -> tuple[Calibration, bool]:
    """The calibration of a model, and whether it is the model's own.

    One made with `cqa calibrate` comes before the one inside the file. A model with neither gets the reference model's
    percentiles at temperature 1, which is a guess, and is told to be one.
    """
    made = calibration_file(model.sha256)
    sources = [str(model.file.metadata.get(CALIBRATION_KEY, ""))]
    if made.is_file():
        sources.insert(0, made.read_text(encoding="utf-8"))
    for source in sources:
        if source:
            try:
                return Calibration.from_json(source), True
            except ValueError as error:
                log.warning("%s: %s", model.file.path, error)
    try:
        own = str(inspect_gguf(reference_model()).metadata.get(CALIBRATION_KEY, ""))
        return replace(Calibration.from_json(own), temperature=1.0), False
    except (ModelError, ValueError):
        return Calibration(), False

"""From a trained checkpoint to the file that ships: convert, compare, quantise, calibrate, label."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cqa_desktop.annotations.prompt import PROSE
from cqa_desktop.engine.calibrate import calibrate
from cqa_desktop.engine.gguf_file import CALIBRATION_KEY, PROMPT_FORMAT_KEY
from cqa_desktop.engine.llama import LlamaModel
from trainer.convert.convert import convert_checkpoint
from trainer.convert.parity import Parity, check_parity
from trainer.convert.quantise import KINDS, quantise
from trainer.errors import TrainerError
from trainer.reference.corpus import Work
from trainer.reference.gguf_bits import gguf_bits

CHOICE_CHARACTERS = 40_000
"""Characters of each held-out work on which the kinds of quantisation are compared."""


@dataclass(frozen=True)
class Finished:
    """What was made, and the figures that the card tells."""

    model: Path
    kind: str
    parity: Parity
    kinds: Mapping[str, tuple[float, float]]
    """Kind to megabytes and bits per character on the first CHOICE_CHARACTERS of each work."""
    before: Mapping[str, float]
    """Work to bits per character in F32, over whole works."""
    after: Mapping[str, float]
    """The same as shipped."""
    temperature: float


def finish(
    checkpoint: Path,
    out: Path,
    *,
    name: str,
    held_out: Sequence[Work],
    prose: Sequence[str],
    max_megabytes: float,
    metadata: Mapping[str, str],
) -> Finished:
    """Make `out/reference.gguf` from a checkpoint folder.

    Raises:
        TrainerError: if the conversion is not faithful, or no kind of quantisation fits `max_megabytes`.
    """
    exact = convert_checkpoint(checkpoint, out / "f32.gguf", name=name)
    parity = check_parity(checkpoint, exact, prose[0])
    _say(f"converted; NMSE of the logits {parity.nmse:.1e}")
    kinds = _compare_kinds(exact, out, held_out, max_megabytes)
    kind = min(kinds, key=lambda one: kinds[one][1])
    _say(f"{kind} has the smallest loss within {max_megabytes:g} MB; calibrating")
    trial = quantise(exact, out / "trial.gguf", kind)
    with LlamaModel(trial) as model:
        calibration = calibrate(model, prose)
    labels = {**metadata, PROMPT_FORMAT_KEY: PROSE, CALIBRATION_KEY: calibration.to_json()}
    # Made again, so that the labels are in the file: the weights come out the same.
    labelled = convert_checkpoint(checkpoint, exact, name=name, metadata=labels)
    model_file = quantise(labelled, out / "reference.gguf", kind)
    trial.unlink()
    _say("evaluating on the whole held-out works, before and after quantising")
    before, after = gguf_bits(exact, held_out), gguf_bits(model_file, held_out)
    return Finished(model_file, kind, parity, kinds, before, after, calibration.temperature)


def _compare_kinds(
    exact: Path, out: Path, held_out: Sequence[Work], max_megabytes: float
) -> dict[str, tuple[float, float]]:
    found: dict[str, tuple[float, float]] = {}
    for kind in KINDS:
        trial = quantise(exact, out / "trial.gguf", kind)
        megabytes = trial.stat().st_size / 1e6
        if megabytes <= max_megabytes:
            found[kind] = (megabytes, gguf_bits(trial, held_out, CHOICE_CHARACTERS)["mean"])
            _say(f"{kind}: {megabytes:.1f} MB, {found[kind][1]:.4f} bits per character")
        trial.unlink()
    if not found:
        raise TrainerError(
            f"no kind of quantisation fits {max_megabytes:g} MB - train a smaller model or raise the limit"
        )
    return found


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)

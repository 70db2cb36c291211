"""`cqa-train export`: merge, convert, quantise, verify, and only then name the files."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import torch

from cqa_desktop.engine.calibrate import calibrate
from cqa_desktop.engine.errors import ModelError
from cqa_desktop.engine.gguf_file import (
    BASE_ID_KEY,
    BASE_SHA_KEY,
    CALIBRATION_KEY,
    CRITIQUE_KEY,
    MERGED_KEY,
    PROMPT_FORMAT_KEY,
    REFERENCE_NAME,
    TUNED_CHAT_KEY,
)
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.models.registry import reference_prose
from trainer.bases import REFERENCE, Base
from trainer.convert.checkpoint import Checkpoint
from trainer.convert.convert import convert_checkpoint
from trainer.convert.families import family_of
from trainer.convert.parity import MOST_KL, MOST_NMSE, Expected, Parity, compare, expect
from trainer.convert.quantise import quantise
from trainer.errors import TrainerError
from trainer.evaluate.run import RESULT, base_of, read_run
from trainer.export.adapter import write_adapter
from trainer.export.lora import Lora
from trainer.fit.checkpoint import epoch_folder, finished_epochs
from trainer.fit.config import FitConfig
from trainer.fit.faults import full_disk, out_of_memory
from trainer.fit.model import load_adapters, load_base

REPORT: Final = "export.json"
PROSE_CHARACTERS: Final = 6000
"""Of the reference prose, on which predictions are compared."""
CRITIQUE_PARAMETERS: Final = 500_000_000
"""Under this many, a model does not write a critique worth reading, whatever it was tuned on."""


@dataclass(frozen=True)
class Options:
    """What can be chosen about an export."""

    base: str | None = None
    """Where the base is; None: where run.json says."""
    epoch: int | None = None
    """None: the one that evaluation chose, else the last."""
    out: Path | None = None
    """None: the folder `export` in the run's."""
    kinds: tuple[str, ...] = ("Q8_0",)
    adapter_only: bool = False
    verify: bool = True
    calibrate: bool = True


@dataclass(frozen=True)
class Exported:
    """One file, and how far it is from the torch model."""

    path: Path
    kind: str
    parity: Parity | None


def export(folder: Path, options: Options) -> int:
    """Write the GGUFs and export.json, print a table; returns 0.

    Raises:
        TrainerError: if run, base or adapter cannot be exported, or a file is not faithful: it is then not there.
    """
    record = read_run(folder)
    base = base_of(folder, record, options.base)
    checkpoint = Checkpoint(base.folder)
    family_of(checkpoint.config, str(base.folder / "config.json"))
    epoch, why = _epoch(folder, options.epoch)
    _say(f"epoch {epoch}: {why}")
    lora = Lora(epoch_folder(folder, epoch))
    lora.check_against(checkpoint.shapes())
    out = options.out or folder / "export"
    job = _Job(record, base, lora, out, f"{_plain(base.id)}-cqa-epoch-{epoch:02}")
    with full_disk(out):
        out.mkdir(parents=True, exist_ok=True)
        exported = job.write_adapter(options) if options.adapter_only else job.write_merged(options)
        report = {
            "schema": 1,
            "epoch": epoch,
            "epoch_because": why,
            "base": record["base"],
            "files": [*_still_there(out, epoch, exported), *(_line(one) for one in exported)],
        }
        (out / REPORT).write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(_table(exported))
    return 0


def _line(one: Exported) -> dict[str, Any]:
    return {
        "name": one.path.name,
        "kind": one.kind,
        "megabytes": round(one.path.stat().st_size / 1e6, 2),
        "verified": one.parity is not None,
        "nmse": one.parity.nmse if one.parity else None,
        "kl_nats": one.parity.kl if one.parity else None,
        "delta_bits": one.parity.bits if one.parity else None,
    }


def _still_there(out: Path, epoch: int, exported: Sequence[Exported]) -> list[dict[str, Any]]:
    """What earlier exports of this epoch say of files that are there yet: adapter and merged model go together."""
    try:
        report = json.loads((out / REPORT).read_text(encoding="utf-8"))
        files = [dict(one) for one in report["files"]] if report["epoch"] == epoch else []
        new = {one.path.name for one in exported}
        return [one for one in files if one["name"] not in new and (out / one["name"]).is_file()]
    except (OSError, ValueError, KeyError, TypeError):
        return []  # none, or not ours: this export's own report replaces it


@dataclass(frozen=True)
class _Job:
    record: dict[str, Any]
    base: Base
    lora: Lora
    out: Path
    name: str
    expected: dict[tuple[int, int], Expected] = field(default_factory=dict)
    """What torch says, by first token and window: asked once for all kinds, since it loads the base whole."""

    def write_adapter(self, options: Options) -> list[Exported]:
        """The LoRA as GGUF, verified over an F32 GGUF of the base."""
        final, trial = self.out / f"{self.name}-adapter.gguf", self.out / f"{self.name}-adapter.trial"
        under = self.out / "base.trial"
        try:
            write_adapter(self.lora, self.base.folder, trial, name=self.name, metadata=self._labels(merged=False))
            parity = None
            if options.verify:
                mine = {BASE_SHA_KEY: self.base.sha256}
                name = REFERENCE_NAME if self.base.id == REFERENCE else self.base.id
                convert_checkpoint(self.base.folder, under, name=name, metadata=mine)
                parity = self._verify(under, "F32", adapter=trial)
            os.replace(trial, final)
        finally:
            trial.unlink(missing_ok=True)
            under.unlink(missing_ok=True)
        return [Exported(final, "adapter", parity)]

    def write_merged(self, options: Options) -> list[Exported]:
        """Base and LoRA in one, in each kind of quantisation."""
        whole = self.out / "merged.trial"
        done: list[Exported] = []
        trials: list[Path] = []
        try:
            _say("merging and converting")
            self._convert(whole, self._labels(merged=True))
            if options.verify:
                exact = self._verify(whole, "F32")
                _say(f"converted; NMSE of the logits {exact.nmse:.1e}")
            if options.calibrate:
                _say("calibrating on the reference prose")
                with LlamaModel(whole) as model:
                    calibration = calibrate(model, [path.read_text(encoding="utf-8") for path in reference_prose()])
                self._convert(whole, {**self._labels(merged=True), CALIBRATION_KEY: calibration.to_json()})
            for kind in options.kinds:
                trial = self.out / f"{kind}.trial"
                trials.append(trial)
                quantise(whole, trial, kind, threads=os.cpu_count() or 2)
                parity = self._verify(trial, kind) if options.verify else None
                done.append(Exported(self.out / f"{self.name}-{kind}.gguf", kind, parity))
            # All or none: a set of which one failed is not left behind half named.
            for trial, one in zip(trials, done, strict=True):
                os.replace(trial, one.path)
        finally:
            whole.unlink(missing_ok=True)
            for trial in trials:
                trial.unlink(missing_ok=True)
        return done

    def _convert(self, out: Path, labels: dict[str, str | bool]) -> None:
        convert_checkpoint(
            self.base.folder,
            out,
            name=self.name,
            metadata=labels,
            edit=self.lora.merge,
            stop=self.record.get("stop_token"),
            chat_template=_chat_template(self.base.folder) if self.record.get("chat_template") else None,
        )

    def _labels(self, *, merged: bool) -> dict[str, str | bool]:
        base = self.record["base"]
        shapes = Checkpoint(self.base.folder).shapes()
        parameters = sum(_count(shape) for _, shape in shapes)
        return {
            BASE_ID_KEY: str(base["id"]),
            "cqa.base_revision": str(base.get("revision") or ""),
            BASE_SHA_KEY: str(base["sha256"]),
            "cqa.data_sha256": str(self.record.get("data_sha256", "")),
            PROMPT_FORMAT_KEY: str(self.record["prompt_format"]),
            TUNED_CHAT_KEY: bool(self.record.get("chat_template")),
            CRITIQUE_KEY: parameters >= CRITIQUE_PARAMETERS,
            MERGED_KEY: merged,
        }

    def _verify(self, file: Path, kind: str, adapter: Path | None = None) -> Parity:
        """Compare with the torch model.

        Raises:
            TrainerError: if ids differ, or predictions differ by more than the gate of its kind.
        """
        try:
            with LlamaModel(file, adapter=adapter) as model:
                expected = self._expected(model)
                parity = compare(model, self.base.folder, expected, adapter=adapter is not None)
        except ModelError as error:
            raise TrainerError(f"the export does not load: {error}") from error
        if kind == "F32" and not parity.nmse < MOST_NMSE:
            raise TrainerError(f"{self.name}: not what torch says (NMSE {parity.nmse:.1e}) - not written")
        if kind in MOST_KL and not parity.kl < MOST_KL[kind]:
            raise TrainerError(
                f"{self.name}: {kind} loses too much (KL {parity.kl:.1e} nats a token, not under {MOST_KL[kind]:g}) - "
                "choose a larger kind, or --no-verify"
            )
        return parity

    def _expected(self, gguf: LlamaModel) -> Expected:
        """What base and adapter say in torch, in float32."""
        key = (gguf.bos, gguf.window)
        if key not in self.expected:
            self.expected[key] = self._ask_torch(gguf)
        return self.expected[key]

    def _ask_torch(self, gguf: LlamaModel) -> Expected:
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        with out_of_memory("verifying", "--no-verify leaves that out"):
            plain = load_base(self.base.folder, FitConfig(precision="float32"), device)
            model = load_adapters(plain, {"tuned": self.lora.folder}).eval()
            prose = reference_prose()[0].read_text(encoding="utf-8")[:PROSE_CHARACTERS]
            return expect(model, self.base.folder, prose, bos=gguf.bos, window=gguf.window)


def _epoch(folder: Path, wanted: int | None) -> tuple[int, str]:
    there = finished_epochs(folder)
    if not there:
        raise TrainerError(f"{folder}: holds no finished epoch - run cqa-train fit")
    if wanted is not None:
        if wanted not in there:
            raise TrainerError(f"{folder}: has no epoch {wanted} - it has {', '.join(map(str, there))}")
        return wanted, "as asked for"
    try:
        chosen = int(json.loads((folder / RESULT).read_text(encoding="utf-8"))["chosen_epoch"])
    except FileNotFoundError:
        return there[-1], "the last one; cqa-train evaluate chooses with care"
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainerError(f"{folder / RESULT}: cannot be read ({error}) - evaluate again, or give --epoch") from error
    if chosen not in there:
        raise TrainerError(f"{folder / RESULT}: chose epoch {chosen}, which is not there - evaluate again")
    return chosen, "chosen by the evaluation"


def _chat_template(folder: Path) -> str:
    from transformers import AutoTokenizer

    return str(AutoTokenizer.from_pretrained(folder).chat_template)


def _plain(name: str) -> str:
    return name.rpartition("/")[2].lower()


def _count(shape: Sequence[int]) -> int:
    size = 1
    for side in shape:
        size *= side
    return size


def _table(exported: Sequence[Exported]) -> str:
    lines = [f"{'file':48} {'MB':>9} {'NMSE':>9} {'KL, nats':>9} {'Δ bits':>8}"]
    for one in exported:
        megabytes = one.path.stat().st_size / 1e6
        figures = "not verified"
        if one.parity:
            figures = f"{one.parity.nmse:9.1e} {one.parity.kl:9.1e} {one.parity.bits:+8.4f}"
        lines.append(f"{one.path.name:48} {megabytes:9.2f} {figures}")
    return "\n".join([*lines, "", f"in {exported[0].path.parent}; Δ bits: surprisal a token against torch in float32"])


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)

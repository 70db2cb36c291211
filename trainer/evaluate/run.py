"""`cqa-train evaluate`: a run's epochs against their base, as figures, a page and a table."""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch

from cqa_desktop.annotations.pair_rows import TEST, PairRow, read_pair_rows
from cqa_desktop.engine.gguf_file import CALIBRATION_KEY, inspect_gguf
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.measure.calibration import Calibration
from cqa_desktop.models.registry import reference_model, reference_prose
from cqa_desktop.resources import resource
from trainer.bases import REFERENCE, Base, resolve_base
from trainer.errors import TrainerError
from trainer.evaluate.information import score_pairs
from trainer.evaluate.reader import Comparison
from trainer.evaluate.report import as_text, write_page
from trainer.evaluate.torch_model import MEMORY, TorchModel
from trainer.evaluate.writer import Written, compare, measure_text, write
from trainer.fit.checkpoint import epoch_folder, finished_epochs
from trainer.fit.config import FitConfig
from trainer.fit.faults import full_disk, out_of_memory
from trainer.fit.model import load_adapters, load_base

RESULT: Final = "evaluation.json"
PAGE: Final = "evaluation.html"
SHIPPED: Final = ("literary.jsonl", "factual.jsonl")


@dataclass(frozen=True)
class Options:
    """What can be chosen about an evaluation."""

    base: str | None = None
    """Where the base is; None: where run.json says."""
    pairs: tuple[Path, ...] = ()
    """Files of pairs; empty: the shipped ones."""
    epochs: tuple[int, ...] = ()
    """Empty: all."""
    adapter_views: str = "brief"
    """`brief`, as in the app; or `all`: the tuned model is the reader of every view."""
    generation: bool = True
    samples: int = 4
    """Continuations of a prompt."""
    tokens: int = 120
    """Of a continuation."""
    temperature: float = 0.9
    resamples: int = 10_000
    seed: int = 1


def evaluate(folder: Path, options: Options) -> int:
    """Evaluate, write evaluation.json and evaluation.html into the run's folder, and print a table; returns 0.

    Raises:
        TrainerError: if the run, its base or the pairs cannot be used.
    """
    if not 0 <= options.seed < 1 << 32:
        raise TrainerError(f"--seed {options.seed}: must be at least 0 and under 2^32")
    record = read_run(folder)
    rows = _read_pairs(options.pairs or tuple(resource("pairs", name) for name in SHIPPED))
    epochs = _epochs(folder, options.epochs)
    base = base_of(folder, record, options.base)
    model = _load(folder, base, record, epochs, everywhere=options.adapter_views == "all")
    if options.generation and options.tokens > model.window // 2:
        raise TrainerError(f"--tokens {options.tokens}: must be at most {model.window // 2}, half of the window")
    model.use(None)
    before = score_pairs(model, rows, _progress("base"))
    after = {}
    for epoch in epochs:
        model.use(adapter_name(epoch))
        after[epoch] = score_pairs(model, rows, _progress(f"epoch {epoch}"))
    comparison = Comparison(before, after, resamples=options.resamples, seed=options.seed)
    chosen, why = comparison.choose()
    result: dict[str, Any] = {
        "schema": 1,
        "base": record["base"]["id"],
        "adapter_views": options.adapter_views,
        "prompt_format": record["prompt_format"],
        "chosen_epoch": chosen,
        "chosen_because": why,
        "main_group": comparison.main_group,
        "epochs": comparison.table(),
        "pairs": [
            {
                "id": base_pair.row.id,
                "group": base_pair.row.group,
                "split": base_pair.row.split,
                "delta_i_base": round(base_pair.delta, 4),
                "delta_i_tuned": round(tuned.delta, 4),
            }
            for base_pair, tuned in zip(before, after[chosen], strict=True)
        ],
        "generation": None,
    }
    if options.generation:
        result["generation"] = _generation(model, base, rows, comparison.main_group, chosen, options)
    result["text"] = as_text(result)
    with full_disk(folder):
        (folder / RESULT).write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        write_page(result, folder / PAGE)
    print(result["text"])
    print(f"\nThe report: {folder / PAGE}")
    return 0


def read_run(folder: Path) -> dict[str, Any]:
    """The record of a run.

    Raises:
        TrainerError: if the folder holds none.
    """
    try:
        record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        for needed in ("id", "sha256"):
            record["base"][needed]
        record["prompt_format"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainerError(f"{folder}: is no run ({error}) - give the folder that cqa-train fit wrote") from error
    return dict(record)


def base_of(folder: Path, record: dict[str, Any], given: str | None) -> Base:
    """The base of a run: where it is said to be, else where `fit` found it, else by its id.

    run.json goes to whoever the adapter goes to and names no folders; config.toml stays here and does.

    Raises:
        TrainerError: if it is not to be found, or is not the one that the run was trained on.
    """
    spec = given or str(record["base"]["id"])
    try:
        found = str(tomllib.loads((folder / "config.toml").read_text(encoding="utf-8")).get("base", ""))
    except (OSError, ValueError):
        found = ""  # not needed to train again, nor always here
    if given is None and spec != REFERENCE and found and Path(found).is_dir():
        spec = found
    base = resolve_base(spec, record["base"].get("revision"))
    _check_base(base, record)
    return base


def _check_base(base: Base, record: dict[str, Any]) -> None:
    if base.sha256 != record["base"]["sha256"]:
        raise TrainerError(
            f"base {base.folder}: is not the base of this run ({record['base']['id']}) - its weights differ; give the "
            "same one with --base"
        )
    # The same weights mean something else under another config; the reference model's is made from its GGUF.
    if base.id != REFERENCE and base.config_sha256 != record["base"].get("config_sha256", base.config_sha256):
        raise TrainerError(
            f"base {base.folder}: its config.json is not the one that this run was trained with - give the same base "
            "with --base"
        )


def _read_pairs(paths: Sequence[Path]) -> list[PairRow]:
    rows: list[PairRow] = []
    for path in paths:
        try:
            found, problems = read_pair_rows(path.read_bytes().removeprefix(b"\xef\xbb\xbf").splitlines())
        except OSError as error:
            raise TrainerError(f"{path}: cannot be read ({error.strerror}) - give a file of pairs") from error
        if problems:
            more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
            raise TrainerError(f"{path}:{problems[0][0]}: {problems[0][1]}{more}")
        rows += found
    if not rows:
        raise TrainerError(f"{paths[0]}: holds no pairs - write one JSON object a line")
    names = [row.id for row in rows]
    if len(set(names)) < len(names):
        raise TrainerError("pairs: two files use the same id - give each pair its own")
    return rows


def _epochs(folder: Path, wanted: Sequence[int]) -> list[int]:
    there = finished_epochs(folder)
    if not there:
        raise TrainerError(f"{folder}: holds no finished epoch - run cqa-train fit")
    missing = [epoch for epoch in wanted if epoch not in there]
    if missing:
        raise TrainerError(f"{folder}: has no epoch {missing[0]} - it has {', '.join(map(str, there))}")
    return list(wanted) or there


def _load(folder: Path, base: Base, record: dict[str, Any], epochs: Sequence[int], *, everywhere: bool) -> TorchModel:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    adapters = {adapter_name(epoch): epoch_folder(folder, epoch) for epoch in epochs}
    with out_of_memory("loading the base", MEMORY):
        model = load_adapters(load_base(base.folder, FitConfig(), device), adapters)
    return TorchModel(
        model,
        base.folder,
        name=base.id,
        sha256=base.sha256,
        prompt_format=record["prompt_format"],
        everywhere=everywhere,
    )


def adapter_name(epoch: int) -> str:
    """The name that an epoch's adapter is loaded under."""
    return f"epoch-{epoch:02}"


def _generation(
    model: TorchModel, base: Base, rows: Sequence[PairRow], group: str, epoch: int, options: Options
) -> dict[str, Any] | None:
    """Continue the contexts of the main group's test pairs, which nothing was chosen on; None if there are none.

    Where no pair says its split, all of them.
    """
    split = TEST if any(row.split for row in rows) else ""
    prompts = [row for row in rows if row.group == group and row.split == split and row.context.strip()]
    if not prompts:
        print(f"writing: left out, as no {group} pair of the test split has a context", file=sys.stderr)
        return None
    calibration = _calibration(model, base)
    model.use(None)
    scorer = Scorer(model, calibration)
    written: dict[str, list[Written]] = {}
    by_id = {row.id: row for row in prompts}
    for name, adapter in (("base", None), ("tuned", adapter_name(epoch))):
        texts = write(
            model,
            prompts,
            adapter=adapter,
            samples=options.samples,
            tokens=options.tokens,
            temperature=options.temperature,
            seed=options.seed,
            advance=_progress(f"writing, {name}"),
        )
        model.use(None)
        written[name] = [Written(row, n, text, measure_text(scorer, by_id[row], text)) for row, n, text in texts]
    return {
        "epoch": epoch,
        "split": split or "all",
        "prompts": len(prompts),
        "samples": options.samples,
        "tokens": options.tokens,
        "temperature": options.temperature,
        "seed": options.seed,
        "figures": compare(written["base"], written["tuned"], resamples=options.resamples, seed=options.seed),
        "examples": [
            {"prompt": one.prompt, "base": one.text, "tuned": other.text}
            for one, other in zip(written["base"], written["tuned"], strict=True)
            if one.sample == 0
        ][:3],
    }


def _calibration(model: TorchModel, base: Base) -> Calibration:
    """The classes need the base's percentiles: the reference model's are in its file, any other's are made."""
    if base.id == REFERENCE:
        return Calibration.from_json(str(inspect_gguf(reference_model()).metadata[CALIBRATION_KEY]))
    from cqa_desktop.engine.calibrate import calibrate

    model.use(None)
    texts = [path.read_text(encoding="utf-8") for path in reference_prose()]
    return calibrate(model, texts, on_progress=_progress("calibrating the base"))


def _progress(label: str) -> Callable[[int, int], None]:
    live = sys.stderr.isatty()

    def advance(done: int, total: int) -> None:
        if live or done == total:
            end = "\n" if done == total else ""
            lead = "\r" if live else ""
            print(f"{lead}{label}: {done} of {total}", end=end, file=sys.stderr, flush=True)

    return advance

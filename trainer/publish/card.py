"""The model card: what the model is made from, what was measured, and what was not found."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from trainer.evaluate.report import SURE, as_text, null_result
from trainer.publish.collect import Item, Publication

REFERENCE: Final = "reference"
REFERENCE_LICENCE: Final = "apache-2.0"


def default_licence(publication: Publication) -> str | None:
    """The licence of what is made from the reference model; None for another base, whose licence is not known here."""
    return REFERENCE_LICENCE if publication.base["id"] == REFERENCE else None


def model_card(publication: Publication, repo: str, licence: str | None) -> str:
    """The card as Markdown, with the hub's metadata in front."""
    name = repo.rpartition("/")[2]
    parts = [
        _metadata(publication, licence),
        f"# {name}\n\n{_intro(publication)}",
        f"## How to use it\n\n{_usage(publication, repo)}",
        f"## What tuning did\n\n{_evaluation(publication)}",
        f"## Files\n\n{_files(publication)}",
        f"## Made from\n\n{_origin(publication)}",
        f"## Licence\n\n{_licence(publication, licence)}",
    ]
    return "\n\n".join(parts) + "\n"


def _metadata(publication: Publication, licence: str | None) -> str:
    base = publication.base
    values: dict[str, Any] = {
        "license": licence,
        # A base that is no repository would not be found by the hub.
        "base_model": base["id"] if "/" in base["id"] else None,
        "pipeline_tag": "text-generation",
        "library_name": "peft",
        "tags": ["cqa", "lora", "gguf"],
    }
    # JSON is YAML, and quotes what YAML would take for something else.
    lines = [f"{key}: {json.dumps(value)}" for key, value in values.items() if value is not None]
    return "\n".join(["---", *lines, "---"])


def _intro(publication: Publication) -> str:
    rows = publication.record.get("rows")
    counted = f"{rows} expert annotations" if rows else "expert annotations"
    return (
        f"`{publication.base['id']}`, fine-tuned (LoRA) on {counted} of prose by Creative Quality Alignment, for "
        "CQA Desktop: a writing assistant that shows where a draft is surprising and earns it.\n"
        f"The prompt format is `{publication.record['prompt_format']}`; epoch {publication.epoch} "
        f"({publication.exported.get('epoch_because', 'as asked for')})."
    )


def _usage(publication: Publication, repo: str) -> str:
    lines = [f"cqa-train pull {repo}"]
    adapters = [item.name for item in publication.models if is_adapter(publication, item)]
    whole = [item.name for item in publication.models if item.name not in adapters]
    lines += [f"cqa score draft.md --model {name}" for name in whole[:1]]
    if adapters:
        over = "" if publication.base["id"] == REFERENCE else "--model BASE.gguf "
        lines.append(f"cqa score draft.md {over}--adapter {adapters[0]}")
    said = f"```sh\n{chr(10).join(lines)}\n```\n\n`pull` says where it put the files; give those paths."
    if adapters:
        of = "the reference model that ships with the app" if publication.base["id"] == REFERENCE else "its own base"
        said += f" The adapter is used over {of}; over any other model it is refused."
    return said + " `adapter_config.json` and `adapter_model.safetensors` are for peft."


def is_adapter(publication: Publication, item: Item) -> bool:
    """Whether a GGUF is the LoRA alone."""
    return publication.figures(item.name).get("kind") == "adapter" or item.name.endswith("-adapter.gguf")


def _evaluation(publication: Publication) -> str:
    result = publication.evaluation
    if result is None:
        return "It was not evaluated: whether tuning did anything is not known."
    rows = [row for row in result["epochs"] if row["epoch"] == publication.epoch]
    if not rows:
        return f"Epoch {publication.epoch} was not evaluated: whether tuning did anything is not known."
    because = result["chosen_because"]
    if result["chosen_epoch"] != publication.epoch:
        because = f"as asked for; the evaluation chose epoch {result['chosen_epoch']}"
    generation = result.get("generation")
    if generation and generation["epoch"] != publication.epoch:
        generation = None
    shown = {**result, "chosen_epoch": publication.epoch, "chosen_because": because, "generation": generation}
    said = [_reader(rows, result["main_group"])]
    if generation:
        said.append(_writer(generation))
    return "\n\n".join(
        [
            "Information I is how many bits the brief and the story so far take off a passage's surprisal; ΔI is that "
            "of the good version of a passage less that of its degraded version; Δ(ΔI) is ΔI after tuning less ΔI "
            "before.",
            *said,
            f"```text\n{as_text(shown)}\n```",
        ]
    )


def _reader(rows: list[Mapping[str, Any]], group: str) -> str:
    mine = [row for row in rows if row["group"] == group] or rows
    row = next((row for row in mine if row["split"] == "test"), mine[0])
    change = row["delta_delta_i"]
    figures = (
        f"Δ(ΔI) {_signed(change['mean'])} bits, 95% interval {_signed(change['low'])} to {_signed(change['high'])}, "
        f"p {_p(change['p_holm'])} after Holm, {change['pairs']} pairs"
    )
    where = f"the {row['group']} pairs ({row['split']})"
    if change["p_holm"] is not None and change["p_holm"] < SURE and change["mean"] > 0:
        return f"On {where}, good and degraded passages are further apart after tuning: {figures}."
    return f"**A null result.** On {where}, {null_result(change)}: {figures}."


def _writer(generation: Mapping[str, Any]) -> str:
    figures = generation["figures"]
    shown = sum(one["p"] is not None and one["p"] < SURE for one in figures.values())
    if not shown:
        return "**A null result for writing.** Tuning the reader is not shown to have changed what it writes."
    return (
        f"Of {len(figures)} figures of what it writes, {shown} changed with p under {SURE}, "
        "not corrected for their number."
    )


def _files(publication: Publication) -> str:
    lines = ["| file | kind | MB | NMSE | KL, nats | Δ bits | sha256 |", "|---|---|---:|---:|---:|---:|---|"]
    for item in publication.models:
        row = publication.figures(item.name)
        kind = row.get("kind") or ("adapter" if is_adapter(publication, item) else "")
        cells = [
            f"`{item.name}`",
            kind,
            f"{item.size / 1e6:.2f}",
            _cell(row.get("nmse"), ".1e"),
            _cell(row.get("kl_nats"), ".1e"),
            _cell(row.get("delta_bits"), "+.4f"),
            f"`{item.sha256}`",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        "NMSE of the logits, KL divergence and Δ of the surprisal a token: each file against the torch model in "
        "float32 on the same prose. A dash: not compared, or exported apart.",
        "",
        "| file | bytes | sha256 |",
        "|---|---:|---|",
        *(f"| `{item.name}` | {item.size:,} | `{item.sha256}` |" for item in publication.others),
    ]
    return "\n".join(lines)


def _origin(publication: Publication) -> str:
    record, base = publication.record, publication.base
    kind = "the model that ships with CQA Desktop" if base["id"] == REFERENCE else "a repository" if "/" in base["id"] \
        else "a folder of the author's"  # fmt: skip
    rows = [
        ("base", f"`{base['id']}`, {kind}"),
        ("its revision", _code(base.get("revision"))),
        ("sha256 over its weights", _code(base["sha256"])),
        ("sha256 of the data", _code(record.get("data_sha256"))),
        ("annotations", _count(record.get("rows"))),
        ("tokens read, of them trained on", f"{_count(record.get('tokens'))}, {_count(record.get('trained_tokens'))}"),
        ("epochs", str(record.get("epochs", "-"))),
        ("loss by epoch, nats a token", ", ".join(_cell(one, ".4g") for one in record.get("loss", [])) or "-"),
        ("parameters, of them trained", f"{_count(record.get('parameters'))}, "
         f"{_count(record.get('trained_parameters'))}"),
        ("hardware", str(record.get("hardware", "-"))),
    ]  # fmt: skip
    lines = ["| | |", "|---|---|", *(f"| {label} | {value} |" for label, value in rows)]
    return "\n".join([*lines, "", "The annotations themselves are not here. `run.json` has every setting."])


def _licence(publication: Publication, licence: str | None) -> str:
    if licence is None:
        return "The author states none. What the licence of the base demands holds for this model too."
    said = f"`{licence}`."
    if publication.base["id"] != REFERENCE:
        said += " What the licence of the base demands holds for this model too."
    return said


def _code(value: object) -> str:
    return f"`{value}`" if value else "-"


def _count(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else "-"


def _cell(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def _signed(value: float | None) -> str:
    return _cell(value, "+.2f")


def _p(value: float | None) -> str:
    return _cell(value, ".2g")

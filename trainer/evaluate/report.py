"""An evaluation as a short table and as one self-contained page with plots."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

SURE: Final = 0.05
TEMPLATE: Final = Path(__file__).with_name("report.html.jinja")
_METADATA: Final = ("Date", "Creator", "Format", "Type")
"""Left out of a plot: a date would make each page another, and the others are addresses."""
_COLOURS: Final = ("#0b7a5b", "#b4540a", "#5b6ea8", "#8a857c")


def as_text(result: Mapping[str, Any]) -> str:
    """What the terminal shows: every epoch and group, the verdict, and what generation did."""
    lines = [
        f"{'epoch':>5} {'split':5} {'group':10} {'pairs':>5} {'ΔI base':>8} {'ΔI tuned':>8} {'Δ(ΔI)':>8} "
        f"{'95% interval':>16} {'d':>6} {'p':>8} {'p Holm':>8}",
    ]
    for one in result["epochs"]:
        change = one["delta_delta_i"]
        interval = f"{_signed(change['low'])} to {_signed(change['high'])}"
        mark = "*" if one["epoch"] == result["chosen_epoch"] else " "
        lines.append(
            f"{one['epoch']:>4}{mark} {one['split']:5} {one['group']:10} {one['pairs']:>5} "
            f"{_signed(one['base']['delta_i']['mean']):>8} {_signed(one['tuned']['delta_i']['mean']):>8} "
            f"{_signed(change['mean']):>8} {interval:>16} {_signed(change['cohen_d']):>6} "
            f"{_p(change['p']):>8} {_p(change['p_holm']):>8}"
        )
    lines += ["bits; p: Wilcoxon, one-sided (tuned above base)", "", *verdicts(result)]
    if result["generation"]:
        lines += ["", *_generation_lines(result["generation"])]
    return "\n".join(lines)


def verdicts(result: Mapping[str, Any]) -> list[str]:
    """The outcome in words, for the chosen epoch. A null result is said to be one."""
    chosen = [one for one in result["epochs"] if one["epoch"] == result["chosen_epoch"]]
    # A group that has no test pairs is told by what it has.
    told_by = {one["group"]: one for one in sorted(chosen, key=lambda one: one["split"] == "test")}
    lines = [f"epoch {result['chosen_epoch']} was chosen: {result['chosen_because']}"]
    for one in told_by.values():
        change = one["delta_delta_i"]
        where = f"{one['group']}, {one['split']}: Δ(ΔI) {_signed(change['mean'])} bits"
        interval = f"95% interval {_signed(change['low'])} to {_signed(change['high'])}"
        if one["group"] == result["main_group"]:
            sure = change["p_holm"] is not None and change["p_holm"] < SURE and change["mean"] > 0
            said = (
                "calibrated: good and degraded are further apart" if sure else f"a null result: {null_result(change)}"
            )
            lines.append(f"{where}, {interval}, p {_p(change['p_holm'])} after Holm: {said}")
        else:
            moved = change["p_two_sided"] is not None and change["p_two_sided"] < SURE
            said = "the control moved" if moved else "the control is not shown to have moved"
            if change["p_two_sided"] is None and change["mean"]:
                said = "too few pairs to tell whether the control moved"
            lines.append(f"{where}, {interval}, p {_p(change['p_two_sided'])} two-sided: {said}")
        fields = {name: field for name, field in one["fields"].items() if field["pairs"]}
        if fields:
            told = ", ".join(
                f"{name} {_signed(field['mean'])} (p {_p(field['p_two_sided'])})" for name, field in fields.items()
            )
            lines.append(f"  by field of the brief, change of ΔI: {told}")
        if one["by_dimension"]:
            told = ", ".join(f"{name} {_signed(each['mean'])}" for name, each in one["by_dimension"].items())
            lines.append(f"  by what the degraded version offends, Δ(ΔI): {told}")
        good, degraded = one["log_probability"]["good"], one["log_probability"]["degraded"]
        lines.append(
            f"  likelier by, bits a token: good {_signed(good['mean'], 3)}, degraded {_signed(degraded['mean'], 3)}"
        )
    return lines


def null_result(change: Mapping[str, Any]) -> str:
    """What there is to say of the main group where it is not calibrated: that it became worse is not kept back."""
    two_sided = change["p_two_sided"]
    if two_sided is None and change["mean"]:
        return "too few pairs for a test"
    if two_sided is not None and two_sided < SURE and change["mean"] < 0:
        return f"good and degraded came closer together, p {_p(two_sided)} two-sided"
    return "no effect is shown"


def _generation_lines(generation: Mapping[str, Any]) -> list[str]:
    head = f"writing: {generation['prompts']} prompts, {generation['samples']} continuations each, scored by the base"
    lines = [head, f"{'':22} {'base':>8} {'tuned':>8} {'change':>8} {'95% interval':>18} {'p':>8}"]
    shown = 0
    for name, one in generation["figures"].items():
        interval = f"{_signed(one['low'], 3)} to {_signed(one['high'], 3)}"
        lines.append(
            f"{name.replace('_', ' '):22} {_number(one['base']):>8} {_number(one['tuned']):>8} "
            f"{_signed(one['change'], 3):>8} {interval:>18} {_p(one['p']):>8}"
        )
        shown += one["p"] is not None and one["p"] < SURE
    if not shown:
        lines.append("a null result: tuning the reader is not shown to have changed the writer")
    else:
        lines.append(f"{shown} of {len(generation['figures'])} figures have p under {SURE}, not corrected for number")
    return lines


def write_page(result: Mapping[str, Any], out: Path) -> None:
    """Write the page; nothing in it is loaded from elsewhere.

    Raises:
        OSError: if it cannot be written.
    """
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"signed": _signed, "number": _number, "p": _p}
    page = environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        result=result,
        verdicts=verdicts(result),
        curves=Markup(_epoch_curves(result)),
        change=Markup(_pair_changes(result)),
    )
    out.write_text(page, encoding="utf-8")


def _epoch_curves(result: Mapping[str, Any]) -> str:
    """Δ(ΔI) with its interval, by epoch, a panel for each split and a line for each group."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    splits = list(dict.fromkeys(one["split"] for one in result["epochs"]))
    figure, axes = plt.subplots(1, len(splits), figsize=(3.6 * len(splits), 3.4), sharey=True, squeeze=False)
    lines: dict[str, Any] = {}
    for axis, split in zip(axes[0], splits, strict=True):
        for number, group in enumerate(_groups(result)):
            rows = [one for one in result["epochs"] if one["split"] == split and one["group"] == group]
            if not rows:
                continue
            epochs = [one["epoch"] + 0.06 * number for one in rows]
            means = [one["delta_delta_i"]["mean"] for one in rows]
            spans = [_span(one["delta_delta_i"]) for one in rows]
            lines[_label(group)] = axis.errorbar(
                epochs, means, yerr=list(zip(*spans, strict=True)), fmt="o-", capsize=3,
                color=_COLOURS[number % len(_COLOURS)],
            )  # fmt: skip
        axis.axhline(0, color="#8a857c", linewidth=0.8)
        axis.set(title=split, xlabel="epoch")
        axis.set_xticks(sorted({one["epoch"] for one in result["epochs"]}))
        axis.spines[["top", "right"]].set_visible(False)
    axes[0][0].set_ylabel("Δ(ΔI), bits")
    axes[0][0].legend(list(lines.values()), list(lines), frameon=False)
    return _svg(figure)


def _pair_changes(result: Mapping[str, Any]) -> str:
    """Each pair's ΔI before and after, for the chosen epoch."""
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(3.8, 3.4))
    values = [pair[name] for pair in result["pairs"] for name in ("delta_i_base", "delta_i_tuned")]
    ends = [min(values), max(values)]
    axis.plot(ends, ends, color="#8a857c", linewidth=0.8)
    for number, group in enumerate(_groups(result)):
        pairs = [pair for pair in result["pairs"] if pair["group"] == group]
        axis.scatter(
            [pair["delta_i_base"] for pair in pairs], [pair["delta_i_tuned"] for pair in pairs],
            s=18, color=_COLOURS[number % len(_COLOURS)], label=_label(group),
        )  # fmt: skip
    axis.set(xlabel="ΔI under the base, bits", ylabel=f"ΔI after epoch {result['chosen_epoch']}, bits")
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False)
    return _svg(figure)


def _groups(result: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys(pair["group"] for pair in result["pairs"]))


def _label(group: str) -> str:
    """A group's name as matplotlib shows it as it is: no formula, and not hidden for a leading underscore."""
    text = group.replace("$", r"\$")
    return f" {text}" if text.startswith("_") else text


def _svg(figure: Any) -> str:
    import matplotlib.pyplot as plt

    buffer = io.StringIO()
    figure.tight_layout()
    figure.savefig(buffer, format="svg", transparent=True, metadata=dict.fromkeys(_METADATA))
    plt.close(figure)
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def _span(change: Mapping[str, Any]) -> tuple[float, float]:
    mean, low, high = change["mean"], change["low"], change["high"]
    return (0.0, 0.0) if low is None or high is None else (mean - low, high - mean)


def _signed(value: float | None, digits: int = 2) -> str:
    return "-" if value is None else f"{value:+.{digits}f}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}" if abs(value) < 100 else f"{value:.0f}"


def _p(value: float | None) -> str:
    return "-" if value is None else f"{value:.2g}"

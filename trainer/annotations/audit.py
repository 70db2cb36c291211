"""`cqa-train audit`: a coverage as text, as JSON, and as a page with a chart."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Final

from cqa_desktop.annotations.coverage import ENOUGH, SHARE_OF, SHORT, Coverage
from cqa_desktop.annotations.types import CONSTRAINTS, DIMENSIONS, VERDICTS
from trainer.errors import TrainerError

TEMPLATE: Final = Path(__file__).with_name("audit.html.jinja")
SHOWN: Final = 10
"""Duplicates listed in the text."""


def as_text(name: str, coverage: Coverage) -> str:
    """What the terminal shows."""
    total = coverage.judgments
    head = f"{'':10}" + "".join(f"{constraint:>14}" for constraint in CONSTRAINTS) + f"{'all':>14}"
    lines = [
        f"{name}: {coverage.annotations} annotations of {coverage.passages} passages, {total} judgments",
        "",
        head,
    ]
    for dimension in DIMENSIONS:
        cells = [coverage.cells[dimension, constraint] for constraint in CONSTRAINTS]
        row = "".join(f"{_cell(count, total):>14}" for count in [*cells, coverage.counts[dimension]])
        lines.append(f"{dimension:10}{row}")
    lines.append(f"{'all':10}" + "".join(f"{_cell(coverage.counts[one], total):>14}" for one in CONSTRAINTS))
    lines.append("")
    lines += [f"{label:28}{value}" for label, value in facts(coverage)]
    if coverage.duplicates:
        lines += ["", f"near-duplicates: {len(coverage.duplicates)}"]
        lines += [f"  {one.kind}: {one.second} repeats {one.first}" for one in coverage.duplicates[:SHOWN]]
        if len(coverage.duplicates) > SHOWN:
            lines.append(f"  and {len(coverage.duplicates) - SHOWN} more")
    lines += ["", "write next:" if coverage.wanted else "nothing is lacking"]
    lines += [f"  {one}" for one in coverage.wanted]
    return "\n".join(lines)


def facts(coverage: Coverage) -> list[tuple[str, str]]:
    """The figures beside the table, as label and value."""
    total = coverage.judgments
    first, middle, third = coverage.reasoning_words
    briefed = ", ".join(f"{name} {_cell(count, coverage.annotations)}" for name, count in coverage.briefed.items())
    return [
        ("verdicts", ", ".join(f"{verdict} {_cell(coverage.counts[verdict], total)}" for verdict in VERDICTS)),
        ("with a counterfactual", _cell(coverage.counterfactuals, total)),
        ("with a suggestion", _cell(coverage.suggestions, total)),
        ("about quoted words", _cell(coverage.anchored, total)),
        ("words of a reasoning", f"median {middle}, half of them {first} to {third}"),
        (f"reasoning under {SHORT} words", _cell(coverage.short, total)),
        ("complete judgments", _cell(coverage.complete, total)),
        ("briefs with", briefed),
        ("by expert and engineer", _cell(coverage.paired, coverage.annotations)),
        ("with the dialogue", _cell(coverage.with_dialogue, coverage.annotations)),
    ]


def as_json(coverage: Coverage) -> str:
    """Everything, as one JSON object."""
    record = asdict(coverage)
    record["cells"] = {f"{dimension}.{constraint}": n for (dimension, constraint), n in coverage.cells.items()}
    record["schema"] = 1
    return json.dumps(record, ensure_ascii=False)


def write_page(name: str, coverage: Coverage, out: Path) -> None:
    """Write a self-contained page: the table as a heat map, and each share beside what it should be.

    Raises:
        TrainerError: if it cannot be written.
    """
    from jinja2 import Environment, StrictUndefined

    total = max(1, coverage.judgments)
    most = max(1, *coverage.cells.values())
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    page = environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        name=name,
        coverage=coverage,
        constraints=CONSTRAINTS,
        rows=[
            (dimension, [(n := coverage.cells[dimension, one], n / total, n / most) for one in CONSTRAINTS])
            for dimension in DIMENSIONS
        ],
        groups=[
            (title, [(one, coverage.counts[one], coverage.share(one), SHARE_OF[one]) for one in names])
            for title, names in (("Dimension", DIMENSIONS), ("Constraint", CONSTRAINTS), ("Verdict", VERDICTS))
        ],
        facts=facts(coverage),
        enough=ENOUGH,
    )
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(page, encoding="utf-8")
    except OSError as error:
        raise TrainerError(f"{out}: cannot be written ({error.strerror}) - choose another place") from error


def _cell(count: int, total: int) -> str:
    return f"{count} ({count / total:.0%})" if total else "0"

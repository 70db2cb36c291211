"""LAMP (arXiv 2409.14509): paragraphs by language models, edited by professional writers, each edit with its category.

A paragraph becomes one annotation, an edit one judgment that fails: the writer's words were the edit, and the category
is all the reasoning there is, so both are kept as they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from cqa_desktop.annotations.types import Annotation, Annotator, Judgment
from cqa_desktop.measure.types import Brief
from trainer.annotations.mapping import Aim, fold_category
from trainer.annotations.published import Imported, records

LICENCE: Final = "CC-BY-4.0"
CUT: Final = "Cut it."
"""The suggestion of an edit that leaves nothing."""


def read_lamp(path: Path, mapping: Mapping[str, Aim]) -> Imported:
    """Read a published file of paragraphs with `fine_grained_edits`.

    Raises:
        TrainerError: if it is not such a file.
    """
    imported = Imported()
    used: Counter[str] = Counter()
    for row in records(path, ("id", "preedit", "fine_grained_edits")):
        passage = str(row["preedit"]).strip()
        edits = row["fine_grained_edits"] if isinstance(row["fine_grained_edits"], list) else []
        judgments = [one for edit in edits if (one := _judgment(edit, passage, mapping, imported)) is not None]
        if not passage or not judgments:
            imported.left_out["paragraphs without an edit that can be used"] += 1
            continue
        name = str(row["id"])
        used[name] += 1
        again = f"-{used[name]}" if used[name] > 1 else ""
        imported.annotations.append(
            Annotation(
                id=f"lamp-{name}{again}",
                passage=passage,
                source=f"LAMP, {name} ({row.get('type', 'unknown kind')}, by {row.get('source', 'a language model')})",
                licence=LICENCE,
                language="en",
                brief=Brief(intent=str(row.get("instruction", "")).strip()),
                annotators=(Annotator(role="expert", name=f"LAMP {name.split('_')[0]}"),),
                judgments=tuple(judgments),
            )
        )
    return imported


def _judgment(edit: object, passage: str, mapping: Mapping[str, Aim], imported: Imported) -> Judgment | None:
    values: Mapping[str, Any] = edit if isinstance(edit, dict) else {}
    category = str(values.get("categorization", "")).strip()
    quote, edited = str(values.get("originalText", "")), values.get("editedText")
    aim = mapping.get(fold_category(category))
    if aim is None:
        imported.left_out[f"edits of the category '{category}', which the mapping lacks"] += 1
        return None
    if not quote.strip() or quote.strip() not in passage:
        imported.left_out["edits whose words are not in the paragraph"] += 1
        return None
    return Judgment(
        quote=quote.strip(),
        dimension=aim[0],
        constraint=aim[1],
        verdict="fails",
        reasoning=category,
        suggestion=str(edited).strip() or CUT if isinstance(edited, str) else "",
    )

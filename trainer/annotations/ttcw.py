"""TTCW, Art or Artifice (arXiv 2309.14556): 48 stories, 14 tests each, three experts' verdicts with an explanation.

A story becomes one annotation for each expert who judged it. A test is about the story as a whole, so that its judgment
quotes no words, unless the explanation itself does.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from cqa_desktop.annotations.types import Annotation, Annotator, Judgment, Verdict
from cqa_desktop.measure.types import Brief
from trainer.annotations.mapping import Aim
from trainer.annotations.published import Imported, records
from trainer.errors import TrainerError

STORIES: Final = "ttcw_short_stories.json"
VERDICTS_FILE: Final = "ttcw_annotations.json"
LICENCE: Final = "BSD-3-Clause"
_QUOTED: Final = re.compile(r"[\"“]([^\"“”]{8,300})[\"”]")


def read_ttcw(folder: Path, mapping: Mapping[str, Aim]) -> Imported:
    """Read a folder with the two published files.

    Raises:
        TrainerError: if a file is missing or not as published.
    """
    if not folder.is_dir():
        raise TrainerError(f"{folder}: is not a folder - give the one that holds {STORIES} and {VERDICTS_FILE}")
    stories = records(folder / STORIES, ("story_id", "content"))
    rows = records(folder / VERDICTS_FILE, ("story_id", "expert_idx", "ttcw_idx", "binary_verdict", "explanation"))
    imported = Imported()
    by_story: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_story[str(row["story_id"]), str(row["expert_idx"])].append(row)
    known = {str(story["story_id"]): story for story in stories}
    for (name, expert), verdicts in sorted(by_story.items()):
        story = known.get(name)
        text = str(story["content"]).strip() if story else ""
        if story is None or not text:
            imported.left_out["judgments of stories that are not in the files"] += len(verdicts)
        elif re.fullmatch(r"https?://\S+", text):
            imported.left_out["judgments of stories that are only linked to"] += len(verdicts)
        else:
            judgments = [one for row in verdicts if (one := _judgment(row, text, mapping, imported)) is not None]
            if judgments:
                imported.annotations.append(_annotation(name, expert, text, story, judgments))
    return imported


def _annotation(name: str, expert: str, text: str, story: Mapping[str, Any], judgments: list[Judgment]) -> Annotation:
    title = str(story.get("story_name", "")).strip() or name
    return Annotation(
        id=f"ttcw-{name}-{expert}",
        passage=text,
        source=f"TTCW, {title} ({name})",
        licence=LICENCE,
        language="en",
        # The plot is what each story was asked to tell: the writer's intent, as far as the set knows it.
        brief=Brief(intent=str(story.get("plot", "")).strip()),
        annotators=(Annotator(role="expert", name=f"TTCW expert {expert}"),),
        judgments=tuple(judgments),
    )


def _judgment(row: Mapping[str, Any], text: str, mapping: Mapping[str, Aim], imported: Imported) -> Judgment | None:
    aim = mapping.get(str(row["ttcw_idx"]))
    verdict: Verdict | None = {"yes": "works", "no": "fails"}.get(str(row["binary_verdict"]).strip().lower())  # type: ignore[assignment]
    reasoning = str(row["explanation"] or "").strip()
    for lacking, why in (
        (aim is None, f"judgments of test {row['ttcw_idx']}, which the mapping lacks"),
        (verdict is None, "judgments without a verdict"),
        (not reasoning, "judgments without an explanation"),
    ):
        if lacking:
            imported.left_out[why] += 1
            return None
    assert aim is not None
    assert verdict is not None
    quotes = [match[1] for match in _QUOTED.finditer(reasoning) if match[1] in text]
    return Judgment(
        quote=quotes[0] if quotes else None,
        dimension=aim[0],
        constraint=aim[1],
        verdict=verdict,
        reasoning=reasoning,
    )

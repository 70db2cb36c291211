"""Agreement with people: the measure beside what professional writers changed and what experts passed.

python -m tests.benchmarks agreement --data DIR     (what DIR holds: tests/benchmarks/agreement/data.py)

The data are not in the repository. Every text is scored once by the app's own scorer with the reference model; the
scores are kept beside the app's own, so that a second run takes seconds.
"""

from __future__ import annotations

from pathlib import Path

from cqa_desktop.commands.session import open_scorer
from cqa_desktop.models.registry import score_cache


def report(data: Path) -> str:
    """The tables, as Markdown.

    Raises:
        DataError: if the data are missing or not as published.
    """
    from tests.benchmarks.agreement.classes import class_tables
    from tests.benchmarks.agreement.data import read_pairs, read_spans, read_stories
    from tests.benchmarks.agreement.pairs import pair_tables
    from tests.benchmarks.agreement.scored import score_text
    from tests.benchmarks.agreement.spans import alarm_table, phrase_table, span_tables
    from tests.benchmarks.agreement.stories import story_tables

    pairs, spans, stories = read_pairs(data), read_spans(data), read_stories(data)
    with open_scorer(None, cache=score_cache().with_name("benchmarks.sqlite3")) as scorer:
        of_pairs = [(score_text(scorer, pair.draft), score_text(scorer, pair.edited)) for pair in pairs]
        of_spans = [score_text(scorer, text.draft) for text in spans]
        of_stories = [score_text(scorer, story.text) for story in stories]
        thresholds = scorer.thresholds
    drafts = [first for first, _ in of_pairs]
    parts = {
        "Pairs (LAMP)": pair_tables(pairs, of_pairs),
        "Words that were changed (LAMP)": span_tables(spans, of_spans),
        "Stock phrases": [*phrase_table(spans, of_spans, pairs, drafts), "", *alarm_table()],
        "Stories (TTCW)": story_tables(stories, of_stories),
        "Classes": class_tables(spans, of_spans, pairs, drafts, thresholds),
    }
    return "\n\n".join(f"### {title}\n\n" + "\n".join(lines) for title, lines in parts.items())

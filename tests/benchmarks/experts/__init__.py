"""The thesis on real experts: does a reader tuned on some judgments agree better with those that were held back?

python -m tests.benchmarks experts --data DIR     (what DIR holds: tests/benchmarks/agreement/data.py)

Fits an adapter on the starter set, TTCW and LAMP without the documents held back (out/experts, some minutes on two
cores; made once), and compares the `brief` view without it and with it. `bare` and `story` are the base's in both. A
second adapter, from the same judgments without their quotes, shows what comes of training on quoted words.
"""

from __future__ import annotations

from pathlib import Path

from cqa_desktop.commands.session import open_scorer
from cqa_desktop.models.registry import score_cache


def report(data: Path) -> str:
    """The tables, as Markdown.

    Raises:
        DataError: if the data are missing or not as published, or the fit fails.
    """
    from tests.benchmarks.agreement.data import read_pairs, read_spans, read_stories
    from tests.benchmarks.experts.compare import Reader, read_texts, tables
    from tests.benchmarks.experts.tuned import tuned_adapter

    pairs, spans, stories = read_pairs(data), read_spans(data), read_stories(data)
    parts, adapter = tuned_adapter(data)
    _, unquoted = tuned_adapter(data, quotes=False)
    spans = [one for one in spans if one.writer in parts.writers]
    stories = [one for one in stories if one.plot in parts.plots]
    readers: list[Reader] = []
    for lora in (None, adapter, unquoted):
        with open_scorer(None, lora, cache=score_cache().with_name("benchmarks.sqlite3")) as scorer:
            readers.append(read_texts(scorer, pairs, spans, stories))
    base, tuned, other = readers
    return "\n".join(
        [
            f"Trained on {len(parts.rows)} rows, less those too long for the window. Held back: {len(stories)} "
            f"stories of TTCW (plots {', '.join(sorted(parts.plots, key=int))}), {len(spans)} paragraphs of LAMP "
            f"(writers {', '.join(sorted(parts.writers))}), and all {len(pairs)} pairs.\n",
            *tables(pairs, spans, stories, base, tuned, data),
            "\nThe same, tuned on judgments without their quotes:\n",
            *tables(pairs, spans, stories, base, other, data),
        ]
    )

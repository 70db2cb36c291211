from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from tiny_gguf import PROSE

from cqa_desktop.engine.batches import Run
from cqa_desktop.engine.cache import ScoreCache
from cqa_desktop.engine.errors import CancelledError
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.scorer import ScoredDocument, ScoredParagraph, Scorer
from cqa_desktop.measure.calibration import Calibration
from cqa_desktop.measure.passages import sum_passage
from cqa_desktop.measure.types import AUDIENCE, BARE, BRIEF, INTENT, REALITY, STORY, Brief, ScoredPassage
from cqa_desktop.text.spans import Span

BRIEF_GIVEN = Brief(intent="To show regret.", audience="Adults.", reality="A harbour town; the letters are hers.")
Draft = Callable[..., str]


@pytest.fixture
def scorer(model: LlamaModel) -> Scorer:
    return Scorer(model, Calibration())


def passage_at(document: ScoredDocument, word: str) -> ScoredPassage:
    return next(one for one in document.passages if word in document.text[one.start : one.end])


def test_every_passage_is_scored_in_every_view_with_true_offsets(scorer: Scorer) -> None:
    text = "\n\n  " + PROSE + "   \n\nThe end."
    found = scorer.score(text, BRIEF_GIVEN, fields=True)
    assert len(found.passages) == len(found.measures) > 10
    for passage, measure in zip(found.passages, found.measures, strict=True):
        assert (passage.start, passage.end) == (measure.start, measure.end)
        shown = text[passage.start : passage.end]
        assert shown == shown.strip() != ""
        assert set(passage.views) == {BARE, STORY, BRIEF, INTENT, AUDIENCE, REALITY}
        assert {len(view) for view in passage.views.values()} == {len(passage.token_start)}
        assert passage.token_start[0] == passage.start
        assert passage.token_end[-1] == passage.end


def test_each_view_is_what_its_definition_says(scorer: Scorer, model: LlamaModel) -> None:
    text = "The harbour lay still. It had been summer.\n\nHe set the lamp on the table. She laughed."
    found = scorer.score(text, BRIEF_GIVEN)
    paragraphs = [model.tokenize(part) for part in text.split("\n\n")]
    lamp = passage_at(found, "lamp")
    last = passage_at(found, "laughed")
    own = model.tokenize("He set the lamp on the table.")
    first = np.array([model.bos], np.int32)

    def tail(*parts: np.ndarray, count: int, skip: int = 0) -> np.ndarray:
        tokens = np.concatenate([first, *parts]).astype(np.int32)
        scores = model.score([Run(tokens, 1)])[0].surprisal
        return scores[len(scores) - skip - count : len(scores) - skip]

    rest = len(paragraphs[1]) - len(own)
    bare = tail(own, count=len(own))
    story = tail(paragraphs[0], model.separator, paragraphs[1], count=len(own), skip=rest)
    from cqa_desktop.annotations.prompt import brief_text

    brief: list[np.ndarray] = []
    for part in brief_text(BRIEF_GIVEN).split("\n\n"):
        brief += [model.tokenize(part), model.separator]
    told = tail(*brief, paragraphs[0], model.separator, paragraphs[1], count=len(own), skip=rest)
    assert np.abs(lamp.views[BARE].surprisal - bare).max() < 1e-3
    assert np.abs(lamp.views[STORY].surprisal - story).max() < 1e-3
    assert np.abs(lamp.views[BRIEF].surprisal - told).max() < 1e-3
    laughed = tail(paragraphs[1][len(own) :], count=rest)
    assert np.abs(last.views[BARE].surprisal - laughed).max() < 1e-3


def test_without_a_brief_there_is_no_brief_view(scorer: Scorer) -> None:
    assert {frozenset(one.views) for one in scorer.score(PROSE).passages} == {frozenset({BARE, STORY})}


def test_the_first_passage_of_a_draft_has_no_information_from_the_story(scorer: Scorer) -> None:
    first = scorer.score(PROSE).passages[0]
    assert abs(sum_passage(first).information.total) < 1e-3


def test_words_of_the_context_and_of_the_brief_are_copied(scorer: Scorer) -> None:
    text = "Alder listened.\n\nAlder laughed. The lamp fell. Alder’s lamp."
    found = scorer.score(text, Brief(reality="Somebody laughed."))
    flags = {}
    for passage in found.passages:
        for start, end, copied in zip(passage.token_start, passage.token_end, passage.copied, strict=True):
            for at in range(start, end):
                flags[at] = bool(copied)
    spots = {
        text.index("Alder"): False,
        text.index("Alder", 5): True,
        text.index("laughed"): True,
        text.index("lamp"): False,
        text.index("Alder’s"): True,
        text.rindex("lamp"): True,
    }
    assert {at: flags[at] for at in spots} == spots
    assert not flags[len(text) - 1], "a full stop is no word"


def test_a_second_scoring_evaluates_nothing_and_gives_the_same(scorer: Scorer, model: LlamaModel, draft: Draft) -> None:
    text = draft(30)
    first = scorer.score(text, BRIEF_GIVEN)
    before = model.tokens_evaluated
    again = scorer.score(text, BRIEF_GIVEN)
    assert model.tokens_evaluated == before
    assert [one.key for one in again.paragraphs] == [one.key for one in first.paragraphs]
    assert again.measures == first.measures


def test_scores_outlive_the_process_on_disk(model: LlamaModel, draft: Draft, tmp_path: Path) -> None:
    text, path = draft(30), tmp_path / "scores.sqlite3"
    cache = ScoreCache(path)
    first = Scorer(model, Calibration(), cache).score(text)
    cache.close()
    before = model.tokens_evaluated
    reopened = ScoreCache(path)
    again = Scorer(model, Calibration(), reopened).score(text)
    reopened.close()
    assert model.tokens_evaluated == before
    assert again.measures == first.measures


@pytest.mark.parametrize("place", [0, 55, 119])
def test_an_edit_evaluates_only_what_is_near(scorer: Scorer, model: LlamaModel, draft: Draft, place: int) -> None:
    paragraphs = draft(120).split("\n\n")
    whole = model.tokens_evaluated
    first = scorer.score("\n\n".join(paragraphs))
    whole = model.tokens_evaluated - whole
    paragraphs[place] += " And the horses were tired."
    before = model.tokens_evaluated
    again = scorer.score("\n\n".join(paragraphs))
    used = model.tokens_evaluated - before
    assert 0 < used < 8 * model.window < whole / 2
    changed = [i for i, (a, b) in enumerate(zip(first.paragraphs, again.paragraphs, strict=True)) if a.key != b.key]
    assert place in changed
    assert len(changed) < 40


def test_fresh_and_incremental_results_are_the_same(model: LlamaModel, draft: Draft) -> None:
    paragraphs = draft(40).split("\n\n")
    worn = Scorer(model, Calibration())
    worn.score("\n\n".join(paragraphs))
    paragraphs.insert(11, "The street was quiet.")
    del paragraphs[30]
    text = "\n\n".join(paragraphs)
    incremental = worn.score(text).passages
    for one, other in zip(incremental, Scorer(model, Calibration()).score(text).passages, strict=True):
        assert (one.start, one.end) == (other.start, other.end)
        for view in (BARE, STORY):
            assert np.abs(one.views[view].surprisal - other.views[view].surprisal).max() < 1e-3
        assert np.array_equal(one.copied, other.copied)


def test_paragraphs_near_the_focus_come_first_and_all_come_once(scorer: Scorer, draft: Draft) -> None:
    text = draft(80, seed=99)
    focus = text.index("\n\n", len(text) // 2) + 2
    seen: list[ScoredParagraph] = []
    progress: list[tuple[int, int]] = []

    def take(paragraphs: list[ScoredParagraph], done: int, total: int) -> None:
        seen.extend(paragraphs)
        progress.append((done, total))

    scorer.score(text, focus=focus, on_paragraphs=take)
    assert any(one.span.start <= focus < one.span.end for one in seen[:20])
    assert len({one.span.start for one in seen}) == len(seen) == 80
    assert progress[-1] == (80, 80)
    assert progress == sorted(progress)


def test_paragraphs_whose_key_is_known_are_not_made_again(scorer: Scorer, draft: Draft) -> None:
    text = draft(20)
    keys = {one.span.start: one.key for one in scorer.score(text).paragraphs}
    seen: list[ScoredParagraph] = []
    assert scorer.score(text, known=keys, on_paragraphs=lambda made, done, total: seen.extend(made)).paragraphs == []
    assert seen == []
    keys[next(iter(keys))] += 1
    assert len(scorer.score(text, known=keys).paragraphs) == 1


def test_a_change_of_brief_changes_every_key_but_scores_only_the_brief_view(
    scorer: Scorer, model: LlamaModel, draft: Draft
) -> None:
    text = draft(10)
    first = scorer.score(text, BRIEF_GIVEN)
    before = model.tokens_evaluated
    again = scorer.score(text, Brief(intent="To show something else."))
    used = model.tokens_evaluated - before
    assert all(a.key != b.key for a, b in zip(first.paragraphs, again.paragraphs, strict=True))
    tokens = sum(len(one.copied) for one in again.passages)
    assert used < 5 * tokens
    for one, other in zip(first.passages, again.passages, strict=True):
        assert np.array_equal(one.views[STORY].surprisal, other.views[STORY].surprisal)


def test_stop_keeps_what_was_scored(scorer: Scorer, model: LlamaModel, draft: Draft) -> None:
    text = draft(60, seed=5)
    handed = 0

    def take(paragraphs: list[ScoredParagraph], done: int, total: int) -> None:
        nonlocal handed
        handed = done

    with pytest.raises(CancelledError):
        scorer.score(text, stop=lambda: handed > 15, on_paragraphs=take)
    assert 15 < handed < 60
    before = model.tokens_evaluated
    scorer.score(text)
    rest = model.tokens_evaluated - before
    Scorer(model, Calibration()).score(text)
    assert rest < 0.9 * (model.tokens_evaluated - before - rest)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   \n\n \t",
        "Word",
        "🙂",
        "…",
        "\n",
        "a\r\nb\r\nc",
        "x" * 3000,
        "漢字。" * 300,
        "no stop " * 400,
        "\x00",
        "\ud800",
    ],
)
def test_texts_at_the_edge(scorer: Scorer, text: str) -> None:
    found = scorer.score(text, BRIEF_GIVEN)
    for measure in found.measures:
        assert 0 <= measure.start < measure.end <= len(text)
        assert all(np.isfinite(value) for value in measure.surprisal.values())
        assert all(measure.start <= mark.start < mark.end <= measure.end for mark in measure.marks)


def test_preceding_text_is_context_and_is_not_scored(scorer: Scorer) -> None:
    before, text = PROSE.split("\n\n", 1)
    whole = scorer.score(before + "\n\n" + text)
    after = scorer.score(text, preceding=before)
    lone = scorer.score(text)
    assert len(after.passages) == len(lone.passages) == len(whole.passages) - len(scorer.score(before).passages)
    lamp, alone = passage_at(after, "lamp"), passage_at(lone, "lamp")
    assert text[lamp.start : lamp.end] == text[alone.start : alone.end]
    assert np.abs(lamp.views[STORY].surprisal - passage_at(whole, "lamp").views[STORY].surprisal).max() < 1e-3
    assert np.abs(lamp.views[STORY].surprisal - alone.views[STORY].surprisal).max() > 1e-2


def test_a_passage_of_a_pair_is_scored_whole_after_its_context(scorer: Scorer) -> None:
    context, passage = PROSE.strip().rsplit("\n\n", 1)
    found = scorer.score_passage(context, passage, BRIEF_GIVEN)
    assert (found.start, found.end) == (0, len(passage))
    last = [one for one in scorer.score(PROSE, BRIEF_GIVEN).passages if one.start >= PROSE.index(passage)]
    for view in (STORY, BRIEF):
        joined = np.concatenate([one.views[view].surprisal for one in last])
        assert np.abs(found.views[view].surprisal - joined).max() < 1e-3
    assert sum_passage(found).tokens == sum(len(one.copied) for one in last)


def test_the_same_passage_has_the_same_bare_scores_after_any_context(scorer: Scorer) -> None:
    passage = "The horses were tired."
    contexts = ["", "A line.", PROSE, PROSE * 30]
    found = [scorer.score_passage(context, passage) for context in contexts]
    for one in found[1:]:
        assert np.abs(one.views[BARE].surprisal - found[0].views[BARE].surprisal).max() < 1e-3
    assert abs(sum_passage(found[0]).information.total) < 1e-3
    assert sum_passage(found[3]).information.total != 0


def test_a_passage_of_several_paragraphs_longer_than_the_window(scorer: Scorer, draft: Draft) -> None:
    passage = draft(40)
    found = scorer.score_passage(PROSE, passage, BRIEF_GIVEN)
    assert (found.start, found.end) == (0, len(passage))
    assert len(found.copied) > scorer.model.window
    assert {len(view) for view in found.views.values()} == {len(found.copied)}


def test_a_brief_too_long_for_its_share_is_trimmed_and_said_to_be(scorer: Scorer) -> None:
    found = scorer.score(PROSE, Brief(reality=PROSE * 10))
    assert found.brief_trimmed
    assert not scorer.score(PROSE, BRIEF_GIVEN).brief_trimmed


@pytest.fixture
def adapted(tiny_path: Path, adapter_path: Path) -> Iterator[LlamaModel]:
    with LlamaModel(tiny_path, adapter=adapter_path, gpu=False, threads=1) as loaded:
        yield loaded


def test_the_adapter_is_on_for_the_brief_view_alone(scorer: Scorer, adapted: LlamaModel) -> None:
    plain = scorer.score(PROSE, BRIEF_GIVEN).passages
    tuned = Scorer(adapted, Calibration()).score(PROSE, BRIEF_GIVEN).passages
    for one, other in zip(plain, tuned, strict=True):
        for view in (BARE, STORY):
            assert np.abs(one.views[view].surprisal - other.views[view].surprisal).max() < 1e-3
    assert (
        max(
            np.abs(a.views[BRIEF].surprisal - b.views[BRIEF].surprisal).max() for a, b in zip(plain, tuned, strict=True)
        )
        > 0.1
    )


def test_models_adapters_and_temperatures_do_not_share_results(
    model: LlamaModel, adapted: LlamaModel, draft: Draft
) -> None:
    cache, text = ScoreCache(), draft(5)
    Scorer(model, Calibration(), cache).score(text)
    before = model.tokens_evaluated
    Scorer(model, Calibration(temperature=1.5), cache).score(text)
    assert model.tokens_evaluated > before
    before = adapted.tokens_evaluated
    Scorer(adapted, Calibration(), cache).score(text, BRIEF_GIVEN)
    assert adapted.tokens_evaluated > before


def test_a_part_is_scored_as_in_the_whole(scorer: Scorer, model: LlamaModel, draft: Draft) -> None:
    text = draft(40)
    paragraphs = text.split("\n\n")
    start = text.index(paragraphs[20]) + 5
    within = Span(start, start + 8)
    before = model.tokens_evaluated
    part = scorer.score(text, BRIEF_GIVEN, within=within)
    evaluated = model.tokens_evaluated - before
    found = next(one for one in part.paragraphs if one.span.start <= start < one.span.end)
    assert found.text == paragraphs[20]
    whole = scorer.score(text, BRIEF_GIVEN)
    same = next(one for one in whole.paragraphs if one.span == found.span)
    assert (found.key, found.measures) == (same.key, same.measures)
    assert evaluated < (model.tokens_evaluated - before) / 3
    before = model.tokens_evaluated
    scorer.score(text, BRIEF_GIVEN, within=within)
    assert model.tokens_evaluated == before

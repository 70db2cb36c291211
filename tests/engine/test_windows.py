from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from cqa_desktop.engine.windows import REACH, make_segments, split_units

LIMIT, CONTEXT, SEPARATOR = 448, 511, 1

Paragraphs = list[tuple[int, list[int]]]
paragraph = st.tuples(st.integers(0, 2**64 - 1), st.lists(st.integers(1, 60), min_size=1, max_size=6))
drafts = st.lists(paragraph, min_size=1, max_size=60, unique_by=lambda one: one[0])


def cut(draft: Paragraphs) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Each segment as (hashes of its units' paragraphs, those of its context), which is what its scores depend on."""
    sizes = []
    for _, passages in draft:
        at, spans = 0, []
        for length in passages:
            spans.append((at, at + length))
            at += length
        sizes.append(spans)
    units = split_units(sizes, LIMIT, SEPARATOR)
    hashes = [value for value, _ in draft]
    segments = make_segments(units, hashes, limit=LIMIT, context=CONTEXT)
    covered = [index for segment in segments for index in range(segment.first, segment.last)]
    assert covered == list(range(len(units))), "every unit is in one segment, in order"
    found = []
    for segment in segments:
        own, before = units[segment.first : segment.last], units[segment.context : segment.first]
        assert sum(unit.cost for unit in own) <= LIMIT
        assert sum(unit.cost for unit in before) <= CONTEXT
        if before and not before[0].opens:
            room = sum(unit.cost for unit in units if unit.paragraph == before[0].paragraph)
            assert room > CONTEXT or own[0].paragraph == before[0].paragraph, "only a long paragraph is cut"
        found.append((tuple(hashes[unit.paragraph] for unit in own), tuple(hashes[unit.paragraph] for unit in before)))
    return found


@settings(max_examples=150, deadline=None)
@given(drafts)
def test_segments_cover_the_draft_and_fit_the_window(draft: Paragraphs) -> None:
    cut(draft)


@settings(max_examples=200, deadline=None)
@given(drafts, st.data())
def test_an_edit_changes_only_what_is_near(draft: Paragraphs, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(draft) - 1))
    edited = [*draft[:at], data.draw(paragraph.filter(lambda one: one[0] not in dict(draft))), *draft[at + 1 :]]
    known = set(cut(draft))
    hashes = [value for value, _ in edited]
    costs = {value: sum(passages) + SEPARATOR for value, passages in edited}
    starts, tokens = {}, 0
    for value in hashes:
        starts[value] = tokens
        tokens += costs[value]
    place = starts[hashes[at]]
    fixed = [
        starts[value]
        for index, value in enumerate(hashes)
        if max(place - starts[value] - costs[value], starts[value] - place - costs[hashes[at]]) >= REACH
        and _is_least(index, hashes, costs)
    ]
    # Between two cuts that the edit cannot move, cuts may move; after them, a context may reach back over the edit.
    before = max((start for start in fixed if start < place), default=0)
    after = min((start for start in fixed if start > place), default=tokens)
    for own, _ in set(cut(edited)) - known:
        assert before <= starts[own[0]] <= after + CONTEXT


def _is_least(index: int, hashes: list[int], costs: dict[int, int]) -> bool:
    for step in (-1, 1):
        distance, other = 0, index + step
        while 0 <= other < len(hashes) and distance < REACH:
            if hashes[other] < hashes[index]:
                return False
            distance += costs[hashes[other]]
            other += step
    return True


def test_an_edit_in_a_long_draft_leaves_almost_all_segments_as_they_were() -> None:
    import random

    chosen = random.Random(5)
    draft = [(chosen.getrandbits(64), [chosen.randint(5, 40) for _ in range(chosen.randint(1, 6))]) for _ in range(600)]
    known = set(cut(draft))
    changed = []
    for at in range(20, 580, 20):
        edited = [*draft[:at], (chosen.getrandbits(64), [12, 30, 9]), *draft[at + 1 :]]
        changed.append(len(set(cut(edited)) - known))
    assert max(changed) <= 10, changed
    assert sum(changed) / len(changed) <= 5, changed


def test_inserting_a_paragraph_moves_no_far_cut() -> None:
    import random

    chosen = random.Random(6)
    draft = [(chosen.getrandbits(64), [chosen.randint(5, 40) for _ in range(3)]) for _ in range(300)]
    known = set(cut(draft))
    longer = [*draft[:100], (chosen.getrandbits(64), [20]), *draft[100:]]
    assert len(set(cut(longer)) - known) <= 10


def test_a_very_long_passage_is_cut_to_fit() -> None:
    units = split_units([[(0, 5000)]], LIMIT, SEPARATOR)
    assert [unit.opens for unit in units[:2]] == [True, False]
    assert all(unit.cost <= LIMIT for unit in units)
    assert units[-1].last == 5000


def test_equal_paragraphs_make_segments_that_fit() -> None:
    draft: Paragraphs = [(7, [50, 50]) for _ in range(100)]
    sizes = [[(0, 50), (50, 100)] for _ in draft]
    segments = make_segments(split_units(sizes, LIMIT, 1), [7] * 100, limit=LIMIT, context=CONTEXT)
    assert len(segments) <= 30

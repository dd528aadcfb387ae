"""Each selector against its rule, written down plainly."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deita_tui.errors import UsageError
from deita_tui.selection import result as outcome
from deita_tui.selection.params import Params
from deita_tui.selection.pool import Pool
from deita_tui.selection.select import select
from deita_tui.selection.selectors import BY_NAME
from tests.selection.made_pools import (
    cosine,
    from_sources,
    listed,
    made_pool,
    mask,
    pools,
    stored,
)

BUDGETS = st.integers(1, 12)


def ranked(pool: Pool) -> list[int]:
    return sorted(range(pool.size), key=lambda record: (-pool.scores["c"][record], record))


def like(pool: Pool, a: int, b: int) -> float:
    return cosine(pool.vectors[pool.row[a]], pool.vectors[pool.row[b]])


def test_topk_is_the_ranking() -> None:
    pool = made_pool(stored(np.ones((4, 2))), [1, 3, np.nan, 2], row=[-1, -1, -1, -1])
    assert select(pool, Params(selector="topk", budget=2)).kept.tolist() == [1, 3]


def splitmix(number: int) -> int:
    """The first number of splitmix64 begun at ``number``, in whole numbers of any size."""
    found = (number + 0x9E3779B97F4A7C15) % 2**64
    found = (found ^ found >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    found = (found ^ found >> 27) * 0x94D049BB133111EB % 2**64
    return found ^ found >> 31


def test_splitmix_is_the_published_one() -> None:
    assert splitmix(0) == 0xE220A8397B1DCDAF


def test_random_is_a_matter_of_seed_and_id_alone() -> None:
    pool = from_sources("a" * 200)
    kept = [
        pool.ids[select(pool, Params(selector="random", budget=50, seed=seed)).kept].tolist()
        for seed in (1, 1, 2)
    ]
    assert kept[0] == kept[1] != kept[2]
    drawn = {id_: splitmix(id_ ^ splitmix(1)) for id_ in pool.ids.tolist()}
    assert kept[0] == sorted(drawn, key=lambda id_: drawn[id_])[:50]
    some = set(kept[0]) - {kept[0][0]}
    less = replace(pool, rejected=pool.ids == kept[0][0])
    again = select(less, Params(selector="random", budget=49, seed=1)).kept
    assert set(pool.ids[again].tolist()) == some


def test_random_and_balanced_need_no_scores() -> None:
    pool = replace(from_sources("aab"), scores={})
    for selector in ("random", "balanced"):
        assert len(select(pool, Params(selector=selector)).kept) == 3
    with pytest.raises(UsageError):
        select(pool, Params(selector="topk"))


def test_balanced_lets_the_sources_take_turns() -> None:
    pool = from_sources("aaaaaabbbc")
    kept = select(pool, Params(selector="balanced", budget=8, seed=3)).kept
    assert "".join(pool.sources[pool.source[record]] for record in kept) == "abcababa"
    other = select(pool, Params(selector="balanced", budget=8, seed=4)).kept
    assert kept.tolist() != other.tolist()


@given(pools(), BUDGETS)
@settings(max_examples=40, deadline=None)
def test_kcenter_takes_the_furthest(pool: Pool, budget: int) -> None:
    pool = replace(pool, rejected=np.zeros(pool.size, np.bool_), against=None)
    order = ranked(pool)
    kept = [record for record in order if pool.pinned[record]]
    left = [record for record in order if not pool.pinned[record]]
    while left and len(kept) < budget:
        furthest = min(
            left, key=lambda record: max((like(pool, record, each) for each in kept), default=-2)
        )
        kept.append(furthest)
        left.remove(furthest)
    found = select(pool, Params(selector="kcenter", budget=budget))
    assert found.kept.tolist() == kept


@given(pools(decided=False), BUDGETS, st.sampled_from([1, 3, 40]))
@settings(max_examples=40, deadline=None)
def test_facility_location_takes_what_adds_most(pool: Pool, budget: int, k: int) -> None:
    pool = listed(pool, k)
    assert pool.neighbours is not None
    assert pool.similarities is not None
    served = np.zeros((pool.size, pool.size))  # how well the second stands for the first
    for client in range(pool.size):
        row = pool.row[client]
        near = dict(
            zip(pool.neighbours[row].tolist(), pool.similarities[row].tolist(), strict=True)
        )
        for facility in range(pool.size):
            same = pool.row[facility] == row
            served[client, facility] = 1 if same else max(0, near.get(int(pool.row[facility]), 0))
    found = select(pool, Params(selector="facility", budget=budget)).kept.tolist()
    assert len(found) == min(budget, pool.size)
    so_far, left = np.zeros(pool.size), ranked(pool)
    for record in found:
        gains = {each: float(np.maximum(served[:, each] - so_far, 0).sum()) for each in left}
        assert gains[record] >= max(gains.values()) - 1e-9
        so_far = np.maximum(so_far, served[:, record])
        left.remove(record)


def test_facility_location_needs_lists_and_counts_the_other_set() -> None:
    pool = made_pool(
        stored(np.array([[1, 0], [1, 0.1], [0, 1], [0.1, 1], [0.2, 1]])), [5, 4, 3, 2, 1]
    )
    with pytest.raises(UsageError, match="lists of neighbours"):
        select(pool, Params(selector="facility", budget=1))
    near = listed(pool, 4)
    assert select(near, Params(selector="facility", budget=1)).kept.tolist() == [4]
    near = replace(near, against=near.vectors[3:4])
    assert select(near, Params(selector="facility", budget=1)).kept.tolist() == [0]


TAGS = st.lists(st.frozensets(st.sampled_from("abcdef"), max_size=4), min_size=1, max_size=20)


def tagged(tags: list[frozenset[str]]) -> Pool:
    return from_sources(
        "p" * len(tags), [1.0 + len(tags) - n // 2 for n in range(len(tags))], tags=tags
    )


@given(TAGS, BUDGETS)
@settings(max_examples=60, deadline=None)
def test_tags_grow_in_rank_order(tags: list[frozenset[str]], budget: int) -> None:
    pool = tagged(tags)
    known: set[str] = set()
    kept: list[int] = []
    for record in ranked(pool):
        if len(kept) < budget and tags[record] - known:
            kept.append(record)
            known |= tags[record]
    found = select(pool, Params(selector="tags", budget=budget))
    assert found.kept.tolist() == kept
    for record in range(pool.size):
        if not tags[record]:
            assert outcome.REASONS[found.reason[record]] == "no tags"
        elif found.status[record] == outcome.TOO_SIMILAR:
            assert outcome.REASONS[found.reason[record]] == "adds no new tag"
            assert found.blocker[record] == -1


@given(TAGS, BUDGETS)
@settings(max_examples=60, deadline=None)
def test_sweeps_begin_with_the_most_tags(tags: list[frozenset[str]], budget: int) -> None:
    pool = tagged(tags)
    left = sorted((r for r in ranked(pool) if tags[r]), key=lambda record: -len(tags[record]))
    kept: list[int] = []
    while left:
        known: set[str] = set()
        for record in list(left):
            if tags[record] - known:
                kept.append(record)
                known |= tags[record]
                left.remove(record)
    found = select(pool, Params(selector="tags-sweep", budget=budget))
    assert found.kept.tolist() == kept[:budget]


def test_a_selector_by_tags_needs_tags() -> None:
    with pytest.raises(UsageError, match="there are none"):
        select(from_sources("ab"), Params(selector="tags"))


@given(pools(decided=False), BUDGETS, st.integers(1, 4), st.booleans())
@settings(max_examples=50, deadline=None)
def test_rds_lets_the_targets_take_turns(
    pool: Pool, budget: int, targets: int, grouped: bool
) -> None:
    examples = pool.vectors[np.arange(targets) % len(pool.vectors)]
    groups = np.arange(targets, dtype=np.int32) // (2 if grouped else 1)
    pool = replace(pool, targets=examples, target_groups=groups if grouped else None)
    order = ranked(pool)
    lists = []
    for group in sorted(set(groups.tolist())):
        closeness = {
            record: max(
                cosine(pool.vectors[pool.row[record]], each) for each in examples[groups == group]
            )
            for record in order
        }
        lists.append(sorted(order, key=lambda record: -closeness[record]))
    kept: list[int] = []
    for turn in range(pool.size):
        for each in lists:
            if len(kept) < budget and each[turn] not in kept:
                kept.append(each[turn])
    found = select(pool, Params(selector="rds", budget=budget))
    assert found.kept.tolist() == kept


def test_rds_needs_targets() -> None:
    with pytest.raises(UsageError, match="examples of what is wanted"):
        select(from_sources("ab"), Params(selector="rds", budget=1))


def test_deep_lists_are_made_when_they_are_needed() -> None:
    """Two targets that want the same: each list is used up twice as fast as it was reckoned."""
    random = np.random.default_rng(1)
    pool = made_pool(stored(random.normal(size=(900, 3))), random.random(900))
    pool = replace(pool, targets=pool.vectors[[0, 0]], rejected=mask(900, *range(0, 900, 2)))
    found = select(pool, Params(selector="rds"))
    assert len(found.kept) == 450
    near = [cosine(pool.vectors[0], pool.vectors[record]) for record in found.kept]
    assert near == sorted(near, reverse=True)


def test_every_selector_keeps_pins_and_leaves_rejects() -> None:
    pool = listed(from_sources("aabbcc", tags=[frozenset({name}) for name in "uvwxyz"]), 3)
    pool = replace(pool, pinned=mask(6, 4), rejected=mask(6, 0), targets=pool.vectors[:2])
    for selector in BY_NAME:
        found = select(pool, Params(selector=selector, budget=3))  # type: ignore[arg-type]
        assert found.kept[0] == 4
        assert len(found.kept) == 3
        assert found.status[0] == outcome.REJECTED
        assert found.gear == "exact"

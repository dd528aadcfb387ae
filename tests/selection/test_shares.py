from dataclasses import replace

import numpy as np
import pytest

from deita_tui.errors import UsageError
from deita_tui.selection import result as outcome
from deita_tui.selection.params import Params, Share, parse_share
from deita_tui.selection.pool import Pool
from deita_tui.selection.select import select
from deita_tui.selection.work import Work
from tests.selection.made_pools import from_sources, made_pool, mask, stored


def chosen(pool: Pool, *shares: str, budget: int = 0, **others: int) -> str:
    """The sources of what is kept, in order; the same for every size of block."""
    params = Params(budget=budget, shares=tuple(map(parse_share, shares)), **others)  # type: ignore[arg-type]
    found = {
        "".join(pool.sources[pool.source[record]] for record in result.kept)
        for result in (select(pool, params, work=Work(block=block)) for block in (1, 3, 512))
    }
    assert len(found) == 1
    return found.pop()


def test_a_maximum_share_skips() -> None:
    pool = from_sources("aaabab")
    assert chosen(pool, "source:a<=0.5", budget=4) == "aabb"
    assert chosen(pool, "a<=1") == "abb"
    found = select(pool, Params(budget=3, shares=(Share("a", most=1),)))
    assert outcome.REASONS[found.reason[1]] == "the share of its source is full"
    assert found.status[1] == outcome.OVER_BUDGET
    assert outcome.REASONS[found.reason[5]] == ""


def test_a_minimum_share_is_filled_first_in_rank_order() -> None:
    pool = from_sources("aaaabb")
    assert chosen(pool, "b>=1", budget=3) == "baa"
    assert chosen(pool, "b>=50%", budget=4) == "bbaa"
    assert chosen(pool, "b>=1", "a>=1", budget=2) == "ab"


def test_shares_go_together_and_patterns_count_as_one() -> None:
    pool = replace(from_sources("xyzxyz"), sources=("web-1", "web-2", "books"))
    assert [
        pool.sources[pool.source[record]]
        for record in select(pool, Params(budget=3, shares=(Share("web-*", most=1),))).kept
    ] == ["web-1", "books", "books"]


def test_a_minimum_is_filled_with_what_is_not_too_similar() -> None:
    rows = stored(np.array([[1, 0, 0], [0, 1, 0], [0, 1, 0.01], [0, 0, 1]]))
    pool = made_pool(
        rows, [4, 3, 2, 1], source=np.array([0, 1, 1, 1], np.int32), sources=("a", "b")
    )
    found = select(pool, Params(budget=4, shares=(Share("b", least=3),)))
    assert found.kept.tolist() == [1, 3, 0]
    assert found.blocker[2] == 1
    assert found.notes == (
        "'b' gives 2 of the 3 that it must: the rest of it is too similar, or does not fit.",
    )


def test_pins_count_towards_shares() -> None:
    pool = from_sources("aaabb", pinned=mask(5, 2))
    assert chosen(pool, "a<=1", budget=3) == "abb"
    assert chosen(pool, "a>=1", budget=3) == "aaa"
    over = select(replace(pool, pinned=mask(5, 0, 1)), Params(shares=(Share("a", most=1),)))
    assert over.notes == ("The kept pins give more than 'a' may.",)


def test_a_budget_beyond_the_pool_is_noted() -> None:
    pool = from_sources("aaabb", rejected=mask(5, 4))
    assert select(pool, Params(budget=6_000)).notes == (
        "The budget of 6,000 exceeds the pool of 4: nothing is left out for it.",
    )
    assert select(pool, Params(budget=4)).notes == ()
    assert select(pool, Params(budget=0)).notes == ()


def test_a_share_of_a_budget_in_tokens_is_one_in_tokens() -> None:
    pool = from_sources("aaab", tokens=np.array([4, 4, 1, 9]))
    assert chosen(pool, "a<=0.25", budget_tokens=20) == "aab"
    assert chosen(pool, "b>=0.4", budget_tokens=20) == "baaa"


@pytest.mark.parametrize(
    ("shares", "budget", "words"),
    [
        (["c<=1"], 3, "no source 'c'"),
        (["a<=0.5"], 0, "there is no budget"),
        (["b>=3"], 3, "'b' must give at least 3 records and has 2"),
        (["a>=2", "a<=1"], 3, "'a' may give 1 at most"),
        (["a>=2", "b>=2"], 3, "add up to 4, more than the budget of 3"),
        (["a>=60%", "b>=60%"], 3, "add up to 4"),
    ],
)
def test_the_impossible_is_refused_with_a_reason(
    shares: list[str], budget: int, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        chosen(from_sources("aaabb"), *shares, budget=budget)


@pytest.mark.parametrize("selector", ["topk", "random", "balanced", "kcenter", "rds"])
def test_other_selectors_keep_to_shares_too(selector: str) -> None:
    pool = from_sources("aaaaabbbbb", targets=np.eye(10, dtype=np.float16)[:3])
    params = Params(
        budget=6,
        selector=selector,  # type: ignore[arg-type]
        shares=(Share("a", most=2), Share("b", least=3)),
    )
    found = select(pool, params)
    assert len(found.kept) == 6
    assert (pool.source[found.kept] == 0).sum() == 2

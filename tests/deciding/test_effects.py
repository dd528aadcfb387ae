"""What an act did to the selection, as a set of records and as a line."""

from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deita_tui.selection.effects import effect, told
from deita_tui.selection.params import Params
from deita_tui.selection.pool import Pool
from deita_tui.selection.result import STATUSES, Result
from deita_tui.selection.select import select

IDS = np.array([2, 3, 5, 7, 11, 13, 17, 19], np.int64)


def pool(keep: frozenset[int] = frozenset(), reject: frozenset[int] = frozenset()) -> Pool:
    """Eight records: the even places are twins of the odd ones behind them, the first is best."""
    angles = np.repeat(np.arange(4) * 0.5, 2) + np.tile([0.0, 0.05], 4)
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float16)
    return Pool(
        ids=IDS, source=np.zeros(8, np.int32), sources=("x",), turn_start=np.arange(9),
        scores={"c": np.arange(8, 0, -1).astype(np.float64), "q": np.ones(8)},
        row=np.arange(8, dtype=np.int32),
        vectors=vectors, neighbours=None, similarities=None,
        pinned=np.isin(IDS, list(keep)), rejected=np.isin(IDS, list(reject)),
    )  # fmt: skip


def result(
    keep: frozenset[int] = frozenset(), reject: frozenset[int] = frozenset(), budget: int = 3
) -> Result:
    return select(pool(keep, reject), Params(budget=budget, threshold=0.95))


def line(before: Result, after: Result, acted: list[int], verb: str) -> str:
    return told(effect(before, after, acted), verb)


def test_a_keep_displaces_and_frees() -> None:
    before = result()
    assert before.pool.ids[before.kept].tolist() == [2, 5, 11]
    # 7 takes the place of its twin 5; nothing is freed, since the budget is full again.
    after = result(keep=frozenset([7]))
    did = effect(before, after, [7])
    assert (did.entered.tolist(), did.left.tolist()) == ([], [5])
    assert (did.now, did.was) == ({7: "kept"}, {7: "too_similar"})
    assert (did.kept, did.budget, did.overflow) == (3, 3, 0)
    assert told(did, "kept") == "kept #7 · displaces 1 (#5)"


def test_a_reject_lets_others_in() -> None:
    assert line(result(), result(reject=frozenset([5])), [5], "rejected") == (
        "rejected #5 · frees 1 (#7)"
    )
    assert line(result(), result(reject=frozenset([19])), [19], "rejected") == (
        "rejected #19 · nothing changes"
    )


def test_what_is_cleared_says_what_became_of_it() -> None:
    assert line(result(reject=frozenset([3])), result(), [3], "cleared") == (
        "cleared #3 · is too similar to a kept one"
    )
    assert line(result(keep=frozenset([2])), result(), [2], "cleared") == (
        "cleared #2 · nothing changes"
    )


def test_many_are_counted_and_pins_beyond_the_budget_told() -> None:
    after = result(keep=frozenset([3, 7, 13, 17, 19]))
    assert line(result(), after, [3, 7, 13, 17, 19], "kept") == (
        "kept 5 records · displaces 3 (#2, #5, #11) · 2 beyond the budget"
    )
    nothing = effect(result(), result(), [])
    assert nothing.is_nothing


def test_a_record_that_the_selection_does_not_know_is_no_trouble() -> None:
    did = effect(result(), result(reject=frozenset([2])), [2, 4, 99])
    assert set(did.now) == {2}
    assert did.acted == (2, 4, 99)


@given(*[st.frozensets(st.sampled_from(IDS.tolist())) for _ in range(5)], st.integers(0, 9))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_it_is_the_difference_of_the_two(
    keep: frozenset[int],
    reject: frozenset[int],
    keep_then: frozenset[int],
    reject_then: frozenset[int],
    acted: frozenset[int],
    budget: int,
) -> None:
    before, after = result(keep, reject, budget), result(keep_then, reject_then, budget)
    # Equal ids in other arrays, as after a reload.
    after = replace(after, pool=replace(after.pool, ids=IDS.copy()))
    did = effect(before, after, sorted(acted))
    was, now = (set(each.pool.ids[each.kept].tolist()) for each in (before, after))
    assert set(did.entered.tolist()) == now - was - acted
    assert set(did.left.tolist()) == was - now - acted
    assert did.is_nothing == (was == now)
    names = {id_: STATUSES[after.status[at]] for at, id_ in enumerate(IDS.tolist())}
    assert did.now == {id_: names[id_] for id_ in acted}
    assert (did.kept, did.overflow) == (len(now), after.overflow)


def test_two_pools_that_differ_are_compared_by_id() -> None:
    whole = result()
    part = pool()
    few = replace(
        part, ids=IDS[2:], source=part.source[2:], turn_start=np.arange(7),
        scores={name: each[2:] for name, each in part.scores.items()}, row=part.row[2:],
        pinned=part.pinned[2:], rejected=part.rejected[2:],
    )  # fmt: skip
    then = select(few, Params(budget=3, threshold=0.95))
    did = effect(whole, then, [])
    assert (did.entered.tolist(), did.left.tolist()) == ([17], [2])

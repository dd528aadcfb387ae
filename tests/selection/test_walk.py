"""Both gears against the walk one by one."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deita_tui.selection import result as outcome
from deita_tui.selection.params import Params
from deita_tui.selection.pool import Pool
from deita_tui.selection.result import Result
from deita_tui.selection.rotation import Rotated
from deita_tui.selection.select import select
from deita_tui.selection.work import Work
from tests.selection.made_pools import (
    listed,
    made_pool,
    pools,
    sequential,
    stored,
    thresholds,
)

BUDGETS = st.sampled_from([0, 1, 3, 12])


def same_outcome(result: Result, pool: Pool, params: Params) -> None:
    """What is kept, in order, and what is said of each that is not."""
    slow = sequential(pool, params.threshold, params.budget, params.budget_tokens)
    assert result.kept.tolist() == slow.kept
    if params.threshold >= 1:
        return
    assert result.examined == slow.examined
    for record, (blocker, similarity) in slow.blocked.items():
        assert result.status[record] == outcome.TOO_SIMILAR
        assert result.similarity[record] == similarity
        assert result.blocker[record] == (blocker if blocker >= 0 else -1)
        assert result.against[record] == (-2 - blocker if blocker < 0 else -1)
    assert (result.status == outcome.TOO_SIMILAR).sum() == len(slow.blocked)


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_the_exact_gear_is_the_walk_one_by_one(data: st.DataObject) -> None:
    pool = data.draw(pools())
    params = Params(
        threshold=data.draw(thresholds(pool)),
        budget=data.draw(BUDGETS),
        budget_tokens=data.draw(st.sampled_from([0, 0, 25])),
    )
    work = Work(block=data.draw(st.sampled_from([1, 2, 7, 512])))
    same_outcome(select(pool, params, work=work), pool, params)


@given(st.data())
@settings(max_examples=80, deadline=None)
def test_the_instant_gear_keeps_the_same_where_no_neighbour_is_missing(
    data: st.DataObject,
) -> None:
    pool = listed(data.draw(pools()), data.draw(st.sampled_from([1, 2, 5, 50])))
    params = Params(
        threshold=data.draw(thresholds(pool)),
        budget=data.draw(BUDGETS),
        budget_tokens=data.draw(st.sampled_from([0, 0, 25])),
    )
    work = Work(stretch=data.draw(st.sampled_from([(1, 1), (3, 9), (4096, 1 << 18)])))
    exact = select(pool, params)
    instant = select(pool, params, gear="instant", work=work)
    assert instant.kept.tolist() == exact.kept.tolist()
    assert instant.status.tobytes() == exact.status.tobytes()
    assert instant.examined == exact.examined
    for record in np.flatnonzero(instant.blocker >= 0):
        assert instant.status[instant.blocker[record]] == outcome.KEPT
        assert instant.similarity[record] == pytest.approx(exact.similarity[record], abs=2e-7) or (
            instant.similarity[record] < exact.similarity[record]
        )
        assert instant.similarity[record] > params.threshold - 1e-6


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_an_earlier_result_saves_work_and_changes_nothing(data: st.DataObject) -> None:
    pool = data.draw(pools())
    previous = None
    work = Work(block=data.draw(st.sampled_from([2, 512])))
    for _ in range(4):
        random = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
        pool = replace(
            pool,
            pinned=random.random(pool.size) < random.choice([0, 0.1]),
            rejected=random.random(pool.size) < random.choice([0, 0.1]),
        )
        allowed = random.random(pool.size) < 0.9 if random.random() < 0.3 else None
        params = Params(threshold=data.draw(thresholds(pool)), budget=data.draw(BUDGETS))
        afresh = select(pool, params, allowed)
        previous = select(pool, params, allowed, previous=previous, work=work)
        assert previous.same_as(afresh)
        assert previous.examined == afresh.examined


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_long_vectors_may_be_rotated_by_any_basis(data: st.DataObject) -> None:
    pool = data.draw(pools())
    width = pool.vectors.shape[1]
    random = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    directions = data.draw(st.integers(1, width - 1))
    basis = np.linalg.qr(random.normal(size=(width, directions)))[0]
    first = data.draw(st.integers(1, directions))
    params = Params(threshold=data.draw(thresholds(pool)), budget=data.draw(BUDGETS))

    class Turned(Work):
        def products(self, pool: Pool, threshold: float, wanted: int = 0) -> Rotated:
            return Rotated(basis, pool.vectors, first)

    assert select(pool, params, work=Turned(block=7)).same_as(select(pool, params))


def realistic(count: int, width: int = 48) -> Pool:
    """Templates with many fillings, near twins and exact ones, in a decaying spectrum."""
    random = np.random.default_rng(7)
    spectrum = (1.0 + np.arange(width)) ** -0.7
    templates = random.normal(size=(count // 12, width)) * spectrum
    rows = templates[random.zipf(1.4, count) % len(templates)]
    spread = random.choice([0, 0.05, 0.3, 0.8], size=(count, 1), p=[0.05, 0.25, 0.4, 0.3])
    rows = rows + spread * random.normal(size=(count, width)) * spectrum
    return made_pool(stored(rows), random.normal(10, 3, count))


def test_realistic_vectors_are_selected_as_the_reference_filter_does() -> None:
    pool = realistic(800)
    for threshold in (0.7, 0.9, 0.97):
        params = Params(threshold=threshold, budget=250)
        same_outcome(select(pool, params), pool, params)


def test_long_vectors_are_rotated_when_they_are_selected_from_again() -> None:
    random = np.random.default_rng(3)
    rows = random.normal(size=(5_000, 256)) * (1.0 + np.arange(256)) ** -0.6
    pool = made_pool(stored(rows), random.random(5_000))
    work, params = Work(), Params(budget=1_500)
    first = select(pool, params, work=work)
    assert isinstance(work.products(pool, params.threshold), Rotated)
    assert select(pool, params, work=work).same_as(first)


def test_what_the_index_missed_is_all_that_the_preview_gets_wrong() -> None:
    pool = made_pool(stored(np.array([[1, 0.02], [1, 0], [0, 1]])), [3, 2, 1])
    blind = replace(
        pool,
        neighbours=np.full((3, 2), -1, np.int32),
        similarities=np.full((3, 2), -np.inf, np.float32),
    )
    assert select(blind, Params()).kept.tolist() == [0, 2]
    preview = select(blind, Params(), gear="instant")
    assert preview.kept.tolist() == [0, 1, 2]
    assert (preview.gear, preview.checked) == ("instant", 0)


def test_lists_that_are_cut_off_are_not_believed() -> None:
    """Forty copies and lists of two: the lists alone would keep several."""
    copies = np.concatenate([np.ones((40, 3)), np.eye(3)])
    pool = listed(made_pool(stored(copies), list(range(43, 0, -1))), 2)
    preview = select(pool, Params(threshold=0.95), gear="instant")
    assert preview.kept.tolist() == [0, 40, 41, 42]
    assert preview.checked > 0


def test_a_long_chain_is_decided_like_any_other() -> None:
    """Each resembles the one before it: as many rounds as records, which are too many."""
    angle = np.arange(300) * 0.4
    chain = stored(np.stack([np.cos(angle), np.sin(angle), angle * 0.4], axis=1))
    pool = listed(made_pool(chain, list(range(300, 0, -1))), 6)
    params = Params(threshold=0.9)
    assert select(pool, params, gear="instant").kept.tolist() == select(pool, params).kept.tolist()


SELECT = """
import sys
import numpy as np
from deita_tui.selection.params import Params
from deita_tui.selection.select import select
from deita_tui.selection.work import Work
from tests.selection.test_walk import realistic
result = select(realistic(1_200, 96), Params(budget=500), work=Work(block=int(sys.argv[1])))
parts = (result.kept, result.status, result.blocker, result.similarity, result.score)
sys.stdout.buffer.write(b"".join(part.tobytes() for part in parts))
"""


def test_threads_and_blocks_change_no_byte() -> None:
    root = Path(__file__).parents[2]
    outputs = {
        subprocess.run(
            [sys.executable, "-c", SELECT, block],
            capture_output=True,
            check=True,
            cwd=root,
            env={**os.environ, "OPENBLAS_NUM_THREADS": threads},
        ).stdout
        for threads, block in (("1", "512"), ("2", "512"), ("2", "100"))
    }
    assert len(outputs) == 1

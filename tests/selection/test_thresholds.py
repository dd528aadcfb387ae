"""What helps to find a threshold: the curve, the borderline pairs, and how the gears differ."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from deita_tui.selection.borderline import borderline
from deita_tui.selection.curve import curve, redundancy
from deita_tui.selection.gears import difference
from deita_tui.selection.params import Params
from deita_tui.selection.pool import Pool
from deita_tui.selection.result import TOO_SIMILAR
from deita_tui.selection.select import select
from tests.selection.made_pools import cosine, listed, made_pool, pools, stored


def like(pool: Pool, a: int, b: int) -> float:
    return cosine(pool.vectors[pool.row[a]], pool.vectors[pool.row[b]])


@given(pools(most=25))
@settings(max_examples=40, deadline=None)
def test_borderline_pairs_are_the_nearest_on_either_side(pool: Pool) -> None:
    result = select(pool, Params(threshold=0.8))
    found = borderline(pool, result, 0.8, 3)
    out = [
        float(result.similarity[record])
        for record in np.flatnonzero(result.status == TOO_SIMILAR)
        if result.blocker[record] >= 0
    ]
    assert [pair.similarity for pair in found.above] == sorted(out)[:3]
    for pair in found.above:
        assert result.blocker[pair.record] == pair.other
    kept = result.kept.tolist()
    below = [
        value
        for place, record in enumerate(kept)
        for other in kept[:place]
        if (value := like(pool, record, other)) <= 0.8
    ]
    assert [pair.similarity for pair in found.below] == sorted(below, reverse=True)[:3]
    for pair in found.below:
        assert like(pool, pair.record, pair.other) == pair.similarity
        assert kept.index(pair.other) < kept.index(pair.record)


def test_a_curve_is_the_selections_it_stands_for() -> None:
    random = np.random.default_rng(5)
    rows = random.normal(size=(20, 4))[random.integers(0, 20, 120)]
    rows = rows + 0.2 * random.normal(size=(120, 4))
    pool = listed(made_pool(stored(rows), random.random(120)), 8)
    thresholds = [0.5, 0.8, 0.95, 1.0]
    for gear in ("exact", "instant"):
        points = curve(pool, Params(budget=60), thresholds, gear=gear)
        assert [point.threshold for point in points] == thresholds
        for point in points:
            result = select(pool, Params(budget=60, threshold=point.threshold))
            assert (point.kept, point.examined) == (len(result.kept), result.examined)
            assert point.too_similar == (result.status == TOO_SIMILAR).sum()
            nearest = [
                max(like(pool, record, other) for other in result.kept if other != record)
                for record in result.kept
            ]
            assert point.redundancy == pytest.approx(np.mean(nearest), abs=1e-4)


def test_what_is_alone_is_not_redundant() -> None:
    pool = made_pool(stored(np.array([[1, 0], [1, 0]])), [2, 1])
    assert redundancy(pool, select(pool, Params(budget=1))) is None
    assert redundancy(pool, select(pool, Params(threshold=1))) == 1


def test_the_preview_says_how_it_differed() -> None:
    pool = made_pool(stored(np.array([[1, 0.02], [1, 0], [0, 1]])), [3, 2, 1])
    blind = replace(
        pool,
        neighbours=np.full((3, 1), -1, np.int32),
        similarities=np.full((3, 1), -np.inf, np.float32),
    )
    exact, preview = (
        select(blind, Params(budget=2)),
        select(blind, Params(budget=2), gear="instant"),
    )
    found = difference(exact, preview)
    assert (found.missed.tolist(), found.extra.tolist(), found.agreement) == ([2], [1], 0.5)
    assert found.sentence() == "The preview had 1 others and lacked 1 (50.00% of the kept agree)."
    assert difference(exact, exact).sentence() == "The preview was exact."

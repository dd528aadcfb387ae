"""Two threads may select from one pool at once: neither touches what the other one computes."""

from collections.abc import Callable
from threading import Event, Thread

import numpy as np
import pytest
from numpy.typing import NDArray

from deita_tui.selection.params import Params
from deita_tui.selection.pool import Pool
from deita_tui.selection.products import Plain, Products, Side
from deita_tui.selection.rotation import Rotated
from deita_tui.selection.select import select
from deita_tui.selection.work import Work
from tests.selection.made_pools import made_pool, stored

SIZE, WIDTH = 300, 16


def vectors(seed: int) -> NDArray[np.float16]:
    """Many pairs of these are alike at any threshold."""
    return stored(np.random.default_rng(seed).normal(0.6, 1, (SIZE, WIDTH)))


def plain() -> Plain:
    return Plain(WIDTH)


def rotated() -> Rotated:
    basis = np.linalg.qr(np.random.default_rng(5).normal(size=(WIDTH, 8)))[0]
    return Rotated(basis, vectors(6)[:64], 4)


def elsewhere(work: Callable[[], object]) -> None:
    thread = Thread(target=work)
    thread.start()
    thread.join()


def test_a_product_stays_as_it_is_when_another_thread_multiplies() -> None:
    products = plain()
    mine, theirs = (products.side(vectors(seed), np.arange(SIZE)).made for seed in (1, 2))
    found = products.multiply(mine, mine)
    before = found.copy()
    elsewhere(lambda: products.multiply(theirs, theirs))
    np.testing.assert_array_equal(found, before)


@pytest.mark.parametrize("make", [plain, rotated])
def test_a_selection_is_the_same_beside_another_one(make: Callable[[], Products]) -> None:
    pool = made_pool(vectors(1), np.random.default_rng(3).random(SIZE))
    params, done = Params(budget=100, threshold=0.8), Event()
    alone = select(pool, params)
    work = _Work(make())

    def beside() -> None:
        while not done.is_set():
            select(pool, Params(threshold=0.5), work=work)

    thread = Thread(target=beside)
    thread.start()
    try:
        for _ in range(30):
            found = select(pool, params, work=work)
            np.testing.assert_array_equal(found.kept, alone.kept)
            np.testing.assert_array_equal(found.similarity, alone.similarity)
    finally:
        done.set()
        thread.join()


class _Work(Work):
    """Products of one kind, whatever the pool."""

    def __init__(self, products: Products) -> None:
        super().__init__(block=64)
        self._products = products

    def products(self, pool: Pool, threshold: float, wanted: int = 0) -> Products:
        return self._products


def test_two_threads_share_what_a_rotation_made_of_a_matrix() -> None:
    products, matrix = rotated(), vectors(1)
    sides: list[Side] = []
    rows = np.arange(SIZE)

    def half(part: NDArray[np.int64]) -> None:
        sides.append(products.side(matrix, part))

    threads = [Thread(target=half, args=(part,)) for part in np.array_split(rows, 8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    floor = np.full(SIZE, 0.5, np.float32)
    found = products.above(products.side(matrix, rows), products.side(matrix, rows), floor)
    fresh = rotated()
    alone = fresh.above(fresh.side(matrix, rows), fresh.side(matrix, rows), floor)
    np.testing.assert_array_equal(found.a, alone.a)
    np.testing.assert_array_equal(found.b, alone.b)

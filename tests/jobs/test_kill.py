import random
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from deita_store import imports, jobs
from deita_store.store import Store

Pool = Callable[..., Path]
Queue = Callable[..., int]
Spawn = Callable[[], "subprocess.Popen[bytes]"]

ROWS = 20_000


@pytest.mark.slow
@pytest.mark.parametrize(("width", "kills"), [(20, 70), (200, 30)], ids=["one process", "reader"])
def test_a_hundred_kills_lose_nothing_and_double_nothing(
    folder: Path, pool: Pool, queue: Queue, spawn: Spawn, width: int, kills: int
) -> None:
    dice = random.Random(width)
    job = queue(pool(ROWS, width), batch_rows=8)
    told = 0
    with Store.read(folder) as store:
        for _ in range(kills):
            worker = spawn()
            _let_it_work(store, dice, told)
            worker.kill()
            worker.wait()
            # What was once told as done is never taken back.
            assert _rows_done(store) >= told
            told = _rows_done(store)
        assert 0 < told < ROWS, "the kills were to fall into the import"
    assert spawn().wait() == 0
    with Store.read(folder) as store:
        assert jobs.get(store, job).state == "done"
        assert store.db.execute("pragma integrity_check").fetchone() == ("ok",)
        assert store.db.execute("pragma foreign_key_check").fetchall() == []
        (came,) = imports.all(store)
        good = [number for number in range(ROWS) if number % 17 != 11]
        texts = {number // 2 if number % 5 == 4 else number for number in good}
        assert (came.state, came.rows_done) == ("complete", ROWS)
        assert came.imported == len(texts)
        assert came.duplicates == len(good) - len(texts)
        assert came.refused == ROWS - len(good)
        rows = store.db.execute("select row, external_id from occurrences order by row").fetchall()
        assert rows == [(number, str(number)) for number in good]
        counted = store.db.execute(
            "select count(*), sum(live), (select count(*) from conversations), "
            "(select count(*) from refusals) from records"
        )
        assert counted.fetchone() == (len(texts), len(good), len(texts), ROWS - len(good))


def _let_it_work(store: Store, dice: random.Random, told: int) -> None:
    """Wait until something more is stored, and then a moment; sometimes not even for that."""
    if dice.random() < 0.1:
        time.sleep(dice.uniform(0, 0.3))
        return
    began = time.monotonic()
    while _rows_done(store) <= told:
        assert time.monotonic() - began < 60, "nothing comes any more"
        time.sleep(0.001)
    time.sleep(dice.uniform(0, 0.02))


def _rows_done(store: Store) -> int:
    return sum(came.rows_done for came in imports.all(store))

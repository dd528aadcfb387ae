"""The cache of scores that projects share: it gives back what was put in."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deita_store import scores
from deita_store.store import Store
from deita_tui import config, score_cache
from deita_tui.backends.fake import FakeJudge, FakeSettings
from deita_tui.errors import UsageError
from deita_tui.score_cache import CacheError, Kept, ScoreCache
from deita_tui.steps import scoring
from deita_tui.steps.caching import is_shared
from deita_tui.steps.scoring import JudgeSpec, ScoreArgs
from tests.scoring.small_project import project
from tests.support import Run

NUMBER = st.floats(allow_nan=False, allow_infinity=False)
KEPT = st.builds(
    Kept,
    text=st.binary(min_size=1, max_size=32),
    value=NUMBER,
    probabilities=st.none() | st.tuples(*[NUMBER] * 6),
    mass=st.none() | NUMBER,
    tokens=st.none() | st.integers(0, 2**31),
    shortened=st.booleans(),
)


@settings(max_examples=30, deadline=None)
@given(first=st.lists(KEPT, max_size=20), second=st.lists(KEPT, max_size=20))
def test_what_is_kept_comes_back_as_it_was(first: list[Kept], second: list[Kept]) -> None:
    path = score_cache.place()
    assert path is not None
    path.unlink(missing_ok=True)
    cache = ScoreCache(path, 10)
    expected: dict[bytes, Kept] = {}
    for some in (first, second):
        cache.put("a", some)
        for each in some:
            expected.setdefault(each.text, each)
    wanted = [*expected, b"unknown"]
    assert {each.text: each for each in cache.get("a", wanted)} == expected
    assert cache.get("b", wanted) == []


def kept(count: int, start: int = 0) -> list[Kept]:
    return [Kept(number.to_bytes(32), float(number)) for number in range(start, start + count)]


def test_it_keeps_to_its_size_and_throws_out_what_was_not_used(tmp_path: Path) -> None:
    cache = ScoreCache(tmp_path / "scores.db", 1)
    old, used = kept(3000), kept(3000, start=3000)
    cache.put("a", [*old, *used])
    with sqlite3.connect(cache.path) as db:
        db.execute("update scores set used = used - 30")
    db.close()
    assert len(cache.get("a", [each.text for each in used])) == 3000
    cache.put("a", kept(20_000, start=10_000))
    facts = cache.facts()
    assert facts.scores < 20_000
    assert cache.get("a", [each.text for each in old]) == []
    cache.clear()
    assert cache.facts().scores == 0
    assert cache.facts().bytes < 100_000


def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    cache = ScoreCache(tmp_path / "new" / "scores.db", 1)
    cache.put("a", kept(1))
    assert cache.path.stat().st_mode & 0o077 == 0
    assert cache.path.parent.stat().st_mode & 0o077 == 0


def test_several_processes_write_at_once(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from deita_tui.score_cache import Kept, ScoreCache\n"
        "cache = ScoreCache(Path(sys.argv[1]), 10)\n"
        "for batch in range(20):\n"
        "    cache.put('a', [Kept(bytes([batch, n, int(sys.argv[2])]), 1.0) for n in range(20)])\n"
    )
    path = tmp_path / "scores.db"
    workers = [
        subprocess.Popen([sys.executable, "-c", script, str(path), str(n)]) for n in range(3)
    ]
    assert [worker.wait() for worker in workers] == [0, 0, 0]
    assert ScoreCache(path, 10).facts().scores == 3 * 20 * 20


def test_a_damaged_or_newer_file_is_said_and_a_damaged_one_can_be_cleared(tmp_path: Path) -> None:
    path = tmp_path / "scores.db"
    path.write_bytes(b"no database at all" * 100)
    cache = ScoreCache(path, 1)
    with pytest.raises(CacheError, match="cannot be used"):
        cache.get("a", [b"x"])
    cache.clear()
    cache.put("a", kept(1))
    with sqlite3.connect(path) as db:
        db.execute("pragma user_version = 99")
    db.close()
    with pytest.raises(CacheError, match="newer deita-tui"):
        cache.put("a", kept(1))


def test_only_what_a_checked_model_says_of_a_text_alone_is_shared() -> None:
    judge = {"backend": "llama", "weights": "0" * 64}
    assert is_shared({"method": "deita/1", "judge": judge})
    assert is_shared({"method": "ifd/1", "judge": judge | {"backend": "hf"}})
    assert not is_shared({"method": "deita/1", "judge": judge | {"backend": "http"}})
    assert not is_shared({"method": "deita/1", "judge": judge | {"backend": "fake"}})
    assert not is_shared({"method": "ici/1", "judge": judge})
    assert not is_shared({"method": "deita/1"})
    assert not is_shared({"draft": True})


class Checked:
    """Opens judges that say they are models of this machine, and counts what they are asked."""

    def __init__(self) -> None:
        self.judges: list[FakeJudge] = []

    def __call__(self, backend: str, model: str, given: Any) -> FakeJudge:
        judge = FakeJudge(model, FakeSettings(limit=int(given["limit"])))
        judge.identity = {**judge.identity, "backend": "llama"}
        self.judges.append(judge)
        return judge

    @property
    def rows(self) -> int:
        return sum(judge.rows for judge in self.judges)


def score(store: Store, megabytes: int) -> tuple[Any, int]:
    """The report of a run, and how much the model was asked in it."""
    opened = Checked()
    args = ScoreArgs(quality=JudgeSpec("q", "fake"), cache=megabytes)
    work = scoring.run(store, args, open_judge=opened)
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value.stages[0], opened.rows


def values(store: Store) -> set[tuple[object, ...]]:
    (scorer,) = scores.scorers(store)
    found = store.db.execute(
        "select text, value, p1, p2, p3, p4, p5, p6, mass, tokens, shortened from scores "
        "where scorer_id = ?",
        (scorer.id,),
    )
    return set(found.fetchall())


PAIRS = [[(f"question {number}", f"answer {number}")] for number in range(30)]


def test_a_second_project_asks_only_for_what_is_new(tmp_path: Path) -> None:
    with project(tmp_path / "one", PAIRS) as one, project(tmp_path / "two", PAIRS) as two:
        first, asked = score(one, 10)
        assert (first.scored, first.shared, asked) == (30, 0, 30)
        again, asked = score(two, 10)
        assert (again.scored, again.shared, again.failed, asked) == (0, 30, 0, 0)
        assert values(two) == values(one)
        assert again.health.records == 30
    more = [*PAIRS[:10], [("new", "text")]]
    with project(tmp_path / "three", more) as three:
        third, asked = score(three, 10)
        assert (third.scored, third.shared, asked) == (1, 10, 1)
    with project(tmp_path / "four", PAIRS) as four:
        alone, asked = score(four, 0)
        assert (alone.scored, alone.shared, asked) == (30, 0, 30)


def test_a_cache_that_cannot_be_used_costs_no_score(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "damaged.db"
    path.write_bytes(b"no database at all" * 100)
    monkeypatch.setenv("DEITA_TUI_CACHE", str(path))
    with project(tmp_path / "one", PAIRS) as store:
        report, asked = score(store, 10)
    assert (report.scored, asked) == (30, 30)
    assert any("cannot be used" in note for note in report.notes)


def test_it_is_switched_off_by_a_variable_or_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert config.load().cache_megabytes == config.CACHE_MEGABYTES
    Path(os.environ["DEITA_TUI_CONFIG"]).write_text("[cache]\nmegabytes = 0\n")
    assert config.load().cache_megabytes == 0
    Path(os.environ["DEITA_TUI_CONFIG"]).write_text("[cache]\nmegabytes = -1\n")
    with pytest.raises(UsageError, match="megabytes in"):
        config.load()
    monkeypatch.setenv("DEITA_TUI_CACHE", "off")
    assert score_cache.place() is None


def test_the_command_tells_and_clears(deita_tui: Run) -> None:
    path = score_cache.place()
    assert path is not None
    assert "0 scores by 0 scorers" in deita_tui("cache").stdout
    ScoreCache(path, 10).put("a", kept(3))
    assert "3 scores by 1 scorer" in deita_tui("cache").stdout
    assert '"scores": 3' in deita_tui("cache", "--json").stdout
    assert "0 scores" in deita_tui("cache", "--clear").stdout

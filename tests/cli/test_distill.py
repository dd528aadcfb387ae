"""``deita-tui distill``, as a user meets it."""

import json
from pathlib import Path

import pytest

from deita_store.store import Store
from tests.distilling.taught import NAME, project, teach
from tests.support import Run


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    with project(tmp_path / "pool", 320) as store:
        teach(store, "complexity", "instruction", 220)
    return tmp_path / "pool"


def test_it_learns_scores_the_rest_and_says_how_good_that_is(deita_tui: Run, pool: Path) -> None:
    done = deita_tui("distill", pool, "--scorer", NAME, "--budget", "40", "--json")
    assert "teacher-distilled: learned from 220 records that teacher scored" in done.stderr
    assert "A draft: it guesses what teacher would say." in done.stderr
    assert "complexity: 3" in done.stderr
    assert "rank correlation 0." in done.stderr
    told = " ".join(done.stderr.split())
    assert "a selection of 40 of 320 by these scores is expected to share" in told
    assert "by chance 12%" in told
    report = json.loads(done.stdout)
    assert (report["name"], report["records"], report["pool"]) == ("teacher-distilled", 220, 320)
    assert 0 <= report["overlap"]["low"] <= report["overlap"]["expected"] <= 1
    status = json.loads(deita_tui("status", pool, "--json").stdout)
    learned = next(each for each in status["scored"] if each["scorer"] == "teacher-distilled")
    assert learned["records"] == 320

    again = deita_tui("distill", pool, "--scorer", NAME, "--as", "other")
    assert "complexity: 0 texts scored" in again.stderr


def test_what_cannot_be_learned_is_refused(deita_tui: Run, pool: Path, tmp_path: Path) -> None:
    done = deita_tui("distill", pool, "--scorer", "nobody", expect=2)
    assert "No scorer called 'nobody' has scored this project." in done.stderr
    assert "There are: teacher." in done.stderr
    assert json.loads(deita_tui("jobs", pool, "--json").stdout)[-1]["kind"] != "distill"
    with Store.open(pool) as store, store.transaction() as db:
        db.execute("delete from record_scores where conversation_id % 2 = 0")
    done = deita_tui("distill", pool, "--scorer", NAME, expect=1)
    assert "learning takes 200 or more" in done.stderr
    assert "--limit 2000" in done.stderr

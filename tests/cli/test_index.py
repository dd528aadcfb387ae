"""``deita-tui index`` as a user runs it."""

import json
from pathlib import Path

import pytest

from deita_tui.project import Project
from tests.bench.vectors_made import vectors as realistic
from tests.neighbours.embedded import pool
from tests.support import Run, wait_for_worker


@pytest.fixture
def embedded(tmp_path: Path) -> Path:
    pool(tmp_path / "pool", realistic(80, 12))
    with Project.open(tmp_path / "pool") as project:
        project.catch_up()
    return tmp_path / "pool"


def test_it_tells_what_there_is_and_what_it_is_worth(program: Run, embedded: Path) -> None:
    done = program("index", embedded)
    assert done.stdout == ""
    assert "made: 80 vectors, the 32 nearest of each (" in done.stderr
    assert "every pair was compared: no neighbour is missing" in done.stderr
    assert "% of the lists are full above it" in done.stderr
    assert "all indexed before, nothing to do" in program("index", embedded).stderr


def test_machines_are_told_more(deita_tui: Run, embedded: Path) -> None:
    report = json.loads(deita_tui("index", embedded, "--k", "5", "--exact", "--json").stdout)
    assert (report["rows"], report["k"], report["exact"], report["ready"]) == (80, 5, True, False)
    assert report["seconds"] > 0
    thresholds = [each["threshold"] for each in report["recall"]]
    assert thresholds == sorted(thresholds)
    assert {0.8, 0.9, 0.99} <= set(thresholds)
    assert {"recall", "low", "high", "truncated"} <= set(report["recall"][0])


def test_detached_it_goes_on_by_itself(deita_tui: Run, embedded: Path) -> None:
    job = json.loads(deita_tui("index", embedded, "--detach", "--json").stdout)["job"]
    wait_for_worker(embedded)
    with Project.open(embedded, read_only=True) as project:
        assert project.job(job).state == "done"
        found = project.neighbours()
        assert found is not None
        assert len(found.vector_ids) == 80


def test_what_makes_no_sense_is_refused_before_a_job(
    deita_tui: Run, embedded: Path, sample: Path
) -> None:
    done = deita_tui("index", embedded, "--embedder", "nobody", expect=2)
    assert "There are: made." in done.stderr
    assert "deita-tui embed" in deita_tui("index", sample, expect=2).stderr
    deita_tui("index", embedded, "--k", "0", expect=2)
    kinds = [job["kind"] for job in json.loads(deita_tui("jobs", embedded, "--json").stdout)]
    assert "index" not in kinds

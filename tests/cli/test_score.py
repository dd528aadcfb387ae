"""``deita-tui score`` as a user runs it, with a stand-in for the models."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import pytest

from deita_tui.project import Project
from tests.support import Run

FAKE = ("--backend", "fake", "--scorer", "trial")
BOTH = (*FAKE, "--complexity-model", "c", "--quality-model", "q")


@pytest.fixture
def pool(tmp_path: Path, deita_tui: Run) -> Path:
    """A project of 60 records, 12 of them from another source."""
    folder = tmp_path / "pool"
    with (tmp_path / "pool.jsonl").open("w") as lines:
        for number in range(60):
            row = {
                "prompt": f"What is {number} times {number}? " + "Think. " * (number % 7),
                "completion": f"It is {number * number}.",
                "source": "b" if number % 5 == 0 else "a",
            }
            lines.write(json.dumps(row) + "\n")
    with Project.create(folder) as project:
        project.import_(tmp_path / "pool.jsonl")
        project.catch_up()
    return folder


def scored(deita_tui: Run, pool: Path) -> list[dict[str, object]]:
    rows = [json.loads(line) for line in deita_tui("list", pool, "--jsonl").stdout.splitlines()]
    return [row for row in rows if row["complexity"] not in (None, [None])]


def test_a_run_scores_and_reports(program: Run, deita_tui: Run, pool: Path) -> None:
    done = program("score", pool, *BOTH)
    assert done.stdout == ""
    assert "complexity: 60 records; 60 texts scored, 0 failed in " in done.stderr
    assert "the first 60 records: texts 60, failed 0, digit mass (median) 0.900" in done.stderr
    rows = [json.loads(line) for line in deita_tui("list", pool, "--jsonl").stdout.splitlines()]
    for row in rows:
        (complexity,), (quality,) = row["complexity"], row["quality"]
        assert 1 <= complexity <= 6
        assert 1 <= quality <= 6
    again = deita_tui("score", pool, *BOTH)
    assert "complexity: 60 records, all scored before, nothing to do" in again.stderr


def test_the_report_and_status_are_told_to_machines(deita_tui: Run, pool: Path) -> None:
    report = json.loads(deita_tui("score", pool, *BOTH, "--json").stdout)
    assert [stage["measures"] for stage in report["stages"]] == ["complexity", "quality"]
    assert {stage["scored"] for stage in report["stages"]} == {60}
    assert report["stages"][0]["health"]["broken"] == []
    status = json.loads(deita_tui("status", pool, "--json").stdout)
    (complexity, quality) = status["scored"]
    assert (complexity["scorer"], complexity["measures"]) == ("trial", "complexity")
    assert (complexity["records"], complexity["failed"], complexity["unscored"]) == (60, 0, 0)
    assert len(complexity["identity"]) == 12
    assert complexity["identity"] != quality["identity"]
    assert complexity["health"]["mass"] == pytest.approx(0.9)
    assert "complexity by trial" in deita_tui("status", pool).stdout


def test_the_scores_of_other_models_are_not_called_deita(deita_tui: Run, pool: Path) -> None:
    fake = ("score", pool, "--backend", "fake", "--limit", "3")
    deita_tui(*fake, "--complexity-model", "org/one", "--quality-model", "two.gguf@main")
    deita_tui(*fake, "--complexity-model", "org/two")
    status = json.loads(deita_tui("status", pool, "--json").stdout)
    assert {each["scorer"] for each in status["scored"]} == {"one+two", "two"}


def test_a_plan_loads_and_changes_nothing(deita_tui: Run, pool: Path) -> None:
    done = deita_tui("score", pool, *BOTH, "--plan")
    assert "complexity: 60 records, 60 turns, 60 different texts" in done.stdout
    assert "free here: " in done.stdout
    plan = json.loads(deita_tui("score", pool, *BOTH, "--plan", "--limit", "20", "--json").stdout)
    assert {stage["records"] for stage in plan["stages"]} == {20}
    assert plan["disk_bytes"] > 0
    assert plan["free_memory_bytes"] > 0
    status = json.loads(deita_tui("status", pool, "--json").stdout)
    assert (status["scored"], status["jobs"]) == ([], [])


def test_where_and_limit_leave_the_rest_out_and_say_so(deita_tui: Run, pool: Path) -> None:
    deita_tui("score", pool, *BOTH, "--where", "source:b")
    assert {row["source"] for row in scored(deita_tui, pool)} == {"b"}
    assert "unscored: outside --where source:b" in deita_tui("status", pool).stdout
    deita_tui("score", pool, *BOTH, "--limit", "30")
    first = {row["id"] for row in scored(deita_tui, pool)}
    assert "unscored: outside the sample of 30" in deita_tui("status", pool).stdout
    deita_tui("score", pool, *BOTH, "--limit", "30")
    assert {row["id"] for row in scored(deita_tui, pool)} == first


def test_the_cheap_score_decides_what_the_expensive_one_sees(deita_tui: Run, pool: Path) -> None:
    deita_tui("score", pool, "--backend", "fake", "--scorer", "cheap", "--complexity-model", "x")
    rows = [json.loads(line) for line in deita_tui("list", pool, "--jsonl").stdout.splitlines()]
    ranked = sorted(rows, key=lambda row: (-row["complexity"][0], row["id"]))
    best = {row["id"] for row in ranked[:7]}
    deita_tui("score", pool, *BOTH, "--top", "7", "--by", "cheap")
    with Project.open(pool, read_only=True) as project:
        expensive = next(each for each in project.scorers() if each.name == "trial")
        found = project.store.db.execute(
            "select conversation_id from record_scores where scorer_id = ?", (expensive.id,)
        ).fetchall()
    assert {row[0] for row in found} == best
    assert expensive.reason == "outside --top 7 by cheap"


def test_what_makes_no_sense_is_refused_before_a_job(deita_tui: Run, pool: Path) -> None:
    wrong = [
        (*BOTH, "--where", "soruce:x"),
        (*BOTH, "--top", "3"),
        (*BOTH, "--top", "3", "--by", "lite"),
        ("--scorer", "nobody"),
        ("--complexity-model", "./gone.gguf"),
        (*BOTH, "--set", "seconds"),
    ]
    for arguments in wrong:
        done = deita_tui("score", pool, *arguments, expect=2)
        assert done.stderr.startswith("deita-tui: error: "), done.stderr
    assert [job["kind"] for job in json.loads(deita_tui("jobs", pool, "--json").stdout)] == [
        "import",
        "search-index",
        "derive",
    ]


def test_a_broken_model_stops_at_the_gate_with_its_figures(deita_tui: Run, pool: Path) -> None:
    broken = (*BOTH, "--set", "constant=true")
    done = deita_tui("score", pool, *broken, expect=1)
    assert "The complexity model looks broken." in done.stderr
    assert "does not tell one text from another" in done.stderr
    assert "spread 0.000" in done.stderr
    assert "--force" in done.stderr
    forced = deita_tui("score", pool, *broken, "--force")
    assert "! All scores are about" in forced.stderr


def test_failures_are_counted_and_asked_again(deita_tui: Run, pool: Path) -> None:
    failing = (*FAKE, "--complexity-model", "c", "--set", "nan_share=0.3")
    done = deita_tui("score", pool, *failing)
    assert " got no score, mostly: the model answered with no number." in done.stderr
    (scorer,) = json.loads(deita_tui("status", pool, "--json").stdout)["scored"]
    assert 0 < scorer["failed"] < 60
    assert f"{scorer['failed']} with a turn that failed" in deita_tui("status", pool).stdout
    again = json.loads(deita_tui("score", pool, *failing, "--retry", "--json").stdout)
    assert again["stages"][0]["failed"] == scorer["failed"]


def test_ctrl_c_pauses_and_the_same_command_goes_on(deita_tui: Run, pool: Path) -> None:
    slow = (*BOTH, "--set", "seconds=0.3", "--set", "limit=4000")
    program = Path(sys.executable).with_name("deita-tui")
    front = subprocess.Popen(
        [program, "score", str(pool), *slow], stderr=subprocess.PIPE, text=True
    )
    with Project.open(pool, read_only=True) as looking:
        deadline = monotonic() + 60
        while not looking.counts().scored and monotonic() < deadline:
            sleep(0.01)
        while looking.counts().scored[0][2] == 0 and monotonic() < deadline:
            sleep(0.01)
    os.kill(front.pid, signal.SIGINT)
    _, told = front.communicate(timeout=60)
    assert front.returncode == 3, told
    assert "Run the same command again to continue." in told
    status = json.loads(deita_tui("status", pool, "--json").stdout)
    (paused,) = status["jobs"]
    assert (paused["kind"], paused["state"]) == ("score", "paused")
    done = status["scored"][0]["records"] > 0
    assert done

    deita_tui("score", pool, *slow)
    status = json.loads(deita_tui("status", pool, "--json").stdout)
    assert [scorer["records"] for scorer in status["scored"]] == [60, 60]
    jobs = json.loads(deita_tui("jobs", pool, "--json").stdout)
    assert [job["state"] for job in jobs if job["kind"] == "score"] == ["done"]


def test_detached_it_goes_on_by_itself(deita_tui: Run, pool: Path) -> None:
    from tests.support import wait_for_worker

    job = json.loads(deita_tui("score", pool, *BOTH, "--detach", "--json").stdout)["job"]
    wait_for_worker(pool)
    jobs = json.loads(deita_tui("jobs", pool, "--json").stdout)
    assert {each["id"]: each["state"] for each in jobs}[job] == "done"


def test_why_turns_have_no_score_is_told_by_score_and_by_status(
    deita_tui: Run, tmp_path: Path
) -> None:
    file = tmp_path / "odd.jsonl"
    rows = [
        {"instruction": "Bake bread.", "output": "Mix it."},
        {"instruction": "你", "output": "好"},
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    deita_tui("new", "odd")
    deita_tui("import", "odd", file)
    done = deita_tui("score", "odd", "--scorer", "lite")
    assert "! no score: no token of it is known" in done.stderr
    told = deita_tui("status", "odd").stdout
    assert "1 with a turn that failed (no token of it is known)" in told

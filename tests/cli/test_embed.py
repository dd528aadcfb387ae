"""``deita-tui embed`` as a user runs it."""

import json
from pathlib import Path

import pytest

from deita_store.jobs import Job
from deita_tui.project import Project
from tests.support import Run, wait_for_worker

FAKE = ("--backend", "fake", "--embedder", "m")


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    """A project of 60 records; the same answer comes from two sources."""
    folder = tmp_path / "pool"
    with (tmp_path / "pool.jsonl").open("w") as lines:
        for number in range(60):
            row = {
                "prompt": f"What is {number} times {number}?" + " Think." * (number % 7),
                "completion": f"It is {number * number}.",
                "source": "b" if number % 5 == 0 else "a",
            }
            lines.write(json.dumps(row) + "\n")
    with Project.create(folder) as project:
        project.import_(tmp_path / "pool.jsonl")
        project.catch_up()
    return folder


def test_a_run_embeds_and_reports(program: Run, deita_tui: Run, pool: Path) -> None:
    done = program("embed", pool, *FAKE)
    assert done.stdout == ""
    assert "60 records: 60 texts embedded in " in done.stderr
    assert "  m, 64 dimensions\n" in done.stderr
    again = deita_tui("embed", pool, *FAKE)
    assert "60 records: all embedded before, nothing to do" in again.stderr
    status = deita_tui("status", pool)
    (line,) = [line for line in status.stdout.splitlines() if line.startswith("embedded")]
    assert "m " in line
    assert line.endswith("60 of 60")


def test_report_and_status_are_told_to_machines(deita_tui: Run, pool: Path) -> None:
    said = deita_tui("embed", pool, *FAKE, "--limit", 10, "--json")
    report = json.loads(said.stdout)
    assert (report["records"], report["embedded"], report["dimensions"]) == (10, 10, 64)
    told = json.loads(deita_tui("status", pool, "--json").stdout)
    (embedder,) = told["embedders"]
    assert (embedder["embedder"], embedder["records"], embedder["pending"]) == ("m", 10, 50)
    assert embedder["reason"] == "outside the sample of 10"
    assert told["embedded"] == 10


def test_what_fails_is_told_and_tried_again(deita_tui: Run, pool: Path) -> None:
    said = deita_tui("embed", pool, *FAKE, "--set", "nan_if=times 7?")
    assert "1 failed" in said.stderr
    assert "! 1 without a vector: the model gave it a vector that is not of numbers" in said.stderr
    assert "--retry tries again what failed" in said.stderr
    line = deita_tui("status", pool).stdout
    assert "60 of 60 · 1 without a vector" in line
    again = deita_tui("embed", pool, *FAKE, "--set", "nan_if=times 7?", "--retry")
    assert "59 records finished before" in again.stderr


def test_a_detached_run_goes_on_by_itself(deita_tui: Run, pool: Path) -> None:
    said = deita_tui("embed", pool, *FAKE, "--detach", "--json")
    assert json.loads(said.stdout)["job"] > 0
    wait_for_worker(pool)
    with Project.open(pool) as project:
        (embedder,) = project.embedders()
        assert (embedder.records, embedder.in_use) == (60, True)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--embedder", "lite", "--pool", "mean"), "The lite backend has no setting pool."),
        (("--preset", "deita"), "The preset deita takes the states of a language model"),
        ((*FAKE, "--preset", "deita", "--pool", "last"), "says already what --pool would"),
        (("--embedder", "./nowhere"), "There is no model at"),
        ((*FAKE, "--where", "turns>>2"), "turns>>2"),
        ((*FAKE, "--set", "colour=red"), "The fake backend has no setting colour."),
        (("--embedder", "org/m", "--backend", "lite"), "The backend lite has one model"),
    ],
)
def test_what_makes_no_sense_is_said_before_a_job_is_queued(
    deita_tui: Run, pool: Path, words: tuple[str, ...], sentence: str
) -> None:
    said = deita_tui("embed", pool, *words, expect=2)
    assert sentence in said.stderr
    with Project.open(pool) as project:
        assert all(job.kind != "embed" for job in project.jobs())


def test_a_model_that_cannot_be_loaded_is_a_failed_job_with_a_sentence(
    deita_tui: Run, pool: Path, tmp_path: Path
) -> None:
    (tmp_path / "broken.gguf").write_bytes(b"not a model")
    said = deita_tui("embed", pool, "--embedder", tmp_path / "broken.gguf", expect=1)
    assert "broken.gguf is not a GGUF file" in said.stderr


def test_python_embeds_as_the_command_line_does(pool: Path) -> None:
    with Project.open(pool) as project:
        seen: list[Job] = []
        report = project.embed(
            embedder="m", backend="fake", what="response", name="answers", progress=seen.append
        )
        assert (report.name, report.embedded) == ("answers", 60)
        assert seen[-1].state == "done"
        (embedder,) = project.embedders()
        assert embedder.config["what"] == "response"

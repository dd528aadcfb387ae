"""What is set going in a project, and watched: overview, scoring, embedding, jobs."""

from pathlib import Path
from time import monotonic, sleep

import pytest
from textual.widgets import Select, Static

from deita_store import jobs
from deita_tui.project import Project
from deita_tui.ui.pipeline import Stage
from deita_tui.ui.screens.jobs import Jobs
from deita_tui.ui.screens.overview import drawn, waiting
from deita_tui.ui.widgets.few_rows import FewRows
from tests.support import wait_for_worker
from tests.ui.conftest import CONFIG, write
from tests.ui.support import Driven, driving


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A project of 300 records with nothing made of them, and fake models at hand."""
    folder = tmp_path / "fresh"
    with Project.create(folder) as project:
        rows = [{"prompt": f"What is {n}?", "completion": f"It is {n}."} for n in range(300)]
        project.import_(write(tmp_path / "fresh.jsonl", rows))
        project.catch_up()
    (folder / "config.toml").write_text(CONFIG)
    return folder


def shown(app: Driven, name: str) -> str:
    return str(app.app.screen.query_one(f"#{name}", Static).render())


async def test_the_overview_shows_each_stage_and_what_comes_next(home: Path, pool: Path) -> None:
    async with driving(home, pool) as app:
        await app.sees("✔ scores", "✔ neighbours", "10 kept", "never")
        assert "Look through the selection, then export it." in app.text
        assert "digit mass 0.90" in app.text
        await app.until(lambda: "letters" in shown(app, "complexity"))
        assert "●" in shown(app, "cloud")
        await app.press("enter")
        assert app.name == "Review"


async def test_the_overview_counts_again_when_somebody_else_writes(
    home: Path, fresh: Path, tmp_path: Path
) -> None:
    async with driving(home, fresh) as app:
        await app.sees("Score 300 records.")
        with Project.open(fresh) as project:
            project.import_(write(tmp_path / "more.jsonl", [{"prompt": "A?", "completion": "B"}]))
        await app.sees("Score 301 records.", "waits for a worker: p starts one")
        await app.press("p")
        wait_for_worker(fresh)
        await app.until(lambda: "waits for a worker" not in app.text)


async def test_scoring_is_planned_started_and_leads_to_the_next_step(
    home: Path, fresh: Path
) -> None:
    async with driving(home, fresh) as app:
        await app.press("enter")
        assert app.name == "ScoreSetup"
        app.app.screen.query_one("#scorer", Select).value = "trial"
        await app.sees("complexity: 300 records", "processor")
        app.app.screen.query_one("#where").focus()
        await app.type("colour:red")
        await app.sees("✕", "colour")
        await app.press("ctrl+u")
        app.app.screen.query_one("#limit").focus()
        await app.type("40")
        await app.sees("complexity: 40 records")
        await app.press("f5")
        assert app.name == "Overview"
        wait_for_worker(fresh)
        await app.sees("40 13%", "Score the rest: 260 records.")


async def test_other_models_are_asked_for_by_name(home: Path, fresh: Path) -> None:
    async with driving(home, fresh) as app:
        await app.press("s")
        app.app.screen.query_one("#scorer", Select).value = "…"
        await app.sees("Name a model")
        app.app.screen.query_one("#complexity").focus()
        await app.type("/nowhere")
        await app.press("f5")
        assert app.name == "Sentence"
        assert "There is no model at /nowhere" in app.text
        await app.press("enter")
        assert app.name == "ScoreSetup", "nothing is lost"


async def test_vectors_are_made_and_then_neighbours(home: Path, pool: Path) -> None:
    async with driving(home, pool) as app:
        await app.press("e")
        assert app.name == "EmbedSetup"
        await app.press("f5")
        assert app.name == "Overview"
        wait_for_worker(pool)
        with Project.open(pool, read_only=True) as project:
            assert [count for _, count in project.counts().embedders] == [40, 40]
        await app.press("n")
        wait_for_worker(pool)
        with Project.open(pool, read_only=True) as project:
            assert project.jobs()[-1].kind == "index"
            assert project.jobs()[-1].state == "done"


async def test_a_job_is_paused_resumed_and_cancelled(home: Path, fresh: Path) -> None:
    with Project.open(fresh) as project:
        number = project.queue_score(scorer="trial", settings={"seconds": 0.3})
        project.start()
    async with driving(home, fresh) as app:
        await app.sees("p: pause", "of 300")
        await app.press("j")
        assert app.name == "Jobs"
        await app.sees("running")
        await app.press("p")
        await app.sees("paused")
        wait_for_nobody(fresh)
        await app.press("r")
        await app.until(lambda: "running" in app.text or "queued" in app.text)
        await app.press("c")
        await app.sees("cancelled")
        await app.press("p")
        assert app.name == "Sentence", "it is over"
        await app.press("enter", "l")
        assert app.name == "Log"
        await app.press("q", "q")
        assert app.name == "Overview"
    wait_for_nobody(fresh)
    with Project.open(fresh, read_only=True) as project:
        assert project.job(number).state == "cancelled"


async def test_a_job_runs_on_when_the_app_closes_and_is_found_again(
    home: Path, fresh: Path
) -> None:
    async with driving(home, fresh) as app:
        await app.press("s")
        app.app.screen.query_one("#scorer", Select).value = "trial"
        await app.press("f5")
    wait_for_worker(fresh)
    async with driving(home, fresh) as app:
        await app.sees("✔ scores", "Make vectors")
        await app.press("j")
        await app.sees("score", "done")
        assert app.one(FewRows).row_count >= 2
        assert isinstance(app.app.screen, Jobs)


async def test_pause_on_the_overview_goes_both_ways(home: Path, fresh: Path) -> None:
    with Project.open(fresh) as project:
        number = project.queue_score(scorer="trial", settings={"seconds": 0.3})
        project.start()
    async with driving(home, fresh) as app:
        await app.sees("p: pause")
        await app.press("p")
        await app.sees("is paused")
        wait_for_nobody(fresh)
        await app.press("p")
        await app.sees("p: pause")
        with Project.open(fresh) as project:
            project.steer(number, "cancel")
    wait_for_nobody(fresh)


async def test_a_job_that_failed_says_why_on_the_overview(home: Path, fresh: Path) -> None:
    with Project.open(fresh) as project:
        project.queue_score(scorer="trial", settings={"mass": 0.0})
        project.start()
    wait_for_worker(fresh)
    async with driving(home, fresh) as app:
        await app.sees("✕ Job", "failed")


async def test_failures_are_told_with_their_reason_and_lead_to_the_records(
    home: Path, fresh: Path
) -> None:
    with Project.open(fresh) as project:
        project.score(scorer="trial", settings={"nan_share": 0.03}, force=True)
        first, _ = project.scorers()
        (reason,) = project.score_failures(first.id)
        found = len(project.view("is:failed"))
        assert found >= first.failed > 0
    async with driving(home, fresh, (160, 40)) as app:
        await app.sees(f"{first.failed:,} failed: {reason} (f: show, is:failed)")
        await app.press("f")
        assert app.name == "Browse"
        await app.sees("is:failed", f"1 of {found:,}")
        await app.press("q")
        assert app.name == "Overview"


async def test_the_doctor_tells_what_can_be_run(home: Path, pool: Path) -> None:
    async with driving(home, pool) as app:
        await app.press("f2")
        assert app.name == "Doctor"
        await app.sees("✔ Python", "processors", "scorer trial")
        await app.press("q")
        assert app.name == "Overview"


@pytest.mark.parametrize("width", [30, 60, 80, 100, 200])
def test_stages_fit_into_any_width(width: int) -> None:
    stages = [Stage("neighbours", "recall 99.7%", 1.0)] * 7
    for line in str(drawn(stages, width)).splitlines():
        assert len(line) <= max(width, 18), line


def test_nothing_waits_where_nothing_was_asked() -> None:
    assert waiting([]) == ""


def wait_for_nobody(folder: Path) -> None:
    deadline = monotonic() + 30
    while jobs.worker_alive(folder):
        assert monotonic() < deadline
        sleep(0.02)

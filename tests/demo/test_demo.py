"""``deita-tui demo``: a project that is ready to be looked at."""

import json
from pathlib import Path

import pytest

from deita_tui.errors import UsageError
from deita_tui.project import Project
from tests.support import SAMPLE, Run


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "demo"
    Project.demo(folder).close()
    return folder


def test_it_is_scored_embedded_and_selected_from(ready: Path) -> None:
    with Project.open(ready, read_only=True) as project:
        counts = project.counts()
        assert counts.records == 2500
        assert {(name, count) for name, _, count in counts.scored} == {("lite", 2500)}
        assert counts.embedded == 2500
        selection = project.selection("working")
        assert selection.kept == 400
        similar = list(project.list("is:too_similar", selection="working"))
        assert similar, "the diversity filter is to have something to do"
        assert {row.source for row in project.list("is:kept", selection="working")} > {"mtbench101"}


def test_the_command_prints_a_summary_and_says_how_to_look_around(
    deita_tui: Run, ready: Path
) -> None:
    told = deita_tui("demo", ready, "--headless").stdout
    assert "selected  400 of 2500" in told.replace(",", "").replace("\t", "  ")
    for command in ("open", "list", "explain", "select", "export"):
        assert f"deita-tui {command} {ready}" in told
    # Without a terminal the app cannot be opened, and the summary stands in for it.
    assert deita_tui("demo", ready).stdout == told
    summary = json.loads(deita_tui("demo", ready, "--json").stdout)
    assert (summary["records"], summary["kept"], len(summary["best"])) == (2500, 400, 5)
    assert summary["project"] == str(ready)


def test_another_project_is_left_alone(tmp_path: Path) -> None:
    with Project.create(tmp_path / "mine") as project:
        project.import_(SAMPLE)
    with pytest.raises(UsageError, match="a project of its own"):
        Project.demo(tmp_path / "mine")


def test_broken_off_it_goes_on(tmp_path: Path) -> None:
    class Stop(Exception):
        pass

    def stop(job: object) -> None:
        raise Stop

    with pytest.raises(Stop):
        Project.demo(tmp_path / "demo", progress=stop)
    with Project.demo(tmp_path / "demo") as project:
        assert project.selection("working").kept == 400
        assert len(project.imports()) == 1

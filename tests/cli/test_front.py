"""What stands before the commands: the name, the projects folder, completion, the machine."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import deita_tui as package
from deita_tui import doctor, places
from tests.support import SAMPLE, Run


def test_alone_it_says_how_to_start_and_what_was_used(deita_tui: Run, own_home: Path) -> None:
    assert "deita-tui new NAME" in deita_tui().stdout
    deita_tui("new", "first")
    told = deita_tui().stdout
    assert str(own_home / "first") in told
    assert deita_tui("--version").stdout == f"deita-tui {package.__version__}\n"


def test_a_bare_name_lives_in_the_projects_folder(
    deita_tui: Run, own_home: Path, tmp_path: Path
) -> None:
    deita_tui("new", "mix")
    assert (own_home / "mix" / "project.db").is_file()
    deita_tui("new", "./mix")
    assert (tmp_path / "mix" / "project.db").is_file()
    deita_tui("import", "./mix", SAMPLE)
    # What lies here goes before what lies there.
    assert json.loads(deita_tui("status", "mix", "--json").stdout)["records"] == 10
    elsewhere = tmp_path / "elsewhere"
    deita_tui("--projects-dir", elsewhere, "new", "other")
    assert (elsewhere / "other" / "project.db").is_file()
    deita_tui("new", "./mix", expect=1)


def test_a_folder_that_is_no_project_hides_none(deita_tui: Run, tmp_path: Path) -> None:
    deita_tui("new", "mix")
    (tmp_path / "mix").mkdir()
    assert json.loads(deita_tui("status", "mix", "--json").stdout)["records"] == 0


def test_a_home_that_cannot_be_written_to_stops_nobody(
    deita_tui: Run, sample: Path, own_home: Path, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    done = deita_tui("--projects-dir", blocked, "status", sample)
    assert "records" in done.stdout


def test_a_broken_list_of_projects_is_no_trouble(deita_tui: Run, own_home: Path) -> None:
    for text in ("{", "7", '["gone", 3]'):
        (own_home / "recent.json").write_text(text)
        deita_tui()
        assert places.recent(own_home) == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_has_a_script_for_each_shell(deita_tui: Run, shell: str) -> None:
    program = Path(sys.executable).with_name("deita-tui")
    asked = os.environ | {"_DEITA_TUI_COMPLETE": f"source_{shell}"}
    done = subprocess.run([program], capture_output=True, text=True, env=asked, check=True)
    assert "deita-tui" in done.stdout
    assert "_DEITA_TUI_COMPLETE" in done.stdout


def test_completion_knows_commands_and_projects(deita_tui: Run, own_home: Path) -> None:
    deita_tui("new", "first")
    program = Path(sys.executable).with_name("deita-tui")

    def complete(words: str, at: int) -> list[str]:
        asked = {"_DEITA_TUI_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(at)}
        done = subprocess.run(
            [program], capture_output=True, text=True, env=os.environ | asked, check=True
        )
        return done.stdout.split()

    assert "refused" in complete("deita-tui ref", 1)
    assert complete("deita-tui status fi", 2) == ["first"]


def test_doctor_tells_what_the_machine_can_run(deita_tui: Run) -> None:
    found = {row["name"]: row for row in json.loads(deita_tui("doctor", "--json").stdout)}
    assert {"Python", "SQLite", "disk", "file system", "extra hf", "extra llama"} <= set(found)
    assert {"after logout", "terminal", "platform", "processors"} <= set(found)
    assert found["SQLite"]["ok"]
    for extra in doctor.EXTRAS:
        row = found[f"extra {extra}"]
        assert "not installed" not in row["value"] or f"deita-tui[{extra}]" in row["advice"]


def test_the_installed_program_is_the_same(program: Run, sample: Path) -> None:
    assert program("--version").stdout == f"deita-tui {package.__version__}\n"
    assert len(program("list", sample, "--jsonl").stdout.splitlines()) == 10
    assert "is no project" in program("status", "./nothing", expect=2).stderr


def test_an_unknown_command_is_bad_usage(deita_tui: Run) -> None:
    assert "No such command" in deita_tui("frobnicate", expect=2).stderr
    assert "Missing" in deita_tui("status", expect=2).stderr

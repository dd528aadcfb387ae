import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deita_tui.cli.app import app
from deita_tui.project import Project
from tests.support import SAMPLE, Run


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the tests away from the user's own projects, and the user's settings from the tests."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("DEITA_TUI_HOME", str(home))
    (home / "config.toml").touch()
    monkeypatch.setenv("DEITA_TUI_CONFIG", str(home / "config.toml"))
    monkeypatch.setenv("DEITA_TUI_CACHE", str(home / "scores.db"))
    for name in ("COLUMNS", "LINES", "TERM", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return home


@pytest.fixture
def deita_tui(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in ``tmp_path``, in this process: starting one takes longer than most run."""
    monkeypatch.chdir(tmp_path)

    def run(
        *arguments: str | Path, expect: int = 0, stdin: str = ""
    ) -> "subprocess.CompletedProcess[str]":
        words = [str(argument) for argument in arguments]
        done = CliRunner().invoke(app, words, stdin, catch_exceptions=False, prog_name="deita-tui")
        assert done.exit_code == expect, done.stdout + done.stderr
        return subprocess.CompletedProcess(words, done.exit_code, done.stdout, done.stderr)

    return run


@pytest.fixture
def program(tmp_path: Path) -> Run:
    """Run the installed command in ``tmp_path`` as a user would, in a process of its own."""
    command = Path(sys.executable).with_name("deita-tui")

    def run(
        *arguments: str | Path, expect: int = 0, stdin: str = ""
    ) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            [command, *map(str, arguments)],
            capture_output=True,
            encoding="utf-8",
            input=stdin,
            cwd=tmp_path,
            env=os.environ | {"PYTHONWARNINGS": "error"},
            check=False,
        )
        assert done.returncode == expect, done.stdout + done.stderr
        return done

    return run


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """A project that holds the records of the README's first steps."""
    folder = tmp_path / "sample"
    with Project.create(folder) as project:
        project.import_(SAMPLE)
        project.catch_up()
    return folder

"""What the README promises is run."""

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.support import ROOT, Run

README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(name: str) -> str:
    """The code block behind a marker."""
    found = re.search(rf"<!-- {name} -->\n```\w+\n(.*?)```", README, re.DOTALL)
    assert found, name
    return found[1]


def test_the_python_example_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    monkeypatch.chdir(tmp_path)
    exec(compile(block("example"), "README.md", "exec"), {})
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "10 1 {'truncated': 1}"
    assert told[1] == "10 code Explain leader election in Raft to a student."
    assert told[-1].startswith("3 ['id', 'uid', 'source'")


def test_both_commands_are_one_line_and_make_their_environment() -> None:
    for name in ("start", "test"):
        (line,) = block(name).splitlines()
        assert line.startswith("python3 -m venv .venv && .venv/bin/pip install ")


def test_the_first_command_does_its_job_once_installed(program: Run, tmp_path: Path) -> None:
    (tmp_path / "deita_tui").symlink_to(ROOT / "deita_tui")
    run = block("start").strip().split(" && ")[-1]
    program(*shlex.split(run)[1:])
    assert len((tmp_path / "out" / "train.jsonl").read_text().splitlines()) == 500


def test_ci_runs_the_second_command() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    extract = re.search(r"^test_command=\$\((.*)\)$", script, re.MULTILINE)
    assert extract
    told = subprocess.run(
        ["bash", "-c", extract[1]], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert told.stdout == block("test")
    assert 'eval "$test_command"' in script.splitlines()[-1]
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_every_link_to_a_file_leads_somewhere() -> None:
    for page in ("README.md", "CHANGELOG.md", "docs/architecture.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
            assert ((ROOT / page).parent / target).exists(), f"{page}: {target}"


def test_the_filters_that_it_shows_are_understood() -> None:
    from deita_store import filters

    section = README.split("### Filters")[1].split("## Python")[0]
    examples = re.findall(r"`([^`]+)`", section.split("|---|---|")[1])
    assert len(examples) > 10
    for example in examples:
        filters.parse(example)

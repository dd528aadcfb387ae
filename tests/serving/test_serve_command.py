"""What the command refuses, before anything listens."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import Run


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "box.example", ""])
def test_other_machines_are_let_in_only_if_that_is_said(
    deita_tui: Run, sample: Path, host: str
) -> None:
    done = deita_tui("serve", sample, "--host", host, expect=2)
    assert "nothing on the way is encrypted" in done.stderr
    assert "--allow-remote" in done.stderr
    assert not done.stdout


def test_only_a_project_is_served(deita_tui: Run, tmp_path: Path) -> None:
    done = deita_tui("serve", tmp_path / "none", expect=2)
    assert "none" in done.stderr


def test_a_port_that_is_taken_is_named(program: Run, sample: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = program("serve", sample, "--port", str(port), expect=2)
    assert f"Port {port} is taken" in done.stderr
    assert "--port" in done.stderr
    assert not done.stdout


def test_an_address_of_another_machine_cannot_be_served(program: Run, sample: Path) -> None:
    done = program("serve", sample, "--host", "192.0.2.7", "--allow-remote", expect=2)
    assert "cannot listen at 192.0.2.7" in done.stderr


@pytest.mark.parametrize("missing", ["aiohttp", "textual_serve"])
def test_what_is_not_installed_is_named_with_its_cure(sample: Path, missing: str) -> None:
    code = f"""
import sys
sys.modules[{missing!r}] = None
sys.argv = ["deita-tui", "serve", {str(sample)!r}, "--port", "0"]
from deita_tui.cli import main
main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8")
    assert done.returncode == 2, done.stderr
    assert missing.replace("_", "-") in done.stderr
    assert "pip install 'deita-tui[serve]'" in done.stderr
    assert not done.stdout

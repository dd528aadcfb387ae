"""Projects with work queued, and real worker processes."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deita_store import jobs
from deita_store.store import Store

Rows = Callable[[int], list[str]]
Queue = Callable[..., int]
Spawn = Callable[[], "subprocess.Popen[bytes]"]


def line(number: int, width: int) -> str:
    """A row of a file in which every 5th repeats an earlier one and every 17th is broken."""
    if number % 17 == 11:
        return '{"instruction": "broken'
    text = f"{number // 2 if number % 5 == 4 else number} {'x' * width}"
    return json.dumps({"id": str(number), "instruction": f"What is {text}?", "output": text})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A new, empty project."""
    Store.create(tmp_path / "project").close()
    return tmp_path / "project"


@pytest.fixture
def pool(tmp_path: Path) -> Callable[..., Path]:
    """Write a file of ``rows`` rows."""

    def write(rows: int, width: int = 20, name: str = "pool.jsonl") -> Path:
        path = tmp_path / name
        path.write_text("".join(line(number, width) + "\n" for number in range(rows)))
        return path

    return write


@pytest.fixture
def queue(folder: Path) -> Queue:
    """Queue an import."""

    def enqueue(path: Path, **options: object) -> int:
        with Store.open(folder) as store:
            return jobs.enqueue(store, "import", {"path": str(path), **options})

    return enqueue


@pytest.fixture
def spawn(folder: Path) -> Iterator[Spawn]:
    """Start workers as ``jobs.start`` does, but as children that a test can wait for and kill."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-P", "-m", "deita_tui.jobs.worker", str(folder)]
        started.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def until() -> Callable[..., None]:
    """Wait for something to become true; fails when it never does."""

    def wait(true: Callable[[], bool], seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, "it never came"
            time.sleep(0.002)

    return wait

"""``deita-tui run`` killed in each of its stages: the same command ends in the same bytes."""

import gzip
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

import pytest

from deita_store import jobs
from deita_store.jobs import Job
from deita_store.store import Store
from deita_tui import demo

PROGRAM = Path(sys.executable).with_name("deita-tui")
FAKE = ("--backend", "fake", "--complexity-model", "one", "--quality-model", "two")
BYTES = ("train.jsonl", "README.md", "provenance/decisions.jsonl")


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("pool") / "pool.jsonl"
    file.write_bytes(gzip.decompress(demo.RECORDS.read_bytes()))
    return file


def run(pool: Path, out: Path) -> "subprocess.Popen[str]":
    command = [*map(str, [PROGRAM, "run", pool, "--budget", 150, "-o", out]), *FAKE]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def undisturbed(pool: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("straight") / "out"
    front = run(pool, out)
    _, told = front.communicate(timeout=120)
    assert front.returncode == 0, told
    return out


def kill_worker(folder: Path) -> None:
    """Kill the process that works on this project, and no other."""
    for process in Path("/proc").iterdir():
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"deita_tui.jobs.worker" in words and str(folder).encode() in words:
            os.kill(int(process.name), signal.SIGKILL)


def at_work(kind: str) -> Callable[[Path], bool]:
    def is_at(folder: Path) -> bool:
        return any(job.kind == kind and job.state == "running" for job in known(folder))

    return is_at


def behind_embedding(seconds: float) -> Callable[[Path], bool]:
    def is_behind(folder: Path) -> bool:
        if any(job.kind == "embed" and job.state == "done" for job in known(folder)):
            sleep(seconds)
            return True
        return False

    return is_behind


def known(folder: Path) -> list[Job]:
    if not (folder / "worker.lock").exists():
        return []
    with Store.read(folder) as store:
        return jobs.all(store)


@pytest.mark.slow
@pytest.mark.parametrize(
    "there",
    [
        pytest.param(at_work("import"), id="import"),
        pytest.param(at_work("score"), id="score"),
        pytest.param(at_work("embed"), id="embed"),
        pytest.param(behind_embedding(0.0), id="select"),
        pytest.param(behind_embedding(0.3), id="export"),
    ],
)
def test_killed_anywhere_it_ends_in_the_same_bytes(
    there: Callable[[Path], bool], pool: Path, undisturbed: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    front = run(pool, out)
    deadline = monotonic() + 60
    while not there(out / "project") and front.poll() is None:
        assert monotonic() < deadline
        sleep(0.001)
    front.kill()
    front.communicate()
    kill_worker(out / "project")
    again = run(pool, out)
    _, told = again.communicate(timeout=120)
    assert again.returncode == 0, told
    for name in BYTES:
        assert (out / name).read_bytes() == (undisturbed / name).read_bytes(), name


def test_ctrl_c_pauses_it_and_the_same_command_goes_on(
    pool: Path, undisturbed: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    front = run(pool, out)
    deadline = monotonic() + 60
    while not at_work("score")(out / "project"):
        assert monotonic() < deadline
        sleep(0.001)
    front.send_signal(signal.SIGINT)
    _, told = front.communicate(timeout=60)
    # It may have ended in that very moment; then the next stage was interrupted, or none.
    assert front.returncode in (0, 3), told
    if front.returncode == 3:
        assert "Run the same command again to continue." in told
    again = run(pool, out)
    _, told = again.communicate(timeout=120)
    assert again.returncode == 0, told
    assert (out / "train.jsonl").read_bytes() == (undisturbed / "train.jsonl").read_bytes()

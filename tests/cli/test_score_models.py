"""Scoring with real models: a small one that is trained, a tiny one that is not, and no network."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from deita_store.store import Store
from deita_tui.errors import JobError, MissingExtraError, UsageError
from deita_tui.project import Project, ScoreOptions
from deita_tui.steps import choosing
from deita_tui.steps.scoring_args import JudgeSpec
from tests.backends.conftest import llama_folder  # noqa: F401 - a fixture
from tests.backends.gguf_writer import to_gguf
from tests.backends.smollm import smollm_gguf
from tests.support import Run

NO_SOCKETS = """
import socket

def refuse(self, address):
    raise AssertionError(f"a connection to {address} was tried")

socket.socket.connect = socket.socket.connect_ex = refuse
"""


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    """A project of 24 short records."""
    words = ("apples", "rivers", "proofs", "maps", "songs", "knots", "clouds", "engines")
    with (tmp_path / "pool.jsonl").open("w") as lines:
        for number in range(24):
            asked = f"Name {number + 2} kinds of {words[number % 8]}" + " and compare them" * (
                number % 3
            )
            row = {"prompt": f"{asked}.", "completion": f"Here they are: {words[number % 5]}."}
            lines.write(json.dumps(row) + "\n")
    with Project.create(tmp_path / "pool") as project:
        project.import_(tmp_path / "pool.jsonl")
        project.catch_up()
    return tmp_path / "pool"


@pytest.fixture
def without_network(tmp_path: Path) -> dict[str, str]:
    """An environment in which every connection fails, in workers too."""
    folder = tmp_path / "no-sockets"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(NO_SOCKETS)
    return {**os.environ, "PYTHONPATH": str(folder), "HF_HOME": str(tmp_path / "hf")}


def command(*words: str | Path, env: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    program = Path(sys.executable).with_name("deita-tui")
    return subprocess.run(
        [program, *map(str, words)], capture_output=True, text=True, env=env, check=False
    )


@pytest.mark.slow
def test_a_real_model_without_a_network(pool: Path, without_network: dict[str, str]) -> None:
    model = smollm_gguf()
    words = ("score", pool, "--complexity-model", model, "--quality-model", model, "--json")
    done = command(*words, env=without_network)
    assert done.returncode == 0, done.stderr
    complexity, quality = json.loads(done.stdout)["stages"]
    assert (complexity["scored"], quality["scored"]) == (24, 24)
    assert complexity["told"] == "picked llama: a .gguf file runs on llama.cpp"
    # It was not trained for this, but it can read: a digit is what it mostly answers.
    assert complexity["health"]["mass"] > 0.1
    assert complexity["health"]["spread"] > 0.01
    with Project.open(pool, read_only=True) as project:
        judge = project.scorers()[0].config["judge"]
        assert isinstance(judge, dict)
        assert (judge["backend"], len(judge["weights"])) == ("llama", 64)
        (plan, _) = project.plan_score(complexity=model, quality=model).stages
    assert plan.done == 24


@pytest.mark.slow
def test_a_folder_runs_on_hf_and_the_pick_is_kept(pool: Path, llama_folder: Path) -> None:  # noqa: F811
    spec = JudgeSpec(str(llama_folder))
    with Project.open(pool) as project:
        with pytest.raises(JobError, match="hardly ever answers with a digit"):
            project.score(complexity=llama_folder, quality=llama_folder)
        report = project.score(complexity=llama_folder, quality=llama_folder, force=True)
        complexity, quality = report.stages
        assert (complexity.ready, complexity.failed, quality.scored) == (24, 0, 24)
        first = choosing.remembered(project.store, spec)
        assert first is not None
        assert first.backend == "hf"
        assert first.settings["dtype"] in ("bfloat16", "float32")
        assert complexity.told == quality.told == first.told
        assert first.told.startswith(f"picked hf, {first.settings['dtype']} on ")

        again = project.score(complexity=llama_folder, quality=llama_folder, force=True)
        assert [stage.scored for stage in again.stages] == [0, 0]
        assert choosing.remembered(project.store, spec) == first

        # What is asked for explicitly is another choice, and leaves the pick alone.
        exact = project.score(complexity=llama_folder, precision="float32", force=True)
        assert exact.stages[0].told == ""
        assert choosing.remembered(project.store, spec) == first
        # Asking for auto by name makes it pick anew.
        project.score(complexity=llama_folder, backend="auto", limit=3, force=True)
        anew = choosing.remembered(project.store, spec)
        assert anew is not None
        assert anew.job != first.job


@pytest.mark.slow
def test_both_backends_agree_through_the_front_door(
    pool: Path,
    tmp_path: Path,
    llama_folder: Path,  # noqa: F811
) -> None:
    model = to_gguf(llama_folder, tmp_path / "tiny.gguf")
    with Project.open(pool) as project:
        on_cpu: ScoreOptions = {"device": "cpu", "force": True}
        hf: ScoreOptions = {"scorer": "hf", "complexity": llama_folder, "precision": "float32"}
        project.score(**(on_cpu | hf))
        project.score(**(on_cpu | {"scorer": "llama", "complexity": model}))
        values = _values(project.store)
    assert set(values) == {"hf", "llama"}
    for text, value in values["hf"].items():
        assert values["llama"][text] == pytest.approx(value, abs=1e-3)


@pytest.mark.slow
def test_a_folder_is_scored_without_a_network(
    pool: Path,
    without_network: dict[str, str],
    llama_folder: Path,  # noqa: F811
) -> None:
    # The tiny model is not trained: the gate is right, and is told to let it through.
    words = ("score", pool, "--complexity-model", llama_folder, "--force", "--json")
    done = command(*words, env=without_network)
    assert done.returncode == 0, done.stderr
    (stage,) = json.loads(done.stdout)["stages"]
    assert (stage["scored"], stage["failed"]) == (24, 0)
    assert stage["told"].startswith("picked hf, ")


def test_a_missing_extra_is_told_before_a_job(pool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from deita_tui.backends import names

    # As find_spec answers where the package is not installed.
    monkeypatch.setattr(names, "find_spec", lambda name: None)
    with Project.open(pool) as project:
        jobs = len(project.jobs())
        with pytest.raises(MissingExtraError, match="transformers is needed"):
            project.score()
        with pytest.raises(MissingExtraError, match="llama_cpp is needed"):
            project.score(complexity=smollm_gguf())
        assert len(project.jobs()) == jobs


def test_a_setting_that_a_model_has_no_use_for_is_refused(pool: Path) -> None:
    with Project.open(pool) as project:
        with pytest.raises(UsageError, match="--precision is of no use"):
            project.plan_score(complexity=smollm_gguf(), precision="float32")
        with pytest.raises(UsageError, match="There is no model at"):
            project.plan_score(complexity="./nothing")


def test_offline_says_what_is_missing(
    deita_tui: Run, pool: Path, without_network: dict[str, str]
) -> None:
    done = command("score", pool, "--offline", env=without_network)
    assert done.returncode == 1
    assert "is not on this disk, and downloads are off (--offline)." in done.stderr
    plan = command("score", pool, "--offline", "--plan", env=without_network)
    assert plan.returncode == 0, plan.stderr
    assert "hkust-nlp/deita-quality-scorer, not on this disk, size unknown" in plan.stdout


def _values(store: Store) -> dict[str, dict[bytes, float]]:
    found: dict[str, dict[bytes, float]] = {}
    rows = store.db.execute(
        "select name, text, value from scores join scorers on scorers.id = scorer_id"
    )
    for name, text, value in rows.fetchall():
        found.setdefault(name, {})[text] = value
    return found

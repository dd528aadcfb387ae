"""Scoring a project by a server, from the command line and in Python."""

import json
from pathlib import Path

import pytest

from deita_tui import score_cache
from deita_tui.errors import JobError, UsageError
from deita_tui.project import Project
from tests.support import Run
from tests.wire.serving import Served, serving, status


@pytest.fixture
def served() -> Served:
    return Served(model="org/judge")


def test_a_project_is_scored_by_a_server(served: Served, sample: Path, deita_tui: Run) -> None:
    with serving(served):
        words = ["score", sample, "--complexity-model", served.url, "--json"]
        done = deita_tui(*words)
        report = json.loads(done.stdout)["stages"][0]
        assert report["scored"] == len(served.asked) > 0
        assert "unverified" in done.stderr
        asked = len(served.asked)
        assert "(unverified)" in deita_tui("status", sample).stdout
        deita_tui(*words)
        assert len(served.asked) == asked, "nothing is asked twice"
    with Project.open(sample) as project:
        (scorer,) = project.scorers()
    assert scorer.config["judge"]["verified"] == "no"  # type: ignore[index]
    assert scorer.name == served.url.removeprefix("http://").replace(":", "-")
    path = score_cache.place()
    assert path is not None
    assert not path.exists(), "what a server says is shared with no other project"


def test_a_name_on_a_server_names_the_scores(served: Served, sample: Path) -> None:
    with serving(served), Project.open(sample) as project:
        options = {"complexity": "org/judge", "url": f"{served.url}/v1"}
        project.score(**options)  # type: ignore[arg-type]
        project.score(**options)  # type: ignore[arg-type]
        assert [each.name for each in project.scorers()] == ["judge"]
        plan = project.plan_score(**options)  # type: ignore[arg-type]
        assert plan.stages[0].done == plan.stages[0].texts


def test_texts_do_not_leave_this_machine_unasked(sample: Path, deita_tui: Run) -> None:
    words = ["score", sample, "--complexity-model", "http://192.0.2.1:8080"]
    done = deita_tui(*words, expect=2)
    assert "--allow-remote" in done.stderr
    config = sample / "config.toml"
    config.write_text('[scorer.theirs]\ncomplexity = "m"\nurl = "http://192.0.2.1"\n')
    assert "--allow-remote" in deita_tui("score", sample, "--scorer", "theirs", expect=2).stderr
    config.write_text("[scorer.theirs]\nallow_remote = true\n")
    assert "no setting 'allow_remote'" in deita_tui("score", sample, expect=2).stderr


def test_what_a_server_has_no_use_for_is_refused(sample: Path, deita_tui: Run) -> None:
    words = ["score", sample, "--complexity-model", "http://127.0.0.1:1"]
    assert (
        "--precision is of no use" in deita_tui(*words, "--precision", "float32", expect=2).stderr
    )
    assert "asks no server" in deita_tui(*words, "--backend", "hf", expect=2).stderr


def test_a_key_is_stored_nowhere(
    served: Served, sample: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", "s3cret-key")
    served.key = "s3cret-key"
    with serving(served), Project.open(sample) as project:
        project.score(complexity=served.url, key_env="MY_KEY")
    files = [path for path in sample.rglob("*") if path.is_file()]
    assert files
    assert not any(b"s3cret-key" in path.read_bytes() for path in files)


def test_an_outage_keeps_what_was_scored(served: Served, sample: Path) -> None:
    served.fault = None
    more: dict[str, object] = {"tries": 2, "first_wait": 0.001}
    with serving(served), Project.open(sample) as project:
        project.score(complexity=served.url, limit=3, settings=more)
        (before,) = project.scorers()
        served.fault = status(503)
        with pytest.raises(JobError, match="does not answer"):
            project.score(complexity=served.url, settings=more)
        (after,) = project.scorers()
        assert after.records == before.records == 3
        assert after.failed == 0
        served.fault = None
        report = project.score(complexity=served.url, settings=more)
        assert report.stages[0].ready == 3
        assert project.scorers()[0].unscored == 0


def test_a_broken_server_leaves_no_score(served: Served, sample: Path) -> None:
    served.names_ids = False
    with serving(served), Project.open(sample) as project:
        with pytest.raises(JobError, match="spelled alike"):
            project.score(complexity=served.url)
        assert project.scorers()[0].records == 0


def test_a_model_without_a_server_is_refused(sample: Path) -> None:
    with Project.open(sample) as project, pytest.raises(UsageError, match="which server"):
        project.queue_score(complexity="some/model", backend="http")


def test_methods_ask_a_server_that_tells_of_every_token(sample: Path) -> None:
    with serving(Served("vllm")) as vllm, Project.open(sample) as project:
        report = project.score(scorer="ifd,perplexity", model=vllm.url)
        assert [stage.measures for stage in report.stages] == ["ifd", "perplexity"]
        assert all(stage.scored for stage in report.stages)
    said = pytest.raises(JobError, match="how likely the tokens of a prompt are")
    with serving(Served()) as llama, Project.open(sample) as project, said:
        project.score(scorer="ifd", model=llama.url)


def test_a_model_on_this_disk_is_not_looked_for_on_a_server(sample: Path, tmp_path: Path) -> None:
    (sample / "config.toml").write_text(
        '[scorer.mine]\ncomplexity = "m"\nurl = "http://127.0.0.1:1"\n'
    )
    model = tmp_path / "model.gguf"
    model.write_bytes(b"GGUF")
    with Project.open(sample) as project:
        project.queue_score(scorer="mine", complexity=model)
        (job,) = [each for each in project.jobs() if each.kind == "score"]
    assert str(model) in str(job.args)
    assert "http:" not in str(job.args)

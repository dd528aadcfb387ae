"""The configuration file: what goes before what, and what is refused."""

from pathlib import Path

import pytest

from deita_tui import config
from deita_tui.config import ScorerSet
from deita_tui.errors import UsageError
from deita_tui.project import Project


@pytest.fixture
def user(own_home: Path) -> Path:
    """The user's file."""
    return own_home / "config.toml"


def test_the_official_scorers_are_shipped() -> None:
    assert config.load().scorer("deita") == ScorerSet(
        complexity="hkust-nlp/deita-complexity-scorer", quality="hkust-nlp/deita-quality-scorer"
    )
    assert config.load().scorer("nobody") == ScorerSet()


def test_the_project_goes_before_the_user_and_both_before_what_is_shipped(
    user: Path, tmp_path: Path
) -> None:
    user.write_text(
        '[scorer.deita]\nquality = "me/mine"\nprecision = "float32"\nmax_tokens = 1024\n'
        '[scorer.own]\ncomplexity = "me/own"\n'
    )
    (tmp_path / "config.toml").write_text('[scorer.deita]\nprecision = "bfloat16"\n')
    assert config.load(tmp_path).scorer("deita") == ScorerSet(
        complexity="hkust-nlp/deita-complexity-scorer",
        quality="me/mine",
        precision="bfloat16",
        max_tokens=1024,
    )
    assert config.load().scorer("deita").precision == "float32"
    assert set(config.load().sets) == {"deita", "own"}
    assert config.load(tmp_path).files == (user, tmp_path / "config.toml")


def test_a_flag_goes_before_all_files(user: Path, sample: Path) -> None:
    user.write_text(
        '[scorer.two]\ncomplexity = "c"\nquality = "q"\nbackend = "fake"\nmax_tokens = 1024\n'
    )
    with Project.open(sample) as project:
        (complexity, quality) = project.plan_score(scorer="two").stages
        assert (complexity.model, quality.model) == ("c", "q")
        (complexity, quality) = project.plan_score(scorer="two", quality="other").stages
        assert (complexity.model, quality.model) == ("c", "other")
        job = project.job(project.queue_score(scorer="two", max_tokens=512))
        assert (job.args["max_tokens"], job.args["name"]) == (512, "two")
        job = project.job(project.queue_score(scorer="two"))
        assert job.args["max_tokens"] == 1024


def test_a_model_that_is_named_comes_alone(sample: Path) -> None:
    with Project.open(sample) as project:
        (only,) = project.plan_score(complexity="c", backend="fake").stages
        assert (only.measures, only.model) == ("complexity", "c")


def test_a_path_in_a_file_starts_at_that_file(user: Path) -> None:
    (user.parent / "model").mkdir()
    user.write_text('[scorer.own]\ncomplexity = "model"\nquality = "./q.gguf"\n')
    own = config.load().scorer("own")
    assert (own.complexity, own.quality) == (
        str(user.parent / "model"),
        str(user.parent / "q.gguf"),
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[scorer.deita]\ncomplexty = 'x'", "no setting 'complexty' in [scorer.deita]"),
        ("[scorers.deita]", "there is no setting 'scorers'"),
        ("[scorer.deita]\nprecision = 'int3'", "cannot be 'int3'"),
        ("[scorer.deita]\nthreads = 'two'", "must be a number"),
        ("[scorer.deita]\nthreads = true", "must be a number"),
        ("[scorer.deita]\nquality = 3", "must be text"),
        ("scorer = 3", "must be a table"),
        ("[scorer]\ndeita = 3", "must be a table"),
        ("[scorer.deita", "is no TOML"),
    ],
)
def test_what_nobody_understands_is_refused_with_the_file(user: Path, text: str, told: str) -> None:
    user.write_text(text)
    with pytest.raises(UsageError) as caught:
        config.load()
    assert caught.value.message.startswith(str(user))
    assert told in caught.value.message


def test_a_variable_that_names_no_file_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(config.VARIABLE, str(tmp_path / "gone.toml"))
    with pytest.raises(UsageError, match="no such file"):
        config.load()

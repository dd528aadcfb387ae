"""What scores are called: as shortly as can be told apart, and never as somebody else's."""

from pathlib import Path

import pytest

from deita_tui.errors import UsageError
from deita_tui.project import Project, ScoreOptions


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    (tmp_path / "pool.jsonl").write_text(
        "".join(f'{{"prompt": "What is {n}?", "completion": "It is {n}."}}\n' for n in range(5))
    )
    with Project.create(tmp_path / "pool") as project:
        project.import_(tmp_path / "pool.jsonl")
        project.catch_up()
    return tmp_path / "pool"


def scored(pool: Path, **options: str | Path) -> list[str]:
    """Score; the names of the scorers that there are then, oldest first."""
    told: ScoreOptions = {"backend": "fake", **options}  # type: ignore[typeddict-item]
    with Project.open(pool) as project:
        project.score(**told)
        return [each.name for each in project.scorers()]


def test_two_models_of_one_name_are_told_apart(pool: Path, tmp_path: Path) -> None:
    one, other, third = (tmp_path / place / "judge" for place in ("one", "other", "x/other"))
    assert scored(pool, complexity=one) == ["judge"]
    assert scored(pool, complexity=other) == ["judge", "other/judge"]
    *_, last = scored(pool, complexity=third)
    assert last.startswith("judge-")
    # The same model is called the same again, also where it measures something else.
    assert scored(pool, complexity=other, limit=3) == ["judge", "other/judge", last]  # type: ignore[arg-type]
    assert scored(pool, quality=other) == ["judge", "other/judge", last, "other/judge"]


def test_revisions_and_owners_are_told_apart(pool: Path) -> None:
    assert scored(pool, complexity="org/judge@v1") == ["judge"]
    assert scored(pool, complexity="org/judge@v2") == ["judge", "org/judge"]
    *_, last = scored(pool, complexity="org/judge@v3")
    assert last.startswith("judge-")


def test_a_model_that_waits_has_its_name(pool: Path) -> None:
    with Project.open(pool) as project:
        project.queue_score(backend="fake", complexity="one/judge")
    assert scored(pool, complexity="other/judge")[-1] == "other/judge"


@pytest.mark.parametrize("model", ["./deita", "me/deita", "./deita.gguf"])
def test_no_foreign_model_is_called_deita(
    pool: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (name,) = scored(pool, complexity=model)
    assert name != "deita"
    assert name.endswith("/deita")
    assert "deita" not in scored(pool, complexity=model, quality=f"{model}2")


def test_nor_as_a_set_of_the_user_s_own(pool: Path, own_home: Path) -> None:
    (own_home / "config.toml").write_text('[scorer.mine]\ncomplexity = "org/model"\n')
    assert scored(pool, complexity="other/mine") == ["other/mine"]
    assert scored(pool, scorer="mine")[-1] == "mine"


def test_half_a_model_is_refused_before_a_job(pool: Path, tmp_path: Path) -> None:
    first = tmp_path / "big-00001-of-00002.gguf"
    first.write_bytes(b"GGUF")
    with Project.open(pool) as project:
        jobs = len(project.jobs())
        with pytest.raises(UsageError, match=r"lacks its part big-00002-of-00002\.gguf"):
            project.queue_score(complexity=first)
        with pytest.raises(UsageError, match="holds no model"):
            project.queue_score(complexity=pool)
        assert len(project.jobs()) == jobs

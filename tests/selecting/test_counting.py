"""Tokens of records: counted by the tokenizer, once, and believed only where they are ours."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from deita_store import care
from deita_tui.errors import UsageError
from deita_tui.project import Project
from deita_tui.selection.params import Params
from deita_tui.steps import counting
from deita_tui.steps.recomputing import recompute
from deita_tui.steps.selecting import Tuner
from tests.selecting.projects import ME, add, clustered, project


@pytest.fixture
def tokenizer(tmp_path: Path) -> Path:
    """One token a word."""
    made = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made.save(str(tmp_path / "tokenizer.json"))
    return tmp_path


def words(opened: Project, id_: int) -> int:
    return sum(len(message.content.split()) for message in opened.record(id_).messages)


def test_a_budget_in_tokens_is_not_exceeded_and_is_computed_again(
    tmp_path: Path, tokenizer: Path
) -> None:
    project(tmp_path / "project", clustered(100, seed=6)).close()
    with Project.open(tmp_path / "project") as opened:
        report = opened.select(budget_tokens=200, tokenizer=tokenizer, save="mine")
        kept = [row.id for row in opened.list("is:kept")]
        assert report.tokens == sum(words(opened, id_) for id_ in kept) <= 200
        tuner = Tuner(opened.store)
        tuner.count_with(tokenizer)
        result = tuner.exact(Params(budget_tokens=200))
        assert result.pool.tokens is not None
        assert result.pool.tokens.tolist() == [words(opened, id_) for id_ in range(1, 101)]
        (tokenizer / "tokenizer.json").unlink()
        assert recompute(opened.store, opened.selection("mine")).same_as(result)
        over = next(iter(opened.list("is:over_budget", sort="-score")))
        ways = opened.explain(over.id).about.ways
        budget = next(each for each in ways if each.kind == "budget")
        assert budget.budget_tokens is None or budget.budget_tokens > 200


def test_what_the_shipped_one_counted_outlives_the_cache(tmp_path: Path) -> None:
    project(tmp_path / "project", clustered(20)).close()
    with Project.open(tmp_path / "project") as opened:
        opened.select(budget_tokens=100, save="mine")
        before = recompute(opened.store, opened.selection("mine"))
        shutil.rmtree(opened.folder / "cache")
        assert recompute(opened.store, opened.selection("mine")).same_as(before)


def test_only_what_is_new_is_counted(tmp_path: Path, tokenizer: Path) -> None:
    with project(tmp_path / "project", clustered(10)) as store:
        file = counting.find(tokenizer)

        def count(versions: list[int]) -> list[int]:
            work = counting.counts(store, file, np.array(versions))
            counted.append(0)
            try:
                while True:
                    counted[-1] = next(work).total or 0
            except StopIteration as end:
                return list(end.value[1].tolist())

        counted: list[int] = []
        first = count([1, 2, 3])
        add(store, clustered(3, seed=1))
        assert count([1, 2, 3, 11])[:3] == first
        assert count([11, 2]) == [count([11])[0], first[1]]
        assert counted == [3, 1, 0, 0]
        care.purge(store, [5], ME)
        count([1])
        assert counted[-1] == 1


def test_a_cache_that_is_broken_or_of_another_project_is_counted_anew(
    tmp_path: Path, tokenizer: Path
) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for seed, folder in enumerate(folders):
        project(folder, clustered(10, seed=seed)).close()
        with Project.open(folder) as opened:
            opened.select(budget_tokens=50, tokenizer=tokenizer)
    (cache,) = folders[0].glob("cache/tokens/*.npy")
    other = folders[1] / "cache" / "tokens" / cache.name
    right = other.read_bytes()
    for content in (b"no numbers", right[:50], cache.read_bytes()):
        other.write_bytes(content)
        with Project.open(folders[1]) as opened:
            opened.select(budget_tokens=50, tokenizer=tokenizer)
        assert other.read_bytes() == right


def test_what_is_no_tokenizer_is_told(tmp_path: Path) -> None:
    project(tmp_path / "project", clustered(10)).close()
    (tmp_path / "tokenizer.json").write_text("{}")
    with Project.open(tmp_path / "project") as opened:
        with pytest.raises(UsageError, match="no tokenizer at"):
            opened.select(budget_tokens=5, tokenizer=tmp_path / "nothing")
        with pytest.raises(UsageError, match="holds no tokenizer"):
            opened.select(budget_tokens=5, tokenizer=tmp_path)


def test_without_one_the_shipped_one_counts(tmp_path: Path) -> None:
    project(tmp_path / "project", clustered(10)).close()
    with Project.open(tmp_path / "project") as opened:
        report = opened.select(budget_tokens=50)
        assert report.tokens is not None
        assert 0 < report.tokens <= 50

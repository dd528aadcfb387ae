"""InsTag's count: of whatever form tags come in, and of a project's records."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deita_tui.errors import UsageError
from deita_tui.project import Project
from deita_tui.scoring.instag import NoTagsError, count, names


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (["code", "python"], 2),
        (["Code", "code ", "c o d e"], 2),
        (["data-analysis", "data analysis", "Data_Analysis"], 1),
        ("code, python ,", 2),
        ('["code", "python"]', 2),
        ([{"tag": "math", "explanation": "…"}, {"tag": "proof"}], 2),
        ('{"tag": "math", "explanation": "one"}', 1),
        ([], 0),
        ("", 0),
    ],
)
def test_tags_are_counted_however_they_are_written(value: object, expected: int) -> None:
    assert count(names(value)) == expected


@pytest.mark.parametrize("value", ["[broken", 7, None, [1, 2], [{"name": "x"}]])
def test_what_is_no_list_of_tags_is_no_number(value: object) -> None:
    with pytest.raises(NoTagsError):
        names(value)


ROWS: list[dict[str, Any]] = [
    {"instruction": "Sum 1 and 2.", "output": "3 it is.", "tags": ["math", "sum", "Math"]},
    {"instruction": "Write a poem.", "output": "The sea.", "tags": "poetry"},
    {"instruction": "Say what.", "output": "What, then."},
    {"instruction": "Odd one.", "output": "An odd answer.", "tags": "[broken"},
    {"messages": [{"role": "user", "content": "One?"}, {"role": "assistant", "content": "One."},
                  {"role": "user", "content": "Two?"}, {"role": "assistant", "content": "Two."}],
     "tags": [["a"], ["b", "c", "d"]]},
    {"messages": [{"role": "user", "content": "Three?"}, {"role": "assistant", "content": "3."},
                  {"role": "user", "content": "Four?"}, {"role": "assistant", "content": "4."}],
     "tags": ["a", "b"]},
]  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "p") as made:
        for number, rows in enumerate((ROWS[:4], ROWS[4:])):
            file = tmp_path / f"{number}.jsonl"
            file.write_text("".join(json.dumps(row) + "\n" for row in rows))
            made.import_(file)
        made.catch_up()
        yield made


def means(project: Project, scorer: int) -> list[float | None]:
    rows = project.store.db.execute(
        "select x.mean from records r left join record_scores x"
        " on x.conversation_id = r.conversation_id and x.scorer_id = ? order by r.id",
        (scorer,),
    )
    return [mean for (mean,) in rows]


def test_a_column_of_tags_becomes_a_score(project: Project) -> None:
    (stage,) = project.score(scorer="instag", tags="tags").stages
    assert means(project, stage.scorer_id) == [2.0, 1.0, None, None, 2.0, 2.0]
    assert project.score_failures(stage.scorer_id) == {
        "it has no tags": 1,
        "its field of tags holds what begins like JSON and is none": 1,
    }
    assert any("--turns max or mean" in note for note in stage.notes)
    # The second turn of the fifth record has three tags, its first has one.
    report = project.select(budget=1, threshold=1.0, formula="instag", turns="max")
    assert report.kept == 1
    assert [row.id for row in project.list("is:kept")] == [5]
    (again,) = project.score(scorer="instag", tags="tags").stages
    assert (again.scored, again.failed, again.scorer_id) == (0, 0, stage.scorer_id)


def test_your_own_tags_count_and_new_ones_are_another_scorer(project: Project) -> None:
    with pytest.raises(UsageError, match="No record has a tag"):
        project.score(scorer="instag")
    project.tag([1, 2], "good")
    (first,) = project.score(scorer="instag").stages
    assert means(project, first.scorer_id)[:3] == [1.0, 1.0, None]
    project.tag([1], "short")
    (second,) = project.score(scorer="instag").stages
    assert second.scorer_id != first.scorer_id
    assert means(project, second.scorer_id)[:2] == [2.0, 1.0]


def test_a_column_that_nobody_has_is_told(project: Project) -> None:
    with pytest.raises(UsageError, match="'topics'"):
        project.score(scorer="instag", tags="topics")
    with pytest.raises(UsageError, match="--tags is for instag"):
        project.score(scorer="random", tags="tags")

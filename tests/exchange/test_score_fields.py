"""Scores that a file brought with it, in fields of its own."""

import json
from pathlib import Path
from typing import Any

import pytest

from deita_tui.errors import UsageError
from deita_tui.project import Project


def talk(n: int, turns: int = 1, **fields: Any) -> dict[str, Any]:
    messages = []
    for turn in range(turns):
        messages += [
            {"role": "user", "content": f"Question {n}.{turn}"},
            {"role": "assistant", "content": f"Answer {n}.{turn}"},
        ]
    return {"messages": messages, **fields}


def make(folder: Path, rows: list[dict[str, Any]]) -> Project:
    file = folder.with_suffix(".jsonl")
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    project = Project.create(folder)
    project.import_(file)
    return project


def test_lists_are_one_value_a_turn_and_reasons_are_kept(tmp_path: Path) -> None:
    rows = [
        talk(1, 2, complexity_scores=[2.5, 4], quality_scores=[3, 5]),
        talk(2, 1, complexity_scores=[1.0], quality_scores=["4.5"]),
        talk(3, 2, complexity_scores=[1.0], quality_scores=[1, 2]),
        talk(4, 1, complexity_scores=[None], quality_scores=["high"]),
        talk(5, 1, note="nothing here"),
    ]
    with make(tmp_path / "p", rows) as project:
        assert [(each.name, each.measures) for each in project.score_fields()] == [
            ("complexity_scores", "complexity"),
            ("quality_scores", "quality"),
        ]
        taken = project.take_score_fields(
            {"complexity_scores": "complexity", "quality_scores": "quality"}
        )
        assert [(each.texts, each.failed, each.records) for each in taken] == [(3, 3, 4), (5, 1, 4)]
        found = [(row.complexity, row.quality) for row in project.list(sort="id")]
        assert found == [
            ([2.5, 4.0], [3.0, 5.0]),
            ([1.0], [4.5]),
            ([None, None], [1.0, 2.0]),
            ([None], [None]),
            (None, None),
        ]
        by_measure = {each.measures: each for each in project.scorers()}
        assert project.score_failures(by_measure["complexity"].id) == {
            "complexity_scores has 1 value for 2 turns": 1,
            "complexity_scores is empty": 1,
        }
        config = by_measure["quality"].config
        assert (config["method"], config["field"]) == ("field/1", "quality_scores")
        assert len(str(config["files"][0])) == 64  # type: ignore[index]
        report = project.select(budget=2, threshold=1.0, scorer="file")
        assert (report.kept, report.outcomes["unscored"]) == (2, 3)


def test_one_value_for_a_record_is_every_turns_and_said(tmp_path: Path) -> None:
    rows = [talk(1, 3, evol_score=12.5), talk(2, 1, evol_score=3)]
    with make(tmp_path / "p", rows) as project:
        (taken,) = project.take_score_fields({"evol_score": "evol"})
        assert "--turns max" in taken.notes[0]
        project.select(budget=1, threshold=1.0, formula="evol", turns="max")
        assert [row.score for row in project.list("is:kept")] == [12.5]


def test_the_same_turn_with_two_values_keeps_the_first_and_says_so(tmp_path: Path) -> None:
    rows = [talk(1, 1, score=1.0), {**talk(1, 1, score=2.0), "system": "Other."}]
    with make(tmp_path / "p", rows) as project:
        assert project.counts().records == 2
        (taken,) = project.take_score_fields({"score": "reward"})
        assert "the first was taken" in taken.notes[0]
        assert taken.texts == 1


def test_an_unknown_field_names_those_there_are(tmp_path: Path) -> None:
    with make(tmp_path / "p", [talk(1, ppl=8.0)]) as project:
        with pytest.raises(UsageError, match="No row of the files") as caught:
            project.take_score_fields({"pll": "perplexity"})
        assert "ppl" in caught.value.hint
        assert not project.scorers()


def test_taking_again_after_more_files_is_another_scorer(tmp_path: Path) -> None:
    with make(tmp_path / "p", [talk(1, ppl=8.0)]) as project:
        project.take_score_fields({"ppl": "perplexity"})
        project.take_score_fields({"ppl": "perplexity"})
        assert len(project.scorers()) == 1
        more = tmp_path / "more.jsonl"
        more.write_text(json.dumps(talk(2, ppl=4.0)) + "\n")
        project.import_(more)
        project.take_score_fields({"ppl": "perplexity"})
        assert [each.records for each in project.scorers()] == [1, 2]

"""Two selections side by side."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deita_store.errors import StoreError
from deita_tui.project import Project
from deita_tui.selection.compare import Side, compare
from tests.selecting.projects import clustered, project

_kept = st.lists(st.integers(1, 30), unique=True, max_size=15)


def side(name: str, ids: list[int]) -> Side:
    numbers = np.array(ids, np.int64)
    scores = np.where(numbers % 7 == 0, np.nan, 100.0 - numbers)
    sources = tuple("ab"[id_ % 2] for id_ in ids)
    return Side(name, numbers, scores, sources, numbers % 4 + 1, numbers * 10)


@given(_kept, _kept)
def test_it_is_symmetrical_and_nothing_is_lost(first: list[int], second: list[int]) -> None:
    there, back = compare(side("a", first), side("b", second)), compare(
        side("b", second), side("a", first)
    )  # fmt: skip
    assert (there.entered, there.left) == (back.left, back.entered)
    assert (there.first, there.second) == (back.second, back.first)
    assert there.jaccard == back.jaccard
    assert sorted(each.id for each in there.moved) == sorted(each.id for each in back.moved)
    assert [id_ for id_ in first if id_ not in second] == list(there.left)
    assert [id_ for id_ in second if id_ not in first] == list(there.entered)
    assert there.both == len(set(first) & set(second))
    union = len(set(first) | set(second))
    assert there.jaccard == (there.both / union if union else 1.0)
    for each in there.moved:
        assert first[each.before - 1] == second[each.after - 1] == each.id
    assert sum(there.first.sources.values()) == sum(there.first.turns.values()) == len(first)


@given(_kept)
def test_a_selection_is_like_itself(ids: list[int]) -> None:
    found = compare(side("a", ids), side("a", ids))
    assert (found.jaccard, found.entered, found.left, found.moved) == (1.0, (), (), ())


def test_the_mix_is_told(tmp_path: Path) -> None:
    found = compare(side("a", [1, 2, 3, 7]), side("b", [2])).first
    assert found.sources == {"b": 3, "a": 1}
    assert found.turns == {"2": 1, "3": 1, "4": 2}
    assert found.score.count == 3
    assert found.score.quantiles["50%"] == 98
    assert found.chars.quantiles["100%"] == 70


def test_saved_and_working_selections_of_a_project(tmp_path: Path) -> None:
    project(tmp_path / "project", clustered(150, seed=5)).close()
    with Project.open(tmp_path / "project") as opened:
        with pytest.raises(StoreError, match="Nothing is saved"):
            opened.compare()
        opened.select(budget=30, save="tight", threshold=0.8)
        opened.select(budget=30, save="loose", threshold=0.99)
        opened.select(budget=40, threshold=0.99)
        found = opened.compare("tight", "loose")
        tight, loose = (
            {row.id for row in opened.list("is:kept", selection=name)}
            for name in ("tight", "loose")
        )
        assert set(found.entered) == loose - tight
        assert set(found.left) == tight - loose
        against_working = opened.compare()
        assert (against_working.first.name, against_working.second.name) == ("loose", "working")
        assert (against_working.left, against_working.moved) == ((), ())
        assert len(against_working.entered) == 10
        assert opened.compare("working", "loose").left == against_working.entered

"""What each decision costs: the selection without it, and nothing else changed."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deita_tui.errors import StoreError
from deita_tui.project import Project
from tests.selecting.projects import Made, clustered
from tests.selecting.projects import project as by_hand

TWINS = [
    Made((9.0,), vector=(1, 0)),
    Made((8.0,), vector=(1, 0.01)),
    Made((7.0,), vector=(0, 1)),
    Made((6.0,), vector=(0.01, 1)),
    Made((5.0,), vector=(-1, 0)),
]


def test_the_price_of_a_keep_and_of_a_reject(tmp_path: Path) -> None:
    by_hand(tmp_path / "project", TWINS).close()
    with Project.open(tmp_path / "project") as project:
        with pytest.raises(StoreError, match="Nothing is selected"):
            project.prices()
        project.select(budget=2)
        assert project.prices() == []
        project.decide(2, "keep")
        project.decide(5, "reject")
        project.decide(3, "reject")
        one, two, three = project.prices()
        # 3 makes room for its twin 4; 5 was never to be kept; 2 takes the place of its twin 1.
        assert (one.record, one.verb, one.displaced, one.freed) == (3, "reject", (), (4,))
        assert (two.record, two.displaced, two.freed, two.matters) == (5, (), (), False)
        assert (three.record, three.verb, three.displaced, three.freed) == (2, "keep", (1,), ())
        assert (one.matters, three.matters) == (True, True)
        assert [each.record for each in project.prices(limit=1)] == [3]
        project.undo()
        assert [each.record for each in project.prices()] == [5, 2]


@given(st.sets(st.integers(1, 40), max_size=4), st.sets(st.integers(1, 40), max_size=4))
@settings(max_examples=10, deadline=None)
def test_it_is_what_selecting_without_it_gives(
    tmp_path_factory: pytest.TempPathFactory, keep: set[int], reject: set[int]
) -> None:
    folder = tmp_path_factory.mktemp("prices") / "project"
    by_hand(folder, clustered(40)).close()

    def kept(project: Project) -> set[int]:
        project.select(budget=12, threshold=0.9)
        return set(project.view("outcome:kept", selection="working").ids)

    with Project.open(folder) as project:
        project.select(budget=12, threshold=0.9)
        for decision, ids in (("keep", keep), ("reject", reject - keep)):
            if ids:
                project.decide(sorted(ids), decision)  # type: ignore[arg-type]
        prices, now = project.prices(), kept(project)
        assert {each.record for each in prices} == keep | reject
        for each in prices:
            project.decide(each.record, "clear")
            without = kept(project)
            project.undo()
            assert set(each.displaced) == without - now - {each.record}
            assert set(each.freed) == now - without - {each.record}
            assert each.matters == ((each.record in now) != (each.record in without))

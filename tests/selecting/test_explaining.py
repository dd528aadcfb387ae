"""Why a record is where it is: each "what if" is tried out, and comes out as it was told."""

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deita_store.errors import StoreError
from deita_tui.project import Project
from deita_tui.selection import wording
from deita_tui.selection.case import Case, Mask
from deita_tui.selection.diffs import beginning, brief, differing, shortened
from deita_tui.selection.explain import explain
from deita_tui.selection.params import Params
from deita_tui.selection.pool import Pool
from deita_tui.selection.result import KEPT, Result
from deita_tui.selection.select import select
from deita_tui.selection.ways import Way, rounded_up
from deita_tui.steps.held import Held
from tests.selecting.projects import Made, clustered, project


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A small pool with dense clusters, exact twins, ties, decisions, and a selection of it."""
    size = draw(st.integers(2, 24))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    centres = rng.normal(size=(max(1, size // 4), 3))
    wide = centres[rng.integers(len(centres), size=size)]
    wide = wide + rng.normal(size=wide.shape) * rng.choice([0, 0.05, 0.3], size=(size, 1))
    rows = (wide / np.linalg.norm(wide, axis=1, keepdims=True)).astype(np.float16)
    row = np.where(rng.random(size) < 0.05, -1, rng.permutation(size)).astype(np.int32)
    pool = Pool(
        ids=np.arange(1, size + 1) * 3,
        source=rng.integers(2, size=size).astype(np.int32),
        sources=("a", "b"),
        turn_start=np.arange(size + 1),
        scores={
            "c": rng.integers(1, 5, size).astype(float),
            "q": np.where(rng.random(size) < 0.05, np.nan, 1.0),
        },
        row=row,
        vectors=rows,
        neighbours=None,
        similarities=None,
        pinned=rng.random(size) < 0.1,
        rejected=rng.random(size) < 0.1,
        tokens=rng.integers(1, 9, size),
    )
    params = Params(
        budget=draw(st.integers(0, size)),
        budget_tokens=draw(st.sampled_from((0, 0, 30))),
        threshold=draw(st.sampled_from((0.5, 0.9, 0.97))),
    )
    allowed = rng.random(size) < 0.9 if draw(st.booleans()) else None
    return Case(pool, params, allowed, select(pool, params, allowed), select)


def applied(case: Case, place: int, way: Way) -> Result:
    """The selection with the change, made from what the way says and nothing else."""
    pool, at = case.pool, {int(id_): at for at, id_ in enumerate(case.pool.ids)}
    changes = {
        name: getattr(way, name)
        for name in ("threshold", "budget", "budget_tokens")
        if getattr(way, name) is not None
    }
    pinned, rejected = pool.pinned.copy(), pool.rejected.copy()
    allowed: Mask | None = None if case.allowed is None else case.allowed.copy()
    if way.kind == "reject":
        rejected[[at[id_] for id_ in way.records] or [place]] = True
    elif way.kind in ("pin", "clear"):
        pinned[place], rejected[place] = way.kind == "pin", False
    elif way.kind == "unfilter":
        assert allowed is not None
        allowed[place] = True
    params = msgspec.structs.replace(case.params, **changes)
    return select(replace(pool, pinned=pinned, rejected=rejected), params, allowed)


@given(cases(), st.data())
@settings(max_examples=200, deadline=None)
def test_what_is_told_comes_true_when_it_is_done(case: Case, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, case.pool.size - 1))
    about = explain(case, place, near=4)
    assert (about.status == "kept") == (case.result.status[place] == KEPT)
    for way in about.ways:
        assert wording.told(way, about)
        if way.kind == "budget" and not way.works:
            continue  # it names no budget
        result = applied(case, place, way)
        kept = set(case.pool.ids[result.kept].tolist())
        before = set(case.pool.ids[case.result.kept].tolist())
        named = {about.id, *way.records}
        assert set(way.entered) == kept - before - named
        assert set(way.left) == before - kept - named
        turned = (about.id in kept) != (about.id in before)
        assert way.works == turned or way.kind == "pin"
        if way.kind == "pin":
            assert about.id in kept


@given(cases(), st.data())
@settings(max_examples=60, deadline=None)
def test_what_stands_in_the_way_is_the_most_similar_kept_one(
    case: Case, data: st.DataObject
) -> None:
    out = np.flatnonzero(case.result.blocker >= 0)
    if not len(out):
        return
    about = explain(case, int(data.draw(st.sampled_from(out.tolist()))), near=30)
    assert about.similarity is not None
    assert about.similarity > case.params.threshold
    kept = {each.id: each for each in about.neighbours if each.status == "kept"}
    assert about.blocked_by in kept
    assert kept[about.blocked_by].similarity == about.similarity
    above = {id_ for id_, each in kept.items() if each.similarity > case.params.threshold}
    assert above == {about.blocked_by, *about.also_blocked_by}
    assert about.id in explain(case, _place(case, about.blocked_by)).blocks


@given(st.floats(-1, 1))
def test_a_threshold_is_rounded_up_and_by_little(similarity: float) -> None:
    found = rounded_up(similarity)
    assert similarity <= found < similarity + 2e-4


def _place(case: Case, id_: int) -> int:
    return int(np.flatnonzero(case.pool.ids == id_)[0])


# In a project -------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    project(folder, clustered(120, seed=4)).close()
    with Project.open(folder) as opened:
        opened.select(budget=20, save="main")
    return folder


def test_each_outcome_is_explained_and_its_way_back_works(folder: Path) -> None:
    with Project.open(folder) as opened:
        for status in ("kept", "too_similar", "over_budget", "unscored"):
            row = next(iter(opened.list(f"is:{status}", sort="-score")))
            found = opened.explain(row.id)
            assert found.about.status == status
            assert (found.stale, found.note) == ((), "")
            assert len(found.turns) == row.turns
            assert [turn.scores["c"] for turn in found.turns] == row.complexity
        blocked = next(iter(opened.list("is:too_similar", sort="position")))
        found = opened.explain(blocked.uid)
        assert found.about.blocked_by == blocked.blocked_by
        assert found.differs is not None
        assert found.mentioned[blocked.blocked_by].id == blocked.blocked_by  # type: ignore[index]
        way = next(each for each in found.about.ways if each.kind == "reject")
        before = {row.id for row in opened.list("is:kept")}
        opened.decide(way.records, "reject")
        opened.select(budget=20, save="next")
        after = {row.id for row in opened.list("is:kept", selection="next")}
        assert (blocked.id in after) == way.works
        assert after - before - {blocked.id} == set(way.entered)


def test_what_is_newer_is_told_and_the_saved_selection_is_still_what_is_explained(
    folder: Path,
) -> None:
    with Project.open(folder) as opened:
        first = next(iter(opened.list("rank:1")))
        opened.decide(first.id, "reject")
        found = opened.explain(first.id)
        assert found.about.status == "kept"
        assert found.stale == ("1 record was decided otherwise since.",)
        opened.undo()
        assert opened.explain(first.id).stale == ()


def test_what_is_held_for_the_next_question_changes_no_answer(folder: Path) -> None:
    held: Held[Case] = Held()
    with Project.open(folder) as opened:
        ids = [row.id for row in opened.list(sort="position")][:12]
        opened.select(budget=5)
        for selection in ("working", None, "working"):
            for id_ in ids:
                found = opened.explain(id_, selection=selection, held=held)
                assert found == opened.explain(id_, selection=selection)
        opened.decide(ids[0], "reject")
        assert opened.explain(ids[0], held=held) == opened.explain(ids[0])
        # The next working selection takes the place of the one before, and its number.
        opened.select(budget=3)
        found = opened.explain(ids[1], selection="working", held=held)
        assert found == opened.explain(ids[1], selection="working")
        assert found.about.kept == 3


def test_what_is_held_is_not_told_of_what_was_purged_since(folder: Path) -> None:
    held: Held[Case] = Held()
    with Project.open(folder) as opened:
        first, second = [row.id for row in opened.list(sort="position")][:2]
        assert opened.explain(first, held=held).note == ""
        opened.purge([first])
        assert "1 record that it was made from was purged" in opened.explain(second, held=held).note
        with pytest.raises(StoreError):
            opened.explain(first, held=held)


def test_where_it_cannot_be_computed_again_it_says_so(folder: Path) -> None:
    with Project.open(folder) as opened:
        opened.store.db.execute("update scores set value = 1.5 where scorer_id = 1 and value > 0")
        found = opened.explain(1)
        assert "reads otherwise now: scores of c" in found.note


def test_a_record_that_the_selection_does_not_know(folder: Path, tmp_path: Path) -> None:
    from tests.selecting.projects import add

    with Project.open(folder) as opened:
        (new,) = add(opened.store, [Made(vector=(1.0,) * 8)])
        with pytest.raises(StoreError, match=f"does not know record {new}"):
            opened.explain(new)
        with pytest.raises(StoreError, match="has no record 999"):
            opened.explain(999)


def test_without_a_selection_it_says_what_to_do(tmp_path: Path) -> None:
    with project(tmp_path / "other", [Made()]) as store:
        store.close()
    with Project.open(tmp_path / "other") as opened, pytest.raises(StoreError, match="--budget"):
        opened.explain(1)


# Words --------------------------------------------------------------------------------------------

_texts = st.lists(st.sampled_from(("a", "bb", "c.", "d\n", "一", " ", "the", "end!")), max_size=30)


@given(_texts, _texts)
def test_the_pieces_of_a_difference_make_up_both_texts(first: list[str], second: list[str]) -> None:
    one, other = " ".join(first), " ".join(second)
    found = differing(one, other)
    for side, text in (("first", one), ("second", other)):
        said = "".join(piece.text for piece in found.pieces if piece.side in ("both", side))
        assert said.split() == text.split() or "".join(said.split()) == "".join(text.split())
    assert (found.words == (0, 0)) == ("".join(one.split()) == "".join(other.split()))


def test_a_long_text_is_compared_in_its_beginning_only() -> None:
    found = differing("word " * 5_000, "word " * 5_001)
    assert found.cut
    assert len(shortened(found.pieces)) == 1


def test_what_both_have_is_shortened_around_the_difference() -> None:
    found = differing("a b c d e f g h i j k l m n X", "a b c d e f g h i j k l m n Y")
    told = "".join(piece.text for piece in shortened(found.pieces, around=2))
    assert told == " … m n X Y"


def test_of_two_very_different_texts_the_first_differences_are_shown() -> None:
    first = " ".join(f"a{n} b{n} same" for n in range(200))
    second = " ".join(f"c{n} d{n} same" for n in range(200))
    found = differing(first, second)
    assert (found.words, found.lengths) == ((400, 400), (600, 600))
    pieces, left = brief(found.pieces, words=30)
    shown = sum(piece.side == "first" for piece in pieces)
    assert 0 < shown < 20
    assert left == 200 - shown
    assert "a0 b0" in pieces[0].text


def test_a_long_difference_is_cut_and_a_short_one_is_not() -> None:
    found = differing("same " + "x " * 500 + "end", "same y z end")
    pieces, left = brief(found.pieces, each=5)
    assert left == 0
    assert {piece.side: piece.text.split() for piece in pieces if piece.side != "both"} == {
        "first": ["x"] * 5 + ["…"],
        "second": ["y", "z"],
    }


def test_texts_that_share_little_are_unlike_and_told_by_their_beginnings() -> None:
    found = differing("one two three four, five", "six seven eight nine, ten")
    assert found.unlike
    assert beginning(found.pieces, "first", words=3) == "one two three …"
    assert beginning(found.pieces, "second") == "six seven eight nine, ten"
    assert not differing("one two three four", "one two three five").unlike

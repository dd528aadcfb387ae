"""The audit of a saved selection: what is drawn, what counts, and what it says."""

import math
from collections.abc import Iterable

import numpy as np
import pytest

from deita_tui.errors import StoreError
from deita_tui.project import Project
from deita_tui.selection.audit import estimate

SIDES = ("kept", "dropped")


def test_the_draw_is_of_what_the_method_did_by_itself(mix: Project) -> None:
    kept = {row.id for row in mix.list("is:kept")}
    out = {row.id for row in mix.list("is:too_similar or is:over_budget")}
    assert set(mix.queue("audit-kept").ids) == kept
    assert set(mix.queue("audit-dropped").ids) == out
    assert mix.audit("kept").lot == len(kept)
    assert mix.audit("dropped").lot == len(out)
    # A pin is the user's word, not the method's; an exclusion is as well.
    pinned, excluded = sorted(kept)[:2]
    mix.decide(pinned, "keep")
    mix.decide(excluded, "reject")
    mix.select(budget=60, threshold=0.95, exclude="source:dolly", save="second")
    judged = {*mix.queue("audit-kept").ids, *mix.queue("audit-dropped").ids}
    assert judged.isdisjoint({pinned, excluded, *(row.id for row in mix.list("source:dolly"))})


def test_the_draw_stays_and_another_selection_has_another(mix: Project) -> None:
    first = list(mix.queue("audit-kept").ids)
    assert first != sorted(first)
    mix.select(budget=60, threshold=0.95)  # a working selection takes no part
    assert list(mix.queue("audit-kept").ids) == first
    assert list(mix.queue("audit-kept", selection="working").ids) == first
    assert mix.queue("audit-kept", selection="working").selection == "mine"
    mix.select(budget=50, threshold=0.95, save="other")
    assert list(mix.queue("audit-kept").ids) != [
        i for i in first if i in mix.queue("audit-kept").ids
    ]
    assert list(mix.queue("audit-kept", selection="mine").ids) == first
    assert list(mix.queue("audit-kept", selection="mine", limit=7).ids) == first[:7]


@pytest.mark.parametrize("side", SIDES)
def test_agreement_is_told_with_its_error(mix: Project, side: str) -> None:
    nothing = mix.audit(side)  # type: ignore[arg-type]
    assert (nothing.judged, nothing.told, math.isnan(nothing.share)) == (0, "", True)
    assert "nothing of the random sample is judged yet" in nothing.sentence
    ids = mix.queue(f"audit-{side}").ids[:20]
    yes, no = ("keep", "reject") if side == "kept" else ("reject", "keep")
    mix.decide(ids[:17], yes)  # type: ignore[arg-type]
    mix.decide(ids[17:20], no)  # type: ignore[arg-type]
    found = mix.audit(side)  # type: ignore[arg-type]
    expected = estimate(found.lot, 20, 17)
    assert (found.sample, found.judged, found.agreed) == (20, 20, 17)
    assert (found.share, found.low, found.high) == (0.85, expected.low, expected.high)
    error = max(0.85 - found.low, found.high - 0.85)
    assert found.told.startswith("agreement of audit 0.85 ± ")
    shown = float(found.told.rpartition(" ")[2])
    assert error <= shown < error + 0.01
    assert f"{found.low:.2f} to {found.high:.2f} (95% interval)" in found.sentence
    mix.undo()
    assert mix.audit(side).judged == 17  # type: ignore[arg-type]


def test_the_working_selection_may_come_and_go_meanwhile(mix: Project) -> None:
    """It is made anew with every decision, which then are pins of it."""
    ids = mix.queue("audit-kept", selection="working" if mix.has_working() else None).ids
    for at in range(6):
        mix.decide(ids[at], "keep" if at else "reject")
        mix.select(budget=60, threshold=0.95)
    found = mix.audit("kept", "working")
    assert (found.selection, found.judged, found.agreed) == ("mine", 6, 5)
    assert list(mix.queue("audit-kept", selection="working").ids) == list(ids[6:])


def test_judgements_for_other_reasons_do_not_lean_on_the_scale(mix: Project) -> None:
    ids = list(mix.queue("audit-kept").ids)
    mix.decide([ids[40], ids[50], ids[59]], "reject")  # met in some other queue
    assert mix.audit("kept").judged == 0
    mix.decide(ids[:10], "keep")
    found = mix.audit("kept")
    assert (found.sample, found.judged, found.agreed) == (10, 10, 10)
    mix.decide(ids[10:41], "keep")  # now the draw has come to the first of them
    assert mix.audit("kept").judged == 41


def test_skipped_records_are_left_out_of_the_count(mix: Project) -> None:
    ids = list(mix.queue("audit-kept").ids)
    skipped = {ids[3], ids[7], ids[8]}
    mix.decide([id_ for id_ in ids[:12] if id_ not in skipped], "keep")
    found = mix.audit("kept")
    assert (found.sample, found.judged) == (12, 9)
    assert list(mix.queue("audit-kept").ids[:3]) == [ids[3], ids[7], ids[8]]


def test_all_of_a_lot_judged_leaves_no_error(mix: Project) -> None:
    mix.decide(mix.queue("audit-kept").ids, "keep")
    found = mix.audit("kept")
    assert (found.low, found.share, found.high) == (1.0, 1.0, 1.0)
    assert found.told == "agreement of audit 1.00 ± 0.00"
    assert (
        "All 60 of the sample are judged. You agree with 60 of 60" in mix.queue("audit-kept").note
    )


def live(project: Project, ids: Iterable[int], occurrences: int) -> None:
    with project.store.transaction() as db:
        db.executemany(
            "update records set live = ? where id = ?", [(occurrences, id_) for id_ in ids]
        )


def test_what_is_removed_leaves_the_lot_and_comes_back_with_it(mix: Project) -> None:
    before = list(mix.queue("audit-kept").ids)
    gone = {row.id for row in mix.list("source:dolly")}
    live(mix, gone, 0)
    left = [id_ for id_ in before if id_ not in gone]
    assert list(mix.queue("audit-kept").ids) == left
    assert mix.audit("kept").lot == len(left)
    live(mix, gone, 1)
    assert list(mix.queue("audit-kept").ids) == before


def test_an_audit_of_a_selection_that_is_not_there(mix: Project) -> None:
    with pytest.raises(StoreError):
        mix.audit("kept", "nothing")
    mix.hide_selection("mine")
    assert mix.audit("kept").selection is None
    assert "No selection is saved" in mix.audit("kept").sentence


def test_over_many_selections_the_draw_shows_no_preference(mix: Project) -> None:
    """Records high in the ranking are drawn first as often as others."""
    places = []
    for number in range(12):
        mix.select(budget=60, threshold=0.95 + number / 1_000, save=f"s{number}")
        rank = {row.id: row.rank or 0 for row in mix.list("is:kept")}
        places += [rank[id_] for id_ in mix.queue("audit-kept", limit=20).ids]
    # The mean of 240 draws from 1 to 60: 30.5, give or take four times 1.1.
    assert abs(np.mean(places) - 30.5) < 4.5

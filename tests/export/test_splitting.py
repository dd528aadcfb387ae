"""Train and validation: what is alike stays together, and the seed decides the rest."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from deita_tui.errors import UsageError
from deita_tui.export import splitting
from deita_tui.project import Project
from deita_tui.records import Message
from tests.export.made import lines, make_project, said, select, write
from tests.export.vectors import embed


def groups(vectors: NDArray[np.float64], keys: list[bytes], similar: float) -> list[set[int]]:
    """Connected components, by looking at every pair."""
    count = len(keys)
    near = vectors @ vectors.T >= similar
    found = [{at} for at in range(count)]
    for a in range(count):
        for b in range(count):
            if (near[a, b] or keys[a] == keys[b]) and found[a] is not found[b]:
                found[a] |= found[b]
                for each in found[b]:
                    found[each] = found[a]
    return found


@settings(max_examples=60, deadline=None)
@given(
    count=st.integers(2, 60),
    spread=st.sampled_from([0.02, 0.2, 1.0]),
    wanted=st.integers(1, 20),
    seed=st.integers(0, 5),
)
def test_no_near_duplicate_is_on_the_other_side(
    count: int, spread: float, wanted: int, seed: int
) -> None:
    chance = np.random.default_rng(seed)
    centres = chance.normal(size=(5, 6))
    raw = centres[chance.integers(0, 5, count)] + spread * chance.normal(size=(count, 6))
    vectors = (raw / np.linalg.norm(raw, axis=1, keepdims=True)).astype(np.float16)
    uids = [f"{at:016x}" for at in range(count)]
    keys = [bytes([at % 23]) for at in range(count)]
    rows = np.arange(count)
    asked = (uids, keys, wanted, seed, vectors, rows, 0.95)
    held = splitting.validation(*asked)
    assert len(held) <= wanted
    assert held == splitting.validation(*asked)
    wide = vectors.astype(np.float64)
    wide /= np.linalg.norm(wide, axis=1, keepdims=True)
    together = groups(wide, keys, 0.95)
    for at in held:
        assert together[at] <= set(held)
    small = [at for at in range(count) if at not in held and len(together[at]) == 1]
    assert len(held) == wanted or not small  # whatever fits is taken


def test_the_order_of_the_records_decides_nothing() -> None:
    uids = [f"{at:016x}" for at in range(50)]
    keys = [uid.encode() for uid in uids]
    held = {uids[at] for at in splitting.validation(uids, keys, 10, 4)}
    again = splitting.validation(uids[::-1], keys[::-1], 10, 4)
    assert {uids[::-1][at] for at in again} == held
    assert held != {uids[at] for at in splitting.validation(uids, keys, 10, 5)}


def test_questions_are_compared_without_case_spacing_and_punctuation() -> None:
    def key(*texts: str) -> bytes:
        return splitting.question_key([Message("user", text) for text in texts])

    assert key("What is Raft?") == key("what is  raft ")
    assert key("What is Raft?") != key("What is a raft?")
    assert key("好的") != key("不好")
    assert key("!!!") != key("???")


def test_a_share_and_a_number(project: Project, tmp_path: Path) -> None:
    for at, (asked, held) in enumerate([(0.2, 4), (5, 5), (0.001, 1)]):
        report = project.export(tmp_path / f"{at}", "hf", validation=asked)
        assert report.records["validation"] == held
        assert len(lines(tmp_path / f"{at}" / "data" / "validation.jsonl")) == held
    for wrong in (0, -1, 1.5):
        with pytest.raises(UsageError, match="validation"):
            project.check_export("hf", validation=wrong)


def test_vectors_keep_paraphrases_together(tmp_path: Path) -> None:
    rows = [{"id": str(at), "messages": said(f"Question {at}.", f"Answer {at}.")}
            for at in range(40)]  # fmt: skip
    with make_project(tmp_path / "p", write(tmp_path, {"x.jsonl": rows})) as project:
        select(project)
        ids = [row.id for row in project.list()]
        chance = np.random.default_rng(1)
        pairs = chance.normal(size=(20, 16))
        embed(project, {id_: pairs[at // 2] + 1e-3 * chance.normal(size=16)
                        for at, id_ in enumerate(ids)})  # fmt: skip
        report = project.export(tmp_path / "out", "messages", validation=9)
        assert report.records == {"train": 32, "validation": 8, "left_out": 0}
        assert any("8 of 9" in note for note in report.notes)
        uids = {row.uid: at // 2 for at, row in enumerate(project.list())}
        held = [uids[row["id"]] for row in lines(tmp_path / "out" / "validation.jsonl")]
        assert len(set(held)) == 4
        assert project.verify(tmp_path / "out").findings == ()


def test_the_order_is_by_rank_or_by_the_seed(project: Project, tmp_path: Path) -> None:
    ranked = [row.uid for row in project.list(sort="rank")]
    project.export(tmp_path / "ranked", "messages")
    assert [row["id"] for row in lines(tmp_path / "ranked" / "train.jsonl")] == ranked
    orders: list[list[str]] = []
    for seed in (1, 1, 2):
        place = tmp_path / f"shuffled{len(orders)}"
        project.export(place, "messages", shuffle=True, seed=seed)
        orders.append([row["id"] for row in lines(place / "train.jsonl")])
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0]) == sorted(ranked) != orders[0]


def test_a_validation_split_that_leaves_nothing_to_train_on_is_refused(
    project: Project, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="would leave none of the"):
        project.export(tmp_path / "out", "messages", validation=9_999)
    assert not (tmp_path / "out").exists()

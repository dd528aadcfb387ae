"""Files beside the pool: what one has already, and what one wants more of."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from deita_tui.errors import InputError, UsageError
from deita_tui.project import Project
from deita_tui.steps.recomputing import recompute
from tests.scoring.small_project import fill
from tests.selecting.projects import Made, score

THEMES = ("red black tree rotation", "poem about the autumn sea", "tax on imported cars")


def rows(path: Path, texts: Sequence[tuple[str, str]]) -> Path:
    with path.open("w") as file:
        for asked, answered in texts:
            file.write(json.dumps({"instruction": asked, "output": answered}) + "\n")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Thirty records about three things, embedded by their words."""
    folder = tmp_path / "project"
    with Project.create(folder) as opened:
        said = [[(f"tell me of the {THEMES[n % 3]}", f"answer {n}")] for n in range(30)]
        ids = fill(opened.store, said)
        from deita_tui.steps import deriving

        for _ in deriving.run(opened.store):
            pass
        score(opened.store, ids, [Made((1 + n / 10,), (1.0,)) for n in range(30)])
        opened.embed(embedder="words", backend="fake", settings={"dimensions": 128})
    return folder


def test_what_one_has_already_keeps_its_like_out(folder: Path, tmp_path: Path) -> None:
    have = rows(
        tmp_path / "have.jsonl",
        [("nothing", "like it"), (f"tell me of the {THEMES[1]}", "answer 77")],
    )
    with Project.open(folder) as opened:
        plain = opened.select(budget=3, threshold=0.7)
        assert plain.kept == 3
        report = opened.select(budget=3, threshold=0.7, against=have, save="new")
        assert report.kept == 2
        assert report.params["against"] == {"name": "have.jsonl", "sha256": _sha(have)}
        left = list(opened.list("is:too_similar sea", selection="new"))
        assert len(left) == 10
        told = opened.store.db.execute(
            "select distinct status, blocked_by, reason from outcomes where record_id = ?"
            " and selection_id = (select max(id) from selections)",
            (left[0].id,),
        ).fetchall()
        assert told == [("too_similar", None, "too similar to record 2 of have.jsonl")]
        found = opened.explain(left[0].id)
        assert found.about.blocked_by is None
        assert found.about.similarity is not None


def test_it_is_computed_again_without_the_file(folder: Path, tmp_path: Path) -> None:
    have = rows(tmp_path / "have.jsonl", [(f"tell me of the {THEMES[0]}", "answer 1")])
    with Project.open(folder) as opened:
        opened.select(budget=5, threshold=0.7, against=have, save="mine")
        have.unlink()
        result = recompute(opened.store, opened.selection("mine"))
        assert len(result.kept) == 2
        for path in opened.folder.glob("cache/examples/*"):
            path.unlink()
        with pytest.raises(UsageError, match=r"have.jsonl .*not in the cache"):
            recompute(opened.store, opened.selection("mine"))


def test_targets_draw_what_resembles_them(folder: Path, tmp_path: Path) -> None:
    wanted = rows(
        tmp_path / "wanted.jsonl", [(f"tell me of the {THEMES[2]}", "answer 5"), ("", "")]
    )
    with Project.open(folder) as opened:
        report = opened.select(budget=5, selector="rds", targets=wanted)
        assert report.kept == 5
        assert all(THEMES[2] in row.instruction for row in opened.list("is:kept"))


def test_rows_that_cannot_be_read_or_embedded_are_told(folder: Path, tmp_path: Path) -> None:
    have = rows(tmp_path / "have.jsonl", [("a", "b"), ("c", "d")])
    with have.open("a") as file:
        file.write("no json\n")
    with Project.open(folder) as opened:
        report = opened.select(budget=3, against=have)
        assert "1 row of have.jsonl could not be read." in report.notes
        with pytest.raises(InputError):
            opened.select(budget=3, against=rows(tmp_path / "empty.jsonl", []))


def test_another_embedder_under_the_same_name_is_refused(folder: Path, tmp_path: Path) -> None:
    have = rows(tmp_path / "have.jsonl", [("a", "b")])
    with Project.open(folder) as opened:
        (config,) = opened.store.db.execute("select config from embedders").fetchone()
        other = json.loads(config)
        other["embedder"]["weights"] = "another"
        opened.store.db.execute("update embedders set config = ?", (json.dumps(other),))
        with pytest.raises(UsageError, match="not what the pool was embedded with"):
            opened.select(budget=3, against=have)


def test_a_selection_that_looks_at_no_vector_takes_no_file(folder: Path, tmp_path: Path) -> None:
    have = rows(tmp_path / "have.jsonl", [("a", "b")])
    with Project.open(folder) as opened, pytest.raises(UsageError, match="looks at none"):
        opened.select(budget=3, selector="random", against=have)


def test_the_vectors_are_those_of_the_pool(folder: Path, tmp_path: Path) -> None:
    same = rows(tmp_path / "same.jsonl", [(f"tell me of the {THEMES[0]}", "answer 0")])
    with Project.open(folder) as opened:
        tuner, params = opened.what_if(budget=3, against=same)
        pool = tuner.pool(params)
        assert pool.against is not None
        assert np.array_equal(pool.against[0], pool.vectors[pool.row[0]])


def _sha(path: Path) -> str:
    from hashlib import sha256

    return sha256(sha256(path.read_bytes()).digest()).hexdigest()

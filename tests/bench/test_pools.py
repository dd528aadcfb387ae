"""The pools that benchmarks measure are what they say: repeatable, and projects like any other."""

from pathlib import Path

from deita_store import counts
from deita_store.store import Store
from deita_store.view import View
from deita_tui.records import from_body, instruction_key, pair_key, pairs
from tests.bench.pools import samples, write_jsonl, write_project


def test_a_seed_decides_everything() -> None:
    assert list(samples(300, seed=1)) == list(samples(300, seed=1))
    assert list(samples(300, seed=1)) != list(samples(300, seed=2))


def test_a_project_is_what_an_import_and_a_scoring_run_leave(tmp_path: Path) -> None:
    write_project(tmp_path / "p", 400, scored=True)
    with Store.read(tmp_path / "p") as store:
        assert counts.read(store).records == 400
        assert counts.read(store).scored == [
            ("pool-complexity", "complexity", 400), ("pool-quality", "quality", 400),
        ]  # fmt: skip
        assert all(row.score is not None and row.outcome is None for row in View(store))
        for id_, body, chars, turns in store.db.execute(
            "select id, body, chars, turns from conversations"
        ).fetchall():
            messages = from_body(body).messages
            derived = [(instruction_key(t.instruction), pair_key(t)) for t in pairs(messages)]
            assert (
                derived
                == store.db.execute(
                    "select instruction, pair from turns where conversation_id = ? order by turn",
                    (id_,),
                ).fetchall()
            )
            assert (chars, turns) == (sum(len(m.content) for m in messages), len(derived))
        assert store.db.execute("pragma foreign_key_check").fetchall() == []


def test_a_file_has_one_row_a_record(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "pool.jsonl", 50)
    assert len((tmp_path / "pool.jsonl").read_text(encoding="utf-8").splitlines()) == 50

"""A program that is killed in the middle of its acts: what was told as done is done, all of it."""

import random
import subprocess
import sys
import time
from pathlib import Path

from deita_store.store import Store
from deita_tui.project import Project
from tests.selecting.projects import clustered
from tests.selecting.projects import project as by_hand

# Acts without an end, each told once it is done; after every fifth one is taken back.
ACTING = """
import itertools, random, sys
from deita_tui.project import Project
dice = random.Random(int(sys.argv[2]))
with Project.open(sys.argv[1]) as project:
    for number in itertools.count():
        ids = dice.sample(range(1, 401), 300 if number % 3 == 0 else 1)
        act = [
            lambda: project.mark(ids, {"decision": "keep", "tag:seen": True, "flag": True}),
            lambda: project.swap(ids[0], blocker=ids[0] % 400 + 1),
            lambda: project.edit(ids[0], 0, f"question {dice.random()}"),
            lambda: project.decide(ids, "reject"),
            lambda: project.undo(),
            lambda: project.redo(),
        ][number % 6]()
        if act is not None:
            print(act.id, project.undo_depth(), flush=True)
"""


def test_no_kill_loses_an_act_or_leaves_half_of_one(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    by_hand(folder, clustered(400)).close()
    dice, told = random.Random(1), 0
    for seed in range(8):
        out = tmp_path / f"told {seed}"
        with open(out, "wb") as file:
            program = subprocess.Popen(
                [sys.executable, "-c", ACTING, str(folder), str(seed)], stdout=file
            )
            while not out.stat().st_size:
                assert program.poll() is None
                time.sleep(0.005)
            time.sleep(dice.uniform(0, 0.15))
            program.kill()
            program.wait()
        lines = [line.split() for line in out.read_text().splitlines(keepends=True)
                 if line.endswith("\n")]  # fmt: skip
        with Project.open(folder) as project:
            newest = project.journal(1)[0]
            assert newest.id >= max(int(act) for act, _ in lines)
            told += len(lines)
            _adds_up(project.store)
            depth = project.undo_depth()
            # It goes on where it was: back to nothing, and forth again.
            assert len(project.undo_to(0)) == depth
            _adds_up(project.store)
            assert not project.view("is:pinned").ids
            assert not project.view("is:edited").ids
            for _ in range(depth):
                assert project.redo() is not None
            _adds_up(project.store)
    assert told > 20


def _adds_up(store: Store) -> None:
    """Do the acts in force, one after the other, come to what stands? And is the file whole?"""
    added = {
        (record, field): after
        for record, field, after in store.db.execute(
            "select c.record_id, c.field, c.after from changes c join journal j"
            " on j.id = c.journal_id where j.undone = 0 order by j.id"
        )
    }
    stands = store.db.execute(
        "select record_id, 'decision', decision from marks where decision is not null"
        " union all select record_id, 'flag', '1' from marks where flag"
        " union all select record_id, 'tag:' || tag, '1' from tags"
        " union all select r.id, 'conversation', cast(r.conversation_id as text) from records r"
        " join conversations c on c.id = r.conversation_id where c.revision > 0"
    )
    found = {(record, field): value for record, field, value in stands.fetchall()}
    assert found == {key: value for key, value in added.items() if value is not None}
    half = store.db.execute(
        "select id from journal j where kind = 'swap' and target is null and"
        " json_extract(args, '$.count') <> (select count(distinct record_id) from changes"
        " where journal_id = j.id)"
    )
    assert half.fetchall() == []
    assert store.db.execute("pragma integrity_check").fetchone() == ("ok",)

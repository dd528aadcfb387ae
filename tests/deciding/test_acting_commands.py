"""swap, edit, undo --to, journal, prices: from the command line."""

import json
import os
import shlex
import sys
from pathlib import Path

import pytest

from deita_tui.project import Project
from tests.selecting.projects import clustered
from tests.selecting.projects import project as by_hand
from tests.support import Run, wait_for_worker


@pytest.fixture
def selected(tmp_path: Path) -> Path:
    by_hand(tmp_path / "project", clustered(60)).close()
    with Project.open(tmp_path / "project") as project:
        project.select(budget=15, threshold=0.9)
    return tmp_path / "project"


def journal(deita_tui: Run, project: Path, *options: str) -> list[dict[str, object]]:
    lines = deita_tui("journal", project, "--jsonl", *options).stdout.splitlines()
    return [json.loads(line) for line in lines]


def test_swapping_says_who_takes_whose_place(deita_tui: Run, selected: Path) -> None:
    listed = deita_tui(
        "list", selected, "--selection", "working", "--where", "outcome:too_similar", "--json"
    )
    row = json.loads(listed.stdout)[0]
    told = deita_tui("swap", selected, str(row["id"])).stderr
    assert f"keep record {row['id']} in place of record {row['blocked_by']}" in told
    assert "decided so already" in deita_tui("swap", selected, str(row["id"])).stderr
    deita_tui("undo", selected)
    assert json.loads(deita_tui("list", selected, "--where", "is:pinned", "--json").stdout) == []
    (kept,) = json.loads(
        deita_tui("list", selected, "--selection", "working", "--sort", "rank", "--limit", "1",
                  "--json").stdout
    )  # fmt: skip
    assert "kept already" in deita_tui("swap", selected, str(kept["id"]), expect=2).stderr


def test_a_message_is_edited_in_four_ways(
    deita_tui: Run, sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def says() -> object:
        with Project.open(sample, read_only=True) as project:
            return project.record(1).messages[1].content

    first = says()
    assert "edit record 1" in deita_tui("edit", sample, "1", "--message", "1", "--text", "a").stderr
    assert says() == "a"
    (tmp_path / "text").write_text("b\n")
    deita_tui("edit", sample, "1", "--message", "1", "--file", tmp_path / "text")
    assert says() == "b"
    deita_tui("edit", sample, "1", "--message", "1", "--file", "-", stdin="c")
    assert says() == "c"
    again = deita_tui("edit", sample, "1", "--message", "1", "--text", "c")
    assert "Nothing was changed." in again.stderr
    told = deita_tui("edit", sample, "1", "--text", "x", expect=2).stderr
    assert "say which with --message" in told
    assert "0 user, 1 assistant" in told
    assert "has no message 7" in deita_tui("edit", sample, "1", "--message", "7", expect=2).stderr
    without = deita_tui("edit", sample, "1", "--message", "1", expect=2).stderr
    assert "no terminal for an editor" in without
    for _ in range(3):
        deita_tui("undo", sample)
    assert says() == first


def test_an_edit_starts_what_it_waits_for(deita_tui: Run, sample: Path) -> None:
    deita_tui("score", sample, "--scorer", "lite")
    deita_tui("embed", sample)
    done = deita_tui("edit", sample, "1", "--message", "0", "--text", "A new question?", "--json")
    jobs = json.loads(done.stdout)["jobs"]
    assert len(jobs) == 2
    wait_for_worker(sample)
    with Project.open(sample, read_only=True) as project:
        assert {project.job(each).state for each in jobs} == {"done"}
        assert [each.unscored for each in project.scorers()] == [0, 0]
    again = deita_tui("edit", sample, "1", "--message", "0", "--text", "Newer?", "--no-refresh")
    assert "old outcome" not in again.stderr


def test_undo_goes_back_to_an_entry_and_says_what_it_takes(deita_tui: Run, sample: Path) -> None:
    deita_tui("decide", sample, "1", "--keep")
    deita_tui("decide", sample, "2", "3", "4", "5", "6", "7", "8", "--reject")
    deita_tui("decide", sample, "9", "--tag", "odd")
    refused = deita_tui("undo", sample, "--to", "1", expect=2).stderr
    assert "the 2 things that were done after entry 1" in refused
    told = deita_tui("undo", sample, "--to", "1", "--yes").stderr.splitlines()
    assert told == [
        "Undone: tag odd: record 9",
        "Undone: reject: 7 records (#2, #3, #4, #5, #6, …)",
    ]
    assert "Nothing to undo." in deita_tui("undo", sample, "--to", "1").stderr
    assert "no entry 99" in deita_tui("undo", sample, "--to", "99", expect=2).stderr
    assert "Done again: reject: 7 records (#2" in deita_tui("redo", sample).stderr
    entries = journal(deita_tui, sample)
    assert [each["state"] for each in entries] == ["done", "done", "done", "undone", "done", "done"]
    assert entries[-2]["touched"] == [2, 3, 4, 5, 6, 7, 8]
    assert entries[0]["touched"] == entries[-2]["touched"]


def test_the_journal_pages_and_tells_every_change(deita_tui: Run, sample: Path) -> None:
    for id_ in range(1, 8):
        deita_tui("decide", sample, str(id_), "--keep", "--note", "ok")
    whole = journal(deita_tui, sample, "--limit", "0")
    assert [each["id"] for each in whole] == [7, 6, 5, 4, 3, 2, 1]
    assert journal(deita_tui, sample, "--limit", "2", "--before", "4") == whole[4:6]
    (last,) = journal(deita_tui, sample, "--limit", "1", "--changes")
    assert last["changes"] == [
        {"record": 7, "field": "decision", "before": None, "after": "keep"},
        {"record": 7, "field": "note", "before": None, "after": "ok"},
    ]
    head, *rows = deita_tui("journal", sample).stdout.splitlines()
    assert head.split("\t") == ["entry", "at", "who", "what", "records", "state"]
    assert rows[0].split("\t")[3:] == ["keep, note: record 7", "#7", ""]


def test_records_come_through_a_pipe(deita_tui: Run, sample: Path) -> None:
    listed = deita_tui("list", sample, "--where", "source:code").stdout
    ids = [line.split("\t")[0] for line in listed.splitlines()[1:]]
    deita_tui("decide", sample, "-", "--reject", stdin="\n".join([*ids, ""]))
    assert json.loads(deita_tui("journal", sample, "--json").stdout)[0]["touched"] == [
        int(each) for each in ids
    ]
    deita_tui("decide", sample, "-", "--reject", stdin="1\tlike #2\nnone\n", expect=2)
    assert "no record" in deita_tui("decide", sample, "-", "--keep", stdin="x y", expect=2).stderr


def test_the_price_of_decisions_is_told(deita_tui: Run, selected: Path) -> None:
    assert "Nothing is decided" in deita_tui("prices", selected).stderr
    with Project.open(selected) as project:
        (first,) = project.list("outcome:kept", sort="rank", limit=1, selection="working")
        project.decide(first.id, "reject")
    head, row = deita_tui("prices", selected).stdout.splitlines()
    assert head.split("\t") == ["id", "decision", "matters", "displaces", "frees", "which"]
    assert row.split("\t")[:3] == [str(first.id), "reject", "yes"]
    (price,) = json.loads(deita_tui("prices", selected, "--json").stdout)
    assert price["record"] == first.id


def test_the_users_editor_opens_on_a_terminal(sample: Path, tmp_path: Path) -> None:
    import pty

    script = tmp_path / "editor.py"
    script.write_text("import sys\nopen(sys.argv[1], 'a').write(' and more')\n")
    environment = os.environ | {"VISUAL": shlex.join([sys.executable, str(script)])}
    command = [sys.executable, "-m", "deita_tui", "edit", str(sample), "1", "--message", "1"]
    process, terminal = pty.fork()
    if process == 0:
        os.execve(sys.executable, command, environment)
    told = b""
    while chunk := _read(terminal):
        told += chunk
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0, told
    os.close(terminal)
    with Project.open(sample, read_only=True) as project:
        assert project.record(1).messages[1].content.endswith(" and more")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # the other end is closed
        return b""


def test_the_effect_on_the_selection_is_told(deita_tui: Run, selected: Path) -> None:
    with Project.open(selected, read_only=True) as project:
        kept = [*project.list("outcome:kept", sort="rank", selection="working")]
        (twin,) = project.list("outcome:too_similar", limit=1, selection="working")
        before = project.selection("working")
    told = deita_tui("decide", selected, str(kept[-1].id), "--reject", "--effect").stderr
    assert f"reject: record {kept[-1].id}" in told
    assert f"rejected #{kept[-1].id} · frees 1 (#" in told
    assert "undone for #" in deita_tui("undo", selected, "--effect").stderr
    told = deita_tui("swap", selected, str(twin.id), "--effect", "--json").stdout
    effect = json.loads(told)["effect"]
    assert effect["now"] == {str(twin.id): "kept", str(twin.blocked_by): "rejected"}
    assert (effect["kept"], effect["budget"]) == (15, 15)
    assert len(effect["entered"]) == len(effect["left"])
    again = deita_tui("swap", selected, str(twin.id), "--effect", "--json").stdout
    assert json.loads(again) is None
    with Project.open(selected, read_only=True) as project:
        assert project.selection("working") == before  # it is told, and not saved


def test_without_a_selection_there_is_no_effect_and_nothing_is_done(
    deita_tui: Run, sample: Path
) -> None:
    told = deita_tui("decide", sample, "1", "--keep", "--effect", expect=1).stderr
    assert "Nothing is selected in this project yet" in told
    assert "Nothing to undo" in deita_tui("undo", sample).stderr

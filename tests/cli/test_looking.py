"""Commands that look: what is data, what is narration, and what a wrong question gets."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from deita_tui.project import Project
from tests.support import Run

PROMISED = {
    *("id", "uid", "external_id", "source", "turns", "complexity", "quality", "score"),
    *("outcome", "rank", "blocked_by", "similarity", "decision", "tags"),
}


def test_jsonl_has_the_promised_keys(deita_tui: Run, sample: Path) -> None:
    rows = [json.loads(line) for line in deita_tui("list", sample, "--jsonl").stdout.splitlines()]
    assert len(rows) == 10
    assert set(rows[0]) >= PROMISED
    assert (rows[0]["external_id"], rows[0]["tags"], rows[0]["score"]) == ("tea-1", [], None)


def test_json_is_the_same_as_one_document(deita_tui: Run, sample: Path) -> None:
    lines = deita_tui("list", sample, "--jsonl", "--sort", "-chars").stdout.splitlines()
    document = json.loads(deita_tui("list", sample, "--json", "--sort", "-chars").stdout)
    assert document == [json.loads(line) for line in lines]
    assert [row["chars"] for row in document] == sorted(
        (row["chars"] for row in document), reverse=True
    )


def test_a_pipe_gets_a_whole_tab_separated_table(deita_tui: Run, sample: Path) -> None:
    done = deita_tui("list", sample, "--where", "source:code turns=1", "--columns", "id,src,tag")
    assert done.stdout == "id\tsource\ttags\n3\tcode\t\n4\tcode\t\n"
    assert done.stderr == "2 of 2 records\n"


def test_a_wrong_filter_gets_a_caret(deita_tui: Run, sample: Path) -> None:
    done = deita_tui("list", sample, "--where", "turns>1 soruce:x", expect=2)
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert lines[0].startswith("deita-tui: error: ")
    assert lines[1:3] == ["  turns>1 soruce:x", "          ^^^^^^"]


def test_the_caret_stands_right_behind_wide_characters(deita_tui: Run, sample: Path) -> None:
    done = deita_tui("list", sample, "--where", 'text:"中文" soruce:x', expect=2)
    assert done.stderr.splitlines()[2] == "  " + " " * 12 + "^^^^^^"


def test_an_unknown_column_or_record_is_told(deita_tui: Run, sample: Path) -> None:
    assert "no column 'colour'" in deita_tui("list", sample, "--columns", "colour", expect=2).stderr
    assert "no record 99" in deita_tui("decide", sample, "99", "--keep", expect=2).stderr


def test_status_has_what_scripts_rely_on(deita_tui: Run, sample: Path) -> None:
    status = json.loads(deita_tui("status", sample, "--json").stdout)
    expected = {"records": 10, "duplicates": 1, "refused": 1, "embedded": 0, "scored": []}
    assert expected.items() <= status.items()
    assert status["selection"] is None
    assert status["sources"] == {"code": 3, "kitchen": 3, "languages": 2, "school": 2}
    told = deita_tui("status", sample).stdout
    assert "records     10 · 12 turns" in told


def test_refused_rows_are_listed_for_machines_too(deita_tui: Run, sample: Path) -> None:
    (row,) = json.loads(deita_tui("refused", sample, "--json").stdout)
    assert (row["place"], row["reason"]) == ("line 10", "truncated")
    (line,) = deita_tui("refused", sample, "--jsonl", "--import", "1").stdout.splitlines()
    assert json.loads(line) == row


def test_place_and_reason_stay_whole_on_a_terminal(sample: Path) -> None:
    seen = on_a_terminal("refused", sample)
    assert "line 10" in seen
    assert "truncated" in seen


def test_no_project_is_bad_input(deita_tui: Run) -> None:
    done = deita_tui("status", "./nothing", expect=2)
    assert "is no project" in done.stderr
    assert "deita-tui new nothing" in done.stderr


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A project whose texts try to act on the terminal."""
    text = "\x1b]0;owned\x07\x1b[2J[bold]hi[/bold] [@click=app.quit]x[/] \u202etxt.exe \r gone"
    file = tmp_path / "hostile.jsonl"
    file.write_text(json.dumps({"prompt": text, "completion": text, "source": text}) + "\n")
    folder = tmp_path / "hostile"
    with Project.create(folder) as project:
        project.import_(file)
    return folder


def on_a_terminal(*arguments: str | Path, columns: int = 80) -> str:
    """What the program writes on a terminal of that width."""
    master, slave = pty.openpty()
    program = Path(sys.executable).with_name("deita-tui")
    size = {"COLUMNS": str(columns), "LINES": "24", "TERM": "xterm-256color"}
    process = subprocess.Popen(
        [program, *map(str, arguments)], stdout=slave, stderr=slave, env=os.environ | size
    )
    os.close(slave)
    written = b""
    try:
        while part := os.read(master, 65536):
            written += part
    except OSError:  # that is how the end of a terminal reads
        pass
    finally:
        os.close(master)
        process.wait()
    return written.decode()


def test_dataset_text_cannot_act_on_the_terminal(hostile: Path) -> None:
    seen = on_a_terminal("list", hostile, "--columns", "instruction", columns=120)
    assert "␛]0;owned␇␛[2J[bold]hi[/bold] [@click=app.quit]x[/]" in seen
    assert "\x1b]0;" not in seen
    assert "\x1b[2J" not in seen
    assert "\u202e" not in seen
    for command in ("status", "refused"):
        assert "\x1b]0;" not in on_a_terminal(command, hostile)


def test_dataset_text_is_harmless_in_a_pipe(deita_tui: Run, hostile: Path) -> None:
    for how in ("--json", "--jsonl", "--limit=5"):
        told = deita_tui("list", hostile, how).stdout
        assert all(c.isprintable() or c in "\n\t" for c in told)
    (row,) = json.loads(deita_tui("list", hostile, "--json").stdout)
    assert row["instruction"].startswith("\x1b]0;owned\x07")


@pytest.mark.parametrize("columns", [40, 80, 160])
def test_a_table_fits_the_terminal(sample: Path, columns: int) -> None:
    from rich.cells import cell_len

    lines = on_a_terminal("list", sample, columns=columns).splitlines()
    assert "…" in lines[1]
    for line in lines[:11]:
        plain = line.replace("\x1b[1m", "").replace("\x1b[0m", "")
        assert cell_len(plain) <= columns


def test_whoever_reads_may_stop_early(sample: Path) -> None:
    program = Path(sys.executable).with_name("deita-tui")
    command = f"set -o pipefail; {program} list {sample} --jsonl | head -1 | wc -l"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "1", "")


def test_the_only_job_that_can_be_meant_needs_no_number(deita_tui: Run, tmp_path: Path) -> None:
    from deita_store import jobs

    folder = tmp_path / "queue"
    with Project.create(folder) as project:
        jobs.enqueue(project.store, "derive", {})
    deita_tui("jobs", folder, "pause")
    with Project.open(folder) as project:
        assert project.job(1).state == "paused"
        jobs.enqueue(project.store, "search-index", {})
    assert "Which job" in deita_tui("jobs", folder, "cancel", expect=2).stderr
    deita_tui("jobs", folder, "cancel", "2")
    deita_tui("jobs", folder, "cancel")
    with Project.open(folder) as project:
        assert [job.state for job in project.jobs()] == ["cancelled", "cancelled"]

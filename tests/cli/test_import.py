"""``deita-tui import``, as a user runs it: a real process, real workers."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import pytest

from deita_store import jobs
from deita_store.store import Store
from deita_tui.cli.progress import describe
from deita_tui.project import Project
from deita_tui.steps import importing
from tests.support import SAMPLE, Run, wait_for_worker


@pytest.fixture
def project(deita_tui: Run, tmp_path: Path) -> Path:
    deita_tui("new", "./mix")
    return tmp_path / "mix"


def test_the_report_tells_what_came_in_and_what_did_not(
    program: Run, deita_tui: Run, project: Path
) -> None:
    done = program("import", project, SAMPLE)
    assert done.stdout == ""
    assert "format   messages (jsonl)" in done.stderr
    assert "10 records imported, 1 duplicate, 1 refused" in done.stderr
    assert "refused, truncated: 1" in done.stderr
    assert f"deita-tui refused {project} --import 1" in done.stderr
    wait_for_worker(project)
    told = deita_tui("refused", project).stdout
    assert "line 10" in told
    assert "This line was cut" in told


def test_the_same_file_again_is_nothing_to_do(deita_tui: Run, project: Path) -> None:
    deita_tui("import", project, SAMPLE)
    done = deita_tui("import", project, SAMPLE, "--json")
    assert "imported before (import 1), nothing to do" in done.stderr
    (report,) = json.loads(done.stdout)
    assert (report["state"], report["imported"], report["duplicates"]) == ("unchanged", 10, 1)
    assert json.loads(deita_tui("status", project, "--json").stdout)["records"] == 10


def test_a_folder_and_several_files_come_in_one_by_one(
    deita_tui: Run, project: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "more"
    folder.mkdir()
    for name in ("b", "a"):
        row = {"instruction": f"What is {name}?", "output": f"The letter {name}."}
        (folder / f"{name}.jsonl").write_text(json.dumps(row) + "\n")
    done = deita_tui("import", project, folder, SAMPLE, "--json")
    assert [report["file"] for report in json.loads(done.stdout)] == [
        "a.jsonl",
        "b.jsonl",
        "first_steps.jsonl",
    ]


def test_standard_input_is_a_file_called_dash(program: Run, deita_tui: Run, project: Path) -> None:
    text = SAMPLE.read_text(encoding="utf-8")
    first = json.loads(program("import", project, "-", "--json", stdin=text).stdout)
    again = json.loads(deita_tui("import", project, "-", "--json", stdin=text).stdout)
    assert (first[0]["file"], first[0]["imported"]) == ("-", 10)
    assert again[0]["state"] == "unchanged"


def test_columns_are_mapped_by_hand(deita_tui: Run, project: Path, tmp_path: Path) -> None:
    file = tmp_path / "odd.csv"
    file.write_text("frage,antwort\nWas ist das?,Ein Test.\n")
    deita_tui("import", project, file, "--map", "instruction=frage,response=antwort")
    (row,) = deita_tui("list", project, "--jsonl").stdout.splitlines()
    assert json.loads(row)["response"] == "Ein Test."


def test_what_makes_no_sense_is_refused_with_code_2(
    deita_tui: Run, project: Path, tmp_path: Path
) -> None:
    (tmp_path / "x.jsonl").write_text('{"a": 1, "b": 2}\n')
    for arguments in (["x.jsonl"], ["nothing-here.jsonl"], [str(SAMPLE), "--map", "=="]):
        done = deita_tui("import", project, *arguments, expect=2)
        assert done.stderr.startswith("deita-tui: error: ")
        assert "Traceback" not in done.stderr
    assert json.loads(deita_tui("status", project, "--json").stdout)["records"] == 0
    assert json.loads(deita_tui("jobs", project, "--json").stdout) == []


def test_a_file_that_cannot_be_read_does_not_keep_the_others_out(
    deita_tui: Run, project: Path, tmp_path: Path
) -> None:
    (tmp_path / "x.jsonl").write_text('{"a": 1, "b": 2}\n')
    deita_tui("import", project, "x.jsonl", SAMPLE, "--strict", expect=2)
    assert json.loads(deita_tui("jobs", project, "--json").stdout) == []
    done = deita_tui("import", project, "x.jsonl", SAMPLE, expect=2)
    assert "x.jsonl" in done.stderr
    assert json.loads(deita_tui("status", project, "--json").stdout)["records"] == 10


def test_strict_stops_at_the_first_bad_row(deita_tui: Run, project: Path) -> None:
    done = deita_tui("import", project, SAMPLE, "--strict", expect=2)
    assert "line 10" in done.stderr


def test_detached_it_goes_on_by_itself(deita_tui: Run, project: Path) -> None:
    (queued,) = json.loads(deita_tui("import", project, SAMPLE, "--detach", "--json").stdout)
    wait_for_worker(project)
    jobs = json.loads(deita_tui("jobs", project, "--json").stdout)
    assert jobs[0]["id"] == queued["job"]
    assert {job["state"] for job in jobs} == {"done"}


def test_a_corrected_file_takes_the_place_of_the_first(
    deita_tui: Run, project: Path, tmp_path: Path
) -> None:
    deita_tui("import", project, SAMPLE)
    lines = SAMPLE.read_text(encoding="utf-8").splitlines()
    corrected = tmp_path / "corrected.jsonl"
    corrected.write_text("\n".join(line for line in lines if "tea-1" not in line), encoding="utf-8")
    deita_tui("import", project, corrected, "--replace", "1")
    wait_for_worker(project)
    assert json.loads(deita_tui("status", project, "--json").stdout)["records"] == 9
    deita_tui("undo", project)
    assert json.loads(deita_tui("status", project, "--json").stdout)["records"] == 10


def test_a_file_that_breaks_off_says_so_at_once(
    deita_tui: Run, project: Path, tmp_path: Path
) -> None:
    rows = [f'{{"prompt": "Is {n} odd?", "completion": "{n % 2}."}}' for n in range(3)]
    file = tmp_path / "array.json"
    file.write_text("[" + ",\n".join(rows) + ',\n{"prompt": "Is')
    done = deita_tui("import", project, file)
    assert "! The file breaks off after row 3: The file ends in the middle" in done.stderr
    assert "breaks off" not in deita_tui("import", project, SAMPLE).stderr


def test_no_copy_of_standard_input_stays_behind(program: Run, project: Path) -> None:
    text = SAMPLE.read_text(encoding="utf-8")
    program("import", project, "-", stdin=text)
    assert not list((project / "cache").glob("stdin-*"))
    for wrong in ("", '{"a": 1, "b": 2}\n'):
        told = program("import", project, "-", stdin=wrong, expect=2).stderr
        assert "tandard input" in told
        assert "stdin-" not in told
    failed = program(
        "import",
        project,
        "-",
        "--strict",
        "--source",
        "x",
        "--format",
        "messages",
        stdin=text + "{",
        expect=2,
    ).stderr
    assert "tandard input" in failed
    assert "stdin-" not in failed
    assert not list((project / "cache").glob("stdin-*"))


def test_a_replacement_says_what_left(deita_tui: Run, project: Path, tmp_path: Path) -> None:
    deita_tui("import", project, SAMPLE)
    deita_tui("decide", project, "1", "--keep")
    lines = SAMPLE.read_text(encoding="utf-8").splitlines()
    file = tmp_path / "corrected.jsonl"
    file.write_text("\n".join(line for line in lines if "tea-1" not in line), encoding="utf-8")
    done = deita_tui("import", project, file, "--replace", "1")
    assert "import 1 was replaced: 1 record left with it, 1 of these with a decision" in done.stderr
    assert f"Take it back with: deita-tui undo {project}" in done.stderr
    wait_for_worker(project)
    status = json.loads(deita_tui("status", project, "--json").stdout)
    assert [(each["import"], each["removed"]) for each in status["imports"]] == [
        (1, True),
        (2, False),
    ]
    told = deita_tui("status", project).stdout
    assert "corrected.jsonl · 0 records imported · 10 duplicates" in told
    assert "import 1 " not in told


@pytest.mark.slow
def test_ctrl_c_pauses_and_the_same_command_goes_on(
    deita_tui: Run, project: Path, tmp_path: Path
) -> None:
    rows = 300_000
    file = tmp_path / "big.jsonl"
    with file.open("w") as lines:
        for number in range(rows):
            lines.write(f'{{"prompt": "Question {number}?", "completion": "Answer {number}."}}\n')
    program = Path(sys.executable).with_name("deita-tui")
    front = subprocess.Popen(
        [program, "import", str(project), str(file)], stderr=subprocess.PIPE, text=True
    )
    with Project.open(project, read_only=True) as looking:
        deadline = monotonic() + 60
        while looking.counts().records == 0 and monotonic() < deadline:
            sleep(0.01)
    os.kill(front.pid, signal.SIGINT)
    _, told = front.communicate(timeout=60)
    assert front.returncode == 3, told
    assert "Run the same command again to continue." in told
    paused = json.loads(deita_tui("status", project, "--json").stdout)
    assert 0 < paused["records"] < rows
    assert [job["state"] for job in paused["jobs"]] == ["paused"]

    deita_tui("import", project, file)
    status = json.loads(deita_tui("status", project, "--json").stdout)
    assert (status["records"], status["duplicates"]) == (rows, 0)
    # The index over all of it is nothing that this test is about.
    for job in ("2", "3"):
        deita_tui("jobs", project, "cancel", job)
    wait_for_worker(project)


def test_a_total_that_is_an_estimate_is_said_to_be_one(deita_tui: Run, tmp_path: Path) -> None:
    (tmp_path / "pool.jsonl").write_text('{"instruction": "a", "output": "b"}\n' * 30)
    folder = tmp_path / "project"
    with Store.create(folder) as store:
        args = {"path": str(tmp_path / "pool.jsonl"), "batch_rows": 7}
        job = jobs.enqueue(store, "import", args)
        assert jobs.begin(store, job)
        work = importing.run(store, importing.ImportArgs(**args), job)  # type: ignore[arg-type]
        next(work)
        next(work)
        half = jobs.get(store, job)
        assert describe(half).startswith("7 of about ")
        (told,) = json.loads(deita_tui("status", folder, "--json").stdout)["jobs"]
        assert (told["done"], told["total_is_estimate"]) == (7, True)
        for _ in work:
            pass
        jobs.complete(store, job, None)
    (told,) = json.loads(deita_tui("jobs", folder, "--json").stdout)
    assert (told["done"], told["total"], told["total_is_estimate"]) == (30, 30, False)

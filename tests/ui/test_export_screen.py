"""Exporting in the app: the dry run, what it finds, putting it right, writing, the receipt."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from time import sleep

import pytest
from textual.widgets import Input, Select

from deita_tui.errors import UsageError
from deita_tui.project import Project, verify_export
from deita_tui.steps import export_writing
from deita_tui.ui import exporting
from deita_tui.ui.exporting import Group, Steps, Wanted
from deita_tui.ui.screens.export import Export
from deita_tui.ui.widgets.export_form import ALL, ExportForm
from deita_tui.ui.widgets.finding_list import FindingList
from tests.ui.conftest import write
from tests.ui.support import Driven, driving


@pytest.fixture(autouse=True)
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the user is: exports are offered to go there."""
    folder = tmp_path / "there"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def faulty(pool: Path, tmp_path: Path) -> Path:
    """With a record that ends in a question, pinned into a selection that is saved."""
    messages = [
        {"role": "user", "content": "And then?"},
        {"role": "assistant", "content": "Then it rained."},
        {"role": "user", "content": "[bold]Why[/]?"},
    ]
    with Project.open(pool) as project:
        project.import_(write(tmp_path / "open.jsonl", [{"messages": messages}]))
        project.catch_up()
        project.score(scorer="trial")
        project.embed(embedder="e", backend="fake")
        project.index()
        project.decide(41, "keep")
        project.select(budget=10, threshold=0.95, save="open")
    return pool


async def exporting_(app: Driven) -> Export:
    """The screen, once its first dry run is done."""
    await app.press("x")
    await app.sees("would write")
    screen = app.app.screen
    assert isinstance(screen, Export)
    return screen


async def choose(app: Driven, name: str, value: str) -> None:
    """Choose something of the form, and wait for the dry run that follows."""
    widget = app.app.screen.query_one(f"#{name}")
    assert isinstance(widget, Select | Input)
    widget.value = value
    await app.pilot.pause(0.4)
    await app.settle()
    screen = app.app.screen
    assert isinstance(screen, Export)
    await app.until(lambda: screen.trying is None)
    await app.pilot.pause()


def rows(folder: Path, name: str = "train.jsonl") -> Iterator[dict[str, object]]:
    for line in (folder / name).read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


async def test_what_is_shown_is_written_and_the_receipt_proves_it(
    home: Path, pool: Path, there: Path
) -> None:
    async with driving(home, pool, (120, 40)) as app:
        screen = await exporting_(app)
        await app.sees("would write 10 records for train · selection main", "takes every record")
        await app.sees("The first row, as it would be written", '"role": "user"')
        await choose(app, "validation", "20%")
        await app.sees("8 records for train, 2 for validation")
        await choose(app, "fields", "score, rank")
        assert screen.tried is not None
        assert (screen.tried.report.example or {})["rank"] == 1
        out = there / "pool-main-messages"
        assert screen.form.folder == out
        await app.press("f5")
        await app.sees("✔ wrote 8 records for train, 2 for validation of selection main", "sha256")
        assert app.name == "Receipt"
        await app.sees("train.jsonl", "validation.jsonl", "manifest.json")
        assert "deita-tui verify" in app.text
        await app.press("v")
        await app.sees("made again the same, byte for byte")
        await app.press("q")
        assert app.app.screen is screen
    assert verify_export(out).ok
    assert next(row["rank"] for row in rows(out)) == 1
    with Project.open(pool, read_only=True) as project:
        assert project.journal()[0].kind == "export"
        twin = there / "twin"
    with Project.open(pool) as project:
        project.export(twin, "messages", selection="main", validation=0.2, fields=("score", "rank"))
    assert (twin / "train.jsonl").read_bytes() == (out / "train.jsonl").read_bytes()


async def test_the_command_that_does_the_same_can_be_copied(
    home: Path, pool: Path, there: Path
) -> None:
    async with driving(home, pool, (120, 40)) as app:
        await exporting_(app)
        await choose(app, "target", "trl")
        await choose(app, "rows", "apart")
        await choose(app, "validation", "3")
        await app.press("y")
        told = app.app.clipboard
    out = there / "pool-main-trl"
    assert told == (
        f"deita-tui export {pool} {out} --target trl --kind sft --selection main"
        " --validation 3.0 --prompt-completion"
    )


async def test_nothing_is_written_over(home: Path, pool: Path, there: Path) -> None:
    taken = there / "taken"
    taken.mkdir()
    (taken / "thesis.txt").write_text("my only copy")
    async with driving(home, pool, (120, 40)) as app:
        screen = await exporting_(app)
        await choose(app, "folder", str(taken))
        await app.press("f5")
        await app.sees("is not empty", "taken-2, beside it")
        assert "replace" not in app.text, "what is there is no export"
        await app.press("escape", "f5", "w")
        await app.until(lambda: app.name == "Receipt")
        await app.press("q")
        assert screen.form.folder == there / "taken-2"
        before = sorted((there / "taken-2").iterdir())
        await app.press("f5")
        await app.sees("taken-3, beside it", "replace the files of the export")
        await app.press("r")
        await app.until(lambda: app.name == "Receipt")
    assert [each.name for each in taken.iterdir()] == ["thesis.txt"]
    assert sorted((there / "taken-2").iterdir()) == before
    assert not (there / "taken-3").exists()
    assert verify_export(there / "taken-2").ok


async def test_a_finding_is_looked_into_put_right_and_tried_again(home: Path, faulty: Path) -> None:
    async with driving(home, faulty, (120, 40)) as app:
        screen = await exporting_(app)
        await choose(app, "target", "llamafactory")
        await app.sees(
            "selection open", "1 of 10 would not be trained on", "▾ ✕ 1 dropped  odd-turns"
        )
        await app.press("down")
        await app.sees("#41  ▲ pinned · And then?", "#41: It has", "dropped by the trainer")
        await app.press("enter")
        await app.until(lambda: app.name == "Review")
        await app.sees("And then?", "[bold]Why[/]?")
        await app.press("x", "q")
        assert app.app.screen is screen
        await app.sees("Older than the project, S selects again: 1 record was decided")
        assert "✕ rejected · And then?" in app.text
        await app.press("S")
        await app.sees("Save the new selection as", "open-2")
        await app.press("enter")
        await app.sees("selection open-2", "would write 10 records", "takes every record as it is")
    with Project.open(faulty, read_only=True) as project:
        assert project.compare("open", "open-2").left == (41,)
        assert not project.stale("open-2")


async def test_all_that_a_rule_strikes_is_rejected_as_one_act(home: Path, pool: Path) -> None:
    async with driving(home, pool, (120, 40)) as app:
        await exporting_(app)
        await choose(app, "target", "alpaca")
        found = app.one(FindingList)
        assert found.problem is None
        count = len(found.group.problems)
        assert count > 1
        await app.press("x")
        await app.sees(f"Reject {count} records, all that history strikes?")
        await app.press("n")
        with Project.open(pool, read_only=True) as project:
            assert project.counts().decided == {}
        await app.press("x", "y")
        await app.sees(f"rejected {count} records")
        with Project.open(pool, read_only=True) as project:
            assert project.counts().decided == {"reject": count}
        await app.press("u")
        await app.until(lambda: "✕ rejected" not in app.text)
    with Project.open(pool, read_only=True) as project:
        assert project.counts().decided == {}


async def test_what_is_older_than_the_project_is_not_written_unasked(
    home: Path, pool: Path, there: Path
) -> None:
    with Project.open(pool) as project:
        first = next(project.list("is:kept", sort="rank")).id
        project.decide(first, "reject")
    async with driving(home, pool, (120, 40)) as app:
        await exporting_(app)
        await app.sees("Older than the project")
        await app.press("f5")
        await app.sees("The selection main is older than the project")
        await app.press("escape")
        assert list(there.iterdir()) == []
        await app.press("f5", "w")
        await app.until(lambda: app.name == "Receipt")
    manifest = json.loads((there / "pool-main-messages" / "manifest.json").read_text())
    assert manifest["selection"]["stale"]
    assert {row["id"] for row in rows(there / "pool-main-messages")} >= {uid(pool, first)}


def uid(folder: Path, id_: int) -> str:
    with Project.open(folder, read_only=True) as project:
        return next(project.list(f"id:{id_}")).uid


async def test_what_somebody_else_decides_is_seen(home: Path, pool: Path) -> None:
    async with driving(home, pool, (120, 40)) as app:
        await exporting_(app)
        with Project.open(pool) as project:
            project.decide(1, "reject")
            project.select(budget=5, threshold=0.95, save="five")
        await app.sees("Older than the project")
        assert app.one(ExportForm).offered == ["five", "main"]
        assert app.one(ExportForm).selection == "main", "what was chosen stays"


async def test_nonsense_is_told_and_nothing_is_lost(home: Path, pool: Path, there: Path) -> None:
    async with driving(home, pool, (120, 40)) as app:
        form = (await exporting_(app)).form
        for name, text, says in (
            ("validation", "half", "validation: 'half' is not a share"),
            ("validation", "inf", "validation: 'inf' is not"),
            ("similar", "7", "near twins: 7 is not a similarity"),
            ("cutoff", "0", "cutoff: '0' is not a number of tokens"),
            ("cutoff", "-5", "cutoff: '-5' is not a number of tokens"),
            ("seed", "x", "seed: 'x' is not a whole number"),
        ):
            line = form.query_one(f"#{name}", Input)
            line.value = text
            with pytest.raises(UsageError, match=re.escape(says)):
                form.wanted()
            line.value = ""
        await choose(app, "validation", "half")
        await app.sees("✕ validation: 'half' is not a share")
        await choose(app, "validation", "1.5")
        await app.sees("✕ A validation split cannot be 1.5.")
        await choose(app, "validation", "")
        await choose(app, "fields", "colour")
        await app.sees("✕", "colour")
        await choose(app, "fields", "")
        await app.sees("would write 10 records")
        await choose(app, "folder", str(pool / "inside"))
        await app.press("f5")
        assert app.name == "Sentence"
        assert "is in the project" in app.text
    assert list(there.iterdir()) == []


async def test_targets_offer_what_they_can_hold(home: Path, pool: Path) -> None:
    async with driving(home, pool, (120, 40)) as app:
        screen = await exporting_(app)
        await choose(app, "target", "preference")
        assert screen.form.wanted().options["kind"] == "dpo"
        await app.sees("✕ There is nothing to export")
        await choose(app, "target", "vectors")
        assert "validation" not in app.text
        await choose(app, "selection", ALL)
        await app.sees("would write 40 records for train · all records")
        assert "everything" in screen.form.wanted().options
        await choose(app, "target", "messages")
        assert screen.form.wanted().options["kind"] == "sft"


async def test_without_a_selection_all_records_can_be_exported(
    home: Path, tmp_path: Path, there: Path
) -> None:
    with Project.create(tmp_path / "bare") as project:
        project.import_(write(tmp_path / "bare.jsonl", [{"prompt": "A?", "completion": "B"}]))
    async with driving(home, tmp_path / "bare", (80, 24)) as app:
        await exporting_(app)
        await app.sees("would write 1 record for train · all records")
        await app.press("S")
        await app.sees("All records: nothing is selected.")
        await app.press("f5")
        await app.until(lambda: app.name == "Receipt")
    assert len(list(rows(there / "bare-all-messages"))) == 1


async def test_escape_stops_the_writing_and_leaves_nothing(
    home: Path, pool: Path, there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*args: object, **options: object) -> Iterator[object]:
        from deita_tui.steps.progress import Progress

        for done in range(10_000):
            sleep(0.01)
            yield Progress(done, 10_000, "records", "writing")
        raise AssertionError("it was not stopped")

    async with driving(home, pool, (120, 40)) as app:
        screen = await exporting_(app)
        monkeypatch.setattr(export_writing, "_write_rows", slow)
        await app.pilot.press("f5")
        await app.sees("writing into pool-main-messages", "of 10,000 records")
        await app.pilot.press("escape")
        await app.sees("Stopped: nothing was written.")
        assert app.app.screen is screen
        await app.sees("would write 10 records")
        await app.press("escape")
        assert app.name == "Overview"
    assert list(there.iterdir()) == []
    with Project.open(pool, read_only=True) as project:
        assert project.journal()[0].kind != "export"


async def test_the_keys_of_the_list_fold_and_move(home: Path, pool: Path) -> None:
    async with driving(home, pool, (80, 24)) as app:
        await exporting_(app)
        await choose(app, "selection", ALL)
        await choose(app, "target", "alpaca")
        found = app.one(FindingList)
        all_ = found.count
        await app.press("end")
        last = found.problem
        assert last is not None
        await app.press("left")
        assert found.problem is None
        assert found.count < all_
        await app.press("right", "end")
        assert found.problem == last
        await app.press("v")
        await app.sees("The first row, as it would be written")
        await app.press("v", "e", "escape")
        assert found.has_focus
        await app.press("home", "space")
        assert found.count < all_
        await app.press("w")
        assert app.name == "Export", "no record is under the cursor"
        await app.press("space", "down", "w")
        assert app.name == "Why"


def test_names_that_are_free(tmp_path: Path) -> None:
    assert exporting.free(tmp_path / "out") == tmp_path / "out"
    (tmp_path / "out").mkdir()
    (tmp_path / "out-2").write_text("")
    assert exporting.free(tmp_path / "out") == tmp_path / "out-3"
    (tmp_path / "out-3").mkdir()
    assert exporting.free(tmp_path / "out-3") == tmp_path / "out-4"
    (tmp_path / "llama-3").mkdir()
    assert exporting.free(tmp_path / "llama-3") == tmp_path / "llama-3-2"
    assert exporting.next_name("main", {"main"}.__contains__) == "main-2"
    assert exporting.next_name("2024", {"2024"}.__contains__) == "2024-2"
    assert exporting.place_for(tmp_path / "p", "a/b", "csv").name == "p-a_b-csv"


def test_many_findings_are_grouped_in_their_order(pool: Path) -> None:
    with Project.open(pool, read_only=True) as project:
        wanted = Wanted("alpaca", {"everything": True})
        tried = exporting.try_it(project, wanted, Steps())
    assert sum(len(group.problems) for group in tried.groups) == len(tried.report.listed)
    assert [(group.rule, len(group.problems)) for group in tried.groups] == [
        (each.rule, each.records) for each in tried.report.problems
    ]
    assert all(isinstance(group, Group) for group in tried.groups)

"""The commands around a selection: select, selections, list, explain, compare."""

import json
from pathlib import Path
from typing import Any

import pytest

from deita_tui.errors import ReadOnlyError
from deita_tui.project import Project
from tests.selecting.projects import Made, clustered, project
from tests.support import Run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    project(tmp_path / "mix", clustered(150, seed=7)).close()
    return tmp_path / "mix"


def loaded(run: Run, *words: str) -> Any:
    return json.loads(run(*words, "--json").stdout)


def lines(run: Run, *words: str) -> list[Any]:
    return [json.loads(line) for line in run(*words, "--jsonl").stdout.splitlines()]


def test_select_says_what_it_did_and_keeps_it_as_the_working_selection(
    deita_tui: Run, folder: Path
) -> None:
    done = deita_tui("select", "mix", "--budget", "20")
    assert done.stdout == ""
    assert "20 of 150 records selected" in done.stderr
    assert "too similar to a kept one" in done.stderr
    assert "--save NAME keeps it" in done.stderr
    rows = lines(deita_tui, "list", "mix", "--where", "is:kept")
    assert sorted(row["rank"] for row in rows) == list(range(1, 21))
    assert {row["outcome"] for row in rows} == {"kept"}
    out = lines(deita_tui, "list", "mix", "--where", "is:too_similar")
    kept = {row["id"] for row in rows}
    assert all(row["blocked_by"] in kept and row["similarity"] > 0.9 for row in out)


def test_what_is_selected_is_told_as_json(deita_tui: Run, folder: Path) -> None:
    told = loaded(
        deita_tui, "select", "mix", "--budget", "12", "--threshold", "0.95", "--turns", "mean",
        "--formula", "c^1.5*q", "--share", "source:alpaca<=0.25", "--share", "source:dolly>=2",
        "--exclude", "source:oasst", "--missing", "skip", "--save", "mine",
    )  # fmt: skip
    assert (told["name"], told["kept"]) == ("mine", 12)
    assert told["mix"]["sources"]["alpaca"] <= 3
    assert "oasst" not in told["mix"]["sources"]
    assert told["params"]["formula"] == "c^1.5*q"
    assert sum(told["outcomes"].values()) == 150
    (row,) = [each for each in loaded(deita_tui, "selections", "mix") if each["saved"]]
    assert (row["name"], row["kept"], row["stale"]) == ("mine", 12, [])
    table = deita_tui("selections", "mix").stdout
    assert "share=alpaca<=0.25 share=dolly>=2" in table


def test_a_saved_one_is_what_list_shows_until_another_is_named(
    deita_tui: Run, folder: Path
) -> None:
    deita_tui("select", "mix", "--budget", "5", "--save", "five")
    done = deita_tui("select", "mix", "--budget", "7")
    assert "list and export mean five" in done.stderr

    def count(*more: str) -> int:
        return len(lines(deita_tui, "list", "mix", "--where", "is:kept", *more))

    assert (count(), count("--selection", "working"), count("--selection", "five")) == (5, 7, 5)
    deita_tui("selections", "mix", "--hide", "five")
    assert count() == 7
    deita_tui("undo", "mix")
    assert count() == 5


def test_a_decision_afterwards_changes_nothing_but_is_told(deita_tui: Run, folder: Path) -> None:
    deita_tui("select", "mix", "--budget", "5", "--save", "five")
    first = loaded(deita_tui, "list", "mix", "--where", "rank:1")[0]["id"]
    assert "older" not in deita_tui("list", "mix", "--limit", "1").stderr
    deita_tui("decide", "mix", str(first), "--reject")
    listed = deita_tui("list", "mix", "--where", "is:kept", "--jsonl")
    assert "1 record was decided otherwise since." in listed.stderr
    assert len(listed.stdout.splitlines()) == 5
    assert "1 record was decided otherwise since." in deita_tui("status", "mix").stdout
    assert loaded(deita_tui, "status", "mix")["selection"]["stale"]
    assert "1 record was decided otherwise" in deita_tui("explain", "mix", str(first)).stderr
    deita_tui("undo", "mix")
    assert loaded(deita_tui, "status", "mix")["selection"] == {
        "name": "five", "kept": 5, "stale": []
    }  # fmt: skip


def test_explain_answers_for_every_kind_of_outcome(deita_tui: Run, folder: Path) -> None:
    deita_tui("select", "mix", "--budget", "20", "--exclude", "source:oasst")
    for status in ("kept", "too_similar", "over_budget", "filtered"):
        row = loaded(deita_tui, "list", "mix", "--where", f"is:{status}", "--limit", "1")[0]
        told = deita_tui("explain", "mix", str(row["id"])).stdout
        assert f"record     {row['id']} · {row['uid']}" in told
        assert "what if" in told
        assert loaded(deita_tui, "explain", "mix", row["uid"])["about"]["status"] == status
    row = loaded(deita_tui, "list", "mix", "--where", "is:too_similar", "--limit", "1")[0]
    told = deita_tui("explain", "mix", str(row["id"])).stdout
    assert f"too similar: {row['similarity']:.4f} to #{row['blocked_by']}" in told
    assert "A threshold of 0." in told
    assert f"Rejecting #{row['blocked_by']}" in told
    assert f"beside #{row['blocked_by']}: " in told


def test_compare_and_threshold_help(deita_tui: Run, folder: Path) -> None:
    deita_tui("select", "mix", "--budget", "20", "--save", "a")
    deita_tui("select", "mix", "--budget", "20", "--threshold", "0.99")
    told = deita_tui("compare", "mix").stdout
    assert "kept by both" in told
    assert "of the kept\ta\tworking" in told
    found = loaded(deita_tui, "compare", "mix", "a", "a")
    assert (found["jaccard"], found["entered"], found["left"]) == (1.0, [], [])
    points = loaded(deita_tui, "select", "mix", "--curve")["points"]
    kept = [point["kept"] for point in points]
    assert points[-1]["threshold"] == 1
    assert kept[0] < kept[-1]
    assert deita_tui("select", "mix", "--curve").stdout.startswith("threshold\tkept\t")
    pairs = loaded(deita_tui, "select", "mix", "--budget", "40", "--borderline", "3")
    assert [pair["similarity"] > 0.9 for pair in pairs] == [True] * 3 + [False] * 3
    listed = deita_tui("select", "mix", "--budget", "40", "--borderline", "3").stdout
    assert listed.count("left out") == listed.count("both kept") == 3


def test_without_a_budget_the_curve_goes_by_the_lists(deita_tui: Run, folder: Path) -> None:
    exact = loaded(deita_tui, "select", "mix", "--curve")
    with Project.open(folder) as opened:
        opened.index()
    listed = loaded(deita_tui, "select", "mix", "--curve")
    assert (exact["gear"], listed["gear"]) == ("exact", "instant")
    assert [p["kept"] for p in listed["points"]] == [p["kept"] for p in exact["points"]]
    assert {r["recall"] for r in listed["recall"]} <= {1.0, None}
    done = deita_tui("select", "mix", "--curve")
    assert done.stdout.splitlines()[0].endswith("redundancy\trecall")


def test_lite_embeds_where_it_is_named(deita_tui: Run, tmp_path: Path) -> None:
    project(tmp_path / "bare", [Made((n / 10,), (1.0,), None) for n in range(20)]).close()
    with Project.open(tmp_path / "bare") as opened:
        opened.store.db.execute("delete from embedders")
        opened.store.db.execute("delete from settings where key = 'embedder'")
    done = deita_tui("select", "bare", "--budget", "5", expect=2)
    assert "deita-tui embed" in done.stderr
    told = loaded(deita_tui, "select", "bare", "--budget", "5", "--embedder", "lite")
    assert told["outcomes"]["unscored"] == 0


def test_a_project_that_is_open_for_reading_is_selected_from_and_left_alone(folder: Path) -> None:
    with Project.open(folder, read_only=True) as opened:
        report = opened.select(budget=5)
        assert (report.kept, report.id) == (5, None)
        assert not opened.has_working()
        with pytest.raises(ReadOnlyError):
            opened.select(budget=5, save="mine")


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ((), 2, "Say it with --budget"),
        (("--budget", "5", "--formula", "c*"), 2, "cannot be read"),
        (("--budget", "5", "--formula", "c*ifd"), 2, "called 'ifd'"),
        (("--budget", "5", "--share", "alpaca"), 2, "is no share"),
        (("--budget", "5", "--scorer", "deitaa"), 2, "Did you mean deita?"),
        (("--budget", "5", "--embedder", "minilm"), 2, "called 'minilm'"),
        (("--budget", "5", "--selector", "best"), 2, "no selector"),
        (("--budget", "5", "--require", "sore>3"), 2, "^"),
        (("--budget", "5", "--against", "nothing.jsonl"), 2, "nothing.jsonl"),
        (("--budget", "5", "--save", "working"), 2, "is no name"),
        (("--curve", "--save", "x"), 2, "nothing to save"),
    ],
)
def test_what_makes_no_sense_is_told(
    deita_tui: Run, folder: Path, words: tuple[str, ...], code: int, told: str
) -> None:
    assert told in deita_tui("select", "mix", *words, expect=code).stderr


def test_text_of_a_record_cannot_act_on_the_terminal(deita_tui: Run, tmp_path: Path) -> None:
    evil = "\x1b[31mred\x1b]0;title\x07 [bold]"
    made = [
        Made((2.0,), (2.0,), words=evil, source="s\x1b[2J"),
        Made((1.0,), (1.0,), words=evil, source="s\x1b[2J"),
    ]
    project(tmp_path / "evil", made).close()
    for words in (
        ("select", "evil", "--budget", "1"),
        ("explain", "evil", "2"),
        ("select", "evil", "--budget", "1", "--borderline", "1"),
        ("select", "evil", "--budget", "1", "--save", "a"),
        ("compare", "evil"),
        ("selections", "evil"),
    ):
        for more in ((), ("--json",)):
            if more and words[-1] == "a":
                continue
            done = deita_tui(*words, *more)
            assert "\x1b" not in done.stdout + done.stderr
            assert "\x07" not in done.stdout + done.stderr


def test_a_budget_that_is_not_reached_is_told(deita_tui: Run, folder: Path) -> None:
    done = deita_tui("select", "mix", "--budget", "5000")
    assert "! fewer than the budget of 5,000" in done.stderr
    assert "fewer than" not in deita_tui("select", "mix", "--budget", "10").stderr


def test_explain_marks_every_difference_only_when_asked(deita_tui: Run, tmp_path: Path) -> None:
    rows = [
        Made((c,), vector=(1.0, 0.0), words=" ".join(f"{letter}{n} both same" for n in range(300)))
        for letter, c in (("x", 5.0), ("y", 4.0))
    ]
    project(tmp_path / "long", rows).close()
    deita_tui("select", "long", "--budget", "5")
    brief = deita_tui("explain", "long", "2").stdout
    whole = deita_tui("explain", "long", "2", "--whole").stdout
    assert "more differences; --whole shows all." in brief
    assert "x299" not in brief.split("beside")[1]
    assert "[-y299-] {+x299+}" in whole

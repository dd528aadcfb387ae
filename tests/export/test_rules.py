"""The dry run says what the trainers do: compared with their rules, on records of every kind."""

import json
from pathlib import Path

import pytest

from deita_tui.project import Project
from tests.export import trainers
from tests.export.made import number, select


def effects(project: Project, target: str, effect: str, **options: object) -> dict[str, str]:
    """The rules that strike with this effect, by the record's uid."""
    report = project.check_export(target, **options)  # type: ignore[arg-type]
    return {each.uid: each.rule for each in report.listed if each.effect == effect}


def test_llamafactory_skips_what_the_dry_run_lists(project: Project, tmp_path: Path) -> None:
    refused = effects(project, "llamafactory", "refused")
    fine = [row.id for row in project.list() if row.uid not in refused]
    assert [project.resolve(uid)[0] for uid in refused] == [number(project, "no-place")]
    assert set(refused.values()) == {"media-count"}
    report = project.export(tmp_path / "out", "llamafactory")
    with pytest.raises(ValueError, match="does not match"):
        trainers.llamafactory(tmp_path / "out", "best")
    dropped = effects(project, "llamafactory", "dropped")
    assert set(dropped.values()) == {"role-out-of-order", "odd-turns"}
    assert report.records == {"train": 18, "left_out": 0}
    assert len(fine) == 17


@pytest.mark.parametrize("kind", ["sft", "dpo", "kto"])
def test_llamafactory_reads_the_rest(kind: str, own: Project, tmp_path: Path) -> None:
    broken = number(own, "no-place")
    select(own, "whole", [row.id for row in own.list() if row.id != broken])
    dropped = effects(own, "llamafactory", "dropped", kind=kind)
    left_out = effects(own, "llamafactory", "left_out", kind=kind)
    own.export(tmp_path / "out", "llamafactory", kind=kind)  # type: ignore[arg-type]
    kept, skipped = trainers.llamafactory(tmp_path / "out", "whole")
    assert set(skipped) == dropped.keys()
    every = {row.uid for row in own.list() if row.id != broken}
    assert kept.keys() == every - dropped.keys() - left_out.keys()
    assert (len(kept), len(skipped)) == {"sft": (14, 3), "dpo": (1, 0), "kto": (2, 0)}[kind]


def test_what_llamafactory_makes_of_calls_and_thoughts(project: Project, tmp_path: Path) -> None:
    project.export(tmp_path / "out", "llamafactory", fields=())
    rows = {row["id"]: row for row in json.loads((tmp_path / "out" / "train.json").read_text())}
    uids = {row.external_id: row.uid for row in project.list()}
    calls = [turn["from"] for turn in rows[uids["calls"]]["conversations"]]
    assert calls == ["human", "function_call", "observation", "gpt"]
    parallel = rows[uids["parallel"]]["conversations"]
    assert [turn["from"] for turn in parallel] == calls
    assert len(json.loads(parallel[1]["value"])) == 2
    assert parallel[2]["value"] == "rain\n</tool_response>\n<tool_response>\nsun"
    assert (
        rows[uids["thinks"]]["conversations"][1]["value"] == "<think>\nTwo and two.\n</think>\n\n4"
    )
    assert rows[uids["chat"]]["system"] == "Be kind."
    assert {"system", "tools", "images"} <= rows[uids["a-1"]].keys()


def test_axolotl_stops_at_what_the_dry_run_lists(project: Project, tmp_path: Path) -> None:
    refused = effects(project, "axolotl", "refused")
    project.export(tmp_path / "out", "axolotl", validation=2)
    kept, stopped = trainers.axolotl(tmp_path / "out")
    assert stopped.keys() == refused.keys()
    assert set(refused.values()) == {"call-arguments"}
    assert kept.keys() | stopped.keys() == {row.uid for row in project.list()}
    for row in project.list():
        if row.uid in kept:
            messages = project.record(row.id).messages
            assert [(turn["role"], turn["content"]) for turn in kept[row.uid]] == [
                (message.role, message.content) for message in messages
            ]


def test_axolotl_reads_sharegpt_by_the_configuration(own: Project, tmp_path: Path) -> None:
    with_tools = effects(own, "sharegpt", "doubtful")
    plain = [row.id for row in own.list() if with_tools.get(row.uid) != "tools-as-text"]
    own.export(tmp_path / "tools", "sharegpt")
    assert not (tmp_path / "tools" / "axolotl.yaml").exists()
    select(own, "plain", plain)
    own.export(tmp_path / "out", "sharegpt")
    kept, stopped = trainers.axolotl(tmp_path / "out")
    assert not stopped
    assert len(kept) == len(plain) == 15
    for uid, turns in kept.items():
        assert [turn["role"] for turn in turns] == [each.role for each in own.record(uid).messages]


@pytest.mark.parametrize(
    ("external", "target", "rule"),
    [
        ("starts", "messages", "no-first-question"),
        ("open", "messages", "no-last-answer"),
        ("silent", "messages", "empty-turn"),
        ("late", "messages", "system-not-first"),
        ("parallel", "messages", "call-without-id"),
        ("parallel", "sharegpt", "text-beside-call"),
        ("calls", "alpaca", "not-alpaca"),
        ("chat", "alpaca", "history"),
        ("thinks", "llamafactory", "reasoning-in-text"),
        ("parallel", "llamafactory", "observations-joined"),
        ("image", "axolotl", "media"),
        ("pair", "messages", "rejected-side"),
        ("bad", "hf", "label"),
        ("a-1", "preference", "no-rejected-side"),
        ("long-pair", "preference", "no-rejected-side"),
    ],
)
def test_a_record_and_the_rule_it_breaks(
    external: str, target: str, rule: str, project: Project
) -> None:
    found = [
        each for each in project.check_export(target).listed
        if each.id == number(project, external) and each.rule == rule
    ]  # fmt: skip
    assert bool(found) == (external != "long-pair")
    for problem in found:
        assert problem.message.endswith(".")
        assert project.resolve(problem.uid)[0] == problem.id


def test_a_dry_run_writes_nothing(project: Project, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    report = project.check_export("hf", validation=3)
    assert report.files == ()
    assert report.records == {"train": 15, "validation": 3, "left_out": 0}
    assert sorted(tmp_path.rglob("*")) == before

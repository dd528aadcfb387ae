"""Each export loads with the real loaders: datasets, and what TRL does before it trains."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deita_tui.project import Project
from tests.export.made import lines, make_project, number, said, select, write
from tests.export.test_targets import CASES
from tests.export.tokenizers_made import make_tokenizer
from tests.support import ROOT

Told = dict[str, dict[str, Any]]

_CHATML = (
    "{% for message in messages %}<s> {{ message.role }} {{ message.content }} "
    "{% for call in message.tool_calls or [] %}{{ call.function.arguments | tojson }} {% endfor %}"
    "</s> {% endfor %}{% if add_generation_prompt %}<s> assistant {% endif %}"
)


def load(home: Path, *folders: Path) -> Told:
    tokenizer = make_tokenizer(home / "tokenizer", _CHATML)
    done = subprocess.run(
        [sys.executable, "-m", "tests.export.loading", tokenizer, *folders],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=os.environ | {"HF_HOME": str(home / "cache"), "HF_HUB_OFFLINE": "1"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told: Told = json.loads(done.stdout)
    return told


@pytest.fixture(scope="module")
def folders(made: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """An export of each kind. What a chat template cannot take at all is not among the records."""
    place = tmp_path_factory.mktemp("exports")
    with Project.open(made) as project:
        last = number(project, "open")  # a prompt that ends with an answer is no prompt
        select(project, "loadable", [row.id for row in project.list() if row.id != last])
        for name, (target, options) in CASES.items():
            project.export(place / name, target, **options, selection="loadable")
        project.undo()
    return {name: place / name for name in CASES}


@pytest.fixture(scope="module")
def told(folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Told:
    return load(tmp_path_factory.mktemp("loading"), *folders.values())


@pytest.mark.parametrize("name", CASES)
def test_datasets_loads_the_folder(name: str, told: Told, folders: dict[str, Path]) -> None:
    found = told[name]
    for split, rows in found["rows"].items():
        (file,) = folders[name].rglob(f"{split}.*")
        if file.suffix in (".json", ".jsonl"):
            assert rows == len(lines(file))
    manifest = json.loads((folders[name] / "manifest.json").read_text())
    written = {split: n for split, n in manifest["records"].items() if split != "left_out"}
    assert found["rows"] == written
    assert found["decisions"] == 18
    if name == "hf":
        assert found["named"] == ["decisions"]


def test_trl_trains_on_every_row(told: Told) -> None:
    for name, found in told.items():
        if "trained" in found:
            assert found["trained"] == found["rows"]["train"], name
    assert {name for name, found in told.items() if "trained" in found} == {
        "messages", "trl", "trl-prompt-completion", "trl-kto", "preference", "hf", "parquet"
    }  # fmt: skip


def test_the_settings_of_the_recipes_are_accepted(told: Told) -> None:
    assert told["trl"]["recipes"] == ["trl_sft.py"]
    assert told["preference"]["recipes"] == ["trl_dpo.py"]


def test_what_comes_late_in_a_large_file_is_put_first(tmp_path: Path) -> None:
    long = "words " * 4000
    rows: list[dict[str, Any]] = [{"messages": said(f"{at}?", long)} for at in range(700)]
    rows.append({"id": "late", "messages": said("a", "b"), "tools": [{"name": "t"}], "lang": "en"})
    rows.append({"messages": [*said("c"), {"role": "assistant", "content": "d", "name": "Bo"}]})
    with make_project(tmp_path / "p", write(tmp_path, {"x.jsonl": rows})) as project:
        select(project)
        last = [row.id for row in project.list()][-2:]
        for target in ("messages", "axolotl", "llamafactory"):
            report = project.export(tmp_path / f"late-{target}", target, fields=("extras.lang",))
            fronted = any(str(last[0]) in note for note in report.notes)
            assert fronted == (target != "llamafactory")
    found = load(tmp_path, *tmp_path.glob("late-*"))
    assert [each["rows"] for each in found.values()] == [{"train": 702}] * 3

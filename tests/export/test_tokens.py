"""What a trainer would cut, in the tokens of the model that is trained."""

import subprocess
import sys
from pathlib import Path

import pytest

from deita_tui.errors import InputError, UsageError
from deita_tui.project import Project
from tests.export.made import number
from tests.export.tokenizers_made import TEMPLATE, make_tokenizer


def test_it_says_which_records_are_cut_and_by_how_much(project: Project, tmp_path: Path) -> None:
    folder = make_tokenizer(tmp_path / "model")
    report = project.check_export("trl", tokenizer=folder, cutoff=8)
    found = {each.id: each.message for each in report.listed if each.rule == "too-long"}
    # <s> system Be kind. </s> <s> user Hi. </s> …: 5 + 4 + 4 + 4 + 5
    assert found[number(project, "chat")].startswith("It has 22 tokens, 14 more than 8")
    assert number(project, "pair") not in {
        each.id for each in report.listed if "7 tokens" in each.message
    }
    assert report.tokens is not None
    assert report.tokens > 100
    assert "with its chat template" in report.counted


def test_each_trainer_does_its_own_to_what_is_too_long(project: Project, tmp_path: Path) -> None:
    folder = make_tokenizer(tmp_path / "model")
    effects = {
        target: {each.effect for each in report.problems if each.rule == "too-long"}
        for target in ("trl", "axolotl", "llamafactory")
        for report in [project.check_export(target, tokenizer=folder, cutoff=8)]
    }
    assert effects == {"trl": {"cut"}, "axolotl": {"dropped"}, "llamafactory": {"cut"}}


def test_a_template_that_refuses_a_record_is_quoted(project: Project, tmp_path: Path) -> None:
    refusing = (
        "{% if messages[0].role == 'assistant' %}{{ raise_exception('user first') }}{% endif %}"
    )
    folder = make_tokenizer(tmp_path / "model", refusing + TEMPLATE)
    report = project.check_export("messages", tokenizer=folder)
    (problem,) = [each for each in report.listed if each.rule == "template"]
    assert problem.id == number(project, "starts")
    assert "user first" in problem.message


def test_a_template_runs_in_a_sandbox(project: Project, tmp_path: Path) -> None:
    reach = "{{ messages.__class__.__mro__[1].__subclasses__() }}" + TEMPLATE
    folder = make_tokenizer(tmp_path / "model", reach)
    report = project.check_export("messages", tokenizer=folder)
    refused = [each for each in report.listed if each.rule == "template"]
    assert len(refused) == 18
    assert "unsafe" in refused[0].message


def test_a_tokenizer_with_code_of_its_own_is_not_run(project: Project, tmp_path: Path) -> None:
    import json

    folder = make_tokenizer(tmp_path / "model")
    config = json.loads((folder / "tokenizer_config.json").read_text())
    config["auto_map"] = {"AutoTokenizer": ["evil.Evil", None]}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    (folder / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nclass Evil: pass\n")
    project.check_export("messages", tokenizer=folder)
    assert not (tmp_path / "ran").exists()


_WITHOUT = """
import sys
sys.modules["transformers"] = None
from deita_tui.project import Project
with Project.open(sys.argv[1], read_only=True) as project:
    report = project.check_export("trl", tokenizer=sys.argv[2], cutoff=8)
print(report.counted, report.tokens)
"""


def test_without_transformers_the_texts_are_counted_and_that_is_said(
    project: Project, tmp_path: Path
) -> None:
    folder = make_tokenizer(tmp_path / "model")
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT, project.folder, folder],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "transformers is not installed" in done.stdout
    bare = project.check_export("trl", tokenizer=make_tokenizer(tmp_path / "bare", None))
    assert "It has no chat template" in bare.counted
    assert done.stdout.split()[-1] == str(bare.tokens)


def test_the_files_do_not_depend_on_a_tokenizer(project: Project, tmp_path: Path) -> None:
    folder = make_tokenizer(tmp_path / "model")
    project.export(tmp_path / "with", "trl", tokenizer=folder, cutoff=3)
    project.export(tmp_path / "without", "trl")
    for path in ("README.md", "provenance/decisions.jsonl"):
        assert (tmp_path / "with" / path).read_text() == (tmp_path / "without" / path).read_text()


def test_what_is_no_tokenizer_is_told(project: Project, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no tokenizer"):
        project.check_export("trl", tokenizer=tmp_path, cutoff=8)
    with pytest.raises(UsageError, match="--cutoff"):
        project.check_export("trl", cutoff=8)

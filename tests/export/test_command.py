"""The commands ``export`` and ``verify``."""

import json
from pathlib import Path

from tests.export.made import lines
from tests.support import Run


def test_a_selection_becomes_a_file_for_a_trainer(
    deita_tui: Run, made: Path, tmp_path: Path
) -> None:
    done = deita_tui("export", made, "out", "--target", "trl", "--validation", "3",
                     "--fields", "score, extras.lang")  # fmt: skip
    assert done.stdout == ""
    assert "15 records for train, 3 records for validation of selection best" in done.stderr
    assert "no-first-question" in done.stderr
    row = lines(tmp_path / "out" / "train.jsonl")[0]
    assert (row["score"], row["lang"]) == (10.0, "en")
    checked = deita_tui("verify", "out")
    assert "files as the manifest says" in checked.stderr


def test_a_check_lists_records_and_writes_nothing(
    deita_tui: Run, made: Path, tmp_path: Path
) -> None:
    done = deita_tui("export", made, "--check", "--target", "llamafactory")
    head, *rows = done.stdout.splitlines()
    assert head.split("\t") == ["id", "uid", "effect", "rule", "what", "what to do"]
    assert {"dropped", "refused", "changed"} <= {row.split("\t")[2] for row in rows}
    assert list(tmp_path.glob("out*")) == []
    found = json.loads(deita_tui("export", made, "--check", "--json").stdout)
    assert found["files"] == []
    assert {"id", "uid", "rule", "effect", "message", "fix"} == found["listed"][0].keys()
    deita_tui("export", made, "--check", "--strict", expect=1)


def test_texts_of_the_data_reach_no_terminal(deita_tui: Run, made: Path) -> None:
    done = deita_tui("export", made, "out", "--target", "csv")
    assert "\x1b" not in done.stdout + done.stderr


def test_verify_tells_what_was_changed(deita_tui: Run, made: Path, tmp_path: Path) -> None:
    deita_tui("export", made, "out", "--json")
    assert "the same, byte for byte" in deita_tui("verify", "out", "--project", made).stderr
    (tmp_path / "out" / "train.jsonl").write_text("{}\n")
    done = deita_tui("verify", "out", "--json", expect=1)
    assert json.loads(done.stdout)["findings"][0]["path"] == "train.jsonl"
    assert "! train.jsonl: The file was changed." in done.stderr


def test_what_makes_no_sense_is_told(deita_tui: Run, made: Path) -> None:
    def error(*words: str) -> str:
        return deita_tui("export", made, *words, expect=2).stderr

    assert "Did you mean sharegpt?" in error("out", "--target", "sharegtp")
    assert "These can: messages" in error("out", "--target", "alpaca", "--kind", "dpo")
    assert "would be taken for a part" in error("out", "--fields", "extras.messages")
    assert "There is no field 'scroe'" in error("out", "--fields", "scroe")
    assert "say where to" in error()
    assert "belongs to --target trl" in error("out", "--prompt-completion")
    assert "nowhere does not exist" in deita_tui("verify", "nowhere", expect=2).stderr
    assert "is no export" in deita_tui("verify", made, expect=2).stderr


def test_an_export_replaces_only_with_force(deita_tui: Run, made: Path) -> None:
    deita_tui("export", made, "out")
    assert "--force" in deita_tui("export", made, "out", expect=2).stderr
    deita_tui("export", made, "out", "--target", "hf", "--force")
    deita_tui("verify", "out")

"""What each target writes: golden folders.

``python tests/export/test_targets.py`` writes them anew; look at the difference.
"""

import csv
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest

from deita_tui.export.manifests import CHANGES, JOURNAL, MANIFEST
from deita_tui.project import Project
from tests.export.made import lines, make_project, number, select, write

EXPECTED = Path(__file__).parent / "expected"
BINARY = (".parquet", ".npz")
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "messages": ("messages", {"validation": 3, "fields": ("score", "extras.lang")}),
    "sharegpt": ("sharegpt", {}),
    "alpaca": ("alpaca", {}),
    "llamafactory": ("llamafactory", {"validation": 0.2}),
    "llamafactory-dpo": ("llamafactory", {"kind": "dpo"}),
    "llamafactory-kto": ("llamafactory", {"kind": "kto"}),
    "axolotl": ("axolotl", {"validation": 2, "shuffle": True, "seed": 7}),
    "axolotl-dpo": ("axolotl", {"kind": "dpo"}),
    "trl": ("trl", {}),
    "trl-prompt-completion": ("trl", {"prompt_completion": True}),
    "trl-kto": ("trl", {"kind": "kto"}),
    "preference": ("preference", {}),
    "hf": ("hf", {"validation": 4, "fields": ("rank", "source", "external_id")}),
    "parquet": ("parquet", {"fields": ("score",)}),
    "csv": ("csv", {}),
}


def seen(folder: Path) -> dict[str, str]:
    """Every file but the manifest, which names the project, and the journal, which tells the time;
    a binary one by its rows."""
    found = {}
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        # no linter is to look at a script that is written for a user
        name = path.relative_to(folder).as_posix() + (".txt" if path.suffix == ".py" else "")
        if path.suffix == ".parquet":
            found[name] = "".join(f"{row}\n" for row in _parquet(path))
        elif name not in (MANIFEST, JOURNAL, CHANGES):
            found[name] = path.read_bytes().decode()
    return found


def _parquet(path: Path) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return rows


@pytest.mark.parametrize("name", CASES)
def test_a_target_writes_this_folder(name: str, project: Project, tmp_path: Path) -> None:
    target, options = CASES[name]
    project.export(tmp_path / "out", target, **options)
    expected = {
        path.relative_to(EXPECTED / name).as_posix(): path.read_bytes().decode()
        for path in (EXPECTED / name).rglob("*")
        if path.is_file()
    }
    assert seen(tmp_path / "out") == expected


def test_the_input_of_alpaca_is_split_off_again(project: Project, tmp_path: Path) -> None:
    project.export(tmp_path / "out", "alpaca")
    first, second, *_ = lines(tmp_path / "out" / "train.json")
    assert (first["instruction"], first["input"]) == ("Sort these words.", "pear, apple")
    assert (second["instruction"], second["input"]) == ("Name a colour.\nOnly one.", "")


def test_no_line_end_in_a_text_ends_a_row_of_csv(tmp_path: Path) -> None:
    ends = ("\r", "\n", "\r\n", "\r\r", "\u2028")
    rows = [{"instruction": f"ask {at}", "output": f"a{end}b"} for at, end in enumerate(ends)]
    with make_project(tmp_path / "project", write(tmp_path, {"x.jsonl": rows})) as made:
        select(made)
        made.export(tmp_path / "out", "csv")
    for newline in ("", None):
        with (tmp_path / "out" / "train.csv").open(encoding="utf-8", newline=newline) as file:
            found = [row["output"] for row in csv.DictReader(file)]
        assert len(found) == len(ends)
        assert newline is None or found == [row["output"] for row in rows]


def test_optional_keys_without_a_value_are_left_out(project: Project, tmp_path: Path) -> None:
    project.export(tmp_path / "out", "messages", fields=("extras.lang",))
    for row in lines(tmp_path / "out" / "train.jsonl"):
        assert None not in row.values()
        for message in row["messages"]:
            assert isinstance(message["content"], str)
            assert None not in message.values()


def test_a_column_of_several_types_becomes_text(project: Project, tmp_path: Path) -> None:
    project.export(tmp_path / "out", "messages", fields=("extras.lang",))
    found = [row.get("lang") for row in lines(tmp_path / "out" / "train.jsonl")]
    assert found[:3] == ["en", "3", None]


def test_rows_of_trl_are_of_one_shape_only(project: Project, tmp_path: Path) -> None:
    shapes = {"messages", "prompt", "completion", "chosen", "rejected", "text", "conversations"}
    allowed = [{"messages"}, {"prompt", "completion"}, {"prompt", "chosen", "rejected"}]
    for at, options in enumerate(({}, {"prompt_completion": True}, {"kind": "dpo"})):
        project.export(tmp_path / f"out{at}", "trl", **options)  # type: ignore[arg-type]
        for row in lines(tmp_path / f"out{at}" / "train.jsonl"):
            assert row.keys() & shapes == allowed[at]
            assert "chat_template_kwargs" not in row


def test_vectors_are_those_of_the_records(own: Project, tmp_path: Path) -> None:
    import numpy as np

    from tests.export.vectors import embed

    stored = embed(own)
    unembedded = number(own, "chat")
    own.store.db.execute("delete from record_vectors where conversation_id = ?", (unembedded,))
    report = own.export(tmp_path / "out", "vectors")
    assert report.records["left_out"] == 1
    assert [problem.id for problem in report.listed] == [unembedded]
    with np.load(tmp_path / "out" / "vectors.npz", allow_pickle=False) as found:
        ids, uids, vectors = found["ids"].tolist(), found["uids"].tolist(), found["vectors"]
    assert ids == [row.id for row in own.list(sort="rank") if row.id != unembedded]
    assert uids == [own.store.db.execute("select uid from records where id = ?", (i,)).fetchone()[0]
                    for i in ids]  # fmt: skip
    assert np.array_equal(vectors, np.stack([stored[id_] for id_ in ids]).astype(np.float32))


if __name__ == "__main__":
    place = Path(tempfile.mkdtemp())
    with make_project(place / "project", write(place)) as made:
        select(made)
        for name, (target, options) in CASES.items():
            made.export(place / name, target, **options)
            shutil.rmtree(EXPECTED / name, ignore_errors=True)
            for path, text in seen(place / name).items():
                (EXPECTED / name / path).parent.mkdir(parents=True, exist_ok=True)
                (EXPECTED / name / path).write_bytes(text.encode())
    shutil.rmtree(place)

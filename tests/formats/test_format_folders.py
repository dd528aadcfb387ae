"""Folders: what in them is an input, and datasets that were saved as a folder."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from deita_tui.errors import InputError
from deita_tui.formats import expand, plan, read


def save_to_disk(folder: Path, rows: list[dict[str, Any]], shards: int = 1) -> None:
    """What ``datasets.Dataset.save_to_disk`` writes."""
    import pyarrow as pa

    folder.mkdir(parents=True)
    table = pa.Table.from_pylist(rows)
    size = -(-len(rows) // shards)
    files = []
    for shard in range(shards):
        name = f"data-{shard:05}-of-{shards:05}.arrow"
        part = table.slice(shard * size, size)
        with (
            pa.OSFile(str(folder / name), "wb") as sink,
            pa.ipc.new_stream(sink, table.schema) as writer,
        ):
            writer.write_table(part)
        files.append({"filename": name})
    state = {"_data_files": files, "_fingerprint": "0", "_split": "train"}
    (folder / "state.json").write_text(json.dumps(state))
    (folder / "dataset_info.json").write_text(json.dumps({"features": {}}))


ROWS = [
    {
        "id": f"r{n}",
        "messages": [{"role": "user", "content": f"q{n}"}, {"role": "assistant", "content": "a"}],
    }
    for n in range(10)
]


def test_a_saved_dataset_is_one_input(tmp_path: Path) -> None:
    save_to_disk(tmp_path / "set", ROWS, shards=3)
    assert expand(tmp_path / "set") == [tmp_path / "set"]
    planned = plan(tmp_path / "set")
    assert len(planned.files) == 3
    rows = list(read(planned))
    assert [row.found[0].external_id for row in rows] == [f"r{n}" for n in range(10)]
    for skip in range(12):
        assert list(read(planned, skip)) == rows[skip:]


def test_a_saved_dataset_with_splits_is_one_input_a_split(tmp_path: Path) -> None:
    save_to_disk(tmp_path / "set" / "train", ROWS)
    save_to_disk(tmp_path / "set" / "test", ROWS)
    (tmp_path / "set" / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    assert expand(tmp_path / "set") == [tmp_path / "set" / "test", tmp_path / "set" / "train"]


@pytest.mark.parametrize("name", ["../secret.arrow", "/etc/passwd", "sub/data.arrow", "..", ""])
def test_an_index_never_leads_out_of_its_folder(name: str, tmp_path: Path) -> None:
    save_to_disk(tmp_path / "set", ROWS)
    save_to_disk(tmp_path / "set" / "sub", ROWS)
    shutil.copy(tmp_path / "set" / "data-00000-of-00001.arrow", tmp_path / "secret.arrow")
    (tmp_path / "set" / "state.json").write_text(json.dumps({"_data_files": [{"filename": name}]}))
    with pytest.raises(InputError, match="not in its folder"):
        plan(tmp_path / "set")


def test_a_saved_dataset_without_its_data_says_so(tmp_path: Path) -> None:
    save_to_disk(tmp_path / "set", ROWS)
    (tmp_path / "set" / "data-00000-of-00001.arrow").unlink()
    with pytest.raises(InputError, match="lacks its data file"):
        plan(tmp_path / "set")


def test_a_folder_is_its_files_in_name_order(files: Path, tmp_path: Path) -> None:
    for name in ("alpaca.json", "messages.jsonl", "expert.csv"):
        shutil.copy(files / name, tmp_path / name)
    (tmp_path / "inner").mkdir()
    shutil.copy(files / "moss.json", tmp_path / "inner" / "moss.json")
    for name in ("README.md", "dataset_info.json", ".hidden.jsonl", "pictures.png"):
        (tmp_path / name).write_text("{}")
    found = [path.relative_to(tmp_path).as_posix() for path in expand(tmp_path)]
    assert found == ["alpaca.json", "expert.csv", "inner/moss.json", "messages.jsonl"]
    assert expand(tmp_path / "alpaca.json") == [tmp_path / "alpaca.json"]


def test_a_folder_without_files_of_rows_says_what_it_looks_for(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("nothing here")
    with pytest.raises(InputError, match="nothing that can be imported") as error:
        expand(tmp_path)
    assert ".jsonl" in error.value.hint
    with pytest.raises(InputError, match="does not exist"):
        expand(tmp_path / "nowhere")
    with pytest.raises(InputError, match="no saved dataset"):
        plan(tmp_path)


def test_parquet_and_jsonl_of_the_same_rows_read_alike(files: Path, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    lines = (files / "dolly.jsonl").read_text().splitlines()
    pq.write_table(
        pa.Table.from_pylist([json.loads(line) for line in lines]), tmp_path / "d.parquet"
    )
    plain, table = (
        list(read(plan(path))) for path in (files / "dolly.jsonl", tmp_path / "d.parquet")
    )
    assert [row.found for row in plain] == [row.found for row in table]


def test_odd_parquet_values_are_kept_as_json_could_have_them(tmp_path: Path) -> None:
    from datetime import datetime

    import msgspec
    import pyarrow as pa
    import pyarrow.parquet as pq

    row = {
        "instruction": "a",
        "output": "b",
        "when": datetime(2024, 5, 6),
        "picture": {"bytes": b"\x89PNG", "path": None},
        "missing": float("nan"),
    }
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "d.parquet")
    (read_row,) = read(plan(tmp_path / "d.parquet"))
    extras = read_row.found[0].extras
    assert extras["when"] == "2024-05-06T00:00:00"
    assert extras["missing"] is None
    assert msgspec.json.decode(msgspec.json.encode(extras)) == extras

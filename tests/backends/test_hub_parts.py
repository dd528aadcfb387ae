"""Models of several files: split GGUFs, and what other programs left half fetched."""

import json
import os
import time
from pathlib import Path

import pytest

from deita_tui.backends import found, snapshots
from deita_tui.backends.references import Reference
from tests.backends.test_hub import COMMIT, Client, Hub
from tests.backends.test_hub import client as client
from tests.backends.test_hub import hub as hub

SPLIT = {f"big-0000{part}-of-00003.gguf": b"GGUF" + b"x" * part for part in (1, 2, 3)}
NAMES = list(SPLIT)
SHARDS = {f"model-0000{part}-of-00002.safetensors": b"w" * part for part in (1, 2)}
INDEX = {"weight_map": dict(zip("ab", SHARDS, strict=True))}
SHARDED = {
    "config.json": b"{}",
    "tokenizer.json": b"{}",
    "tokenizer_config.json": b"{}",
    "model.safetensors.index.json": json.dumps(INDEX).encode(),
    **SHARDS,
}


# Split GGUFs ------------------------------------------------------------------------------------


def test_all_parts_are_fetched(hub: Hub, client: Client) -> None:
    hub.files = {**SPLIT, "other.gguf": b"GGUF"}
    found = client.fetch(f"org/name/{NAMES[0]}")
    folder = Path(found["path"]).parent
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == SPLIT
    assert found["told"][-1][:2] == [18, 18]
    assert client.fetch(f"org/name/{NAMES[0]}", offline=True)["path"] == found["path"]


def test_a_split_model_alone_in_its_repository_needs_no_file_name(hub: Hub, client: Client) -> None:
    hub.files = {**SPLIT, "README.md": b""}
    found = client.fetch("org/name")
    assert Path(found["path"]).name == NAMES[0]
    assert sorted(hub.fetched()) == NAMES


def test_parts_in_a_folder_of_the_repository(hub: Hub, client: Client) -> None:
    # The stand-in serves by the last part of a path.
    hub.files = {**SPLIT, **{f"Q4/{name}": content for name, content in SPLIT.items()}}
    found = client.fetch(f"org/name/Q4/{NAMES[0]}")
    assert sorted(file.name for file in Path(found["path"]).parent.iterdir()) == NAMES
    assert Path(found["path"]).parent.name == "Q4"
    assert client.fetch(f"org/name/Q4/{NAMES[0]}", offline=True)["path"] == found["path"]


def test_a_part_that_the_repository_lacks_is_told_before_anything_is_fetched(
    hub: Hub, client: Client
) -> None:
    hub.files = dict(SPLIT)
    del hub.files[NAMES[2]]
    told = client.fetch(f"org/name/{NAMES[0]}")
    assert told["error"] == "UsageError"
    assert f"lacks its part {NAMES[2]}" in told["message"]
    assert hub.fetched() == []
    assert "is not the first part" in client.fetch(f"org/name/{NAMES[1]}")["message"]


def test_a_part_that_is_gone_is_told_offline_and_fetched_again(hub: Hub, client: Client) -> None:
    hub.files = dict(SPLIT)
    text = f"org/name/{NAMES[0]}@{COMMIT}"
    there = Path(client.fetch(text)["path"]).parent
    (there / NAMES[1]).unlink()
    told = client.fetch(text, offline=True)
    assert told["error"] == "UsageError"
    assert f"lacks {NAMES[1]}." in told["message"]
    client.fetch(text)
    assert (there / NAMES[1]).read_bytes() == SPLIT[NAMES[1]]


# What other programs left -----------------------------------------------------------------------


@pytest.fixture
def left(client: Client, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a commit as another program left it: nothing says what belongs there."""
    monkeypatch.setenv("HF_HUB_CACHE", str(client.home / "hub"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(client.cache))
    place = client.home / "hub" / "models--org--name"
    folder = place / "snapshots" / COMMIT
    for made in (folder, place / "refs", place / "blobs"):
        made.mkdir(parents=True)
    (place / "refs" / "main").write_text(COMMIT)
    for name, content in SHARDED.items():
        (folder / name).write_bytes(content)
    return folder


def test_a_whole_one_is_taken(client: Client, hub: Hub, left: Path) -> None:
    assert client.fetch("org/name", offline=True)["path"] == str(left)
    assert client.fetch(f"org/name@{COMMIT}")["path"] == str(left)
    assert hub.asked == []
    there = found.cached("org/name")
    assert there is not None
    assert there.size == 3
    assert [model.name for model in found.models()] == ["org/name"]


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ("model-00002-of-00002.safetensors", "lacks model-00002-of-00002.safetensors."),
        ("tokenizer.json", "lacks its tokenizer."),
        ("config.json", "lacks config.json."),
        ("model.safetensors.index.json", "lacks its weights."),
    ],
)
def test_what_is_missing_is_said_offline_and_fetched_otherwise(
    client: Client, hub: Hub, left: Path, gone: str, said: str
) -> None:
    hub.files = dict(SHARDED)
    (left / gone).unlink()
    told = client.fetch("org/name", offline=True)
    assert told["error"] == "UsageError"
    assert said in told["message"]
    assert found.cached("org/name") is None
    assert client.fetch(f"org/name@{COMMIT}")["path"] == str(left)
    assert gone in hub.fetched()
    assert (left / gone).read_bytes() == SHARDED[gone]
    assert client.fetch("org/name", offline=True)["path"] == str(left)


def test_a_link_to_nothing_is_missing(client: Client, left: Path) -> None:
    shard = left / "model-00002-of-00002.safetensors"
    shard.unlink()
    shard.symlink_to("../../blobs/gone")
    assert f"lacks {shard.name}." in client.fetch("org/name", offline=True)["message"]


def test_the_trace_of_a_download_that_was_cut_short(client: Client, hub: Hub, left: Path) -> None:
    hub.files = dict(SHARDED)
    (left / "tokenizer_config.json").unlink()
    trace = left.parents[1] / "blobs" / "abc.0123.incomplete"
    trace.write_bytes(b"half")
    os.utime(trace, (time.time() + 5, time.time() + 5))
    told = client.fetch("org/name", offline=True)["message"]
    assert "the rest of an unfinished download (abc.0123.incomplete)" in told
    # The hub knows what there is to be, and what it said once is believed.
    client.fetch(f"org/name@{COMMIT}")
    assert "tokenizer_config.json" in hub.fetched()
    assert client.fetch("org/name", offline=True)["path"] == str(left)


def test_an_old_trace_says_nothing(client: Client, left: Path) -> None:
    blobs = left.parents[1] / "blobs"
    old = blobs / "old.incomplete"
    old.write_bytes(b"half")
    os.utime(old, (1, 1))
    (blobs / "done.0123.incomplete").write_bytes(b"half")
    (blobs / "done").write_bytes(b"whole")
    assert client.fetch("org/name", offline=True)["path"] == str(left)


def test_a_damaged_index_is_told(left: Path, client: Client) -> None:
    (left / "model.safetensors.index.json").write_text("{")
    told = client.fetch("org/name", offline=True)["message"]
    assert "lacks a readable model.safetensors.index.json." in told
    assert found.cached("org/name") is None


def test_nothing_of_it_is_here(left: Path) -> None:
    assert snapshots.find(Reference.parse("org/name@v9")) is None
    assert snapshots.find(Reference.parse(f"org/name@{'a' * 40}")) is None
    assert snapshots.newest(Reference.parse("org/other")) is None

"""Finding a model on this disk, and telling models apart."""

import json
import os
from pathlib import Path

import pytest

from deita_tui.backends import weights
from deita_tui.errors import UsageError


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def make(folder: Path, *names: str) -> Path:
    """A folder of files that hold their own names."""
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_text(name)
    (folder / "config.json").write_text('{"model_type": "llama"}')
    return folder


def test_a_folder(tmp_path: Path) -> None:
    folder = make(tmp_path / "scorer", "model.safetensors", "tokenizer.json", "README.md")
    found = weights.resolve(folder)
    assert (found.name, found.kind, found.revision) == ("scorer", "folder", "")
    assert found.architecture == "llama"
    assert found.size == len("model.safetensors")
    assert not found.pickled
    assert [file.name for file in found.files] == [
        "model.safetensors",
        "tokenizer.json",
        "config.json",
    ]


def test_a_gguf(tmp_path: Path) -> None:
    path = tmp_path / "scorer.Q8_0.gguf"
    path.write_bytes(b"GGUF" * 9)
    for asked in (path, str(path)):
        found = weights.resolve(asked)
        assert (found.name, found.kind, found.size) == ("scorer.Q8_0.gguf", "gguf", 36)


def split(folder: Path, *parts: int) -> list[Path]:
    """Parts of a model of three, each of its own size."""
    folder.mkdir(exist_ok=True)
    paths = [folder / f"big-0000{part}-of-00003.gguf" for part in parts]
    for part, path in zip(parts, paths, strict=True):
        path.write_bytes(b"GGUF" * part)
    return paths


def test_a_split_gguf_is_all_its_parts(tmp_path: Path) -> None:
    first, _, last = split(tmp_path / "model", 1, 2, 3)
    for asked in (first, tmp_path / "model"):
        found = weights.resolve(asked)
        assert (found.kind, found.size, len(found.files)) == ("gguf", 24, 3)
        assert found.path == first
    digest = found.digest()
    last.write_bytes(b"GGUF" * 2 + b"gguf")
    assert weights.resolve(first).digest() != digest


def test_a_split_gguf_that_lacks_a_part_is_told(tmp_path: Path) -> None:
    first, last = split(tmp_path / "model", 1, 3)
    missing = r"lacks its part big-00002-of-00003\.gguf"
    for asked in (first, tmp_path / "model"):
        with pytest.raises(UsageError, match=missing):
            weights.resolve(asked)
    with pytest.raises(UsageError, match="is not the first part"):
        weights.resolve(last)
    first.unlink()
    with pytest.raises(UsageError, match=r"big-00001-of-00003\.gguf is missing"):
        weights.resolve(tmp_path / "model")


@pytest.mark.parametrize(
    ("there", "taken"),
    [
        (("model.safetensors", "pytorch_model.bin", "consolidated.safetensors"), 1),
        (("pytorch_model.bin", "training_args.bin", "optimizer.bin"), 1),
        (
            (
                "model-00001-of-00002.safetensors",
                "model-00002-of-00002.safetensors",
                "model.safetensors.index.json",
                "pytorch_model-00001-of-00001.bin",
                "pytorch_model.bin.index.json",
            ),
            3,
        ),
        (("pytorch_model-00001-of-00001.bin", "pytorch_model.bin.index.json"), 2),
        (("one.gguf",), 1),
        (("one.gguf", "two.gguf"), 0),
        (("m-00001-of-00002.gguf", "m-00002-of-00002.gguf"), 2),
        (("m-00001-of-00002.gguf", "m-00002-of-00002.gguf", "one.gguf"), 0),
        (("adapter_model.safetensors",), 0),
    ],
)
def test_what_is_taken_of_a_repository(there: tuple[str, ...], taken: int) -> None:
    assert weights.needed((*there, "README.md")) == list(there[:taken])


def test_safetensors_come_before_pickles(tmp_path: Path) -> None:
    folder = make(tmp_path / "scorer", "pytorch_model.bin")
    assert weights.resolve(folder).pickled
    make(folder, "model.safetensors")
    assert not weights.resolve(folder).pickled


def test_a_part_that_is_missing(tmp_path: Path) -> None:
    folder = make(tmp_path / "scorer", "model-00001-of-00002.safetensors")
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-2.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(UsageError, match=r"model-2\.safetensors is missing \(1 of 2\)"):
        weights.resolve(folder)


@pytest.mark.parametrize("asked", ["nowhere", "./org/name", "/no/such/folder", "a/b/c", "x.gguf"])
def test_what_is_no_model_and_no_hub_id(asked: str) -> None:
    with pytest.raises(UsageError, match="There is no model at"):
        weights.resolve(asked)


def test_a_path_is_never_asked_of_the_hub() -> None:
    with pytest.raises(UsageError, match="There is no model at"):
        weights.resolve(Path("org/name"))


@pytest.mark.parametrize("names", [(), ("model.safetensors",), ("one.gguf", "two.gguf")])
def test_a_folder_without_a_model(tmp_path: Path, names: tuple[str, ...]) -> None:
    folder = make(tmp_path / "scorer", *names)
    (folder / "config.json").unlink()
    with pytest.raises(UsageError, match="holds no model"):
        weights.resolve(folder)


@pytest.mark.parametrize("text", ["org/name", "org/name@main", "o-1/n.2@refs/pr/3", "o/n/x.gguf"])
def test_hub_ids(text: str) -> None:
    assert weights.is_hub_id(text)


def test_the_digest_is_content_not_place(tmp_path: Path) -> None:
    first = make(tmp_path / "one", "model.safetensors", "tokenizer.json", "README.md")
    second = make(tmp_path / "two", "model.safetensors", "tokenizer.json")
    digest = weights.resolve(first).digest()
    assert digest == weights.resolve(second).digest()
    for name in ("model.safetensors", "tokenizer.json", "config.json"):
        path = second / name
        before = path.read_text()
        path.write_text(before + " ")
        assert weights.resolve(second).digest() != digest, name
        path.write_text(before)
    assert weights.resolve(second).digest() == digest


def test_a_file_is_read_once(tmp_path: Path, own_cache: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"one")
    digest = weights.file_digest(path)
    kept = list((own_cache / "deita-tui" / "digests").iterdir())
    assert len(kept) == 1
    kept[0].write_text("f" * 64)
    assert weights.file_digest(path) == "f" * 64
    kept[0].write_text("damaged")
    assert weights.file_digest(path) == digest
    os.utime(path, ns=(1, 1))
    assert weights.file_digest(path) == digest
    assert len(list(kept[0].parent.iterdir())) == 2


def test_a_cache_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder should be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    path = tmp_path / "model.gguf"
    path.write_bytes(b"one")
    assert weights.file_digest(path) == weights.file_digest(path)


def test_a_config_that_is_no_json(tmp_path: Path) -> None:
    folder = make(tmp_path / "scorer", "model.safetensors")
    (folder / "config.json").write_text("{")
    with pytest.raises(UsageError, match="not readable as JSON"):
        _ = weights.resolve(folder).architecture


def test_an_adapter_is_no_model(tmp_path: Path) -> None:
    folder = make(tmp_path / "lora", "config.json", "model.safetensors", "adapter_config.json")
    with pytest.raises(UsageError, match="holds an adapter"):
        weights.resolve(folder)


def test_a_download_that_was_cut_lacks_its_config() -> None:
    assert weights.needed(["config.json", "tokenizer.json", "model.safetensors"])[-1] == (
        "config.json"
    )

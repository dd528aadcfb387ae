"""`deita-tui models`: converting a folder on the command line, and timing what comes of it."""

import json
import shutil
from pathlib import Path

import pytest

from tests.backends.conftest import write_model, write_sentencepiece
from tests.support import Run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from transformers import LlamaConfig

    made = tmp_path_factory.mktemp("models") / "tiny"
    size = write_sentencepiece(made)
    config = LlamaConfig(
        vocab_size=size, hidden_size=64, intermediate_size=128, num_hidden_layers=2,
        num_attention_heads=4, max_position_embeddings=2048, initializer_range=0.2,
    )  # fmt: skip
    return write_model(made, config, seed=21)


def test_a_converted_folder_scores_the_same_and_is_timed(
    deita_tui: Run, folder: Path, tmp_path: Path
) -> None:
    done = deita_tui("models", "convert", folder, "--type", "f32", "--json")
    told = json.loads(done.stdout)
    assert told["file"] == str(tmp_path / "tiny-F32.gguf")
    assert told["fidelity"]["largest_difference"] < 1e-3
    refused = deita_tui("models", "convert", folder, "--type", "f32", expect=2)
    assert "there already" in refused.stderr
    lines = json.loads(
        deita_tui("models", "bench", folder, "tiny-F32.gguf", "--turns", "4", "--json").stdout
    )
    assert [line["backend"] for line in lines][-1] == "llama"
    assert lines[0]["fidelity"] is None
    assert lines[-1]["fidelity"]["largest_difference"] < 1e-3
    assert all(line["rows_per_second"] > 0 and line["peak_bytes"] > 0 for line in lines)


def test_a_file_that_scores_otherwise_is_put_aside(
    deita_tui: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The folder that it is compared with says other numbers than the one that was converted.
    copy = shutil.copytree(folder, tmp_path / "copy")
    deita_tui("models", "convert", copy, "a.gguf", "--type", "F32", "--no-verify")
    config = json.loads((copy / "config.json").read_text())
    part = tmp_path / "b.gguf"
    shutil.copy(tmp_path / "a.gguf", part)
    (copy / "config.json").write_text(json.dumps(config | {"rms_norm_eps": 0.5}))

    from deita_tui.cli import modelling
    from deita_tui.errors import JobError

    with pytest.raises(JobError, match=r"b\.gguf does not score as"):
        modelling._verified(copy, part, "F32")
    assert not part.exists()
    assert (tmp_path / "b.gguf.wrong").exists()


def test_what_is_no_model_is_said(deita_tui: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "no folder" in deita_tui("models", "convert", "nowhere", expect=2).stderr
    deita_tui("models", "convert", "empty", expect=2)
    assert "gguf" in deita_tui("models", "convert", "empty", "x.bin", expect=2).stderr
    done = deita_tui("models", "convert", "empty", "--type", "Q17", expect=2)
    assert "Q4_K_M" in done.stderr


def test_the_models_on_this_disk_are_listed(
    deita_tui: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "ggufs"
    place.mkdir()
    deita_tui("models", "convert", folder, place / "small.gguf", "--no-verify")
    monkeypatch.setenv("LLAMA_CACHE", str(place))
    listed = json.loads(deita_tui("models", "list", "--json").stdout)
    (found,) = [each for each in listed if each["path"] == str(place / "small.gguf")]
    assert (found["kind"], found["backend"]) == ("gguf", "llama")

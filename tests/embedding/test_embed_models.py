"""A run from the front door on real, if tiny, models: what is picked, kept and told."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from deita_store import vectors
from deita_tui.errors import JobError
from deita_tui.project import Project
from tests.backends.conftest import llama_folder  # noqa: F401 - a fixture
from tests.backends.encoders import minilm, sentence_layout, tiny_bert
from tests.backends.gguf_writer import to_gguf
from tests.scoring.small_project import fill

CONVERSATIONS = [
    [("Write a poem about the sea.", "The sea is wide."), ("And the wind?", "It sings.")],
    [("How many apples are there in 42 boxes of 16?", "There are 672 apples.")],
    [("Explain why the birds return.", "They follow the weather there.")],
]


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    with Project.create(tmp_path / "pool") as project:
        fill(project.store, CONVERSATIONS)
    return tmp_path / "pool"


def stored(project: Project, embedder: int) -> NDArray[np.float64]:
    rows = [vector for _, vector in vectors.rows(project.store, embedder)]
    return np.frombuffer(b"".join(rows), "<f2").reshape(len(rows), -1).astype(np.float64)


def test_deitas_way_on_a_folder_and_on_its_gguf(
    pool: Path,
    llama_folder: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    gguf = to_gguf(llama_folder, tmp_path / "tiny.gguf")
    with Project.open(pool) as project:
        folder = project.embed(
            embedder=llama_folder, preset="deita", precision="float32", device="cpu"
        )
        file = project.embed(embedder=gguf, preset="deita")
        first, second = project.embedders()
        assert (first.name, second.name, folder.dimensions) == ("deita", "deita", 64)
        for state in (first, second):
            told = state.config["embedder"]
            assert isinstance(told, dict)
            assert (told["pool"], state.config["rendering"]) == ("last", "vicuna_v1.1")
        one, other = stored(project, folder.embedder_id), stored(project, file.embedder_id)
        assert len(one) == len(CONVERSATIONS)
        np.testing.assert_allclose(one, other, atol=2e-3)
        np.testing.assert_allclose(np.linalg.norm(one, axis=1), 1, atol=1e-3)


def test_a_sentence_encoder_is_known_by_its_layout_and_what_was_picked_is_kept(
    pool: Path, tmp_path: Path
) -> None:
    bert = tiny_bert(tmp_path / "bert")
    encoder = sentence_layout(bert, tmp_path / "encoder", {"pooling_mode_mean_tokens": True})
    with Project.open(pool) as project:
        report = project.embed(embedder=encoder, device="cpu")
        (state,) = project.embedders()
        told = state.config["embedder"]
        assert isinstance(told, dict)
        assert (told["backend"], told["precision"], told["limit"]) == ("sentence", "float32", "32")
        assert (report.name, report.embedded) == ("encoder", 3)
        again = project.embed(embedder=encoder, device="cpu")
        assert (again.embedder_id, again.ready, again.embedded) == (report.embedder_id, 3, 0)
        (encoder / "1_Pooling" / "config.json").write_text('{"pooling_mode": "cls"}')
        other = project.embed(embedder=encoder, device="cpu")
        assert other.embedder_id != report.embedder_id, "another model under the same path"


def test_a_preset_refuses_an_encoder_once_it_shows_to_be_one(pool: Path) -> None:
    with Project.open(pool) as project, pytest.raises(Exception, match="language model"):
        project.embed(embedder=minilm(), preset="deita")


def test_a_model_that_is_not_here_is_a_sentence_offline(
    pool: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    with Project.open(pool) as project:
        with pytest.raises(JobError, match="some/encoder") as told:
            project.embed(embedder="some/encoder", offline=True)
        assert "offline" in str(told.value)


def test_lite_needs_no_model(pool: Path) -> None:
    with Project.open(pool) as project:
        report = project.embed()
        assert (report.name, report.embedded, report.failed) == ("lite", 3, 0)
        assert len(stored(project, report.embedder_id)) == 3


def test_lite_warns_of_texts_that_it_only_spells(tmp_path: Path) -> None:
    file = tmp_path / "pool.jsonl"
    asked = ("Как спелый банан отличается от зелёного?", "How do I bake bread?")
    file.write_text(
        "".join(json.dumps({"instruction": each, "output": each}) + "\n" for each in asked)
    )
    with Project.create(tmp_path / "p") as project:
        project.import_(file)
        (note,) = project.embed().notes
        assert note.startswith("! 1 text mostly in Cyrillic")

"""A GGUF's tokenizer against the one that its source folder has."""

import shutil
from pathlib import Path

import pytest

from deita_tui.backends import agreement, llama
from tests.backends.gguf_writer import to_gguf


@pytest.mark.parametrize("kind", ["llama_folder", "mistral_folder"])
def test_a_faithful_copy_agrees_on_every_sample(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    folder: Path = request.getfixturevalue(kind)
    shutil.copy(folder / "tokenizer.json", tmp_path)
    shutil.copy(folder / "tokenizer_config.json", tmp_path)
    shutil.copy(folder / "config.json", tmp_path)
    judge = llama.open(to_gguf(folder, tmp_path / "tiny.gguf"))
    found = agreement.check(judge.tokens, tmp_path / "tiny.gguf")
    judge.close()
    assert found is not None
    assert found.differing == ()
    assert str(found) == f"Both tokenizers agree on all {len(agreement.SAMPLE)} texts tried."


def test_a_copy_that_adds_no_space_is_found_out(llama_folder: Path, tmp_path: Path) -> None:
    judge = llama.open(to_gguf(llama_folder, tmp_path / "tiny.gguf", space_prefix=False))
    right = llama.open(to_gguf(llama_folder, tmp_path / "right.gguf"))
    found = agreement.compare(judge.tokens, right.tokens)
    for each in (judge, right):
        each.close()
    assert found.share < 0.5
    assert "disagree on" in str(found)
    assert "scores will differ there" in str(found)


def test_nothing_is_said_where_there_is_no_source(tmp_path: Path) -> None:
    assert agreement.check(lambda text: [1], tmp_path / "alone.gguf") is None


def test_the_example_is_shown_escaped() -> None:
    found = agreement.compare(lambda text: [1], lambda text: [2], ["\x1b[31m", "b"])
    assert "\x1b" not in str(found)
    assert found.share == 0

"""The embedder that ships: what it promises to whoever stores its vectors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deita_tui.backends import embedders
from deita_tui.embedding import lite

TEXTS = [
    "How do I bake sourdough bread at home?",
    "What is the best recipe for a loaf of sourdough?",
    "Prove that the square root of two is irrational.",
    "Show that √2 cannot be written as a fraction.",
    "Wie spät ist es in Berlin?",
]


@pytest.fixture(scope="module")
def embedder() -> lite.LiteEmbedder:
    return lite.open()


def cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other / np.sqrt((one @ one) * (other @ other)))


def test_it_is_opened_by_name() -> None:
    opened = embedders.open_embedder("auto", "lite", {})
    assert opened.dimensions == 256
    assert opened.limit == lite.LIMIT
    assert set(opened.identity) >= {"backend", "version", "weights", "pooling", "limit"}


def test_texts_about_the_same_are_closer_than_others(embedder: lite.LiteEmbedder) -> None:
    bread, loaf, proof, root, _ = embedder.embed(TEXTS).vectors
    assert cosine(bread, loaf) > 0.5
    assert cosine(proof, root) > 0.4
    assert cosine(bread, proof) < 0.3


@given(st.lists(st.text(max_size=60), max_size=6), st.data())
@settings(max_examples=60, deadline=None)
def test_a_vector_depends_on_its_text_alone(texts: list[str], data: st.DataObject) -> None:
    embedder = lite.open()
    together = embedder.embed(texts)
    assert together.vectors.shape == (len(texts), 256)
    order = data.draw(st.permutations(range(len(texts))))
    for place in order:
        alone = embedder.embed([texts[place]])
        assert alone.vectors[0].tobytes() == together.vectors[place].tobytes()
        assert alone.shortened[0] == together.shortened[place]


def test_what_has_no_known_token_has_no_vector_but_a_reason(embedder: lite.LiteEmbedder) -> None:
    found = embedder.embed(["", " \n\t", "\U0001f9ff", "word"])
    assert np.isnan(found.vectors).any(axis=1).tolist() == [True, True, True, False]
    assert found.trouble == lite.NO_TOKEN
    assert embedder.embed(["word"]).trouble == ""


def test_a_long_text_is_cut_at_the_limit_and_says_so(embedder: lite.LiteEmbedder) -> None:
    fits = "word " * lite.LIMIT
    found = embedder.embed([fits, fits + "banana", "x" * 200_000, "a-" * lite.LIMIT])
    assert found.shortened.tolist() == [False, True, False, True]
    assert np.array_equal(found.vectors[0], found.vectors[1])


def test_no_texts_are_no_vectors(embedder: lite.LiteEmbedder) -> None:
    assert embedder.embed([]).vectors.shape == (0, 256)
    embedder.close()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Как спелый банан отличается от зелёного?", True),
        ("Πώς ψήνω ψωμί στο σπίτι;", True),
        ("你好，你可以做什么？", False),
        ("Élan naïf, où est le café?", False),
        ("Translate to Russian: привет", False),
        ("", False),
    ],
)
def test_texts_that_it_only_spells_are_told_from_others(text: str, told: bool) -> None:
    assert lite.spelt(text) == told

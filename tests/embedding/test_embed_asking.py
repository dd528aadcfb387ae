"""An embedder that raises, hangs or answers nonsense."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from deita_tui.backends.embedders import Embedded
from deita_tui.backends.fake_embedder import FakeEmbedder, FakeSettings
from deita_tui.embedding.asking import Answer, Asker
from deita_tui.embedding.normalising import NOT_A_NUMBER, ZERO
from deita_tui.errors import JobError, UsageError


def asked(texts: Sequence[str], patience: float = 30, **settings: Any) -> Answer:
    asker = Asker(lambda: FakeEmbedder("m", FakeSettings(**settings)), patience)
    try:
        return asker.ask(texts)
    finally:
        asker.close()


def test_each_text_gets_the_vector_that_it_gets_alone() -> None:
    texts = ["tea with milk and sugar", "tea with lemon and sugar", "a river in the north"]
    together = asked(texts)
    for row, text in enumerate(texts):
        np.testing.assert_array_equal(together.vectors[row], asked([text]).vectors[0])
    first, second, third = together.vectors.astype(float)
    assert first @ second > first @ third


def test_zero_and_nan_are_reasons() -> None:
    found = asked(["fine", "bad zero", "bad nan"], zero_if="zero", nan_if="nan")
    assert found.reasons == {1: ZERO, 2: NOT_A_NUMBER}


def test_one_bad_text_does_not_cost_its_batch() -> None:
    texts = ["one", "two boom", "three", "four boom"]
    found = asked(texts, raise_if="boom")
    assert found.reasons == dict.fromkeys((1, 3), "RuntimeError: fault at 'boom'")
    np.testing.assert_array_equal(found.vectors[[0, 2]], asked(["one", "three"]).vectors)
    assert found.shortened == [False] * 4


def test_a_model_that_always_raises_ends_with_a_sentence() -> None:
    with pytest.raises(JobError, match=r"failed on 20 texts in a row, .* RuntimeError: fault"):
        asked(["boom"] * 50, raise_if="boom")


def test_many_bad_texts_are_no_bad_model() -> None:
    texts = ["fine", *["boom"] * 50]
    assert len(asked(texts, raise_if="boom").reasons) == 50


def test_a_model_that_hangs_ends_with_a_sentence() -> None:
    with pytest.raises(JobError, match="has not answered for 0 s") as told:
        asked(["a"], patience=0.2, hang_on=1, hang_seconds=5)
    assert "--patience" in told.value.hint


class Odd:
    """Answers with the wrong number of vectors, or says that it cannot go on."""

    identity: Mapping[str, str] = {}
    dimensions, limit = 2, 10

    def __init__(self, error: Exception | None = None) -> None:
        self._error = error

    def embed(self, texts: Sequence[str]) -> Embedded:
        if self._error:
            raise self._error
        return Embedded(np.ones((len(texts) + 1, 2), np.float32), np.zeros(len(texts) + 1, bool))

    def close(self) -> None:
        pass


def test_an_answer_of_another_shape_is_a_failure() -> None:
    asker = Asker(Odd, 30)
    found = asker.ask(["a"])
    assert found.reasons[0].startswith("ValueError: 1 texts got an answer of shape (2, 2)")
    assert asker.failing
    asker.close()


def test_what_a_model_says_itself_ends_the_run() -> None:
    asker = Asker(lambda: Odd(UsageError("no more")), 30)
    with pytest.raises(UsageError, match="no more"):
        asker.ask(["a", "b"])
    asker.close()


def test_an_embedder_that_does_not_open_raises_what_it_raised() -> None:
    def cannot() -> Odd:
        raise UsageError("there is no such model")

    with pytest.raises(UsageError, match="no such model"):
        Asker(cannot, 30)

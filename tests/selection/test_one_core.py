"""On one core: for as long as anybody needs it, whoever came first, and no longer."""

from contextlib import ExitStack

import numpy as np
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

from deita_tui.selection.cores import one_core


def cores() -> list[int]:
    np.ones((2, 2)) @ np.ones((2, 2))
    return [each["num_threads"] for each in ThreadpoolController().select(user_api="blas").info()]


def test_the_last_one_out_ends_it() -> None:
    before = cores()
    first, second = ExitStack(), ExitStack()
    first.enter_context(one_core())
    second.enter_context(one_core())
    assert set(cores()) <= {1}
    first.close()
    assert set(cores()) <= {1}, "somebody is still inside"
    second.close()
    assert cores() == before


def test_a_mistake_inside_ends_it_as_well() -> None:
    before = cores()
    try:
        with one_core():
            raise KeyError
    except KeyError:
        pass
    assert cores() == before

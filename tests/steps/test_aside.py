"""Slow work aside: the job moves meanwhile, and whoever leaves stops it."""

import threading
from collections.abc import Generator

import pytest

from deita_tui.steps.aside import Aside, Left, Tell
from deita_tui.steps.progress import Progress


def advance(told: tuple[int, int] | None) -> Progress:
    done, total = told or (0, 0)
    return Progress(done, total, "bytes", "fetching")


def result_of(work: Generator[Progress, None, str]) -> str:
    while True:
        try:
            next(work)
        except StopIteration as end:
            return str(end.value)


def test_what_it_tells_becomes_progress_and_its_result_is_returned() -> None:
    go_on = threading.Event()

    def fetch(tell: Tell) -> str:
        tell(3, 12, "model.safetensors")
        assert go_on.wait(30)
        return "fetched"

    work = Aside(fetch).follow(advance)
    assert next(work) == Progress(3, 12, "bytes", "fetching")
    go_on.set()
    assert result_of(work) == "fetched"


def test_an_error_comes_through() -> None:
    def fail(tell: Tell) -> str:
        raise ValueError("no such model")

    with pytest.raises(ValueError, match="no such model"):
        list(Aside(fail).follow(advance))


def test_whoever_leaves_stops_it_at_its_next_word() -> None:
    left, ended = threading.Event(), threading.Event()

    def fetch(tell: Tell) -> None:
        assert left.wait(30)
        try:
            tell(1, 2, "")
        except Left:
            ended.set()
            raise

    work = Aside(fetch).follow(advance)
    next(work)
    work.close()
    left.set()
    assert ended.wait(30)

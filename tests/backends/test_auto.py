"""``auto``'s pick, on real candidates and on machines described in numbers."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from deita_tui.backends import Judge, auto, devices, hf, llama, weights
from deita_tui.backends.auto import Candidate
from deita_tui.backends.fake import FakeJudge, FakeSettings
from deita_tui.errors import UsageError
from tests.backends.gguf_writer import to_gguf

GB = 10**9


def ways(*memory: int) -> list[Candidate]:
    names = ("bfloat16", "float32", "float16")
    return [
        Candidate("fake", name, "cpu", need, f"{name} is likely")
        for name, need in zip(names, memory, strict=False)
    ]


def test_a_gguf_runs_on_llama(llama_folder: Path, tmp_path: Path) -> None:
    model = weights.resolve(to_gguf(llama_folder, tmp_path / "tiny.gguf"))

    def never(way: Candidate) -> Judge:
        raise AssertionError("nothing to measure, so nothing is loaded")

    choice = auto.choose(model, never)
    assert (choice.backend, choice.precision) == ("llama", "file")
    assert choice.reason == "a .gguf file runs on llama.cpp"
    assert choice.rows_per_second is None


def test_a_folder_runs_on_hf_in_what_was_measured_faster(llama_folder: Path) -> None:
    model = weights.resolve(llama_folder)
    offered = auto.candidates(model)
    assert {way.backend for way in offered} == {"hf"}
    cpu = [way for way in offered if way.device == "cpu"]
    assert len(cpu) == (2 if devices.cpu().bfloat16 else 1) or len(offered) == 1
    settings = [hf.HfSettings(device="cpu", dtype=name) for name in ("bfloat16", "float32")]
    both = [Candidate("hf", each.dtype, "cpu", 1, "tried") for each in settings]

    def open_judge(way: Candidate) -> Judge:
        return hf.open(llama_folder, settings[both.index(way)])

    choice = auto.choose(model, open_judge, both, seconds=0.2)
    assert choice.precision in ("bfloat16", "float32")
    assert choice.rows_per_second
    assert choice.reason.startswith("tried; rows/s measured: bfloat16 ")
    assert ", float32 " in choice.reason


def test_what_does_not_fit_is_not_tried(llama_folder: Path) -> None:
    model = weights.resolve(llama_folder)

    def never(way: Candidate) -> Judge:
        raise AssertionError(way)

    choice = auto.choose(model, never, ways(14 * GB, 28 * GB), memory=20 * GB)
    assert choice.precision == "bfloat16"
    assert choice.reason == "bfloat16 is likely; float32 would not fit into memory"
    with pytest.raises(UsageError, match=r"needs about 14.0 GB of memory, and 8.0 GB are free"):
        auto.choose(model, never, ways(14 * GB, 28 * GB), memory=8 * GB)


class Slow(FakeJudge):
    """A judge that takes its time, and says when it is closed."""

    times_closed = 0

    def next_logprobs(
        self, prompts: Sequence[Sequence[int]], choices: Sequence[int], shared: int = 0
    ) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
        import time

        time.sleep(0.05)
        return super().next_logprobs(prompts, choices, shared)

    def close(self) -> None:
        Slow.times_closed += 1


def test_the_faster_one_is_picked_and_the_memory_given_back(llama_folder: Path) -> None:
    model = weights.resolve(llama_folder)

    def open_judge(way: Candidate) -> Judge:
        kind = Slow if way.precision == "bfloat16" else FakeJudge
        return kind("fake", FakeSettings())

    choice = auto.choose(model, open_judge, ways(1, 1), seconds=0.1, memory=GB)
    assert choice.precision == "float32"
    assert Slow.times_closed == 1


def test_memory_needed_follows_what_the_folder_stores(llama_folder: Path) -> None:
    model = weights.resolve(llama_folder)
    by_name = {way.precision: way.memory for way in auto.candidates(model)}
    if "float32" in by_name:
        assert by_name["float32"] == pytest.approx(model.size * 1.2, rel=0.01)
    if "bfloat16" in by_name:
        assert by_name["bfloat16"] == pytest.approx(model.size * 0.6, rel=0.01)
    assert 0 < auto.available() <= devices.memory()


def test_measuring_closes_the_judge(llama_folder: Path, tmp_path: Path) -> None:
    judge = llama.open(to_gguf(llama_folder, tmp_path / "tiny.gguf"))
    assert auto.measure(judge, 0.1) > 0
    judge.close()

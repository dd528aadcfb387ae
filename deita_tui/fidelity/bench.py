"""Every way to run a model here: how fast, in how much memory, how near the exact one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from deita_tui.backends import devices, names
from deita_tui.errors import JobError
from deita_tui.fidelity import comparing
from deita_tui.fidelity.comparing import Fidelity
from deita_tui.fidelity.measuring import Measured, Request
from deita_tui.fidelity.running import run
from deita_tui.figures import size


@dataclass(frozen=True, slots=True)
class Way:
    """One way to run one form of the model."""

    request: Request
    told: str


@dataclass(frozen=True, slots=True)
class Line:
    """What came of a way."""

    way: Way
    measured: Measured
    fidelity: Fidelity | None
    """None for the one that the others are compared with."""

    def cells(self) -> list[object]:
        """As a table has it."""
        measured, found = self.measured, self.fidelity
        rank = None if found is None or found.spearman is None else f"{found.spearman:.4f}"
        return [
            Path(self.way.request.model).name,
            measured.backend,
            measured.precision,
            f"{measured.rows_per_second:.1f}",
            f"{measured.tokens / max(measured.seconds, 1e-9):,.0f}",
            size(measured.peak_bytes),
            rank if found else "exact",
            f"{found.mean_difference:.2g}" if found else "",
            f"{found.largest_difference:.2g}" if found else "",
        ]

    def as_json(self) -> dict[str, object]:
        """As a program reads it."""
        measured = self.measured
        return {
            "model": self.way.request.model,
            "backend": measured.backend,
            "precision": measured.precision,
            "rows_per_second": measured.rows_per_second,
            "tokens_per_second": measured.tokens / max(measured.seconds, 1e-9),
            "peak_bytes": measured.peak_bytes,
            "fidelity": None if self.fidelity is None else msgspec.to_builtins(self.fidelity),
        }


def ways(models: Sequence[str], turns: int, threads: int = 0) -> list[Way]:
    """What there is to try: a .gguf as it is, a folder in each precision that this machine has."""
    found = []
    for model in models:
        given = str(Path(model).absolute()) if Path(model).exists() else model
        backend = names.pick(given)
        names.require(backend)
        more: dict[str, object] = {"threads": threads} if threads else {}
        if backend == "llama":
            found.append(Way(Request(given, backend, more, turns), f"{model} on llama.cpp"))
            continue
        for precision in _precisions():
            asked = Request(given, backend, {"dtype": precision, **more}, turns)
            found.append(Way(asked, f"{model} in {precision}"))
    return found


def measure(ways: Sequence[Way]) -> Iterator[tuple[Way, Measured | JobError]]:
    """Try each, one after another, each in a process of its own."""
    for way in ways:
        try:
            yield way, run(way.request)
        except JobError as error:
            yield way, error


def lines(rows: Sequence[tuple[Way, Measured]]) -> list[Line]:
    """The table: each compared with the first."""
    reference = rows[0][1]
    return [
        Line(way, measured, None if number == 0 else comparing.compare(measured, reference))
        for number, (way, measured) in enumerate(rows)
    ]


def _precisions() -> tuple[str, ...]:
    first = devices.choose("auto")[0]
    if first.name != "cpu":
        return ("float32", "bfloat16" if first.bfloat16 else "float16")
    return ("float32", "bfloat16") if devices.cpu().bfloat16 else ("float32",)

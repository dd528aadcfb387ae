"""A model scores a sample, and is timed: as a process of its own, so that its memory is its own.

python -m deita_tui.fidelity.measuring < request.json > answer.json
"""

import resource
import sys
import time
from collections.abc import Sequence

import msgspec

from deita_tui.backends import Judge, names
from deita_tui.errors import DeitaError
from deita_tui.fidelity import sample
from deita_tui.scoring import deita, digits
from deita_tui.scoring.deita import Template
from deita_tui.scoring.shorten import Prompt, fit

_LIMIT = 1024
_BATCH = 16


class Request(msgspec.Struct, frozen=True):
    """A model, and how to run it."""

    model: str
    backend: str = "auto"
    settings: dict[str, object] = {}
    """Fields of the backend's settings class."""
    turns: int = 64


class Measured(msgspec.Struct, frozen=True):
    """What it said, and what that took."""

    backend: str
    precision: str
    scores: list[float | None]
    """Of the complexity template, then of the quality template; None where there is no number."""
    tokens: int
    """Of the prompts."""
    seconds: float
    """In the model, without loading it."""
    peak_bytes: int
    """The most memory that the process had."""
    notes: tuple[str, ...] = ()

    @property
    def rows_per_second(self) -> float:
        """Prompts a second."""
        return len(self.scores) / max(self.seconds, 1e-9)


class Failed(msgspec.Struct, frozen=True):
    """Why there is nothing."""

    message: str
    hint: str = ""


def measure(request: Request) -> Measured:
    """Have the model score the sample.

    Raises:
        DeitaError: it cannot be opened, or cannot be asked for digits.
    """
    turns = sample.turns(request.turns)
    judge = names.open_judge(request.backend, request.model, request.settings)
    try:
        values: list[float | None] = []
        tokens, seconds = 0, 0.0
        for template in (deita.COMPLEXITY, deita.QUALITY):
            fields = [
                (turn.instruction,) if template.reads == "instruction" else
                (turn.instruction, turn.response)
                for turn in turns
            ]  # fmt: skip
            found = _asked(judge, template, fields)
            values += found.values
            tokens, seconds = tokens + found.tokens, seconds + found.seconds
    finally:
        judge.close()
    return Measured(
        backend=judge.identity.get("backend", request.backend),
        precision=judge.identity.get("precision", ""),
        scores=values,
        tokens=tokens,
        seconds=seconds,
        peak_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        notes=tuple(getattr(judge, "notes", ())),
    )


class _Asked(msgspec.Struct, frozen=True):
    values: list[float | None]
    tokens: int
    seconds: float


def _asked(judge: Judge, template: Template, fields: Sequence[Sequence[str]]) -> _Asked:
    known = digits.resolve(judge.tokens, template)
    limit = min(judge.limit, _LIMIT)
    prompts = [fit(template, each, known, judge.tokens, limit) for each in fields]
    order = sorted(
        (n for n, prompt in enumerate(prompts) if not prompt.problem),
        key=lambda n: len(prompts[n].tokens),
    )
    values: list[float | None] = [None] * len(prompts)
    _ask(judge, known, [prompts[n] for n in order[:2]])  # the first questions load what they need
    started = time.perf_counter()
    for start in range(0, len(order), _BATCH):
        rows = order[start : start + _BATCH]
        for row, value in zip(rows, _ask(judge, known, [prompts[n] for n in rows]), strict=True):
            values[row] = value
    seconds = time.perf_counter() - started
    return _Asked(values, sum(len(prompts[n].tokens) for n in order), seconds)


def _ask(judge: Judge, known: digits.Digits, prompts: Sequence[Prompt]) -> list[float | None]:
    if not prompts:
        return []
    shared = len(known.head) if all(known.shares_head(each.tokens) for each in prompts) else 0
    rows = judge.next_logprobs([each.tokens for each in prompts], known.ids, shared)
    said = [deita.judgement(row) for row in rows.tolist()]
    return [None if each is None else each.value for each in said]


def main() -> None:
    """Answer one request, from standard input to standard output."""
    request = msgspec.json.decode(sys.stdin.buffer.read(), type=Request)
    answer: Measured | Failed
    try:
        answer = measure(request)
    except DeitaError as error:
        answer = Failed(error.message, error.hint)
    name = "measured" if isinstance(answer, Measured) else "failed"
    sys.stdout.buffer.write(msgspec.json.encode({name: answer}))


if __name__ == "__main__":
    main()

"""What a scoring run will take, told before anything is loaded."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from deita_tui.backends import weights
from deita_tui.errors import UsageError
from deita_tui.scoring.deita import Template
from deita_tui.scoring.health import duration

SAMPLE = 400
"""Texts that the mean length is taken from."""

_CHARS_A_TOKEN = 4.0
_BYTES_A_SCORE = 160
"""In the project: key, value, six probabilities, and their share of pages and of the sums."""

_WEIGHTS = ("*.safetensors", "*.bin", "*.gguf")
_BESIDE_WEIGHTS = 1.5e9
"""Memory that a run takes beside the weights: the libraries, a batch's activations, the texts."""
_BESIDE_LITE = 3e8
"""The same, of the scorers that ship."""


class Stage(msgspec.Struct, frozen=True):
    """One scorer's share of the run."""

    measures: str
    model: str
    records: int
    turns: int
    """Turns that can be scored."""
    texts: int
    """Different texts among them: what the model is asked."""
    done: int | None
    """Those that were scored before; None where that shows only once the model is loaded."""
    tokens: int
    """Of the prompts that are left."""
    counted: str
    """How ``tokens`` was estimated."""
    seconds: float | None
    """None while nobody knows how fast the model is here."""
    model_bytes: int | None
    """Of its weights; None for one that is not on this disk."""


class Plan(msgspec.Struct, frozen=True):
    """A whole run."""

    stages: tuple[Stage, ...]

    @property
    def seconds(self) -> float | None:
        """The time of all stages; None while one is unknown."""
        known = [stage.seconds for stage in self.stages if stage.seconds is not None]
        return sum(known) if len(known) == len(self.stages) else None

    @property
    def memory_bytes(self) -> int | None:
        """What the largest model needs: one is loaded at a time."""
        sizes = [stage.model_bytes for stage in self.stages if stage.model_bytes is not None]
        lite = all(stage.model == "lite" for stage in self.stages)
        beside = _BESIDE_LITE if lite else _BESIDE_WEIGHTS
        return round(max(sizes) + beside) if len(sizes) == len(self.stages) else None

    @property
    def disk_bytes(self) -> int:
        """What the project grows by."""
        return _BYTES_A_SCORE * sum(stage.texts - (stage.done or 0) for stage in self.stages)

    def lines(self) -> list[str]:
        """The plan for a person, one line a stage and one for all of it."""
        return [*map(_told, self.stages), _total(self)]


def tokens(
    template: Template,
    sample: Sequence[Sequence[str]],
    texts: int,
    limit: int,
    count: Callable[[str], int] | None = None,
) -> tuple[int, str]:
    """How many tokens ``texts`` prompts have, by a sample of their fields; and how it was told.

    Args:
        template: what is around the fields.
        sample: fields of some of the texts.
        texts: how many there are.
        limit: the most tokens of a prompt.
        count: the model's own tokenizer, if it is at hand.
    """
    told = "the model's tokenizer" if count else f"{_CHARS_A_TOKEN:g} characters a token"
    measure = count or (lambda text: round(len(text) / _CHARS_A_TOKEN))
    lengths = [min(limit, measure(template.render(fields))) for fields in sample]
    mean = sum(lengths) / len(lengths) if lengths else 0.0
    return round(mean * texts), f"{told}, {len(lengths):,} texts"


def model_bytes(model: str) -> int | None:
    """The size of a model's weights on this disk; None where it is not a file or a folder here."""
    path = Path(model)
    if path.exists():
        with suppress(UsageError):
            return weights.resolve(path).size
    if path.is_file():
        return path.stat().st_size
    for pattern in _WEIGHTS:
        if sizes := [file.stat().st_size for file in path.glob(pattern) if file.is_file()]:
            return sum(sizes)
    return None


def _told(stage: Stage) -> str:
    done = f" ({stage.done:,} of them done)" if stage.done else ""
    size = stage.model_bytes
    known = "not on this disk, size unknown" if size is None else f"{size / 1e9:.1f} GB"
    time = "" if stage.seconds is None else f", about {duration(stage.seconds)}"
    return (
        f"{stage.measures}: {stage.records:,} records, {stage.turns:,} turns, "
        f"{stage.texts:,} different texts{done}, about {stage.tokens:,} tokens "
        f"({stage.counted}){time}; {stage.model}, {known}"
    )


def _total(plan: Plan) -> str:
    time = "unknown until the first 200 records" if plan.seconds is None else duration(plan.seconds)
    memory = plan.memory_bytes
    needed = "" if memory is None else f"memory about {memory / 1e9:.1f} GB, "
    grown = max(0.1, plan.disk_bytes / 1e6) if plan.disk_bytes else 0
    return f"time: {time}; {needed}the project grows by {grown:,.1f} MB"

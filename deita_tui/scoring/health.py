"""Is a judge fit for what it is asked? The look at the first rows before the rest costs days.

A model that does not know the template, a template that meets the wrong tokenizer, texts in a
language the judge never read: all of them give numbers, and nothing else would tell.
"""

import statistics
from collections.abc import Iterable, Sequence

import msgspec

from deita_tui import correlation

PILOT = 200
"""Records that a scorer is tried on; a fair sample, since the order is random."""

_LEAST = 20
"""Fewer scores than this say nothing."""

_MOST_FAILED = 0.5
_LEAST_MASS = 0.02
_LEAST_SPREAD = 0.002
_LOW_MASS = 0.5
_LOW_SPREAD = 0.05
_MANY_FAILED = 0.02
_MANY_SHORTENED = 0.2
_STRONG = 0.8
_MUCH_FOREIGN = 0.05


class Row(msgspec.Struct, frozen=True):
    """One text of the pilot and what the judge said of it."""

    value: float | None
    mass: float | None
    tokens: int | None
    shortened: bool
    english: bool
    reason: str | None = None


class Health(msgspec.Struct, frozen=True):
    """What the pilot of a scorer showed."""

    records: int
    """Records that were looked at."""
    rows: int
    """Different texts in them."""
    failed: int
    reason: str | None
    """The most frequent reason of those that failed."""
    mass: float | None
    """Median probability that the judge answers with a digit at all."""
    mean: float | None
    spread: float | None
    """Standard deviation of the scores."""
    shortened: float
    """Share of the texts that did not fit."""
    length_correlation: float | None
    """Spearman's, between score and tokens; None where it is undefined."""
    not_english: float
    """Share of the texts."""
    rows_per_second: float | None
    tokens_per_second: float | None
    seconds_left: float | None
    """What the rest of the run will take at that speed."""
    broken: tuple[str, ...] = ()
    """Why the run should stop; sentences."""
    warnings: tuple[str, ...] = ()
    """What a user should know; sentences."""

    def lines(self) -> list[str]:
        """The figures for a person, one a line."""
        told = [
            f"texts {self.rows:,}, failed {self.failed:,}",
            _line("digit mass (median)", self.mass),
            _line("score (mean)", self.mean),
            _line("spread", self.spread),
            f"shortened {self.shortened:.0%}",
            _line("rank correlation with length", self.length_correlation),
            f"not English {self.not_english:.0%}",
        ]
        if self.rows_per_second is not None:
            told.append(f"speed {self.rows_per_second:,.1f} texts/s")
        if self.seconds_left:
            told.append(f"the rest takes about {duration(self.seconds_left)}")
        return [each for each in told if each]


class Speed(msgspec.Struct, frozen=True):
    """What a judge got through, in the run that measures it."""

    rows: int = 0
    tokens: int = 0
    seconds: float = 0.0

    def rate(self, count: int) -> float | None:
        """``count`` a second; None where nothing was timed."""
        return count / self.seconds if self.seconds > 0 and self.rows else None


def examine(
    records: int, rows: Sequence[Row], speed: Speed, left: int, scale: float = 1.0
) -> Health:
    """Judge a judge by its first rows.

    Args:
        records: how many records they come from.
        rows: the pilot.
        speed: how fast it was; rows of an earlier run are not in it.
        left: texts that are still to come.
        scale: about how far apart scores of this kind lie; those of the judges lie 1 apart.
    """
    scored = [row for row in rows if row.value is not None]
    values = [row.value for row in scored if row.value is not None]
    lengths = [row.tokens or 0 for row in scored]
    failures = [row.reason or "" for row in rows if row.value is None]
    rate = speed.rate(speed.rows)
    found = Health(
        records=records,
        rows=len(rows),
        failed=len(failures),
        reason=statistics.mode(failures) if failures else None,
        mass=_median([row.mass for row in scored if row.mass is not None]),
        mean=statistics.fmean(values) if values else None,
        spread=statistics.pstdev(values) if len(values) > 1 else None,
        shortened=_share(row.shortened for row in rows),
        length_correlation=spearman(values, lengths),
        not_english=_share(not row.english for row in rows),
        rows_per_second=rate,
        tokens_per_second=speed.rate(speed.tokens),
        seconds_left=left / rate if rate else None,
    )
    return msgspec.structs.replace(
        found, broken=tuple(_broken(found, scale)), warnings=tuple(_warnings(found, scale))
    )


def spearman(xs: Sequence[float], ys: Sequence[float]) -> float | None:
    """The rank correlation of two series; None where one does not vary, or of too few."""
    import numpy as np

    if len(xs) < _LEAST:
        return None
    return correlation.spearman(np.array(xs, np.float64), np.array(ys, np.float64))


def duration(seconds: float) -> str:
    """A time for a person: "40 s", "3 min", "5.2 h", "2.1 days"."""
    for size, unit in ((86_400, "days"), (3_600, "h")):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"


def _broken(found: Health, scale: float) -> list[str]:
    if found.rows < _LEAST:
        return []
    told = []
    if found.failed > _MOST_FAILED * found.rows:
        told.append(
            f"{found.failed:,} of the first {found.rows:,} texts got no score ({found.reason})."
        )
    if found.rows - found.failed >= _LEAST:
        if found.mass is not None and found.mass < _LEAST_MASS:
            told.append(
                f"The model hardly ever answers with a digit (median probability {found.mass:.2g}):"
                " it does not know this template."
            )
        if found.spread is not None and found.spread < _LEAST_SPREAD * scale:
            told.append(
                f"All scores are about {found.mean:.3f} (spread {found.spread:.2g}):"
                " the model does not tell one text from another."
            )
    return told


def _warnings(found: Health, scale: float) -> list[str]:
    told = []
    if _MANY_FAILED * found.rows < found.failed <= _MOST_FAILED * found.rows:
        told.append(f"{found.failed / found.rows:.0%} got no score, mostly: {found.reason}.")
    if found.mass is not None and _LEAST_MASS <= found.mass < _LOW_MASS:
        told.append(
            f"The model answers with a digit in {found.mass:.0%} of all cases only: it was"
            " probably not trained on this template."
        )
    if found.spread is not None and _LEAST_SPREAD <= found.spread / scale < _LOW_SPREAD:
        told.append(f"The scores lie close together (spread {found.spread:.2g}).")
    if found.shortened > _MANY_SHORTENED:
        told.append(f"{found.shortened:.0%} of the texts do not fit and are shortened.")
    if found.length_correlation is not None and abs(found.length_correlation) > _STRONG:
        told.append(
            "The score mostly follows the length"
            f" (rank correlation {found.length_correlation:.2f})."
        )
    if found.not_english > _MUCH_FOREIGN:
        told.append(
            f"{found.not_english:.0%} of the texts are not English; the published DEITA scorers"
            " learned from English alone."
        )
    return told


def _line(label: str, value: float | None) -> str:
    return "" if value is None else f"{label} {value:.3f}"


def _median(values: Sequence[float]) -> float | None:
    return statistics.median(values) if values else None


def _share(flags: Iterable[bool]) -> float:
    found = list(flags)
    return sum(found) / len(found) if found else 0.0

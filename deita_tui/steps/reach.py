"""What the runs of a scorer were about, taken together: it is why other records are unscored."""

from collections.abc import Mapping

import msgspec

from deita_tui.steps.scoring_args import ScoreArgs

EDITED = "is:edited"
"""The filter of a run that follows edits: it tells nothing of why other records are unscored."""


class Reach(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one run was limited to; nothing but ``records`` where it was about all of them."""

    where: str = ""
    top: int | None = None
    by: str | None = None
    limit: int | None = None
    records: int = 0
    """So many it was about."""
    also: tuple["Reach", ...] = ()
    """Earlier runs that were about others, the latest first."""

    def covers(self, other: "Reach") -> bool:
        """Is all that ``other`` was about among what this one was about?"""
        if not self.where and self.top is None and self.limit is None:
            return True
        if (self.where, self.top, self.by) != (other.where, other.top, other.by):
            return False
        return self.limit is None or (other.limit is not None and other.limit <= self.limit)


def of(args: ScoreArgs, records: int) -> Reach:
    """What a run with ``args`` is about."""
    return Reach(args.where, args.top, args.by, args.limit, records)


def widened(known: Mapping[str, object] | None, new: Reach) -> dict[str, object]:
    """``known`` and one run more, as the project keeps it; a run that others cover adds nothing."""
    if known is not None and new.where == EDITED:
        return dict(known)
    runs = [each for each in _runs(known) if not new.covers(each)]
    if not any(each.covers(new) for each in runs):
        runs.insert(0, new)
    found: dict[str, object] = msgspec.to_builtins(
        msgspec.structs.replace(runs[0], also=tuple(runs[1:]))
    )
    return found


def reason(known: Mapping[str, object] | None, done: int) -> str:
    """Why records are unscored, as far as the runs tell; ``done`` are scored."""
    runs = _runs(known)
    if not runs or any(each.covers(Reach()) for each in runs):
        return "not scored yet"
    left = max(each.records for each in runs) - done
    told = " and ".join(map(_outside, runs))
    return f"{told}, {left:,} not scored yet" if left > 0 else told


def _runs(known: Mapping[str, object] | None) -> list[Reach]:
    """Every run that is known, the latest first."""
    if known is None:
        return []
    last = msgspec.convert(known, Reach)
    return [msgspec.structs.replace(last, also=()), *last.also]


def _outside(run: Reach) -> str:
    told = []
    if run.where:
        told.append(f"outside --where {run.where}")
    if run.top is not None:
        told.append(f"outside --top {run.top} by {run.by}")
    if run.limit is not None:
        told.append(f"outside the sample of {run.limit}")
    return ", ".join(told)

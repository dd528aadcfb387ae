"""The stages of a project, and the one sensible thing to do next."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deita_store.counts import Counts
    from deita_tui.project.picturing import Standing
    from deita_tui.project.scoring import ScorerState
    from deita_tui.scoring.health import Health


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the pipeline."""

    name: str
    figure: str
    """What is there."""
    share: float
    """How much of it is done, 0 to 1."""

    @property
    def mark(self) -> str:
        """Done, under way, or nothing yet; a sign, not a colour alone."""
        return "✔" if self.share >= 1 else "◔" if self.share > 0 else "·"


@dataclass(frozen=True, slots=True)
class Next:
    """What to do next."""

    sentence: str
    action: str
    """An action of the app; empty where there is only to wait."""


def stages(standing: "Standing") -> list[Stage]:
    """How far each stage is."""
    counts = standing.counts
    records, scored = counts.records, _scored(counts)
    selection = counts.selection
    decided = counts.decided.get("keep", 0) + counts.decided.get("reject", 0)
    kept = selection[1] if selection else 0
    return [
        Stage("records", f"{records:,}", float(records > 0)),
        Stage("scores", _part(scored, records), _share(scored, records)),
        Stage("vectors", _part(counts.embedded, records), _share(counts.embedded, records)),
        Stage("neighbours", _lists(standing), float(bool(standing.compared))),
        Stage("selection", f"{kept:,} kept" if selection else "none", float(selection is not None)),
        Stage("review", f"{decided:,} decided", _share(decided, kept)),
        Stage("export", f"{standing.exports:,}" if standing.exports else "never",
              float(standing.exports > 0)),
    ]  # fmt: skip


def next_step(standing: "Standing", running: str = "") -> Next:
    """What to do next.

    Args:
        standing: of the project.
        running: what a worker is at; empty where there is none.
    """
    counts = standing.counts
    if not counts.records:
        if running == "import":
            return Next("Wait for the records to come in.", "")
        return Next("Bring records in.", "import_file")
    left = counts.records - _scored(counts)
    if left and running != "score":
        return Next(f"Score {'the rest: ' if counts.scored else ''}{left:,} records.", "score")
    if counts.embedded < counts.records and running != "embed":
        return Next("Make vectors, so that what is alike can be told apart.", "embed")
    if running in ("import", "score", "embed"):
        return Next("Wait, or look at what is there.", "app.show('browse')")
    if counts.selection is None:
        return Next("Choose a budget and see what is selected.", "app.show('tune')")
    if not standing.exports:
        return Next("Look through the selection, then export it.", "app.show('review')")
    return Next("Done; play with the selection, or export again.", "app.show('tune')")


def health(standing: "Standing", failed: str = "") -> Iterator[tuple[str, str]]:
    """Of each scorer what its pilot showed, and what there is to know about it.

    Args:
        standing: of the project.
        failed: the key that shows the records on which a scorer failed.
    """
    for scorer in standing.scorers:
        found = scorer.health
        parts = [*(_figures(found) if found else ())]
        if scorer.failed:
            parts.append(_failed(scorer, standing.failures.get(scorer.id, {}), failed))
        if scorer.unscored:
            parts.append(f"{scorer.unscored:,} left")
        parts += [*found.broken, *found.warnings] if found else []
        if parts:
            draft = " (draft)" if scorer.config.get("draft") else ""
            yield f"{scorer.measures} {scorer.name}{draft}", " · ".join(parts)


def _failed(scorer: "ScorerState", reasons: Mapping[str, int], key: str) -> str:
    """How many records have a turn without a value, mostly why, and where they are."""
    first = next(iter(reasons), "")
    mostly = "mostly " if len(reasons) > 1 else ""
    why = f": {mostly}{first}" if first else ""
    return f"{scorer.failed:,} failed{why} ({f'{key}: show, ' if key else ''}is:failed)"


def _figures(found: "Health") -> Iterator[str]:
    if found.mass is not None:
        yield f"digit mass {found.mass:.2f}"
    if found.mean is not None:
        yield f"mean {found.mean:.2f}"
    if found.spread is not None:
        yield f"spread {found.spread:.2f}"
    if found.shortened:
        yield f"{found.shortened:.1%} shortened"


def _lists(standing: "Standing") -> str:
    if standing.compared is None:
        return "…"
    if not standing.compared:
        return "none"
    return "complete" if standing.recall is None else f"recall {standing.recall:.1%}"


def _part(done: int, all_: int) -> str:
    # While it is under way the share says more than the count, and both would not fit.
    return f"{done:,} {_share(done, all_):.0%}" if 0 < done < all_ else f"{done:,}"


def _scored(counts: "Counts") -> int:
    return min((done for _, _, done in counts.scored), default=0)


def _share(done: int, all_: int) -> float:
    return min(done / all_, 1.0) if all_ else 0.0

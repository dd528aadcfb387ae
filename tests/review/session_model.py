"""What a session of reviewing must leave behind, in plain Python: marks, journal, selection."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import sqrt


@dataclass(frozen=True)
class Said:
    """What somebody has said of a record, and how it reads."""

    messages: tuple[str, ...]
    decision: str | None = None
    flag: bool = False
    rating: int | None = None
    note: str | None = None
    tags: frozenset[str] = frozenset()


State = Mapping[int, Said]


@dataclass(eq=False)
class Entry:
    """A row of the journal."""

    kind: str
    summary: str
    before: State
    after: State
    state: str = "done"
    target: "Entry | None" = None

    @property
    def ids(self) -> list[int]:
        """The records that it was about."""
        act = self.target or self
        return sorted(id_ for id_ in act.after if act.after[id_] != act.before[id_])


@dataclass(frozen=True)
class Measured:
    """What a record is selected by."""

    score: float
    vector: tuple[float, ...]


@dataclass(frozen=True)
class Outcome:
    """What became of one record."""

    status: str
    rank: int | None = None
    blocker: int | None = None


class Model:
    """Acts, with one linear stack of undo.

    Args:
        texts: the records as they read at first.
    """

    def __init__(self, texts: Mapping[int, tuple[str, ...]]) -> None:
        self.now: State = {id_: Said(messages) for id_, messages in texts.items()}
        self.journal: list[Entry] = []

    def save(self, name: str) -> None:
        """A selection was saved: an act that is about no record."""
        self._append(Entry("save", f"save selection {name}", self.now, self.now))

    def act(self, kind: str, summary: str, said: Mapping[int, Said]) -> Entry | None:
        """Something was said of records; None, and no trace, where it was so already.

        Args:
            kind: as the journal calls it.
            summary: ``{}`` stands for the records.
            said: what holds of them from now on.
        """
        after = {**self.now, **said}
        entry = Entry(kind, summary, self.now, after)
        if not (ids := entry.ids):
            return None
        records = f"record {ids[0]}" if len(ids) == 1 else f"{len(ids):,} records"
        entry.summary = summary.replace("{}", records)
        self._append(entry)
        self.now = after
        return entry

    def _append(self, entry: Entry) -> None:
        for each in self.journal:
            if each.state == "undone":
                each.state = "void"
        self.journal.append(entry)

    def decide(self, ids: Iterable[int], decision: str) -> Entry | None:
        """Keep, reject or clear."""
        wanted = None if decision == "clear" else decision
        told = "clear the decision of {}" if decision == "clear" else f"{decision} {{}}"
        said = {id_: replace(self.now[id_], decision=wanted) for id_ in ids}
        return self.act(decision, told, said)

    @property
    def depth(self) -> int:
        """How many acts undo could take back."""
        return sum(each.target is None and each.state == "done" for each in self.journal)

    @property
    def redoable(self) -> Entry | None:
        """What redo would bring back."""
        return next((each for each in self.journal if each.state == "undone"), None)

    def undo(self) -> Entry:
        """Take the newest act back."""
        own = (each for each in reversed(self.journal) if each.target is None)
        entry = next(each for each in own if each.state == "done")
        entry.state, self.now = "undone", entry.before
        self.journal.append(Entry("undo", f"undo: {entry.summary}", {}, {}, target=entry))
        return entry

    def redo(self) -> Entry:
        """Bring back what was undone last."""
        entry = self.redoable
        assert entry is not None
        entry.state, self.now = "done", entry.after
        self.journal.append(Entry("redo", f"redo: {entry.summary}", {}, {}, target=entry))
        return entry


def selected(
    state: State, measured: Mapping[int, Measured], budget: int, threshold: float
) -> dict[int, Outcome]:
    """The selection as the method defines it: one record after the other, pins first.

    Returns:
        Outcomes by record, those that are kept first, in the order of keeping.
    """
    ordered = sorted(measured, key=lambda id_: (-measured[id_].score, id_))
    kept = [id_ for id_ in ordered if state[id_].decision == "keep"]
    out: dict[int, Outcome] = {}
    for id_ in ordered:
        if id_ in kept:
            continue
        if state[id_].decision == "reject":
            out[id_] = Outcome("rejected")
            continue
        if len(kept) >= budget:
            out[id_] = Outcome("over_budget")
            continue
        near = [(_alike(measured[id_], measured[other]), -at) for at, other in enumerate(kept)]
        most, place = max(near, default=(-1.0, 0))
        if most > threshold:
            out[id_] = Outcome("too_similar", blocker=kept[-place])
        else:
            kept.append(id_)
    return {id_: Outcome("kept", rank) for rank, id_ in enumerate(kept, 1)} | out


def effect(
    before: Mapping[int, Outcome], after: Mapping[int, Outcome], acted: int, overflow: int
) -> str:
    """How the screen tells what a decision did to the others.

    Args:
        before: the selection before it.
        after: the one after it.
        acted: the record that was decided on.
        overflow: how many pins are beyond the budget now.
    """
    left = [id_ for id_ in before if _goes(before, after, id_) and id_ != acted]
    entered = [id_ for id_ in after if _goes(after, before, id_) and id_ != acted]
    parts = [f"{verb} {_counted(ids)}" for verb, ids in (("displaces", left), ("frees", entered))
             if ids]  # fmt: skip
    same = (before[acted].status == "kept") == (after[acted].status == "kept")
    if same and not parts:
        parts = ["nothing changes"]
    if overflow > 0:
        parts.append(f"{overflow:,} beyond the budget")
    return " · ".join(parts)


def _goes(one: Mapping[int, Outcome], other: Mapping[int, Outcome], id_: int) -> bool:
    return one[id_].status == "kept" and other[id_].status != "kept"


def _counted(ids: list[int]) -> str:
    more = ["…"] if len(ids) > 3 else []
    return f"{len(ids):,} ({', '.join([*(f'#{id_}' for id_ in ids[:3]), *more])})"


def _alike(one: Measured, other: Measured) -> float:
    dot = sum(a * b for a, b in zip(one.vector, other.vector, strict=True))
    return dot / sqrt(sum(a * a for a in one.vector) * sum(b * b for b in other.vector))

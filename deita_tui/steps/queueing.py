"""What a queue is, and what a kind of queue is asked for and finds. The kinds are in ``queues``."""

from array import array
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field

from deita_store.selections import Selection
from deita_store.store import Store
from deita_tui.steps.progress import Progress

LIMIT = 1_000
"""So many records a queue has that would otherwise go on to the last record of the project."""


@dataclass(frozen=True, slots=True)
class QueueKind:
    """A kind of queue, as it is offered."""

    name: str
    title: str
    help: str
    available: bool
    why_not: str
    """What is missing, and what to do about it; empty where it is available."""
    count: int | None = None
    """How many records are in it, where that is known without building it."""


@dataclass(frozen=True, slots=True)
class Queue:
    """Records to look at, in this order.

    It stays as it was built. Who has decided something builds it again, and finds that gone which
    is decided, and the place where it was.
    """

    name: str
    title: str
    ids: "array[int]"
    notes: Mapping[int, str]
    """Why a record is in it, in a few words, by its id; not every record needs any."""
    place: int = 0
    """The index to go on from: that of the record that was remembered, or of what follows it."""
    partner: Mapping[int, int] = field(default_factory=dict)
    """Where two records are to be compared: the other one, by the id of the one in the queue."""
    note: str = ""
    """What to know about the whole: where it was cut off, why it is empty."""
    selection: str | None = None
    """The selection that it is about: a name, ``working``, or None where it is about none."""

    def why(self, id_: int) -> str:
        """Why a record is in the queue; empty where there is nothing to say."""
        return self.notes.get(id_, "")

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of a queue that is being built."""

    id: int
    why: str = ""
    partner: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What a kind finds, in order."""

    entries: Sequence[Entry]
    note: str = ""
    decided: bool = False
    """Have decided records a place in it? Most queues are about what is not decided."""
    selection: str | None = None
    """What it is about, where that is not the selection that was asked for."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a kind is asked for."""

    store: Store
    selection: Selection | None
    """Whose outcomes count; None where nothing is selected."""
    limit: int | None
    """How many records at most; None: as many as the kind thinks good."""
    settled: frozenset[int]
    """Records with a decision: they have no place in the queue."""

    def most(self, usual: int = LIMIT) -> int:
        """How many records at most."""
        return usual if self.limit is None else self.limit

    def chosen(self) -> Selection:
        """The selection, where the kind was told to be available only with one."""
        assert self.selection is not None
        return self.selection


Built = Generator[Progress, None, Found]


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind of queue is told of, and made."""

    title: str
    help: str
    missing: Callable[[Store, Selection | None], str]
    """Why it is not available here: a sentence that says what to do; empty where it is. Cheap."""
    build: Callable[[Asked], Built]
    """Finds the records. It imports what it computes with when it is called."""
    count: Callable[[Store, Selection | None], int | None] = lambda store, selection: None
    """How many records it has, where that is cheap to tell."""

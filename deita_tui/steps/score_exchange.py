"""Scores out of a project into a file, and out of a file into a project."""

from collections import Counter
from collections.abc import Generator, Sequence
from pathlib import Path

import msgspec

from deita_store import scores, transfers
from deita_store.scores import Score, Scorer
from deita_store.store import Store
from deita_store.transfers import Place
from deita_tui.errors import UsageError
from deita_tui.exchange import files
from deita_tui.exchange.rows import Header, Maker, Refused, ScoreRow, identity
from deita_tui.steps import deriving
from deita_tui.steps.identity import sha256
from deita_tui.steps.progress import Progress

_SHOWN = 20
_CHUNK = 4096


class ExportedScores(msgspec.Struct, frozen=True):
    """What was written."""

    rows: int
    scorers: tuple[str, ...]
    """Name and measure of each."""


class Taken(msgspec.Struct, frozen=True):
    """What came of a file of scores or vectors."""

    rows: int
    added: int
    """Numbers, or reasons, that the project did not have."""
    known: int
    """Those that it had: the same text under the same identity. They stay as they are."""
    refused: dict[str, int]
    """Rows that were not taken, by why."""
    examples: tuple[Refused, ...]
    """The first of these."""
    records: int
    """Records that have all their numbers with it; of several scorers, of the one with most."""


def write(
    store: Store, path: Path, chosen: Sequence[Scorer], records: Sequence[int]
) -> Generator[Progress, None, ExportedScores]:
    """Write what ``chosen`` said of ``records``; yields how far it is."""
    makers = tuple(
        Maker(scores.identity(store, each.id), each.name, dict(each.config), each.measures,
              "instruction" if each.reads == "instruction" else "pair")
        for each in chosen
    )  # fmt: skip
    total, done, rows = len(records) * len(chosen), 0, 0
    with files.Writer[ScoreRow](path, Header("scores", makers)) as file:
        for number, scorer in enumerate(chosen):
            for some in transfers.said(store, scorer, records):
                file.write([
                    ScoreRow(each.uid, each.turn, number, each.text.hex(), each.value, each.reason,
                             each.digits, each.mass, each.tokens, each.shortened)
                    for each in some
                ])  # fmt: skip
                rows, done = rows + len(some), min(done + transfers.CHUNK, total)
                yield Progress(done, total, "records", f"writing {scorer.measures}")
    return ExportedScores(rows, tuple(f"{each.name} {each.measures}" for each in chosen))


def take(
    store: Store, paths: Sequence[Path], name: str = "", measures: str = ""
) -> Generator[Progress, None, Taken]:
    """Take the scores of some files. The caller holds the project's lock.

    A row is taken where its record is here and the text of its turn is the one that was scored.
    Broken off, the same call goes on: what is there already stays.

    Args:
        store: the project.
        paths: the files.
        name: what to call scores that others made, whose files have no header.
        measures: what those measure.

    Raises:
        InputError: a file cannot be read or believed.
        UsageError: one has no header, and nothing says what its numbers are.
    """
    yield from deriving.run(store)
    opened = [files.read_scores(path) for path in paths]
    foreign = [path for path, (head, _) in zip(paths, opened, strict=True) if head is None]
    made = _foreign(foreign, name, measures) if foreign else None
    tally, scorers = Tally(), dict[int, Scorer]()
    for path, (head, rows) in zip(paths, opened, strict=True):
        makers = head.makers if head else (made,)
        mine = [_scorer(store, maker, path) for maker in makers if maker]
        scorers.update((each.id, each) for each in mine)
        taking = _Taking(store, mine, tally, trusted=head is None)
        for batch in files.batches(rows):
            taking.take(batch)
            yield Progress(tally.rows, None, "rows", f"taking {path.name}")
    complete: dict[int, int] = dict.fromkeys(scorers, 0)
    for id_, scorer in scorers.items():
        for count in _finish(store, scorer):
            complete[id_] += count
            yield Progress(tally.rows, None, "rows", "adding up")
    return tally.report(max(complete.values(), default=0))


class Tally:
    """What came of the rows so far."""

    def __init__(self) -> None:
        self.rows = self.added = self.taken = 0
        self._refused: Counter[str] = Counter()
        self._examples: list[Refused] = []

    def refuse(self, place: str, why: str, about: str) -> None:
        """Note that a row was not taken."""
        self._refused[why] += 1
        if len(self._examples) < _SHOWN:
            self._examples.append(Refused(place, f"{why} ({about})"))

    def report(self, records: int) -> Taken:
        """All of it."""
        known = self.taken - self.added
        refused = dict(self._refused.most_common())
        return Taken(self.rows, self.added, known, refused, tuple(self._examples), records)


class _Taking:
    """The rows of one file on their way in."""

    def __init__(
        self, store: Store, scorers: Sequence[Scorer], tally: Tally, trusted: bool
    ) -> None:
        self._store = store
        self._scorers = scorers
        self._tally = tally
        self._trusted = trusted
        self._row = 0

    def take(self, batch: Sequence[ScoreRow | Refused]) -> None:
        """Store what belongs here of some rows, in one transaction."""
        uids = {row.uid for row in batch if isinstance(row, ScoreRow)}
        with self._store.transaction():
            places = transfers.places(self._store, uids)
            there = transfers.conversations(self._store, uids)
            fitting: list[list[Score]] = [[] for _ in self._scorers]
            for row in batch:
                self._row += 1
                self._tally.rows += 1
                if isinstance(row, Refused):
                    self._tally.refuse(row.place, "no row of scores", row.message)
                elif problem := self._problem(row, places, row.uid in there):
                    about = f"record {row.uid}, turn {row.turn}"
                    self._tally.refuse(f"row {self._row}", problem, about)
                else:
                    text = self._text(row, places[row.uid, row.turn])
                    fitting[row.by].append(_score(row, text))
            for scorer, some in zip(self._scorers, fitting, strict=True):
                before = self._store.db.total_changes
                scores.add(self._store, scorer.id, some)
                self._tally.added += self._store.db.total_changes - before
                self._tally.taken += len(some)

    def _text(self, row: ScoreRow, place: Place) -> bytes:
        return place.instruction if self._scorers[row.by].reads == "instruction" else place.pair

    def _problem(
        self, row: ScoreRow, places: dict[tuple[str, int], Place], known: bool
    ) -> str | None:
        if not known:
            return "there is no such record here"
        if not 0 <= row.by < len(self._scorers):
            return "the header names no such scorer"
        if (place := places.get((row.uid, row.turn))) is None:
            return "the record has no such turn that can be scored"
        if row.value is None and not row.reason:
            return "it has no value, and no reason for having none"
        if row.value is not None and row.reason:
            return "it has a value, and a reason for having none"
        if self._trusted and not row.text:
            return None
        if row.text != self._text(row, place).hex():
            return "another text was scored: the record was edited, here or there"
        return None


def _score(row: ScoreRow, text: bytes) -> Score:
    digits = row.digits if row.digits and len(row.digits) == 6 else None
    return Score(text, row.value, row.reason, digits, row.mass, row.tokens, row.shortened)


def _scorer(store: Store, maker: Maker, path: Path) -> Scorer:
    reads = maker.reads or "pair"
    if not maker.measures:
        raise UsageError(f"{path.name} does not say what {maker.name} measures.", "Export it anew.")
    with store.transaction():
        id_ = scores.ensure_scorer(store, maker.name, maker.measures, reads, maker.config)
        if not scores.model(store, id_):
            scores.save_model(store, id_, f"scored elsewhere ({path.name})")
    return Scorer(id_, maker.name, maker.measures, reads, maker.config)


def _foreign(paths: Sequence[Path], name: str, measures: str) -> Maker:
    """The scorer of files that others made: all that is known of it is the files."""
    if not name or not measures:
        raise UsageError(
            f"{paths[0].name} does not say whose scores it holds.",
            "Say it: --name gpt4-judge --measures quality.",
        )
    digest = sha256(tuple(sorted(paths)))
    config: dict[str, object] = {"method": "file/1", "measures": measures, "sha256": digest}
    return Maker(identity(config), name, config, measures, "pair")


def _finish(store: Store, scorer: Scorer) -> Generator[int, None, None]:
    """Add up the records that lack nothing any more; yields how many, some at a time."""
    pending = scores.pending(store, scorer.id, scores.order(store, 0))
    for start in range(0, len(pending), _CHUNK):
        chunk = pending[start : start + _CHUNK]
        lacking: dict[int, bool] = {}
        for turn in scores.turns(store, scorer, chunk):
            whole = lacking.get(turn.conversation_id, True)
            lacking[turn.conversation_id] = whole and (turn.known or turn.problem is not None)
        complete = [conversation for conversation, whole in lacking.items() if whole]
        with store.transaction():
            scores.finish(store, scorer, complete)
        yield len(complete)

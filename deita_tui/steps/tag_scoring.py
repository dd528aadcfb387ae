"""Scoring by tags that are there already: InsTag's count, of a column of the files or of your own.

Tags are about records. A column may hold a list of lists, one a turn; else every turn of a record
gets the record's number, as with any field that holds one value.
"""

import json
from array import array
from collections.abc import Generator, Mapping, Sequence
from hashlib import sha256

from deita_store import jobs, scores, transfers
from deita_store import pool as tables
from deita_store.scores import Score, Scorer, Turn
from deita_store.store import Store
from deita_tui.errors import UsageError
from deita_tui.figures import plural
from deita_tui.scoring import instag
from deita_tui.scoring.instag import NoTagsError
from deita_tui.steps import reach
from deita_tui.steps.progress import Progress
from deita_tui.steps.scoring_args import ScoreArgs, StageReport

_RECORDS = 2048


def run(
    store: Store, args: ScoreArgs, todo: "array[int]", job: int | None, name: str
) -> Generator[Progress, None, StageReport]:
    """Count the tags of what is pending of ``todo``; yields after each commit.

    Raises:
        UsageError: there are no tags.
    """
    stage = _Tags(store, args, todo, name)
    left = scores.pending(store, stage.scorer.id, todo)
    ready = done = len(todo) - len(left)
    for start in range(0, len(left), _RECORDS):
        some = left[start : start + _RECORDS]
        with store.transaction():
            scores.add(store, stage.scorer.id, stage.counted(some), job)
            scores.finish(store, stage.scorer, some)
            done += len(some)
            jobs.advance(store, job, done, len(todo), "records", name)
        yield Progress(done, len(todo), "records", name)
    return stage.report(ready)


def tags(store: Store, column: str) -> Mapping[int, object]:
    """What stands in a column, or the user's own tags, by the record's id.

    Raises:
        UsageError: nothing does.
    """
    found: Mapping[int, object] = (
        tables.fields(store, column) if column else dict(tables.tags(store))
    )
    if not found:
        raise UsageError(
            f"No record has anything in a column {column!r}." if column else "No record has a tag.",
            "Say with --tags which column of the files holds tags.",
        )
    return found


class _Tags:
    """The tags of a project, from one source."""

    def __init__(self, store: Store, args: ScoreArgs, todo: "array[int]", name: str) -> None:
        self._store, self._todo = store, todo
        column = args.probing.column
        self._source = f"the files' own column {column}" if column else "your tags"
        self._tags = tags(store, column)
        members = tables.members(store)
        self._records = dict(zip(members.versions, members.ids, strict=True))
        self._counts = {"scored": 0, "failed": 0, "reused": 0}
        self._whole = 0
        config: dict[str, object] = {"method": instag.METHOD, "measures": name}
        config |= _origin(store, column, self._tags)
        with store.transaction():
            # A pair of texts is met again in other records far less often than an instruction.
            id_ = scores.ensure_scorer(store, name, name, "pair", config)
            scores.save_model(store, id_, self._source)
            about = reach.of(args, len(todo))
            scores.save_reach(store, id_, reach.widened(scores.reach(store, id_), about))
            if args.retry:
                scores.forget_failures(store, id_)
        self.scorer = Scorer(id_, name, name, "pair", config)

    def counted(self, conversations: Sequence[int]) -> list[Score]:
        """The scores that these lack."""
        turns: dict[int, list[Turn]] = {each: [] for each in conversations}
        for turn in scores.turns(self._store, self.scorer, conversations):
            turns[turn.conversation_id].append(turn)
        found: dict[bytes, Score] = {}
        for conversation, its in turns.items():
            for score in self._scores(conversation, its):
                found.setdefault(score.text, score)
        failed = sum(each.value is None for each in found.values())
        self._counts["failed"] += failed
        self._counts["scored"] += len(found) - failed
        return list(found.values())

    def report(self, ready: int) -> StageReport:
        """What it has come to."""
        told = (
            f"{plural(self._whole, 'record')} of several turns have one list of tags for all of "
            "them: each turn holds its number. Select with --turns max or mean, or it counts "
            "several times."
        )
        return StageReport(
            scorer_id=self.scorer.id,
            measures=self.scorer.measures,
            model=self._source,
            records=len(self._todo),
            scored=self._counts["scored"],
            failed=self._counts["failed"],
            reused=self._counts["reused"],
            seconds=0.0,
            health=None,
            ready=ready,
            notes=(told,) if self._whole else (),
        )

    def _scores(self, conversation: int, turns: Sequence[Turn]) -> list[Score]:
        value = self._tags.get(self._records.get(conversation, 0))
        self._counts["reused"] += sum(turn.known for turn in turns)
        parts = _by_turn(value, len(turns))
        if parts is None:
            parts = [value] * len(turns)
            self._whole += len(turns) > 1 and value is not None
        return [
            self._score(turn.text, part)
            for turn, part in zip(turns, parts, strict=True)
            if turn.problem is None and not turn.known
        ]

    def _score(self, text: bytes, value: object) -> Score:
        if value is None:
            return Score(text, reason="it has no tags")
        try:
            names = instag.names(list(value) if isinstance(value, tuple) else value)
        except NoTagsError as error:
            return Score(text, reason=f"its field of tags {error}")
        return Score(text, float(instag.count(names)))


def _by_turn(value: object, turns: int) -> list[object] | None:
    """The lists in a list of lists, where there is one for each turn; else None."""
    if not isinstance(value, str) or not value.lstrip().startswith("[["):
        return None
    try:
        parts = json.loads(value)
    except ValueError:
        return None
    if len(parts) == turns and all(isinstance(part, list) for part in parts):
        return list(parts)
    return None


def _origin(store: Store, column: str, tags: Mapping[int, object]) -> dict[str, object]:
    """Where the tags are from, for the identity: other tags are another scorer."""
    if column:
        return {"column": column, "files": transfers.digests(store, column)}
    said = json.dumps(sorted(tags.items()), ensure_ascii=False)
    return {"project": store.project_id, "tags": sha256(said.encode()).hexdigest()}

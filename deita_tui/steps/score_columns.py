"""Scores that a file brought with it, in fields of its own."""

import json
import math
from collections.abc import Generator, Mapping, Sequence
from typing import Any

import msgspec

from deita_store import scores, transfers
from deita_store.scores import Score, Scorer
from deita_store.store import Store
from deita_tui.errors import UsageError
from deita_tui.figures import plural
from deita_tui.steps import deriving
from deita_tui.steps.progress import Progress

KNOWN = {
    "complexity_scores": "complexity", "complexity_score": "complexity", "complexity": "complexity",
    "evol_complexity": "complexity", "deita_complexity": "complexity",
    "quality_scores": "quality", "quality_score": "quality", "quality": "quality",
    "evol_quality": "quality", "deita_quality": "quality",
    "evol_score": "evol", "evol_scores": "evol", "deita_score": "evol", "final_score": "evol",
    "ifd": "ifd", "ifd_ppl": "ifd", "ifd_score": "ifd", "ifd_loss": "ifd_loss",
    "ppl": "perplexity", "perplexity": "perplexity", "reward": "reward", "rating": "rating",
    "score": "score",
}  # fmt: skip
"""Fields that hold scores in published data sets, and what they measure."""

_BATCH = 2048
_TRIED = 200


class Field(msgspec.Struct, frozen=True):
    """A field of the files' own that holds numbers."""

    name: str
    rows: int
    """That have it, about."""
    lists: bool
    """Does it hold a list of them, as one value a turn is written?"""
    measures: str
    """What it is likely to measure; empty where its name does not tell."""


class TakenField(msgspec.Struct, frozen=True):
    """What came of a field."""

    field: str
    measures: str
    scorer_id: int
    texts: int
    """Turns that got a value."""
    failed: int
    """Turns that got none, with the reason."""
    records: int
    """Records that have the field."""
    notes: tuple[str, ...]


def fields(store: Store) -> list[Field]:
    """The fields that hold numbers in most of the rows that have them, the likely ones first."""
    found = []
    for name, rows in transfers.fields(store).items():
        tried = [_json(value) for *_, value in transfers.field(store, name, 0, _TRIED)]
        numeric = [value for value in tried if _is_numeric(value)]
        if tried and len(numeric) * 2 > len(tried):
            lists = sum(isinstance(value, list) for value in numeric) * 2 > len(numeric)
            found.append(Field(name, rows, lists, KNOWN.get(name.lower(), "")))
    return sorted(found, key=lambda each: (not each.measures, each.name))


def take(
    store: Store, chosen: Mapping[str, str], name: str
) -> Generator[Progress, None, list[TakenField]]:
    """Make scores of fields: one value a turn, or one for the whole record.

    The caller holds the project's lock. Taken again after more files came, it is another scorer:
    its identity names the files.

    Args:
        store: the project.
        chosen: what each field measures.
        name: what the scorers are to be called.

    Raises:
        UsageError: no row has such a field.
    """
    yield from deriving.run(store)
    taken = []
    for field, measures in chosen.items():
        files = transfers.digests(store, field)
        if not files:
            known = ", ".join(each.name for each in fields(store)) or "none"
            raise UsageError(
                f"No row of the files here has a field {field!r}.", f"Fields with numbers: {known}."
            )
        taken.append((yield from _Taking(store, field, measures, name, files).run()))
    return taken


class _Taking:
    """One field on its way in."""

    def __init__(
        self, store: Store, field: str, measures: str, name: str, files: Sequence[str]
    ) -> None:
        self._store, self._field = store, field
        config: dict[str, object] = {
            "method": "field/1", "measures": measures, "field": field, "files": list(files),
        }  # fmt: skip
        with store.transaction():
            # A pair of texts is met again in other records far less often than an instruction.
            id_ = scores.ensure_scorer(store, name, measures, "pair", config)
            scores.save_model(store, id_, f"the files' own field {field}")
        self._scorer = Scorer(id_, name, measures, "pair", config)
        self._given: dict[bytes, float | None] = {}
        self._counts = {"texts": 0, "failed": 0, "records": 0}
        self._whole = self._differing = 0

    def run(self) -> Generator[Progress, None, TakenField]:
        """Take all of it; yields after each commit."""
        after = 0
        while rows := transfers.field(self._store, self._field, after, _BATCH):
            after = rows[-1][0]
            with self._store.transaction():
                self._take(rows)
            yield Progress(self._counts["records"], None, "records", f"taking {self._field}")
        return TakenField(
            field=self._field,
            measures=self._scorer.measures,
            scorer_id=self._scorer.id,
            **self._counts,
            notes=tuple(self._notes()),
        )

    def _take(self, rows: Sequence[tuple[int, str, int, str]]) -> None:
        said = {version: _json(value) for _, _, version, value in rows}
        turns: dict[int, list[scores.Turn]] = {version: [] for version in said}
        for turn in scores.turns(self._store, self._scorer, list(said)):
            turns[turn.conversation_id].append(turn)
        found: list[Score] = []
        for version, value in said.items():
            found += self._scores(value, turns[version])
        scores.add(self._store, self._scorer.id, found)
        scores.finish(self._store, self._scorer, list(said))
        self._counts["records"] += len(rows)

    def _scores(self, value: Any, turns: Sequence[scores.Turn]) -> list[Score]:
        if not isinstance(value, list):
            self._whole += len(turns) > 1
            values = [value] * len(turns)
        elif len(value) != len(turns):
            reason = f"{self._field} has {plural(len(value), 'value')} for {len(turns)} turns"
            return [each for turn in turns for each in self._one(turn, None, reason)]
        else:
            values = value
        return [
            each
            for turn, one in zip(turns, values, strict=True)
            for each in self._one(turn, *_number(one, self._field))
        ]

    def _one(self, turn: scores.Turn, value: float | None, reason: str | None) -> list[Score]:
        if turn.problem is not None:
            return []
        if turn.text in self._given:
            self._differing += self._given[turn.text] != value
            return []
        self._given[turn.text] = value
        self._counts["texts" if reason is None else "failed"] += 1
        return [Score(turn.text, value, reason)]

    def _notes(self) -> list[str]:
        told = []
        if self._whole:
            told.append(
                f"{plural(self._whole, 'record')} of several turns have one value for all of them: "
                "each turn holds it. Select with --turns max or mean, or they count several times."
            )
        if self._differing:
            told.append(
                f"{plural(self._differing, 'turn')} said the same as another one and had another "
                "value: the first was taken."
            )
        return told


def _number(value: Any, field: str) -> tuple[float | None, str | None]:
    """A number, or why there is none."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None, f"{field} holds a text that is no number"
    if value is None:
        return None, f"{field} is empty"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None, f"{field} holds what is no number"
    if not math.isfinite(value):
        return None, f"{field} is not finite"
    return float(value), None


def _is_numeric(value: Any) -> bool:
    values = value if isinstance(value, list) else [value]
    return bool(values) and any(_number(each, "")[1] is None for each in values)


def _json(text: str) -> Any:
    return json.loads(text)

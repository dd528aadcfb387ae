"""Which scorers and which embedder a selection is made with: exactly one for each part (D11).

A part is a name in the formula: ``c`` is complexity and ``q`` quality; any other is a scorer's own
name, or what it measures where only one scorer does. ``NAME.complexity`` tells apart what two
scorers of one name measure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deita_store import scores, tastes, vectors
from deita_store.context import nearest
from deita_store.scores import Scorer
from deita_store.store import Store
from deita_store.vectors import Embedder
from deita_tui.errors import UsageError
from deita_tui.selection import formula
from deita_tui.selection.params import Params
from deita_tui.selection.selectors import BY_NAME

MEASURES = {"c": "complexity", "q": "quality"}
"""What the short names of a formula stand for."""


@dataclass(frozen=True, slots=True)
class Roles:
    """Who plays which part."""

    scorers: Mapping[str, Scorer]
    """By the name that the formula calls them."""
    embedder: Embedder | None
    """None where no vector is needed, and it is not clear whose would be meant."""
    notes: tuple[str, ...] = ()

    def id_of(self, part: str) -> int | None:
        """The scorer of a part by its id; None where nobody plays it."""
        scorer = self.scorers.get(part)
        return None if scorer is None else scorer.id

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for equal casts."""
        # A learned taste that was dropped may leave its id to the next one.
        cast = sorted(
            (part, scorer.id, str(scorer.config.get("model", "")))
            for part, scorer in self.scorers.items()
        )
        return (*cast, self.embedder and self.embedder.id)


def choose(store: Store, params: Params) -> Roles:
    """The scorers that the formula asks for, and the embedder that the selector needs.

    Raises:
        UsageError: nobody is there for a part, or several and none is named; the hint is the
            command to run, or the names to choose from.
    """
    notes: list[str] = []
    found = _cast(store, params, notes)
    embedder = _embedder(store, params) if needs_vectors(params) else _sole(store, params)
    return Roles(found, embedder, tuple(notes))


def named(store: Store, names: Sequence[str]) -> dict[str, str]:
    """What ``--scorer NAME`` means for the parameters: each name serves for all that it measures.

    Raises:
        UsageError: no scorer has that name, or two of them would measure the same.
    """
    known = scores.scorers(store)
    found: dict[str, str] = {}
    for name in names:
        fitting = [each for each in known if _is_called(store, each, name)]
        measures = {each.measures for each in fitting} & set(MEASURES.values())
        if not measures:
            raise _unknown(known, name)
        if taken := measures & found.keys():
            told = " and ".join(sorted(taken))
            raise UsageError(
                f"{found[next(iter(taken))]} and {name} both score {told}, and a selection takes "
                "one of each.",
                "Name one scorer for complexity and one for quality.",
            )
        found.update(dict.fromkeys(measures, name))
    return found


def needs_vectors(params: Params) -> bool:
    """Does a selection with these parameters compare records at all?"""
    if params.selector == "deita":
        return params.threshold < 1
    return BY_NAME[params.selector].needs.vector


def _cast(store: Store, params: Params, notes: list[str]) -> dict[str, Scorer]:
    known = tastes.and_scorers(store)
    asked = {"c": params.complexity, "q": params.quality}
    parts = dict.fromkeys(factor.name for factor in formula.parse(params.formula))
    try:
        return {part: _scorer(store, known, part, asked.get(part, ""), notes) for part in parts}
    except UsageError:
        if BY_NAME[params.selector].needs.score or any(asked.values()):
            raise
        return {}  # scores would only order equals


def _scorer(
    store: Store, known: Sequence[Scorer], part: str, asked: str, notes: list[str]
) -> Scorer:
    if part in MEASURES:
        fitting = [each for each in known if each.measures == MEASURES[part]]
        if not fitting:
            raise UsageError(
                f"No record has a score for {MEASURES[part]} yet.",
                f"Score them first: deita-tui score {store.folder}",
            )
        if asked:
            fitting = [each for each in fitting if _is_called(store, each, asked)]
            if not fitting:
                raise _unknown([each for each in known if each.measures == MEASURES[part]], asked)
    else:
        fitting = _by_name(store, known, part)
    return _one(fitting, part, bool(asked) or part not in MEASURES, notes)


def _one(fitting: Sequence[Scorer], part: str, named: bool, notes: list[str]) -> Scorer:
    names = list(dict.fromkeys(each.name for each in fitting))
    measures = list(dict.fromkeys(each.measures for each in fitting))
    if len(measures) > 1:
        told = ", ".join(f'"{part}.{each}"' for each in measures)
        raise UsageError(f"{part} names several scorers.", f"Say which: {told}")
    if len(fitting) > 1 and not (named and len(names) == 1):
        raise UsageError(
            f"There are several scorers of {measures[0]}: {', '.join(names)}"
            + (" (more than once)." if len(names) < len(fitting) else "."),
            "Choose one with --scorer NAME, which takes the newest of that name; deita-tui status "
            "tells them apart.",
        )
    if len(fitting) > 1:
        notes.append(
            f"{names[0]} has scored {measures[0]} in {len(fitting)} ways; the newest is taken."
        )
    return fitting[-1]


def _by_name(store: Store, known: Sequence[Scorer], part: str) -> list[Scorer]:
    name, dot, measures = part.rpartition(".")
    fitting = [each for each in known if _is_called(store, each, part)]
    if not fitting and dot:
        fitting = [e for e in known if _is_called(store, e, name) and e.measures == measures]
    if not fitting:
        fitting = [each for each in known if each.measures == part.lower()]
    if not fitting and part == tastes.TASTE:
        raise UsageError(
            "No taste is learned yet, so it cannot stand in a formula.",
            f"Learn it from what you kept and rejected: deita-tui taste {store.folder} --learn",
        )
    if not fitting:
        raise _unknown(known, part)
    return fitting


def _is_called(store: Store, scorer: Scorer, name: str) -> bool:
    """Is it the scorer's name, or the beginning of its identity as ``status`` shows it?"""
    if scorer.name.lower() == name.lower():
        return True
    return len(name) >= 6 and scores.identity(store, scorer.id).startswith(name.lower())


def _unknown(known: Sequence[Scorer], name: str) -> UsageError:
    names = list(dict.fromkeys(each.name for each in known))
    hint = nearest(name, names) or "Nothing is scored yet: deita-tui score does that."
    return UsageError(f"No scorer of this project is called {name!r}.", hint)


def _sole(store: Store, params: Params) -> Embedder | None:
    """The embedder where none is needed: it still tells what resembles what."""
    try:
        return _embedder(store, params)
    except UsageError:
        if params.embedder:
            raise
        return None


def _embedder(store: Store, params: Params) -> Embedder:
    there = vectors.embedders(store)
    if not there:
        raise UsageError(
            "No record is embedded yet, so nothing tells how similar two of them are.",
            f"Embed them first: deita-tui embed {store.folder}; or select without that: "
            "--threshold 1.",
        )
    if params.embedder:
        fitting = [
            each
            for each in there
            if each.name == params.embedder
            or (
                len(params.embedder) >= 6
                and vectors.identity(store, each.id).startswith(params.embedder)
            )
        ]
        if not fitting:
            names = list(dict.fromkeys(each.name for each in there))
            raise UsageError(
                f"No embedder of this project is called {params.embedder!r}.",
                nearest(params.embedder, names),
            )
        return fitting[-1]
    if len(there) > 1:
        told = ", ".join(dict.fromkeys(each.name for each in there))
        raise UsageError(
            f"The records are embedded in several ways: {told}.",
            "Choose one with --embedder NAME, which takes the newest of that name.",
        )
    return there[0]

"""Methods that try a turn on other turns: on probes near it (ICI), or on anchors (NUGGETS).

Here the pool, the neighbours and the anchors are found that such a method needs; asking the model
is ``method_scoring``'s affair, as for all others.
"""

from collections.abc import Generator, Sequence
from hashlib import sha256
from typing import cast

import msgspec

from deita_store import scores, settings, vectors
from deita_store.scores import Scorer
from deita_store.store import Store
from deita_tui import records
from deita_tui.errors import UsageError
from deita_tui.records import Pairing
from deita_tui.scoring import ici, shown
from deita_tui.scoring.asking import Asker
from deita_tui.scoring.ici import Ici, NoProbesError, Probe
from deita_tui.scoring.methods import ModelMethod
from deita_tui.scoring.nuggets import Anchor, Nuggets
from deita_tui.scoring.shown import Target
from deita_tui.steps import anchoring, indexing, remembering
from deita_tui.steps.indexing import IndexArgs
from deita_tui.steps.neighbourhoods import Neighbourhoods
from deita_tui.steps.probing_args import Probing as ProbingArgs
from deita_tui.steps.progress import Progress
from deita_tui.steps.remembering import Remembering
from deita_tui.steps.stages import Work

ICI = ("ici", "wici", "ici_published", "wici_published")
_TARGETS = 2048
"""Probes whose tokens are held."""

Bound = tuple[ModelMethod, "Asker | Remembering"]


def require(store: Store, said: ProbingArgs, names: Sequence[str]) -> None:
    """See that there is what these methods look at, before a job waits for it in vain.

    Raises:
        UsageError: there is no score of complexity, or several and none was named.
        StoreError: nothing is embedded, or not by that embedder.
    """
    if set(names) & set(ICI):
        _complexity(store, said.complexity)
    if set(names) & set(ICI) or not said.anchors_file:
        vectors.find(store, said.embedder or None)


class Probing:
    """Makes the methods of one run ready; the pool is read once for all of them."""

    def __init__(self, work: Work, asker: Asker) -> None:
        self._work, self._asker = work, asker
        self._limit = min(asker.judge.limit, work.args.max_tokens)
        self._pairing = cast("Pairing", settings.get(work.store, "pairing", "deita-tui"))
        self._targets: _Targets | None = None

    def bound(self, name: str) -> Generator[Progress, None, Bound]:
        """A method with what it tries turns on, and whom it asks.

        Raises:
            UsageError: something is missing: vectors, scores of complexity, anchors that fit.
        """
        if name == "nuggets":
            return (yield from self._nuggets())
        if self._targets is None:
            self._targets = yield from self._read()
        asker = Remembering(self._asker, remembering.memory(self._work.store, self._asker.judge))
        return Ici(name, self._targets.probes, self._targets.near.config), asker

    def _read(self) -> Generator[Progress, None, "_Targets"]:
        store, said = self._work.store, self._work.args.probing
        complexity = _complexity(store, said.complexity)
        embedder = vectors.find(store, said.embedder or None)
        found = indexing.open(store, embedder.id)
        if found is None:
            yield from indexing.run(store, IndexArgs(embedder=embedder.id), self._work.job)
            found = indexing.open(store, embedder.id)
        assert found is not None
        yield self._work.advance(0, None, "reading the pool")
        near = Neighbourhoods(store, embedder, found, complexity, self._pairing)
        return _Targets(near, self._asker, self._limit)

    def _nuggets(self) -> Generator[Progress, None, Bound]:
        judge = self._asker.judge
        identity = msgspec.json.encode(dict(judge.identity), order="deterministic")
        found, chosen = yield from anchoring.choose(
            self._work.store, self._work.args.probing, self._pairing,
            sha256(identity).hexdigest(), judge.tokens, self._limit,
        )  # fmt: skip
        yield self._work.advance(0, len(found), "anchors")
        anchors = []
        for turn, target in found:
            (answer,) = self._asker.follow([(target.given.prefix, target.given.continuation)])
            if answer.logprobs is not None:
                anchors.append(Anchor(turn, target, shown.loss(answer.logprobs)))
            yield self._work.advance(len(anchors), len(found), "anchors")
        if not anchors:
            raise UsageError(
                f"The model gives no numbers for any of {len(found):,} anchors.",
                "Choose another model with --model.",
            )
        return Nuggets(tuple(anchors), chosen), self._asker


class _Targets:
    """The probes of a turn, with their tokens: in each cluster the most complex one that fits."""

    def __init__(self, near: Neighbourhoods, asker: Asker, limit: int) -> None:
        self.near = near
        self._tokens = asker.judge.tokens
        self._limit = limit
        self._known: dict[int, Target | None] = {}

    def probes(self, fields: Sequence[str]) -> list[Probe]:
        """See ``Ici``."""
        pair = records.pair_key(records.Turn(fields[0], fields[1]))
        found = []
        for cluster in self.near.clusters(pair):
            targets = ((self._target(turn), similarity) for turn, similarity in cluster)
            fitting = (Probe(each, like) for each, like in targets if each is not None)
            found += [probe for probe in [next(fitting, None)] if probe is not None]
        if not found:
            raise NoProbesError(f"no neighbour fits into half of {self._limit} tokens")
        return found

    def _target(self, turn: int) -> Target | None:
        if turn not in self._known:
            if len(self._known) >= _TARGETS:
                self._known.clear()
            texts = self.near.texts(turn)
            self._known[turn] = shown.target(
                texts, ici.LAYOUT, self._tokens, self._limit, alone=True
            )
        return self._known[turn]


def _complexity(store: Store, asked: str) -> Scorer:
    """The scorer that says which neighbour is the most complex of its cluster.

    Raises:
        UsageError: there is none, or several and none was named.
    """
    there = [each for each in scores.scorers(store) if each.measures == "complexity"]
    if not there:
        raise UsageError(
            "ICI tries turns on the most complex of their neighbours, and nothing has a score for "
            "complexity yet.",
            f"Score it first: deita-tui score {store.folder} --scorer lite; or with a judge.",
        )
    names = list(dict.fromkeys(each.name for each in there))
    if asked and asked not in names:
        raise UsageError(
            f"No scorer of complexity is called {asked!r} here.", f"There are: {', '.join(names)}."
        )
    if not asked and len(names) > 1:
        raise UsageError(
            f"Complexity is scored in several ways: {', '.join(names)}.",
            "Say with --probes-by NAME which of them is to choose the probes.",
        )
    return [each for each in there if not asked or each.name == asked][-1]

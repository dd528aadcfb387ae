"""Selections: made, kept, explained, compared, looked into before they are made."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Literal, TypedDict, TypeVar, Unpack

from deita_tui.errors import StoreError, UsageError
from deita_tui.project.looking import Looking
from deita_tui.project.opened import Ref
from deita_tui.project.working import Working

if TYPE_CHECKING:
    from deita_store.acts import Act
    from deita_store.selections import Selection
    from deita_store.store import Store
    from deita_tui.selection.case import Case
    from deita_tui.selection.compare import Comparison
    from deita_tui.selection.params import Params
    from deita_tui.steps.borders import BorderPair, Curve
    from deita_tui.steps.explaining import Explained
    from deita_tui.steps.held import Held
    from deita_tui.steps.progress import Progress
    from deita_tui.steps.selecting import Tuner
    from deita_tui.steps.summary import SelectionReport

Made = TypeVar("Made")
Report = Callable[["Progress"], None]


class SelectOptions(TypedDict, total=False):
    """What may be asked of a selection."""

    budget: int
    """How many records; 0 is no limit."""
    budget_tokens: int
    """How many tokens the kept records may have together."""
    threshold: float
    """A record more similar than this to a kept one is left out. 0.9 without; 1: none is."""
    formula: str
    """Of a turn's score: c*q without; c^1.5*q^0.5, rank(c)*rank(q), c*ifd, …"""
    turns: Literal["sum", "mean", "max", "last"]
    """How the scores of a record's turns become its own."""
    missing: Literal["drop", "skip"]
    """A turn without a score leaves its record unscored, or is skipped."""
    selector: str
    """deita without; topk, random, balanced, kcenter, facility, tags, tags-sweep, rds"""
    seed: int
    head: float
    """Select from this share of the scored records only, from the top."""
    shares: Sequence[str]
    """Like ``source:alpaca<=0.3`` or ``source:dolly>=100``."""
    require: str
    """A filter: only these records."""
    exclude: str
    """A filter: not these."""
    scorer: str | Sequence[str]
    """Whose scores, where several have scored the same."""
    embedder: str
    """Whose vectors, where there are several."""
    against: str | Path
    """A file of records that one has already: they count as kept."""
    targets: str | Path
    """A file of examples of what is wanted, for the selector ``rds``."""
    tokenizer: str | Path
    """What counts tokens: a tokenizer.json, or a folder that holds one."""
    tags: str
    """The files' own column that holds tags; default: your tags."""


class Selecting(Looking, Working):
    """Selections."""

    def select(
        self, *, save: str | None = None, progress: Report | None = None,
        **options: Unpack[SelectOptions],
    ) -> SelectionReport:  # fmt: skip
        """Select, and keep the outcome: as the working selection, or under the name ``save``.

        Args:
            save: what to call it; it then never changes, and undo hides it.
            progress: told how far reading and embedding are.
            options: see ``SelectOptions``; at least a budget.

        Raises:
            UsageError: what is asked for makes no sense, or needs scores or vectors first.
            StoreError: there is a selection of that name.
        """
        from deita_store import selections
        from deita_tui.steps import summary

        started = monotonic()
        if save is not None:
            selections.require_free(self.store, save)
        tuner, params = self._tuner(options, progress)
        result = tuner.exact(params)
        id_ = None
        if not self.store.read_only or save is not None:
            id_ = tuner.save(result, save, self.actor)
        return summary.report(self.store, result, id_, save, monotonic() - started)

    def what_if(
        self, *, progress: Report | None = None, **options: Unpack[SelectOptions]
    ) -> tuple[Tuner, Params]:
        """What answers as many selections as you like without reading the project again.

        Its methods ``exact`` and ``instant`` take parameters, such as those that come with it.
        """
        return self._tuner(options, progress)

    def explain(
        self,
        ref: Ref,
        *,
        selection: str | None = None,
        progress: Report | None = None,
        held: Held[Case] | None = None,
    ) -> Explained:
        """Why a record is in a selection or out of it, and what would change that.

        Args:
            ref: the record.
            selection: default: the one saved last, or the working one where none is saved.
            progress: told how far reading is.
            held: where the selection is kept from one question to the next, which then takes a
                fraction of the time; one for as many questions as there are.

        Raises:
            StoreError: there is no such record, or nothing is selected.
        """
        from deita_tui.steps import explaining

        chosen = self.selection(selection)
        return _followed(explaining.explain(self.store, chosen, self._id(ref), held), progress)

    def compare(self, first: str | None = None, second: str | None = None) -> Comparison:
        """Compare two selections: who came, who went, who moved, and the mix of either.

        Args:
            first: by its name; default: the one saved last.
            second: by its name; default: the working one.
        """
        from deita_tui.steps import comparing

        if first is None and not self.selections():
            raise StoreError(
                "Nothing is saved that the working selection could be compared with.",
                f"Save one: deita-tui select {self.folder} --budget N --save NAME",
            )
        return comparing.compare(
            self.store, self.selection(first), self.selection(second or "working")
        )

    def curve(
        self, thresholds: Sequence[float] | None = None, *, progress: Report | None = None,
        **options: Unpack[SelectOptions],
    ) -> Curve:  # fmt: skip
        """How many records are kept at each of ``thresholds``, and how redundant they are.

        Without a budget all records are walked through, which lists of neighbours make quick.
        """
        from deita_tui.steps import borders

        tuner, params = self._tuner({"budget": 0, **options}, progress)
        return borders.points(tuner, params, thresholds)

    def borderline(
        self, count: int = 10, *, progress: Report | None = None,
        **options: Unpack[SelectOptions],
    ) -> Sequence[BorderPair]:  # fmt: skip
        """The pairs of records just above and just below the threshold, ``count`` of either."""
        from deita_tui.steps import borders

        tuner, params = self._tuner(options, progress)
        return borders.pairs(tuner, params, count)

    def selections(self) -> Sequence[Selection]:
        """The saved selections, the newest first."""
        from deita_store import selections

        return selections.saved(self.store)

    def selection(self, name: str | None = None) -> Selection:
        """A selection by its name; ``working`` is the working one.

        Without a name: the one saved last, or the working one where none is saved.

        Raises:
            StoreError: there is none.
        """
        from deita_store import selections

        return selections.find(self.store, name)

    def has_working(self) -> bool:
        """Is there a working selection: one that was made and not saved?"""
        from deita_store import selections

        return selections.is_there(self.store, None)

    def stale(self, name: str | None = None) -> Sequence[str]:
        """Sentences that say what is newer in the project than a selection; none while fresh.

        Nor is there any where nothing is selected.
        """
        from deita_store import selections
        from deita_store.freshness import stale

        if name is None and not self.selections() and not self.has_working():
            return ()
        return stale(self.store, selections.find(self.store, name))

    def select_again(
        self, name: str | None = None, *, save: str | None = None, progress: Report | None = None
    ) -> SelectionReport:
        """Make a selection once more of what the project holds now, with the same parameters.

        Args:
            name: the selection; default: the one saved last, or the working one.
            save: what to call the new one; default: it becomes the working selection.
            progress: told how far reading is.

        Raises:
            UsageError: it was written by hand.
            StoreError: there is a selection of that name already, or none to make again.
        """
        from deita_store import selections
        from deita_tui.steps import again, summary

        started = monotonic()
        if save is not None:
            selections.require_free(self.store, save)
        tuner, result = _followed(again.again(self.store, self.selection(name)), progress)
        id_ = tuner.save(result, save, self.actor)
        return summary.report(self.store, result, id_, save, monotonic() - started)

    def hide_selection(self, name: str) -> Act:
        """Take a saved selection out of sight; undo shows it again."""
        from deita_store import selections

        return selections.hide(self.store, name, self.actor)

    def _tuner(self, options: SelectOptions, progress: Report | None) -> tuple[Tuner, Params]:
        import msgspec

        from deita_tui.steps.selecting import Tuner

        if "budget" not in options and "budget_tokens" not in options:
            raise UsageError(
                "How many records shall be selected?", "Say it with --budget; 0 is no limit."
            )
        if options.get("embedder") == "lite":
            self._embed_lite(progress)
        tuner = Tuner(self.store)
        if tokenizer := options.get("tokenizer"):
            tuner.count_with(Path(tokenizer))
        if column := options.get("tags"):
            tuner.tag_by(column)
        params = _params(self.store, options)
        for name in ("against", "targets"):
            if file := options.get(name):
                reference = _followed(tuner.example(Path(str(file)), params), progress)
                params = msgspec.structs.replace(params, **{name: reference})
        _followed(tuner.prepare(params), progress)
        return tuner, params

    def _embed_lite(self, progress: Report | None) -> None:
        """Embed with what ships with the program, where that was named and was never done."""
        from deita_store import vectors
        from deita_tui.steps import embedding
        from deita_tui.steps.lock import project_lock

        if any(each.name == "lite" for each in vectors.embedders(self.store)):
            return
        with project_lock(self.folder):
            _followed(embedding.run(self.store, embedding.EmbedArgs("lite")), progress)


_FILES = ("against", "targets", "tokenizer", "tags", "scorer", "shares")
"""What is not a parameter as it stands."""


def _params(store: Store, options: SelectOptions) -> Params:
    from deita_tui.selection.params import Params, parse_share
    from deita_tui.steps import roles

    said = options.get("scorer", ())
    names = roles.named(store, (said,) if isinstance(said, str) else said)
    shares = tuple(parse_share(each) for each in options.get("shares", ()))
    plain = {name: value for name, value in options.items() if name not in _FILES}
    return Params(**plain, **names, shares=shares)  # type: ignore[arg-type]


def _followed(work: Generator[Progress, None, Made], progress: Report | None) -> Made:
    """Do all of ``work``, and return what it comes to."""
    while True:
        try:
            step = next(work)
        except StopIteration as end:
            made: Made = end.value
            return made
        if progress is not None:
            progress(step)

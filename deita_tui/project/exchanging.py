"""Scores and vectors from elsewhere, and for elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from deita_tui.errors import UsageError
from deita_tui.project.following import followed
from deita_tui.project.looking import Looking

if TYPE_CHECKING:
    from deita_store.scores import Scorer
    from deita_tui.steps.progress import Progress
    from deita_tui.steps.score_columns import Field, TakenField
    from deita_tui.steps.score_exchange import ExportedScores, Taken
    from deita_tui.steps.vector_exchange import ExportedVectors

Made = TypeVar("Made")
Report = Callable[["Progress"], None]
Paths = str | Path | Sequence[str | Path]


class Exchanging(Looking):
    """Taking numbers to another project, and taking them in."""

    def export_scores(
        self, path: str | Path, *, scorer: str | Sequence[str] = (), where: str = "",
        progress: Report | None = None,
    ) -> ExportedScores:  # fmt: skip
        """Write what scorers said to a .jsonl, .jsonl.gz or .parquet file.

        Args:
            path: the file; it must not be there.
            scorer: names, or beginnings of identities; default: all scorers.
            where: a filter; default: all records.
            progress: told how far it is.

        Raises:
            UsageError: there is no such scorer, or the file's name says no format.
        """
        from deita_tui.steps import score_exchange

        chosen = self._scorers((scorer,) if isinstance(scorer, str) else scorer)
        work = score_exchange.write(self.store, Path(path), chosen, self.view(where).ids)
        return followed(work, progress)

    def import_scores(
        self, paths: Paths, *, name: str = "", measures: str = "", progress: Report | None = None
    ) -> Taken:
        """Take scores that were made elsewhere; what is there already stays.

        Args:
            paths: files that ``export_scores`` wrote. Files of others have rows with ``uid``,
                ``turn`` and ``value``, and need ``name`` and ``measures``.
            name: what to call the scores of others.
            measures: complexity, quality, or what else they measure.
            progress: told how far it is.

        Raises:
            InputError: a file cannot be read, or says of its scorer what is not so.
            UsageError: it does not say whose scores it holds.
        """
        from deita_tui.steps import score_exchange

        work = score_exchange.take(self.store, _paths(paths), name, measures)
        return self._held(work, progress)

    def score_fields(self) -> Sequence[Field]:
        """The fields of imported files that hold numbers, such as ``complexity_scores``."""
        from deita_tui.steps import score_columns

        return score_columns.fields(self.store)

    def take_score_fields(
        self, chosen: Mapping[str, str], *, name: str = "file", progress: Report | None = None
    ) -> Sequence[TakenField]:
        """Make scores of fields that the files brought.

        Args:
            chosen: what each field measures: ``{"complexity_scores": "complexity"}``.
            name: what the scorers are called.
            progress: told how far it is.

        Raises:
            UsageError: no row has such a field.
        """
        from deita_tui.steps import score_columns

        return self._held(score_columns.take(self.store, chosen, name), progress)

    def export_vectors(
        self, path: str | Path, *, embedder: str = "", where: str = "",
        progress: Report | None = None,
    ) -> ExportedVectors:  # fmt: skip
        """Write the vectors of an embedder, by default the one in use; see ``export_scores``."""
        from deita_store import vectors
        from deita_tui.steps import vector_exchange

        chosen = vectors.find(self.store, embedder or None)
        work = vector_exchange.write(self.store, Path(path), chosen, self.view(where).ids)
        return followed(work, progress)

    def import_vectors(
        self, paths: Paths, *, name: str = "", progress: Report | None = None
    ) -> Taken:
        """Take vectors that were made elsewhere; see ``import_scores``.

        Args:
            paths: files that ``export_vectors`` wrote. Files of others have rows with ``uid`` and
                ``vector``, a list of numbers, and need ``name``.
            name: what to call the vectors of others.
            progress: told how far it is.
        """
        from deita_tui.steps import vector_exchange

        return self._held(vector_exchange.take(self.store, _paths(paths), name), progress)

    def _held(self, work: Generator[Progress, None, Made], progress: Report | None) -> Made:
        from deita_tui.steps.lock import project_lock

        with project_lock(self.folder):
            return followed(work, progress)

    def _scorers(self, names: Sequence[str]) -> list[Scorer]:
        from deita_store import scores

        known = scores.scorers(self.store)
        if not known:
            raise UsageError(
                "Nothing is scored in this project.", f"Score it: deita-tui score {self.folder}"
            )
        chosen = []
        for name in names:
            fitting = [
                each
                for each in known
                if each.name == name
                or (len(name) >= 6 and scores.identity(self.store, each.id).startswith(name))
            ]
            if not fitting:
                told = ", ".join(dict.fromkeys(each.name for each in known))
                raise UsageError(f"There is no scorer {name!r}.", f"There are: {told}.")
            chosen += [each for each in fitting if each not in chosen]
        return chosen or known


def _paths(paths: Paths) -> list[Path]:
    return [Path(paths)] if isinstance(paths, (str, Path)) else [Path(each) for each in paths]

"""A selection that was made before, made once more of what the project holds now."""

from collections.abc import Generator

from deita_store.selections import WORKING, Selection
from deita_store.store import Store
from deita_tui.errors import UsageError
from deita_tui.selection.result import Result
from deita_tui.steps import basis
from deita_tui.steps.progress import Progress
from deita_tui.steps.saving import params_of
from deita_tui.steps.selecting import Tuner


def again(store: Store, selection: Selection) -> Generator[Progress, None, tuple[Tuner, Result]]:
    """Select with the parameters of ``selection``; nothing is saved.

    Raises:
        UsageError: no selector made it.
    """
    if "version" not in selection.computed_from:
        raise UsageError(
            f"The selection {selection.name or WORKING} was not made by a selector.",
            "Nothing says how it would be made again.",
        )
    then = basis.parse(selection.computed_from)
    tuner, params = Tuner(store), params_of(selection)
    tuner.count_as(then.tokenizer)
    if then.tags:
        tuner.tag_by(then.tags)
    yield from tuner.prepare(params)
    return tuner, tuner.exact(params)

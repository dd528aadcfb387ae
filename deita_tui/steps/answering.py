"""The selection in force, ready to be selected again behind every decision."""

from deita_store import selections
from deita_store.selections import WORKING, Selection
from deita_store.store import Store
from deita_tui.errors import UsageError
from deita_tui.selection.params import Params
from deita_tui.selection.result import Result
from deita_tui.steps import basis, explaining
from deita_tui.steps.explaining import Asked, Explained
from deita_tui.steps.saving import params_of
from deita_tui.steps.selecting import Tuner


def in_force(store: Store) -> Selection:
    """What was selected last: the working selection, or the one saved after it.

    Raises:
        StoreError: nothing is selected.
    """
    saved = selections.saved(store)
    if not selections.is_there(store, None):
        return selections.find(store, None)
    working = selections.find(store, WORKING)
    return saved[0] if saved and saved[0].id > working.id else working


def tuner(store: Store, name: str | None = None) -> tuple[Tuner, Params]:
    """What selects as a selection was made, and its parameters; nothing is read yet.

    Args:
        store: the project.
        name: the selection; default: the one in force.

    Raises:
        StoreError: there is none.
        UsageError: no selector made it.
    """
    chosen = in_force(store) if name is None else selections.find(store, name)
    if "version" not in chosen.computed_from:
        raise UsageError(
            f"The selection {chosen.name or WORKING} was not made by a selector.",
            "Decisions are kept; what follows from them shows when you select.",
        )
    then = basis.parse(chosen.computed_from)
    made = Tuner(store)
    made.count_as(then.tokenizer)
    if then.tags:
        made.tag_by(then.tags)
    return made, params_of(chosen)


def explain(tuner: Tuner, result: Result, record: int) -> Explained:
    """Explain a record of a selection that was just made, exactly, and not stored yet.

    Raises:
        StoreError: the selection does not know the record.
    """
    roles = tuner.roles
    scorers = {part: scorer.id for part, scorer in roles.scorers.items()}
    embedder = roles.embedder.id if roles.embedder else None
    case = tuner.case(result)
    return explaining.of_case(tuner.store, case, record, Asked(WORKING, scorers, embedder))

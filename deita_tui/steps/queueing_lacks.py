"""Why a kind of queue is not available: what the project lacks, and what would bring it.

Each answer is a sentence, or empty where nothing is missing. All kinds are asked at once, so each
answer costs no more than a look at a small table or at the first row of a large one.
"""

from collections import Counter

from deita_store import queues as tables
from deita_store import scores, selections, tastes
from deita_store.selections import Selection
from deita_store.store import Store


def nothing(store: Store, selection: Selection | None) -> str:
    """Nothing can be missing: whatever there is gives a queue."""
    return ""


def pairs(store: Store, selection: Selection | None) -> str:
    """What is missing for pairs around the threshold."""
    if told := _computed(store, selection):
        return told
    assert selection is not None
    if selection.params.get("selector", "deita") != "deita":
        return "The selection was not made with a threshold, so no pair is near to one."
    if selection.basis.embedder_id is None or selection.params.get("threshold", 0.9) >= 1:
        return "The selection compares no records. Select with a threshold below 1."
    return ""


def budget(store: Store, selection: Selection | None) -> str:
    """What is missing for records around the budget."""
    if told := _computed(store, selection):
        return told
    assert selection is not None
    if selection.params.get("selector", "deita") not in ("deita", "topk"):
        return "The selection does not go down the ranking, so its budget has no edge."
    if not (selection.params.get("budget") or selection.params.get("budget_tokens")):
        return "The selection has no budget. Select with one: --budget N."
    return ""


def two_scorers(store: Store, selection: Selection | None) -> str:
    """What is missing for scorers that disagree."""
    used = [each.measures for each in scores.scorers(store) if tables.has_scored(store, each.id)]
    if any(count > 1 for count in Counter(used).values()):
        return ""
    known = scores.scorers(store)
    more = "" if all(each.config.get("draft") for each in known) else " --scorer lite"
    return (
        "No two scorers have scored the same thing. "
        f"Score with another one as well: deita-tui score {store.folder}{more}"
    )


def digits(store: Store, selection: Selection | None) -> str:
    """What is missing for scores that are uncertain."""
    if any(tables.has_digits(store, each.id) for each in scores.scorers(store)):
        return ""
    return (
        "No scorer here answers with digits, and drafts do not say how sure they are. "
        f"Score with a model: deita-tui score {store.folder}"
    )


def flags(store: Store, selection: Selection | None) -> str:
    """What is missing for a queue of flags."""
    return "" if tables.flag_count(store) else "No record is flagged."


def saved(store: Store, selection: Selection | None) -> str:
    """What is missing for an audit, which is about a selection that never changes."""
    if any(each.computed_from for each in selections.saved(store)):
        return ""
    return (
        "An audit is about a saved selection, which stays as it is. "
        f"Save one: deita-tui select {store.folder} --budget N --save NAME"
    )


def taste(store: Store, selection: Selection | None) -> str:
    """What is missing for records on which the user's taste and the score disagree."""
    if tastes.learned(store) is None:
        return f"No taste is learned yet. Learn it: deita-tui taste {store.folder} --learn"
    if not scores.scorers(store):
        return f"No record has a score to disagree with. Score: deita-tui score {store.folder}"
    return ""


def _computed(store: Store, selection: Selection | None) -> str:
    if selection is None:
        return f"Nothing is selected yet. Select: deita-tui select {store.folder} --budget N"
    return "" if selection.computed_from else "The selection was not made by a selector."

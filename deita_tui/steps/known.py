"""Edited records whose texts a scorer has read before: they need no model to be opened.

Who changes an answer leaves the instruction as it was, and a scorer of instructions knows that one.
"""

from deita_store import scores
from deita_tui.scoring.deita import Template
from deita_tui.steps.reach import EDITED
from deita_tui.steps.scoring_args import JudgeSpec
from deita_tui.steps.stages import Work, remembered
from deita_tui.steps.windows import windows


def all_known(work: Work, spec: JudgeSpec, template: Template) -> bool:
    """Finish the edited records that hold nothing new to a scorer; is nothing left for it to do?

    False for any run but one of edited records, and where it is not sure which scorer is meant.
    """
    store, args = work.store, work.args
    if args.where != EDITED or args.retry or args.again:
        return False
    scorer = remembered(store, spec, template)
    if scorer is None or scorer.config.get("limit") != args.max_tokens:
        return False
    left = scores.pending(store, scorer.id, work.todo)
    done: list[int] = []
    for window in windows(store, scorer, left):
        done += window.complete()
    with store.transaction():
        scores.finish(store, scorer, done)
    return len(done) == len(left)

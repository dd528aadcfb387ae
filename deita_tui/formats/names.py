"""The table of formats: a new one is its module and one line here."""

from deita_tui.errors import UsageError
from deita_tui.formats.conversations import MESSAGES, SHAREGPT
from deita_tui.formats.dialogue import TEXT
from deita_tui.formats.instructions import (
    ALPACA,
    INPUT_OUTPUT,
    PROMPT_COMPLETION,
    QUESTION_ANSWER,
)
from deita_tui.formats.moss import MOSS
from deita_tui.formats.preference import KTO, KTO_PAIRS, PREFERENCE
from deita_tui.formats.seed_tasks import SEED_TASKS
from deita_tui.formats.shape import Format

FORMATS: dict[str, Format] = {
    shape.name: shape
    for shape in (
        SHAREGPT,
        MESSAGES,
        ALPACA,
        PROMPT_COMPLETION,
        QUESTION_ANSWER,
        INPUT_OUTPUT,
        PREFERENCE,
        KTO,
        KTO_PAIRS,
        MOSS,
        SEED_TASKS,
        TEXT,
    )
}

_OTHER_NAMES = {"openai": "messages", "chatml": "messages", "dpo": "preference", "dolly": "alpaca"}


def family(name: str) -> list[Format]:
    """The formats that a user means by a name: "kto" is two.

    Raises:
        UsageError: there is none.
    """
    found = get(name)
    kin = [each for each in FORMATS.values() if each.name.startswith(f"{found.name}-")]
    return [found, *kin]


def get(name: str) -> Format:
    """The format of a name.

    Raises:
        UsageError: there is none.
    """
    found = FORMATS.get(_OTHER_NAMES.get(name, name))
    if found is None:
        raise UsageError(f"There is no format {name!r}.", f"Choose one of: {', '.join(FORMATS)}.")
    return found

"""The table of targets: a new one is its module and one line here."""

from difflib import get_close_matches

from deita_tui.errors import UsageError
from deita_tui.export.alpaca import ALPACA, CSV
from deita_tui.export.axolotl import AXOLOTL
from deita_tui.export.conversations import HF, MESSAGES, PARQUET, SHAREGPT
from deita_tui.export.items import Options
from deita_tui.export.llamafactory import LLAMAFACTORY
from deita_tui.export.target import RESERVED, Target
from deita_tui.export.trl import PREFERENCE, TRL
from deita_tui.export.vectors import VECTORS

TARGETS: dict[str, Target] = {
    target.name: target
    for target in (
        MESSAGES,
        SHAREGPT,
        ALPACA,
        LLAMAFACTORY,
        AXOLOTL,
        TRL,
        PREFERENCE,
        HF,
        PARQUET,
        CSV,
        VECTORS,
    )
}
_OTHER_NAMES = {"openai": "messages", "llama-factory": "llamafactory", "jsonl": "messages"}


def get(name: str) -> Target:
    """The target of a name.

    Raises:
        UsageError: there is none.
    """
    found = TARGETS.get(_OTHER_NAMES.get(name, name))
    if found is None:
        close = get_close_matches(name, TARGETS, n=1)
        hint = f"Did you mean {close[0]}?" if close else f"Choose one of: {', '.join(TARGETS)}."
        raise UsageError(f"There is no target {name!r}.", hint)
    return found


def column(field: str) -> str:
    """What a further field is called as a column: ``extras.lang`` is ``lang``."""
    return field.removeprefix("extras.")


def check(target: Target, options: Options) -> None:
    """Refuse what the target cannot do.

    Raises:
        UsageError: it says what.
    """
    if options.kind not in target.kinds:
        able = [each.name for each in TARGETS.values() if options.kind in each.kinds]
        raise UsageError(
            f"{target.name} cannot hold rows for {options.kind}.",
            f"These can: {', '.join(able)}.",
        )
    if options.prompt_completion and (target.name, options.kind) != ("trl", "sft"):
        raise UsageError("--prompt-completion belongs to --target trl.")
    columns = [column(field) for field in options.fields]
    for name in columns:
        if name in RESERVED:
            raise UsageError(
                f"A column called {name!r} would be taken for a part of the conversation.",
                "Leave that field out; provenance/decisions.jsonl names every record.",
            )
        if columns.count(name) > 1:
            raise UsageError(f"Two fields would be the column {name!r}.")

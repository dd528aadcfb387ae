"""Axolotl: messages for ``type: chat_template``, with the configuration that reads them."""

from collections.abc import Iterator

from deita_tui.export import chat, media, recipes
from deita_tui.export.conversations import marks
from deita_tui.export.items import Item, Needs, Options, Row
from deita_tui.export.problems import Fault
from deita_tui.export.sides import pair_faults, sides
from deita_tui.export.target import Target


def _row(item: Item, needs: Needs, options: Options) -> Row:
    """``messages`` and ``tools``, which axolotl takes only as a list of objects.

    There is never a column ``system``: axolotl would make a system prompt even of its null.
    """
    if options.kind == "dpo":
        return _pair(item)
    rows = [chat.openai(message) for message in item.messages]
    for at, train in trained(item).items():
        rows[at]["train"] = train
    row: Row = {"id": item.uid, "messages": rows}
    listed = chat.tools(item.tools) if chat.has_tools(item.tools) else None
    if listed:
        row["tools"] = [_plain(tool) for tool in listed]
    return row | media.columns(item)


def _plain(tool: Row) -> Row:
    """A tool whose parameters are JSON text: one type, whatever the parameters are."""
    function = tool.get("function", tool)
    parameters = function.get("parameters") if isinstance(function, dict) else None
    if not isinstance(parameters, dict):
        return tool
    written = function | {"parameters": chat.tools_text(parameters)}
    return tool | {"function": written} if "function" in tool else written


def trained(item: Item) -> dict[int, bool]:
    """Which messages are to be trained on, where the file said so of any."""
    values = marks(item, "train", "training", "weight", "loss_weight")
    return {
        at: bool(value) for at, value in values.items() if isinstance(value, bool | int | float)
    }


def _pair(item: Item) -> Row:
    found = sides(item)
    if found is None:
        return {}
    prompt, chosen, rejected = ([chat.openai(each) for each in part] for part in found)
    if len(chosen) != 1 or len(rejected) != 1:
        return {}
    row: Row = {"id": item.uid, "messages": prompt}
    return row | {"chosen": chosen[0], "rejected": rejected[0]}


def _faults(item: Item, row: Row, options: Options) -> Iterator[Fault]:
    if options.kind == "dpo":
        yield from _dpo_faults(item, row)
        return
    yield from chat.order(item.messages, "doubtful")
    yield from chat.empty(item.messages)
    yield from _calls(item)
    if chat.has_tools(item.tools) and chat.tools(item.tools) is None:
        told = "What the record names as tools is no list of JSON objects, and is left out."
        yield Fault("tools-unreadable", "changed", told)
    if row.get("images") or row.get("videos") or row.get("audios"):
        told = "Its media are in columns that axolotl reads only for models that see or hear."
        yield Fault("media", "doubtful", told)
    marked = trained(item)
    last = len(item.messages) - 1
    if marked and marked.get(last) is False:
        yield Fault("last-turn-untrained", "doubtful", "Its last message is not to be trained on.")


def _dpo_faults(item: Item, row: Row) -> Iterator[Fault]:
    faults = list(pair_faults(item))
    if not row and not faults:
        told = "Its two sides are more than one message each, and axolotl takes the last alone."
        faults = [Fault("long-sides", "left_out", told, "Export it to trl --kind dpo.")]
    yield from faults
    if row and any(message.calls or message.reasoning for message in item.messages):
        told = "Of pairs axolotl reads role and content alone: calls and reasoning are dropped."
        yield Fault("content-alone", "changed", told)


def _calls(item: Item) -> Iterator[Fault]:
    for place, message in enumerate(item.messages, start=1):
        for call in message.calls or ():
            if chat.parsed(call.arguments) is None:
                told = f"The arguments of a call in message {place} are no JSON object."
                fix = "Edit the record: its template needs an object."
                yield Fault("call-arguments", "refused", told, fix)
                return


def _reads(row: Row, options: Options) -> tuple[str, dict[str, str], Row]:
    if options.kind == "dpo":
        names = {"messages": "messages", "chosen": "chosen", "rejected": "rejected"}
        return "preference", names, row
    names = {"messages": "messages", "tools": "tools"}
    return "messages", names | {name: name for name in ("images", "videos", "audios")}, row


AXOLOTL = Target(
    "axolotl",
    "messages for axolotl, with the configuration that reads them",
    _row,
    _faults,
    _reads,
    kinds=("sft", "dpo"),
    extra=recipes.axolotl_files,
    over="drops it",
    over_effect="dropped",
)

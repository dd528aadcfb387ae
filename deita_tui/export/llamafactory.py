"""LLaMA-Factory: a data set folder with its ``dataset_info.json``.

The rows are ShareGPT's with the default tags, which both data layers of LLaMA-Factory read. Its
index sets every column to nothing that it does not name, and stops at a row that lacks a named
one: so the index names all that there are, and every row has all of them.
"""

import json
from collections.abc import Iterator
from itertools import pairwise

from deita_tui.export import chat, media, recipes
from deita_tui.export.conversations import beside_calls
from deita_tui.export.items import Item, Needs, Options, Row
from deita_tui.export.problems import Fault
from deita_tui.export.sides import sides
from deita_tui.export.target import Layout, Target
from deita_tui.records import Message

_JOINT = "\n</tool_response>\n<tool_response>\n"
"""What LLaMA-Factory itself puts between the answers of tools that were called together."""
_ASKS = ("human", "observation")
_SAYS = ("gpt", "function_call")
_EDIT = "Edit the record, or reject it."


def _row(item: Item, needs: Needs, options: Options) -> Row:
    """One row: conversations, system, tools, and the columns of pairs, labels and media."""
    messages, chosen, rejected = item.messages, None, None
    if options.kind == "dpo":
        found = sides(item)
        if found is None or len(found[1]) != 1 or len(found[2]) != 1:
            return {}
        messages, (chosen,), (rejected,) = found
    if options.kind == "kto" and item.record.label is None:
        return {}
    system = ""
    if messages and messages[0].role == "system":
        system, messages = messages[0].content, messages[1:]
    row: Row = {
        "id": item.uid,
        "conversations": list(_turns(messages)),
        "system": system,
        "tools": chat.tools_text(item.tools) if chat.has_tools(item.tools) else "",
    }
    if chosen and rejected:
        row |= {"chosen": _turn(chosen), "rejected": _turn(rejected)}
    if options.kind == "kto":
        row["label"] = item.record.label
    found_media = media.columns(item)
    return row | {name: found_media.get(name, []) for name in sorted(needs.media | {*found_media})}


def _turns(messages: tuple[Message, ...]) -> Iterator[Row]:
    """The messages, what several tools say to one call as one observation."""
    said: list[str] = []
    for at, message in enumerate(messages):
        if message.role != "tool":
            yield _turn(message)
            continue
        said.append(message.content)
        if at + 1 == len(messages) or messages[at + 1].role != "tool":
            yield {"from": "observation", "value": _JOINT.join(said)}
            said = []


def _turn(message: Message) -> Row:
    """From and value alone; reasoning in front, in the tags that the templates look for."""
    row = chat.sharegpt(message)
    value = row["value"]
    if message.reasoning is not None:
        value = f"<think>\n{message.reasoning}\n</think>\n\n{value}"
    return {"from": row["from"], "value": value}


def _faults(item: Item, row: Row, options: Options) -> Iterator[Fault]:
    """What LLaMA-Factory's own conversion does to the row."""
    if not row:
        yield _left_out(item, options)
        return
    yield from _replayed(row["conversations"], odd=options.kind == "dpo")
    for name in ("chosen", "rejected"):
        if name in row and row[name]["from"] not in _SAYS:
            told = f"The {name} side is not an answer."
            yield Fault("not-an-answer", "dropped", told, _EDIT)
    if options.kind == "dpo" and row["chosen"] == row["rejected"]:
        yield Fault("same-sides", "doubtful", "The chosen and the rejected answer are the same.")
    yield from chat.empty(item.messages)
    yield from beside_calls(item)
    yield from _told_otherwise(item)
    yield from chat.unreadable_tools(item.tools)
    yield from _media_faults(row)


def _replayed(turns: list[Row], odd: bool) -> Iterator[Fault]:
    """Odd places ask, even places answer; what breaks that is skipped with a warning."""
    for place, turn in enumerate(turns):
        accepted = _SAYS if place % 2 else _ASKS
        if turn["from"] not in accepted:
            told = (
                f"Turn {place + 1} is from {turn['from']}, where {' or '.join(accepted)} belongs."
            )
            yield Fault("role-out-of-order", "dropped", told, _EDIT)
            return
    if len(turns) % 2 != int(odd) or not turns:
        told = f"It has {len(turns)} turns; questions and answers must come in pairs."
        if odd:
            told = f"It has {len(turns)} turns before the two answers; the last must be a question."
        yield Fault("odd-turns", "dropped", told, _EDIT)


def _told_otherwise(item: Item) -> Iterator[Fault]:
    if any(message.reasoning is not None for message in item.messages):
        told = "Reasoning is written in front of the answer, as <think>…</think>."
        yield Fault("reasoning-in-text", "changed", told)
    roles = [message.role for message in item.messages]
    if ("tool", "tool") in pairwise(roles):
        told = "Answers of several tools become one observation, as LLaMA-Factory joins them."
        yield Fault("observations-joined", "changed", told)
    if any(message.name is not None or message.call_id is not None for message in item.messages):
        told = "Names of speakers and ids of tool answers have no place."
        yield Fault("names-lost", "changed", told)


def _media_faults(row: Row) -> Iterator[Fault]:
    texts = [turn["value"] for turn in row["conversations"]]
    wanted = media.placeholders(texts)
    for name in ("images", "videos", "audios"):
        there = len(row.get(name) or ())
        if there != wanted[name] and (there or name in row):
            told = f"It has {there} {name} and {wanted[name]} <{name[:-1]}> in its text."
            fix = f"Write one <{name[:-1]}> for each where it belongs."
            yield Fault("media-count", "refused", told, fix)


def _left_out(item: Item, options: Options) -> Fault:
    if options.kind == "kto":
        fix = "Export it without --kind kto."
        return Fault("no-label", "left_out", "The record has no label.", fix)
    fix = "Export it without --kind dpo."
    if sides(item) is None:
        return Fault("no-rejected-side", "left_out", "The record has no rejected answer.", fix)
    told = "Its two sides are more than one message each, and LLaMA-Factory takes one."
    return Fault("long-sides", "left_out", told, "Export it to trl --kind dpo.")


def dataset_info(layout: Layout) -> str:
    """The index: every column that the rows have is named, tags are left to the defaults."""
    columns = {"messages": "conversations", "system": "system", "tools": "tools"}
    if layout.options.kind == "dpo":
        columns |= {"chosen": "chosen", "rejected": "rejected"}
    if layout.options.kind == "kto":
        columns["kto_tag"] = "label"
    columns |= {name: name for name in sorted(layout.needs.media)}
    ranking = {"ranking": True} if layout.options.kind == "dpo" else {}
    entries = {
        name: {"file_name": file, "formatting": "sharegpt", **ranking, "columns": columns}
        for name, file in recipes.llamafactory_names(layout).items()
    }
    return json.dumps(entries, indent=2, ensure_ascii=False) + "\n"


def _extra(layout: Layout) -> dict[str, str]:
    return {"dataset_info.json": dataset_info(layout)} | recipes.llamafactory_files(layout)


def _reads(row: Row, options: Options) -> tuple[str, dict[str, str], Row]:
    names = {"messages": "conversations", "system": "system", "tools": "tools"}
    names |= {name: name for name in ("images", "videos", "audios")}
    # role and content are told to the readers of pairs and labels by the messages themselves
    if options.kind == "dpo":
        return "preference", names | {"chosen": "chosen", "rejected": "rejected"}, row
    if options.kind == "kto":
        return "kto", names | {"label": "label"}, row
    return "sharegpt", names, row


LLAMAFACTORY = Target(
    "llamafactory",
    "a data folder for LLaMA-Factory, with its dataset_info.json",
    _row,
    _faults,
    _reads,
    container="json",
    kinds=("sft", "dpo", "kto"),
    extra=_extra,
    over="cuts it there, in its own template's tokens",
)

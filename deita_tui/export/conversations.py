"""Rows of conversations: the targets ``messages``, ``sharegpt``, ``hf`` and ``parquet``."""

from collections.abc import Iterator
from typing import Any

from deita_tui.export import chat, media, recipes
from deita_tui.export.items import Item, Needs, Options, Row
from deita_tui.export.problems import Fault
from deita_tui.export.sides import (
    kto_row,
    label_faults,
    pair_faults,
    pair_row,
    reads_kto,
    reads_pair,
)
from deita_tui.export.target import Target

_NAMES = {"messages": "messages", "tools": "tools"}
_MEDIA = {name: name for name in ("images", "videos", "audios")}


def messages_row(item: Item, needs: Needs, options: Options) -> Row:
    """OpenAI's messages, with the tools as JSON text."""
    if options.kind == "dpo":
        return pair_row(item)
    if options.kind == "kto":
        return kto_row(item)
    row: Row = {"id": item.uid, "messages": _weighted(item)}
    if chat.has_tools(item.tools):
        row["tools"] = chat.tools(item.tools) or chat.tools_text(item.tools)
    return row | media.columns(item)


def text_tools_row(item: Item, needs: Needs, options: Options) -> Row:
    """The same with the tools as JSON text: one type, whatever the tools' own fields are."""
    row = messages_row(item, needs, options)
    if chat.has_tools(item.tools):
        row["tools"] = chat.tools_text(item.tools)
    return row


def _weighted(item: Item) -> list[Row]:
    """The messages, with OpenAI's ``weight`` where the file had it."""
    rows = [chat.openai(message) for message in item.messages]
    for at, weight in marks(item, "weight").items():
        if weight in (0, 1) and item.messages[at].role == "assistant":
            rows[at]["weight"] = int(weight)
    return rows


def marks(item: Item, *names: str) -> dict[int, Any]:
    """A key that the file's messages had beside role and content, by message from 0.

    Of an edited record only while it has as many messages as the file gave it.
    """
    known = item.layout.get("fields")
    for name in names:
        values = known.get(name) if isinstance(known, dict) else None
        if isinstance(values, list) and len(values) == len(item.messages):
            return dict(enumerate(values))
        if isinstance(values, dict):
            found = {int(at): value for at, value in values.items() if at.isdigit()}
            return {at: value for at, value in found.items() if at < len(item.messages)}
    return {}


def messages_faults(item: Item, row: Row, options: Options) -> Iterator[Fault]:
    """What a chat template makes of the row, as far as that can be known without one."""
    if options.kind == "dpo":
        yield from pair_faults(item)
        return
    if options.kind == "kto":
        yield from label_faults(item)
        return
    yield from chat.order(item.messages, "doubtful")
    yield from chat.empty(item.messages)
    yield from chat.unreadable_tools(item.tools)


def openai_faults(item: Item, row: Row, options: Options) -> Iterator[Fault]:
    """The same, and what OpenAI's own fine-tuning asks for."""
    yield from messages_faults(item, row, options)
    calls = [call for message in item.messages for call in message.calls or ()]
    silent = any(message.role == "tool" and not message.call_id for message in item.messages)
    if silent or any(call.id is None for call in calls):
        yield Fault(
            "call-without-id",
            "doubtful",
            "A tool call or its answer has no id: OpenAI's own service refuses it, others do not.",
        )


def reads_messages(row: Row, options: Options) -> tuple[str, dict[str, str], Row]:
    """Rows of messages are read by the reader of that name."""
    if options.kind == "dpo":
        return reads_pair(row)
    if options.kind == "kto":
        return reads_kto(row)
    return "messages", _NAMES | _MEDIA, row


def _sharegpt_row(item: Item, needs: Needs, options: Options) -> Row:
    row: Row = {"id": item.uid, "conversations": [chat.sharegpt(each) for each in item.messages]}
    if chat.has_tools(item.tools):
        row["tools"] = chat.tools_text(item.tools)
    return row | media.columns(item)


def sharegpt_faults(item: Item, row: Row, options: Options) -> Iterator[Fault]:
    """What ShareGPT's two fields cannot say."""
    yield from chat.order(item.messages, "doubtful")
    yield from chat.empty(item.messages)
    yield from beside_calls(item)
    yield from chat.unreadable_tools(item.tools)
    if chat.has_tools(item.tools):
        told = "Its tools are JSON text, as LLaMA-Factory reads ShareGPT; axolotl stops at that."
        yield Fault("tools-as-text", "doubtful", told, "For axolotl export to axolotl.")


def beside_calls(item: Item) -> Iterator[Fault]:
    """A ``function_call`` has no room for what is said beside the call."""
    for place, message in enumerate(item.messages, start=1):
        if message.calls and message.content:
            yield Fault(
                "text-beside-call",
                "changed",
                f"Message {place} says something and calls a tool; only the call is written.",
                "Export to messages, axolotl or trl, which have both.",
            )


def _reads_sharegpt(row: Row, options: Options) -> tuple[str, dict[str, str], Row]:
    return "sharegpt", {"messages": "conversations", "tools": "tools"} | _MEDIA, row


MESSAGES = Target(
    "messages",
    "OpenAI's messages, one JSON object a line",
    messages_row,
    openai_faults,
    reads_messages,
    extra=recipes.trl_files,
    kinds=("sft", "dpo", "kto"),
)
HF = Target(
    "hf",
    "a data set folder for Hugging Face's datasets, with its card",
    text_tools_row,
    messages_faults,
    reads_messages,
    folder="data/",
    extra=recipes.trl_files,
    kinds=("sft", "dpo", "kto"),
)
PARQUET = Target(
    "parquet",
    "messages as Parquet",
    text_tools_row,
    messages_faults,
    reads_messages,
    container="parquet",
    extra=recipes.trl_files,
    kinds=("sft", "dpo", "kto"),
)
SHAREGPT = Target(
    "sharegpt",
    "ShareGPT's conversations of from and value, one JSON object a line",
    _sharegpt_row,
    sharegpt_faults,
    _reads_sharegpt,
    extra=recipes.sharegpt_files,
)

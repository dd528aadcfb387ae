"""Pairs of answers for DPO and labelled answers for KTO, in TRL's conversational form."""

from collections.abc import Iterator

from deita_tui.export import chat, media
from deita_tui.export.items import Item, Row
from deita_tui.export.problems import Fault
from deita_tui.records import Message

Sides = tuple[tuple[Message, ...], tuple[Message, ...], tuple[Message, ...]]


def sides(item: Item) -> Sides | None:
    """What both answers answer, the chosen answer, the rejected one; None without a rejected one.

    Either answer may be several messages; where they begin, the import has noted.
    """
    if not item.record.rejected:
        return None
    at = item.layout.get("rejected_at")
    last = len(item.messages) - 1
    at = at if isinstance(at, int) and 0 < at <= last else last
    return item.messages[:at], item.messages[at:], item.record.rejected


def pair_row(item: Item) -> Row:
    """``prompt``, ``chosen`` and ``rejected``, each a list of messages."""
    found = sides(item)
    if found is None:
        return {}
    prompt, chosen, rejected = ([chat.openai(each) for each in part] for part in found)
    row = {"id": item.uid, "prompt": prompt, "chosen": chosen, "rejected": rejected}
    return row | with_tools(item) | media.columns(item)


def kto_row(item: Item) -> Row:
    """``prompt``, ``completion`` and ``label``."""
    if item.record.label is None:
        return {}
    row = completion_row(item)
    return row and row | {"label": item.record.label}


def completion_row(item: Item) -> Row:
    """``prompt``, everything up to the last answer, and ``completion``, that answer."""
    row: Row = {
        "id": item.uid,
        "prompt": [chat.openai(each) for each in item.messages[:-1]],
        "completion": [chat.openai(each) for each in item.messages[-1:]],
    }
    return row | with_tools(item) | media.columns(item)


def with_tools(item: Item) -> Row:
    """The tools as JSON text, where there are any."""
    return {"tools": chat.tools_text(item.tools)} if chat.has_tools(item.tools) else {}


def pair_faults(item: Item) -> Iterator[Fault]:
    """Why a record makes no pair, and which pairs teach nothing."""
    found = sides(item)
    if found is None:
        yield Fault(
            "no-rejected-side",
            "left_out",
            "The record has no rejected answer.",
            "Export it without --kind dpo.",
        )
        return
    prompt, chosen, rejected = found
    yield from prompt_faults(prompt)
    yield from chat.empty((*chosen, *rejected))
    yield from chat.unreadable_tools(item.tools)
    for name, side in (("chosen", chosen), ("rejected", rejected)):
        if side[-1].role != "assistant":
            told = f"The {name} side ends with the {side[-1].role}, not with an answer."
            yield Fault("no-last-answer", "doubtful", told)
    if chosen == rejected:
        yield Fault("same-sides", "doubtful", "The chosen and the rejected answer are the same.")


def prompt_faults(prompt: tuple[Message, ...]) -> Iterator[Fault]:
    """What trainers ask of that which is answered."""
    if not prompt or prompt[-1].role == "system":
        yield Fault("no-prompt", "refused", "There is no question before the answer.")
        return
    if prompt[-1].role == "assistant":
        yield Fault("no-prompt", "doubtful", "What is answered ends with an answer itself.")
        return
    yield from chat.order((*prompt, Message("assistant", ".")), "doubtful")
    yield from chat.empty(prompt)


def label_faults(item: Item) -> Iterator[Fault]:
    """Why a record has no label to train on."""
    if item.record.label is None:
        yield Fault(
            "no-label",
            "left_out",
            "The record has no label that says whether its answer was wanted.",
            "Export it without --kind kto.",
        )
        return
    yield from chat.order(item.messages, "doubtful")
    yield from chat.empty(item.messages)
    yield from chat.unreadable_tools(item.tools)


def reads_pair(row: Row) -> tuple[str, dict[str, str], Row]:
    """The preference reader reads pairs again."""
    names = {"instruction": "prompt", "chosen": "chosen", "rejected": "rejected"}
    return "preference", names | {name: name for name in _COLUMNS}, row


def reads_kto(row: Row) -> tuple[str, dict[str, str], Row]:
    """Prompt and completion, put together, are what the KTO reader reads."""
    row = dict(row)
    whole = row | {"messages": [*row.pop("prompt"), *row.pop("completion")]}
    names = {"messages": "messages", "label": "label"}
    return "kto", names | {name: name for name in _COLUMNS}, whole


def reads_completion(row: Row) -> tuple[str, dict[str, str], Row]:
    """Prompt and completion, put together, are messages."""
    row = dict(row)
    whole = row | {"messages": [*row.pop("prompt"), *row.pop("completion")]}
    return "messages", {"messages": "messages"} | {name: name for name in _COLUMNS}, whole


_COLUMNS = ("tools", "images", "videos", "audios")

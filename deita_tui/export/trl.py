"""TRL: messages, prompt and completion, pairs for DPO, labels for KTO. Never two of them in a row.

A row with both a text ``prompt`` and ``messages`` is taken for a conversation or not by the order
of a set, which changes from run to run.
"""

from collections.abc import Iterator

from deita_tui.export import chat, media, recipes
from deita_tui.export.items import Item, Needs, Options, Row
from deita_tui.export.problems import Fault
from deita_tui.export.sides import (
    completion_row,
    kto_row,
    label_faults,
    pair_faults,
    pair_row,
    prompt_faults,
    reads_completion,
    reads_kto,
    reads_pair,
    with_tools,
)
from deita_tui.export.target import Target


def _row(item: Item, needs: Needs, options: Options) -> Row:
    """One of the four shapes; the arguments of calls are objects, as chat templates want them."""
    if options.kind == "dpo":
        row = pair_row(item)
    elif options.kind == "kto":
        row = kto_row(item)
    elif options.prompt_completion:
        row = completion_row(item) if len(item.messages) > 1 else {}
    else:
        messages = [chat.openai(message) for message in item.messages]
        row = {"id": item.uid, "messages": messages} | with_tools(item) | media.columns(item)
    for part in row.values():
        if isinstance(part, list):
            _open(part)
    return row


def _open(messages: list[Row]) -> None:
    for message in messages:
        for call in message.get("tool_calls", ()) if isinstance(message, dict) else ():
            function = call["function"]
            function["arguments"] = chat.parsed(function["arguments"], function["arguments"])


def _faults(item: Item, row: Row, options: Options) -> Iterator[Fault]:
    if options.kind == "dpo":
        yield from pair_faults(item)
    elif options.kind == "kto":
        yield from label_faults(item)
    elif options.prompt_completion:
        yield from _completion_faults(item, row)
    else:
        yield from chat.order(item.messages, "doubtful")
        yield from chat.empty(item.messages)
        yield from chat.unreadable_tools(item.tools)
    if row:
        yield from _calls(item)
        yield from _media(row)


def _completion_faults(item: Item, row: Row) -> Iterator[Fault]:
    if not row:
        told = "It is a single message: nothing is left for the prompt."
        yield Fault("no-prompt", "left_out", told, "Export it without --prompt-completion.")
        return
    if item.messages[-1].role != "assistant":
        told = f"The completion is the {item.messages[-1].role}'s, not an answer."
        yield Fault("no-last-answer", "doubtful", told, "Edit the record, or reject it.")
    yield from prompt_faults(item.messages[:-1])
    yield from chat.empty(item.messages[-1:])
    yield from chat.unreadable_tools(item.tools)
    if sum(message.role == "assistant" for message in item.messages) > 1:
        told = "Only its last answer is trained: the earlier ones are part of the prompt."
        yield Fault("earlier-answers", "doubtful", told, "Export it without --prompt-completion.")


def _calls(item: Item) -> Iterator[Fault]:
    for place, message in enumerate(item.messages, start=1):
        for call in message.calls or ():
            if chat.parsed(call.arguments) is None:
                told = f"The arguments of a call in message {place} are no JSON object."
                yield Fault("call-arguments", "doubtful", told, "Templates want an object.")
                return


def _media(row: Row) -> Iterator[Fault]:
    if row.get("videos") or row.get("audios"):
        yield Fault("media", "changed", "TRL reads images, but neither videos nor audios.")


def _reads(row: Row, options: Options) -> tuple[str, dict[str, str], Row]:
    if options.kind == "dpo":
        return reads_pair(row)
    if options.kind == "kto":
        return reads_kto(row)
    if options.prompt_completion:
        return reads_completion(row)
    names = {"messages": "messages", "tools": "tools"}
    return "messages", names | {name: name for name in ("images", "videos", "audios")}, row


TRL = Target(
    "trl",
    "messages for TRL, or with --prompt-completion the last answer apart",
    _row,
    _faults,
    _reads,
    kinds=("sft", "dpo", "kto"),
    extra=recipes.trl_files,
)
PREFERENCE = Target(
    "preference",
    "prompt, chosen and rejected, as TRL's DPO takes them",
    _row,
    _faults,
    _reads,
    kinds=("dpo",),
    extra=recipes.trl_files,
)

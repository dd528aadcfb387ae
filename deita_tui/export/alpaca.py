"""Alpaca: instruction, input, output; the same as a table: CSV."""

from collections.abc import Iterator

import msgspec

from deita_tui.export.items import Item, Needs, Options, Row
from deita_tui.export.problems import Fault
from deita_tui.export.target import Target
from deita_tui.records import Message


def alpaca_row(item: Item, needs: Needs, options: Options) -> Row:
    """The last question with its input split off again (D17), its answer, and what came before.

    All rows have the same columns: LLaMA-Factory stops at a row without an ``input``, and reads
    ``system`` and ``history`` only if every row has them. Nothing where the form has no place.
    """
    found = _parts(item)
    if found is None:
        return {}
    system, history, question, answer = found
    instruction, given = split(question, item)
    row: Row = {"id": item.uid, "instruction": instruction, "input": given, "output": answer}
    if needs.system or system:
        row["system"] = system
    if needs.history or history:
        row["history"] = history
    return row


def split(question: str, item: Item) -> tuple[str, str]:
    """Instruction and input, where the file had them apart."""
    at = item.layout.get("input_at")
    if isinstance(at, int) and 0 < at < len(question) and question[at - 1] == "\n":
        return question[: at - 1], question[at:]
    return question, ""


def alpaca_faults(item: Item, row: Row, options: Options) -> Iterator[Fault]:
    """What the form has no place for."""
    if not row:
        yield Fault("not-alpaca", "left_out", _why(item), "Export it to messages or sharegpt.")
        return
    for name, text in (("question", row["instruction"] + row["input"]), ("answer", row["output"])):
        if not text.strip():
            yield Fault("empty-turn", "doubtful", f"The {name} is empty.", "Edit it, or reject it.")
    if any(not text.strip() for pair in row.get("history", ()) for text in pair):
        yield Fault("empty-turn", "doubtful", "An earlier turn is empty.", "Edit it, or reject it.")
    if row.get("history"):
        yield Fault(
            "history",
            "changed",
            "Earlier turns stand in history, which only LLaMA-Factory reads; it trains on them.",
            "Export conversations to messages or sharegpt.",
        )


def _parts(item: Item) -> tuple[str, list[list[str]], str, str] | None:
    """System prompt, earlier turns, question and answer; None where more was said."""
    messages = item.messages
    system = ""
    if messages and messages[0].role == "system":
        system, messages = messages[0].content, messages[1:]
    roles = [message.role for message in messages]
    if not roles or roles != ["user", "assistant"] * (len(roles) // 2) or _more(item):
        return None
    texts = [message.content for message in messages]
    turns = [[asked, said] for asked, said in zip(texts[::2], texts[1::2], strict=True)]
    return system, turns[:-1], *turns[-1]  # type: ignore[return-value]


def _more(item: Item) -> bool:
    return any(_beyond_text(message) for message in item.messages) or bool(item.tools)


def _beyond_text(message: Message) -> bool:
    beyond = (message.calls, message.media, message.reasoning, message.name, message.call_id)
    return any(part is not None for part in beyond)


def _why(item: Item) -> str:
    names = {"calls": "tool calls", "media": "images or other media", "reasoning": "reasoning"}
    for field, told in names.items():
        if any(getattr(message, field) for message in item.messages):
            return f"It has {told}, for which alpaca has no place."
    if item.tools:
        return "It has tools, for which alpaca has no place."
    return "It is no sequence of questions and answers, for which alpaca has no place."


def _reads_alpaca(row: Row, options: Options) -> tuple[str, dict[str, str], Row]:
    names = {"instruction": "instruction", "input": "input", "output": "output"}
    return "alpaca", names | {"system": "system", "history": "history"}, row


def _csv_row(item: Item, needs: Needs, options: Options) -> Row:
    row = alpaca_row(item, needs, options)
    if "history" in row:
        history = row["history"]
        row["history"] = msgspec.json.encode(history).decode() if history else ""
    return row


def _csv_faults(item: Item, row: Row, options: Options) -> Iterator[Fault]:
    if row.get("history"):
        yield Fault(
            "history",
            "changed",
            "Earlier turns stand in the column history, as JSON text that hardly anything reads.",
            "Export conversations to parquet, messages or sharegpt.",
        )
        row = row | {"history": ()}
    yield from alpaca_faults(item, row, options)


def _reads_csv(row: Row, options: Options) -> tuple[str, dict[str, str], Row]:
    history = row.get("history")
    whole = row | ({"history": msgspec.json.decode(history)} if history else {})
    return _reads_alpaca({k: v for k, v in whole.items() if k != "history" or v}, options)


ALPACA = Target(
    "alpaca",
    "instruction, input and output, one JSON array",
    alpaca_row,
    alpaca_faults,
    _reads_alpaca,
    container="json",
)
CSV = Target(
    "csv",
    "instruction, input and output as a table",
    _csv_row,
    _csv_faults,
    _reads_csv,
    container="csv",
)

"""Any conversation, out and in again: the same record, or the dry run has said that it is not."""

import json
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deita_tui.errors import InputError
from deita_tui.export import files, names
from deita_tui.export.checking import Checker
from deita_tui.export.items import Item, Kind, Options
from deita_tui.export.problems import Problems
from deita_tui.formats import Mapping, plan, read
from deita_tui.records import Call, Message, Record, body, uid
from tests.export import trainers

TEXT = st.text(
    st.characters(codec="utf-8", exclude_characters="\0"), max_size=12
) | st.sampled_from(
    ["a", "Hello there.", " ", "<image>", '{"name": "f", "arguments": {}}', "=1,\n"]
)
ARGUMENTS = st.sampled_from(["{}", '{"a": 1}', '{"b":[1,{"c":null}]}', "no json", '"x"', "[1]"])
CALL = st.builds(Call, TEXT, ARGUMENTS, st.none() | TEXT)


def few(strategy: "st.SearchStrategy[Any]") -> "st.SearchStrategy[Any]":
    """Mostly nothing."""
    return st.none() | st.none() | st.none() | strategy


ANSWER = st.builds(
    Message,
    st.just("assistant"),
    TEXT,
    reasoning=few(TEXT),
    calls=few(st.lists(CALL, min_size=1, max_size=2).map(tuple)),
)
QUESTION = st.builds(
    Message,
    st.just("user"),
    TEXT,
    name=few(TEXT),
    media=few(st.lists(st.just("a.png"), min_size=1, max_size=2).map(tuple)),
)
TOOL = st.builds(Message, st.just("tool"), TEXT, call_id=few(TEXT))
SYSTEM = st.builds(Message, st.just("system"), TEXT)


@st.composite
def record(draw: st.DrawFn) -> Record:
    """Mostly a conversation as it should be, and sometimes anything."""
    messages: list[Message] = []
    if draw(st.booleans()):
        messages.append(draw(SYSTEM))
    for _ in range(draw(st.integers(1, 3))):
        answer = draw(ANSWER)
        messages += [draw(QUESTION), answer]
        if answer.calls and draw(st.booleans()):
            messages += [*draw(st.lists(TOOL, min_size=1, max_size=2)), draw(ANSWER)]
    if draw(st.integers(0, 3)) == 0:
        messages = draw(st.permutations(messages))
    rejected = draw(few(st.lists(ANSWER, min_size=1, max_size=1).map(tuple)))
    return Record(tuple(messages), rejected, draw(few(st.booleans())))


CASES: list[tuple[str, Kind]] = [
    ("messages", "sft"),
    ("sharegpt", "sft"),
    ("alpaca", "sft"),
    ("llamafactory", "sft"),
    ("llamafactory", "dpo"),
    ("llamafactory", "kto"),
    ("axolotl", "sft"),
    ("axolotl", "dpo"),
    ("trl", "sft"),
    ("preference", "dpo"),
    ("hf", "sft"),
    ("parquet", "sft"),
    ("csv", "sft"),
]


@pytest.mark.parametrize(("target", "kind"), CASES)
@given(given_records=st.lists(record(), min_size=1, max_size=4))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_written_reads_the_same_or_is_listed(
    target: str, kind: Kind, given_records: list[Record]
) -> None:
    found, options = names.get(target), Options(kind)
    items = {f"{at:016x}": Item(at, f"{at:016x}", each) for at, each in enumerate(given_records)}
    problems = Problems()
    checker = Checker(found, options, problems)
    written = [item for item in items.values() if checker.check(item)]
    if not written:
        return
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / found.path("train").rpartition("/")[2]
        with files.WRITERS[found.container](path, checker.needs, ()) as file:
            for item in written:
                file.add(found.row(item, checker.needs, options))
        came = again(path, target, kind, items)
    lost = {each.id for each in problems.listed if each.effect in ("changed", "left_out")}
    lost |= {each.id for each in problems.listed if each.rule == "unreadable"}
    for item in written:
        if item.id not in lost:
            assert came.get(item.uid) == identity(item.record, kind), (target, kind)


def again(path: Path, target: str, kind: Kind, items: dict[str, Item]) -> dict[str, str]:
    """Uids of the records that an import makes of the file, by their row's id."""
    chat = {"tools": "tools", "images": "images"}
    pair = {"chosen": "chosen", "rejected": "rejected"}
    mapping = {
        "alpaca": ("alpaca", {"instruction": "instruction", "input": "input", "output": "output",
                              "system": "system", "history": "history"}),
        "csv": ("alpaca", {"instruction": "instruction", "input": "input", "output": "output",
                           "system": "system"}),
        "sharegpt": ("sharegpt", {"messages": "conversations", **chat}),
        "llamafactory": ("sharegpt", {"messages": "conversations", "system": "system", **chat}),
        "llamafactory-dpo": ("preference", {"messages": "conversations", "system": "system",
                                            **pair, **chat}),
        "llamafactory-kto": ("kto", {"messages": "conversations", "system": "system",
                                     "label": "label", **chat}),
        "axolotl-dpo": ("preference", {"messages": "messages", **pair}),
        "preference-dpo": ("preference", {"instruction": "prompt", **pair, **chat}),
    }.get(target if kind == "sft" else f"{target}-{kind}")  # fmt: skip
    name, columns = mapping or ("messages", {"messages": "messages", **chat})
    there = _columns(path)
    columns = {part: column for part, column in columns.items() if column in there}
    try:
        rows = list(read(plan(path, Mapping(name, tuple(sorted(columns.items()))))))
    except InputError:  # not one row can be read; then all of them are listed
        rows = []
    return {
        str(found.external_id): identity(found.record, kind) for row in rows for found in row.found
    }


def _columns(path: Path) -> set[str]:
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        return set(pq.read_schema(path).names)
    if path.suffix == ".csv":
        return set(path.read_text(encoding="utf-8").partition("\n")[0].split(","))
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        return {key for row in json.loads(text) for key in row}
    return {key for line in text.split("\n") if line for key in json.loads(line)}


def identity(found: Record, kind: Kind) -> str:
    """The record's uid, without what this kind of rows is not about; calls spaced alike."""
    messages = tuple(map(_respaced, found.messages))
    rejected = tuple(map(_respaced, found.rejected or ())) if kind == "dpo" else None
    label = found.label if kind == "kto" else None
    return uid(body(Record(messages, rejected or None, label)))


def _respaced(message: Message) -> Message:
    calls = message.calls and tuple(
        msgspec.structs.replace(call, arguments=_spaced(call.arguments)) for call in message.calls
    )
    return msgspec.structs.replace(message, calls=calls)


def _spaced(arguments: str) -> str:
    try:
        value = json.loads(arguments)
    except ValueError:
        return arguments
    return json.dumps(value) if isinstance(value, dict) else arguments


@given(given_records=st.lists(record(), min_size=1, max_size=5))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_llamafactory_does_what_the_dry_run_says(given_records: list[Record]) -> None:
    found, options = names.get("llamafactory"), Options("sft")
    problems = Problems()
    checker = Checker(found, options, problems)
    items = [Item(at, f"{at:016x}", each) for at, each in enumerate(given_records)]
    for item in items:
        checker.check(item)
    refused = {each.id for each in problems.listed if each.effect == "refused"}
    dropped = {f"{each.id:016x}" for each in problems.listed if each.effect == "dropped"}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        with files.Array(folder / "train.json", checker.needs, ()) as file:
            for item in items:
                if item.id not in refused:
                    file.add(found.row(item, checker.needs, options))
        from deita_tui.export.target import Layout

        layout = Layout("x", options, {"train": "train.json"}, {}, checker.needs)
        for path, text in found.extra(layout).items():
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_text(text)
        _, skipped = trainers.llamafactory(folder, "x")
    assert set(skipped) == dropped - {f"{id_:016x}" for id_ in refused}

"""How inputs are read: whole, from the middle, compressed, cut short, big."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deita_tui.formats import Row, names, plan, read
from deita_tui.formats.items import array_items, member_items, objects
from deita_tui.formats.lines import lines
from deita_tui.formats.shape import MISS

TEXT = st.text(max_size=12).map(lambda text: text.encode("utf-8", "ignore").decode())
TURN = st.fixed_dictionaries(
    {"from": st.sampled_from(["human", "gpt", "system", "user", "odd"]), "value": TEXT},
    optional={"weight": st.integers()},
)
ROW = st.fixed_dictionaries(
    {"conversations": st.lists(TURN, max_size=4)},
    optional={"id": st.none() | st.integers() | TEXT, "source": TEXT, "system": TEXT, "x": TEXT},
)
LINE = st.one_of(
    ROW.map(json.dumps),
    ROW.map(lambda row: json.dumps(row, ensure_ascii=False)),
    st.sampled_from(["", "  ", "{", "[]", '{"conversations": "\\u0000"}', "\ufeff"]),
)
FIRST = '{"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]}'


@pytest.fixture(scope="module")
def folder() -> Path:
    return Path(tempfile.mkdtemp())


def as_jsonl(rows: list[str]) -> str:
    return "\n".join([FIRST, *rows])


def as_array(rows: list[str]) -> str:
    return "[" + ",".join([FIRST, *[row for row in rows if row.startswith('{"conv')]]) + "]"


def as_csv(rows: list[str]) -> str:
    cells = [f'"{len(row)}","{row[:5].strip()}"'.replace("\0", "") for row in rows]
    return "\n".join(["instruction,output", "a,b", *cells])


@pytest.mark.parametrize(
    ("name", "write"), [("p.jsonl", as_jsonl), ("p.json", as_array), ("p.csv", as_csv)]
)
@given(rows=st.lists(LINE, max_size=8), skip=st.integers(0, 10))
@settings(max_examples=60, deadline=None)
def test_skipping_gives_the_rest(
    name: str, write: Callable[[list[str]], str], rows: list[str], skip: int, folder: Path
) -> None:
    path = folder / name
    path.write_text(write(rows), encoding="utf-8", newline="")
    planned = plan(path)
    whole = list(read(planned))
    assert list(read(planned, skip)) == whole[skip:]
    assert [row.number for row in whole] == list(range(len(whole)))


@given(row=ROW)
@settings(max_examples=200, deadline=None)
def test_the_quick_way_and_the_careful_way_agree(row: dict[str, Any]) -> None:
    shape = names.get("sharegpt")
    assert shape.quick is not None
    columns = {"messages": "conversations", "system": "system", "id": "id", "source": "source"}
    quick, careful = shape.quick(columns), shape.reader(columns)
    assert quick is not None
    try:
        found = quick(dict(row))
    except (KeyError, TypeError, ValueError):
        return
    assert found == careful(dict(row))


@given(
    row=st.fixed_dictionaries(
        {"instruction": TEXT, "output": TEXT},
        optional={"input": st.none() | TEXT, "id": TEXT | st.integers(), "source": TEXT, "x": TEXT},
    )
)
@settings(max_examples=200, deadline=None)
def test_so_do_they_for_instructions(row: dict[str, Any]) -> None:
    shape = names.get("alpaca")
    assert shape.quick is not None
    columns = {part: part for part in ("instruction", "input", "output", "system", "history")}
    quick, careful = shape.quick(columns), shape.reader(columns)
    assert quick is not None
    try:
        found = quick(dict(row))
    except (KeyError, TypeError, ValueError):
        return
    assert found == careful(dict(row))


QUICK = [shape.name for shape in names.FORMATS.values() if shape.quick is not None]


@st.composite
def quick_cases(draw: st.DrawFn, name: str) -> tuple[dict[str, str], dict[str, Any]]:
    """A mapping of a format, and a row that has its columns and some that it does not name."""
    shape = names.get(name)
    columns = {
        part.name: part.columns[0]
        for part in shape.parts
        if part.required or (part.columns and draw(st.booleans()))
    }
    keys = ("from", "value") if name == "sharegpt" else ("role", "content")
    roles = st.sampled_from(["human", "user", "gpt", "assistant", "system", "tool", "odd"])
    turn = st.fixed_dictionaries({keys[0]: roles, keys[1]: TEXT}, optional={"weight": st.none()})
    main = st.lists(turn, min_size=1, max_size=4) if "messages" in columns else TEXT
    row = {columns[part.name]: draw(main) for part in shape.parts if part.required}
    known = [column for part in shape.parts for column in part.columns]
    others = st.sampled_from([*known, "input", "context", "system", "history", "x"])
    rest = draw(st.dictionaries(others, TEXT | st.none() | st.integers(), max_size=3))
    return columns, rest | row


@pytest.mark.parametrize("name", QUICK)
@given(data=st.data())
@settings(max_examples=300, deadline=None)
def test_they_agree_for_every_format_and_mapping(name: str, data: st.DataObject) -> None:
    shape = names.get(name)
    columns, row = data.draw(quick_cases(name))
    quick = shape.quick(columns) if shape.quick else None
    assert quick is not None
    try:
        found = quick(dict(row))
    except MISS:
        return
    assert found == shape.reader(columns)(dict(row))


@pytest.mark.parametrize("note", ["", ', "id": 7'])
def test_a_column_that_the_mapping_does_not_name_stays_an_extra(
    note: str, rows_of: Callable[..., list[Row]]
) -> None:
    # an id that is a number is left to the careful way
    row = '{"prompt": "Add the numbers", "completion": "3", "input": "1 and 2"' + note + "}"
    (read_row,) = rows_of(row)
    (found,) = read_row.found
    assert found.record.messages[0].content == "Add the numbers"
    assert found.extras["input"] == "1 and 2"
    assert found.layout == {}


def test_newlines_before_a_dialogue_cost_no_message(rows_of: Callable[..., list[Row]]) -> None:
    text = "Human: hi\n\nAssistant: yo\n\nHuman: a\n\nAssistant: b"
    rows = rows_of("".join(json.dumps({"text": "\n" * count + text}) + "\n" for count in range(4)))
    said = [[message.content for message in row.found[0].record.messages] for row in rows]
    assert said == [["hi", "yo", "a", "b"]] * 4


def test_a_call_message_keeps_its_tool_calls_and_its_text(
    rows_of: Callable[..., list[Row]],
) -> None:
    first = {"id": "1", "type": "function", "function": {"name": "one", "arguments": "{}"}}
    turns = [
        {"from": "human", "value": "a"},
        {
            "from": "function_call",
            "value": '{"name": "two", "arguments": {}}',
            "tool_calls": [first],
        },
        {"from": "gpt", "value": "b"},
    ]
    (row,) = rows_of(json.dumps({"conversations": turns}))
    message = row.found[0].record.messages[1]
    assert [call.name for call in message.calls or ()] == ["one", "two"]
    assert message.content == ""


@pytest.mark.parametrize("cut", [1, 10, len(FIRST) // 2])
def test_a_cut_array_gives_the_items_before(cut: int, tmp_path: Path) -> None:
    whole = "[" + ",".join([FIRST] * 4) + "]"
    path = tmp_path / "pool.json"
    path.write_text(whole[:-cut])
    *good, last = read(plan(path))
    assert len(good) == (4 if cut == 1 else 3)
    assert last.refusal is not None
    assert last.refusal.reason == "truncated"
    assert last.place == f"item {len(good) + 1}"


def test_text_behind_an_array_is_told(tmp_path: Path) -> None:
    path = tmp_path / "pool.json"
    path.write_text(f"[{FIRST}] and more")
    rows = list(read(plan(path)))
    assert [row.refusal.reason if row.refusal else None for row in rows] == [None, "not-json"]


def test_a_byte_order_mark_is_accepted(tmp_path: Path) -> None:
    for name, text in (
        ("a.jsonl", FIRST),
        ("a.json", f"[{FIRST}]"),
        ("b.json", msgspec.json.format(FIRST)),
        ("a.csv", "instruction,output\na,b\n"),
    ):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8-sig")
        assert [bool(row.found) for row in read(plan(path))] == [True], name


def test_windows_line_ends_and_blank_lines_keep_line_numbers_right(
    rows_of: Callable[..., list[Row]],
) -> None:
    rows = rows_of(f"{FIRST}\r\n\r\n  \r\n{FIRST}\r\n{{\r\n")
    assert [row.place for row in rows] == ["line 1", "line 4", "line 5"]


@given(
    values=st.lists(
        st.recursive(
            st.none() | TEXT | st.integers(),
            lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
            max_leaves=8,
        )
    ),
    size=st.integers(1, 40),
    indent=st.none() | st.just(2),
)
@settings(max_examples=200, deadline=None)
def test_items_are_cut_where_they_end(values: list[Any], size: int, indent: int | None) -> None:
    def blocks(text: str) -> list[bytes]:
        data = text.encode()
        return [data[at : at + size] for at in range(0, len(data), size)]

    text = json.dumps(values, ensure_ascii=False, indent=indent)
    assert [json.loads(item) for item in array_items(blocks(text))] == values
    wrapped = json.dumps({"a": [1, {"b": [2]}], "b": values, "c": {"b": [3]}}, indent=indent)
    wanted = json.loads(wrapped)["b"]
    assert [json.loads(item) for item in member_items(blocks(wrapped), ["b"])] == wanted
    stream = " \n".join(json.dumps({"v": value}, indent=indent) for value in values)
    assert [json.loads(item)["v"] for item in objects(blocks(stream))] == values


@given(data=st.binary(max_size=60), size=st.integers(1, 9))
def test_lines_are_those_of_the_bytes(data: bytes, size: int) -> None:
    blocks = [data[at : at + size] for at in range(0, len(data), size)]
    got = [line for group, _ in lines(blocks) for line in group]
    text = data[3:] if data[:3] == b"\xef\xbb\xbf" and size >= 3 else data
    assert [line for line in got if line] == [line for line in text.split(b"\n") if line]

"""How inputs are read: whole, from the middle, compressed, cut short, big."""

import bz2
import gzip
import json
import lzma
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard
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


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".zst": lambda data: zstandard.ZstdCompressor().compress(data),
    ".bz2": bz2.compress,
    ".xz": lambda data: lzma.compress(data, preset=0),
}


@pytest.mark.parametrize("packed", PACKERS)
@pytest.mark.parametrize("name", ["sharegpt_pool.jsonl", "alpaca.json", "expert.csv", "moss.json"])
def test_a_compressed_file_reads_like_the_plain_one(
    name: str, packed: str, files: Path, tmp_path: Path
) -> None:
    path = tmp_path / (name + packed)
    path.write_bytes(PACKERS[packed]((files / name).read_bytes()))
    assert list(read(plan(path))) == list(read(plan(files / name)))
    assert plan(path).compression == packed[1:]


@pytest.mark.parametrize("packed", PACKERS)
def test_files_packed_one_after_the_other_are_one(packed: str, tmp_path: Path) -> None:
    path = tmp_path / f"pool.jsonl{packed}"
    path.write_bytes(b"".join(PACKERS[packed](f"{FIRST}\n".encode()) for _ in range(3)))
    assert [bool(row.found) for row in read(plan(path))] == [True] * 3


@pytest.mark.parametrize("packed", PACKERS)
@pytest.mark.parametrize("array", [False, True])
def test_a_packed_file_that_was_cut_gives_what_is_there(
    packed: str, array: bool, tmp_path: Path
) -> None:
    import random

    seeded = random.Random(7)
    rows = [FIRST[:-1] + f', "noise": "{seeded.randbytes(200).hex()}"}}' for _ in range(9000)]
    text = "[" + ",".join(rows) + "]" if array else "\n".join(rows)
    data = PACKERS[packed](text.encode())
    path = tmp_path / f"pool.json{packed}"
    path.write_bytes(data[: len(data) * 6 // 10])
    *good, last = read(plan(path))
    # bzip2 loses its whole last block
    assert 9000 * 0.3 < len(good) < 9000
    assert all(row.found for row in good)
    assert last.refusal is not None
    assert last.refusal.reason in ("truncated", "damaged")
    assert f"The {len(good):,} rows before it were read" in last.refusal.message
    assert last.number == len(good)
    assert list(read(plan(path), len(good))) == [last]


@pytest.mark.parametrize("at", [0.3, 0.7])
def test_a_damaged_gz_gives_what_is_before_the_damage(at: float, tmp_path: Path) -> None:
    data = bytearray(gzip.compress("\n".join([FIRST] * 2000).encode(), 0))
    place = int(len(data) * at)
    data[place : place + 2000] = b"\xff" * 2000
    path = tmp_path / "pool.jsonl.gz"
    path.write_bytes(data)
    rows = list(read(plan(path)))
    assert rows[-1].refusal is not None
    assert sum(bool(row.found) for row in rows) > 100


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


def test_a_cut_parquet_or_arrow_file_gives_the_rows_before(tmp_path: Path) -> None:
    import pyarrow as pa

    table = pa.table(
        {"instruction": [f"question {n}" for n in range(5000)], "output": ["b"] * 5000}
    )
    path = tmp_path / "pool.arrow"
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=500)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    *good, last = read(plan(path))
    assert 1000 < len(good) < 5000
    assert last.refusal is not None
    assert last.refusal.reason == "damaged"


def test_a_damaged_row_group_is_told_behind_the_rows_before_it(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table(
        {"instruction": [f"question {n}" for n in range(3000)], "output": ["b"] * 3000}
    )
    path = tmp_path / "pool.parquet"
    pq.write_table(table, path, row_group_size=1000, compression="gzip")
    with pq.ParquetFile(path) as file:
        at = file.metadata.row_group(1).column(0).data_page_offset
    data = bytearray(path.read_bytes())
    data[at : at + 500] = b"\xff" * 500
    path.write_bytes(data)
    *good, last = read(plan(path))
    assert len(good) == 1000
    assert last.place == "row 1001"
    assert last.refusal is not None
    assert last.refusal.reason == "damaged"


@pytest.mark.parametrize("skip", [0, 1, 999, 1000, 1001, 2999, 3000, 4000])
def test_skipping_in_parquet_and_arrow(skip: int, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table(
        {"instruction": [f"question {n}" for n in range(3000)], "output": ["b"] * 3000}
    )
    pq.write_table(table, tmp_path / "pool.parquet", row_group_size=1000)
    with (
        pa.OSFile(str(tmp_path / "pool.arrow"), "wb") as sink,
        pa.ipc.new_file(sink, table.schema) as writer,
    ):
        writer.write_table(table, max_chunksize=700)
    for name in ("pool.parquet", "pool.arrow"):
        planned = plan(tmp_path / name)
        assert list(read(planned, skip)) == list(read(planned))[skip:]


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


_MEMORY = """
import resource, sys
from pathlib import Path
from deita_tui.formats import plan, read
path = Path(sys.argv[1])
rows = sum(1 for row in read(plan(path)) if row.found)
print(rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.parametrize("name", ["big.jsonl", "big.json", "big.csv", "big.jsonl.zst"])
def test_memory_does_not_grow_with_the_file(name: str, tmp_path: Path) -> None:
    def peak(rows: int) -> int:
        path = tmp_path / f"{rows}-{name}"
        _write_big(path, name, rows)
        run = subprocess.run(
            [sys.executable, "-c", _MEMORY, str(path)], capture_output=True, text=True, check=True
        )
        count, kilobytes = map(int, run.stdout.split())
        assert count == rows
        return kilobytes

    # 60 MB more of file, a tenth of that in memory at most
    assert peak(32_000) - peak(2_000) < 6_000


def _write_big(path: Path, name: str, rows: int) -> None:
    row = {"instruction": "a" * 1000, "output": "b" * 1000}
    if ".csv" in name:
        text = "instruction,output\n" + f"{row['instruction']},{row['output']}\n" * rows
    elif ".jsonl" in name:
        text = (json.dumps(row) + "\n") * rows
    else:
        text = "[" + ",".join([json.dumps(row)] * rows) + "]"
    data = text.encode()
    path.write_bytes(PACKERS[".zst"](data) if name.endswith(".zst") else data)


def test_a_row_of_fifty_megabytes_is_a_row(tmp_path: Path) -> None:
    huge = "x" * (50 << 20)
    row = json.dumps({"instruction": "a", "output": huge})
    (tmp_path / "pool.jsonl").write_text(f"{row}\n{row[:100]}\n")
    (tmp_path / "pool.json").write_text(f"[{row}]")
    for name in ("pool.jsonl", "pool.json"):
        first = next(read(plan(tmp_path / name)))
        assert len(first.found[0].record.messages[1].content) == len(huge)

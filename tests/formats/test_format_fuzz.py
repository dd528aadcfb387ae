"""Whatever the bytes: planning raises a sentence, reading raises nothing, no row is lost."""

import gzip
import json
import tempfile
from pathlib import Path

import msgspec
import pytest
import zstandard
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from deita_tui import records
from deita_tui.errors import DeitaError
from deita_tui.formats import Mapping, Row, plan, read
from deita_tui.formats.rows import EXCERPT

FILES = Path(__file__).parent / "files"
SAMPLES = sorted(path.name for path in FILES.iterdir())
FIRST = b'{"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]}\n'
SUFFIXES = [".jsonl", ".json", ".csv", ".tsv", ".parquet", ".arrow", ".txt", ""]

many = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def folder() -> Path:
    return Path(tempfile.mkdtemp())


def check(row: Row) -> None:
    """A row is records or a refusal; what it holds can be stored."""
    assert bool(row.found) != bool(row.refusal)
    for found in row.found:
        body = records.body(found.record)
        assert records.from_body(body) == found.record
        assert b"\\u0000" not in body.replace(b"\\\\", b"")
        msgspec.json.encode([found.extras, found.layout]).decode()
    if row.refusal:
        assert len(row.refusal.excerpt) <= EXCERPT
        assert row.refusal.excerpt.isprintable()
        assert row.refusal.message.isprintable()


def consume(path: Path, mapping: Mapping | None = None) -> list[Row] | None:
    try:
        planned = plan(path, mapping)
    except DeitaError:
        return None
    rows = list(read(planned))
    for number, row in enumerate(rows):
        check(row)
        assert row.number == number
    return rows


@given(data=st.binary(max_size=300), suffix=st.sampled_from(SUFFIXES))
@many
def test_any_bytes(data: bytes, suffix: str, folder: Path) -> None:
    path = folder / f"any{suffix}"
    path.write_bytes(data)
    consume(path)


@given(
    tail=st.lists(
        st.binary(max_size=80).map(lambda line: line.replace(b"\n", b" "))
        | st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(
                        ["conversations", "from", "value", "id", "source", "system", "x"]
                    ),
                    inner,
                    max_size=4,
                )
            ),
            max_leaves=12,
        ).map(lambda value: json.dumps(value).encode()),
        max_size=6,
    )
)
@example(tail=[b"\xef\xbb\xbf{}", b"[" * 2000, b'{"a":' * 2000, b"9" * 5000, b"\x0b\x0c"])
@many
def test_every_line_that_is_not_blank_is_one_row(tail: list[bytes], folder: Path) -> None:
    path = folder / "lines.jsonl"
    path.write_bytes(FIRST + b"\n".join(tail))
    rows = consume(path)
    assert rows is not None
    assert len(rows) == 1 + sum(bool(line.strip()) for line in tail)


@pytest.mark.parametrize("name", SAMPLES)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_files_with_damage(name: str, data: st.DataObject, folder: Path) -> None:
    whole = (FILES / name).read_bytes()
    at = data.draw(st.integers(0, len(whole)))
    length = data.draw(st.integers(0, 30))
    new = data.draw(
        st.binary(max_size=8)
        | st.sampled_from(
            [b"\\u0000", b"\\ud800", b"NaN", b"]", b"}", b"[", b"{", b'"', b"\\", b","]
        )
    )
    path = folder / f"damaged-{name}"
    path.write_bytes(whole[:at] + new + whole[at + length :])
    consume(path)
    consume(path, Mapping("messages"))


@pytest.fixture(scope="module")
def binaries(folder: Path) -> dict[str, bytes]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    row = {"instruction": "a", "output": "b", "tags": ["x", "y"], "n": 1.5}
    table = pa.Table.from_pylist([row] * 50)
    pq.write_table(table, folder / "whole.parquet", row_group_size=10)
    with (
        pa.OSFile(str(folder / "whole.arrow"), "wb") as sink,
        pa.ipc.new_stream(sink, table.schema) as writer,
    ):
        writer.write_table(table, max_chunksize=10)
    return {
        "x.parquet": (folder / "whole.parquet").read_bytes(),
        "x.arrow": (folder / "whole.arrow").read_bytes(),
        "x.jsonl.gz": gzip.compress(FIRST * 50),
        "x.jsonl.zst": zstandard.ZstdCompressor().compress(FIRST * 50),
    }


@pytest.mark.parametrize("name", ["x.parquet", "x.arrow", "x.jsonl.gz", "x.jsonl.zst"])
@given(data=st.data())
@settings(max_examples=80, deadline=None)
def test_binary_files_with_damage(
    name: str, data: st.DataObject, folder: Path, binaries: dict[str, bytes]
) -> None:
    whole = binaries[name]
    if data.draw(st.booleans()):
        damaged = whole[: data.draw(st.integers(0, len(whole)))]
    else:
        at = data.draw(st.integers(0, len(whole)))
        new = data.draw(st.binary(min_size=1, max_size=4))
        damaged = whole[:at] + new + whole[at + len(new) :]
    path = folder / f"damaged-{name}"
    path.write_bytes(damaged)
    consume(path)

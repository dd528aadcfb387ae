"""Compressed, columnar, cut short, damaged, big: what a file gives all the same."""

import bz2
import gzip
import json
import lzma
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from deita_tui.formats import plan, read

FIRST = '{"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]}'

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

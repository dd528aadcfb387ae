"""Each sample file gives exactly the records in ``expected``.

``python tests/formats/test_format_golden.py`` writes them anew; look at the difference.
"""

from pathlib import Path

import msgspec
import pytest

from deita_tui.formats import Mapping, Row, plan, read

HERE = Path(__file__).parent
EXPECTED = HERE / "expected"
MAPPINGS = {"no_header.tsv": Mapping.parse("instruction=1,response=3")}
NAMES = sorted(path.name for path in (HERE / "files").iterdir())


def seen(name: str) -> str:
    planned = plan(HERE / "files" / name, MAPPINGS.get(name))
    head = msgspec.json.encode({"plan": planned.describe(), "mapping": str(planned.mapping)})
    rows = [msgspec.json.encode(row) for row in read(planned)]
    return b"\n".join([head, *rows, b""]).decode()


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_file_gives_these_records(name: str) -> None:
    assert seen(name) == (EXPECTED / f"{name}.jsonl").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_planning_with_the_mapping_that_was_found_finds_it_again(name: str) -> None:
    first = plan(HERE / "files" / name, MAPPINGS.get(name))
    again = plan(HERE / "files" / name, Mapping.from_json(first.mapping.to_json()))
    assert again.mapping == first.mapping
    assert list(read(again)) == list(read(first))


@pytest.mark.parametrize("name", NAMES)
def test_every_column_is_used_or_kept(name: str, files: Path) -> None:
    planned = plan(files / name, MAPPINGS.get(name))
    used = {column for _, column in planned.mapping.columns}
    assert used | set(planned.extras) >= set(planned.columns)


def test_texts_are_not_touched(files: Path) -> None:
    row = _rows(files / "alpaca.json")[2]
    user, assistant = row.found[0].record.messages
    assert user.content == "  Keep my spaces \u00a0"
    assert assistant.content == "e\u0301 stays e\u0301\r\n\t"


def test_the_alpaca_input_can_be_cut_off_again(files: Path) -> None:
    found = _rows(files / "alpaca.json")[1].found[0]
    content, at = found.record.messages[-2].content, found.layout["input_at"]
    assert (content[: at - 1], content[at:]) == ("Sort these words.", "pear, apple")


def _rows(path: Path) -> list[Row]:
    return list(read(plan(path)))


if __name__ == "__main__":
    for sample in NAMES:
        (EXPECTED / f"{sample}.jsonl").write_text(seen(sample), encoding="utf-8")

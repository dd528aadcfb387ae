"""The tables of ``docs/formats.md`` say what the code does.

The table of published files is checked against the files themselves where they are at hand:
``DEITA_TUI_SAMPLES`` names their folder. ``python tests/formats/test_format_docs.py`` prints it.
"""

import os
import re
from pathlib import Path

import pytest

from deita_tui.errors import DeitaError, UnknownFormatError
from deita_tui.formats import Mapping, expand, names, plan, read
from deita_tui.records import count_turns

PAGE = Path(__file__).parents[2] / "docs" / "formats.md"
SAMPLES = os.environ.get("DEITA_TUI_SAMPLES", "")
BY_HAND = {"qasc_train.tsv": "instruction=1,response=3"}


def table(title: str) -> list[list[str]]:
    """The rows of the table under a heading."""
    text = PAGE.read_text(encoding="utf-8")
    section = re.split(r"^## ", text.partition(f"## {title}\n")[2], flags=re.MULTILINE)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


def measured(name: str, folder: Path) -> list[str]:
    """A line of the table of published files; ``name`` may be a pattern."""
    told = Mapping.parse(BY_HAND[name]) if name in BY_HAND else None
    paths = sorted(folder.glob(name))
    assert paths, name
    records = turns = refused = 0
    for path in paths:
        planned = plan(path, told)
        for row in read(planned):
            refused += row.refusal is not None
            records += len(row.found)
            turns += sum(count_turns(found.record.messages) for found in row.found)
    container = planned.describe()[0].partition("(")[2].rstrip(")")
    columns = ", ".join(f"{part} = {column}" for part, column in planned.mapping.columns)
    how = f"by hand: `--map {BY_HAND[name]}`" if told else f"`{columns}`"
    files = f"`{name}`" + (f" ({len(paths)} files)" if len(paths) > 1 else "")
    counts = [f"{count:,}" for count in (records, turns, refused)]
    return [files, container, str(planned.mapping.format), *counts, how]


def test_every_format_is_in_the_table_of_formats() -> None:
    documented = [re.findall(r"`([^`]+)`", row[0])[0] for row in table("Formats")]
    assert documented == list(names.FORMATS)


def test_the_table_of_published_files_is_well_formed() -> None:
    rows = table("Published files that were tried")
    assert len(rows) > 15
    for row in rows:
        assert len(row) == 7
        assert row[2] in names.FORMATS
        assert all(re.fullmatch(r"[\d,]+", cell) for cell in row[3:6])


def test_the_table_of_published_files_holds_for_the_files() -> None:
    rows = table("Published files that were tried") if SAMPLES else []
    for row in rows:
        name = re.findall(r"`([^`]+)`", row[0])[0]
        assert measured(name, Path(SAMPLES)) == row


def test_no_published_file_is_left_out() -> None:
    if SAMPLES:
        listed = {
            path
            for row in table("Published files that were tried")
            for path in Path(SAMPLES).glob(re.findall(r"`([^`]+)`", row[0])[0])
        }
        assert set(expand(Path(SAMPLES))) <= listed
        # the one that needs a hand says so, with the command that reads it
        with pytest.raises(UnknownFormatError) as error:
            plan(Path(SAMPLES) / "qasc_train.tsv")
        assert f"--map {BY_HAND['qasc_train.tsv']}" in error.value.hint


def main() -> None:
    folder = Path(SAMPLES)
    found = dict.fromkeys(
        path.name if path.parent == folder else f"{path.parent.name}/*{path.suffix}"
        for path in expand(folder)
    )
    for name in found:
        try:
            line = "| " + " | ".join(measured(name, folder)) + " |"
        except DeitaError as error:
            line = str(error)
        os.write(1, f"{line}\n".encode())


if __name__ == "__main__":
    main()

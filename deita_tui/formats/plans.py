"""What was understood about an input, before a row of it is imported."""

from dataclasses import dataclass
from pathlib import Path

from deita_tui.formats.mapping import Mapping
from deita_tui.formats.rows import printable


@dataclass(frozen=True, slots=True)
class Plan:
    """How an input will be read."""

    files: tuple[Path, ...]
    """Mostly one; the data files of a saved dataset in their order."""
    container: str
    """jsonl, json-array, json-members, json-objects, csv, parquet or arrow."""
    compression: str | None
    """gz, zst, bz2, xz, or None."""
    mapping: Mapping
    """Complete: planning the same file with it gives the same plan."""
    columns: tuple[str, ...]
    """The columns that were seen."""
    extras: tuple[str, ...]
    """Those of them that are kept as extra fields."""
    binding: tuple[tuple[str, str], ...]
    """The mapping, and the usual names of parts that only later rows may have."""
    notes: tuple[str, ...] = ()
    """Sentences that a user should see before the import."""
    members: tuple[str, ...] = ()
    """For json-members: the members whose items are read."""
    delimiter: str = ","
    header: bool = True
    """For csv: is the first row the names of the columns?"""
    quoting: bool = True

    def describe(self) -> list[str]:
        """Lines for a person: what was detected and how the columns are read."""
        packed = f", {self.compression}" if self.compression else ""
        parts = ", ".join(
            part if part == column else f"{part} = {column}"
            for part, column in self.mapping.columns
        )
        lines = [
            f"format   {self.mapping.format} ({self._container()}{packed})",
            f"columns  {parts}",
        ]
        if self.extras:
            lines.append(f"extras   {', '.join(self.extras)} (kept as they are)")
        lines += [f"note     {note}" for note in self.notes]
        return [printable(line) for line in lines]

    def _container(self) -> str:
        if self.container != "csv":
            return self.container
        name = {",": "csv", "\t": "tsv", ";": "csv with ;"}[self.delimiter]
        return name if self.header else f"{name} without a header"

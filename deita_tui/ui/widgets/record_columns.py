"""The columns that a table of records can show."""

from deita_store.rows import RecordRow
from deita_tui.ui.widgets.record_table import TableColumn

DEFAULT = ("rank", "score", "c", "q", "turns", "source", "instruction", "response")


def _number(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def _count(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"


def _blocked(row: RecordRow) -> str:
    return "" if row.blocked_by is None else f"#{row.blocked_by}"


COLUMNS = {
    column.name: column
    for column in (
        TableColumn("id", "id", lambda row: str(row.id), 8, right=True),
        TableColumn("rank", "rank", lambda row: _count(row.rank), 7, right=True),
        TableColumn("position", "place", lambda row: _count(row.position), 8, right=True),
        TableColumn("score", "score", lambda row: _number(row.score), 8, right=True),
        TableColumn("c", "c", lambda row: _number(row.c), 5, right=True),
        TableColumn("q", "q", lambda row: _number(row.q), 5, right=True),
        TableColumn("taste", "taste", lambda row: _number(row.taste), 5, right=True),
        TableColumn("turns", "turns", lambda row: _count(row.turns), 6, right=True),
        TableColumn("chars", "chars", lambda row: _count(row.chars), 8, right=True),
        TableColumn("similarity", "sim", lambda row: _number(row.similarity, 3), 6, right=True),
        TableColumn("blocked_by", "blocked by", _blocked, 10),
        TableColumn("source", "source", lambda row: row.source, 12),
        TableColumn("external_id", "file's id", lambda row: row.external_id or "", 12),
        TableColumn("rating", "rating", lambda row: str(row.rating or ""), 6, right=True),
        TableColumn("tag", "tags", lambda row: ", ".join(row.tags), 12),
        TableColumn("note", "note", lambda row: row.note or "", 14),
        TableColumn("copies", "copies", lambda row: _count(row.copies), 6, right=True),
        TableColumn("instruction", "instruction", lambda row: row.instruction),
        TableColumn("response", "response", lambda row: row.response),
    )
}


def chosen(names: tuple[str, ...] = DEFAULT, width: int = 200) -> list[TableColumn]:
    """The columns of these names; on a narrow screen those that say least are left out."""
    left_out: set[str] = set()
    if names == DEFAULT and width < 110:
        left_out = {"response", "turns"} if width < 90 else {"turns"}
    return [COLUMNS[name] for name in names if name not in left_out]

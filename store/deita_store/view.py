"""An ordered, filtered list of records: ids in memory, rows read by page."""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Iterator
from copy import copy
from itertools import chain

from deita_store import columns, filters, rows
from deita_store.columns import Column
from deita_store.context import Context, nearest
from deita_store.errors import FilterError
from deita_store.rows import RecordRow
from deita_store.store import Store

PAGE = 128
_PAGES = 64
"""Pages that stay in memory: about 8,000 rows."""


class View:
    """The records that a filter finds, in an order.

    The ids are read once, 8 MB for a million, and stay as they are while the data below changes,
    so that a cursor keeps its place; rows are read when a page is asked for, and kept until
    ``forget()``. A record that was purged meanwhile comes as a row whose uid is empty.

    Building one can take a second for a million records. To keep an app responsive, build it in a
    thread with a connection of its own, and cancel it from outside::

        def build(folder, filter):                  # in a thread
            store = Store.read(folder)
            started.append(store)
            return View(store, filter, "-score")    # goes on with its store; close that when done

        started[0].db.interrupt()                   # from any thread: build() raises
                                                    # sqlite3.OperationalError: interrupted
        view = built.over(own_store)                # its rows, for the thread that shows them

    Args:
        store: the project; the view reads its pages through it.
        filter: see ``filters``.
        sort: a column, ``-score`` for descending, several with commas between. Records without a
            value come last either way, and what is equal is in the order of ids.
        context: what the filter's words refer to; default: the last saved selection.
        ids: the records in their order, from whoever knows them; then nothing is asked for.

    Raises:
        FilterError: the filter or the sort cannot be understood, or names what is not there.
    """

    def __init__(
        self,
        store: Store,
        filter: str = "",  # noqa: A002 - reads best at the call
        sort: str = "id",
        context: Context | None = None,
        ids: array[int] | None = None,
    ) -> None:
        self.store = store
        self.context = context or Context(store)
        self.filter = filters.parse(filter)
        self.sort = sort
        order, sorted_by = _order(sort, self.context)
        if ids is None:
            condition, values = filters.where(self.filter, self.context)
            found = store.db.execute(
                f"select r.id from records r where {condition} order by {order}", values
            )
            ids = array("q", chain.from_iterable(found))
        self.ids = ids
        """The ids of all records in it, in order."""
        notes = filters.notes(self.filter, self.context)
        notes += [self.context.missing(column.name) for column in sorted_by]
        self.note = " ".join(dict.fromkeys(note for note in notes if note))
        """What a user should know about it: that nothing is scored, that the index is behind."""
        self._pages: OrderedDict[int, list[RecordRow]] = OrderedDict()

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> RecordRow:
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        number, offset = divmod(index % len(self), PAGE)
        return self.page(number)[offset]

    def __iter__(self) -> Iterator[RecordRow]:
        return chain.from_iterable(self.pages())

    def page(self, number: int) -> list[RecordRow]:
        """The rows from ``number * PAGE`` on; empty beyond the end."""
        if number in self._pages:
            self._pages.move_to_end(number)
        else:
            self._pages[number] = self._read(number)
            if len(self._pages) > _PAGES:
                self._pages.popitem(last=False)
        return self._pages[number]

    def pages(self) -> Iterator[list[RecordRow]]:
        """Every page once, without keeping them: for whoever reads everything."""
        return (self._read(number) for number in range(-(-len(self) // PAGE)))

    def index_of(self, id_: int) -> int | None:
        """Where a record stands; None where it is not in the view."""
        try:
            return self.ids.index(id_)
        except ValueError:
            return None

    def over(self, store: Store) -> View:
        """The same list in the same order, its rows read through another connection.

        For a view that was built in a thread, whose connection belongs to that thread.
        """
        twin = copy(self)
        twin.store = store
        twin.context = copy(self.context)
        twin.context.store = store
        twin._pages = OrderedDict()
        return twin

    def forget(self) -> None:
        """Read pages anew when they are asked for next; the ids stay."""
        self._pages.clear()

    def _read(self, number: int) -> list[RecordRow]:
        return rows.read(self.store, self.ids[number * PAGE : (number + 1) * PAGE], self.context)


def head(
    store: Store, sort: str = "-score", context: Context | None = None, most: int = 2_000
) -> View | None:
    """The first of all records by score, told without computing the score of every record.

    A selection has noted the place in the order of scores of what it examined: the places from the
    first one on without a gap are the head of the list. For a million records the whole list takes
    seconds, and this some milliseconds.

    Returns:
        None where the list is sorted otherwise, or the selection does not say how it begins.
    """
    context = context or Context(store)
    selection = context.selection
    if sort.strip() != "-score" or selection is None:
        return None
    (newest,) = store.db.execute("select ifnull(max(id), 0) from records").fetchone()
    if newest > selection.last_record:
        return None
    places = store.db.execute(
        "select x.position, x.record_id, r.live > 0 from outcomes x"
        " join records r on r.id = x.record_id"
        " where x.selection_id = ? and x.position is not null order by x.position limit ?",
        (selection.id, most),
    ).fetchall()
    first = enumerate(places, start=1)
    ids = array("q", (id_ for at, (place, id_, live) in first if place == at and live))
    return View(store, "", sort, context, ids) if ids else None


def _order(sort: str, context: Context) -> tuple[str, list[Column]]:
    """The SQL of an order, and the columns that it asks for."""
    clauses, asked, start = [], [], 0
    for written in sort.split(","):
        name = written.strip().lstrip("+-")
        column = columns.find(name)
        if column is None and name.lower() in context.scorers:
            column = columns.of_scorer(context.scorers[name.lower()])
        if column is None or column.sql is None:
            known = [name for name, column in columns.COLUMNS.items() if column.sql]
            end = start + len(written)
            raise FilterError(
                f'Records cannot be sorted by "{name}".', sort, start, end, nearest(name, known)
            )
        direction = "desc" if written.strip().startswith("-") else "asc"
        clauses.append(f"{column.sql(context)} {direction} nulls last")
        asked.append(column)
        start += len(written) + 1
    # Beyond the id nothing is left to sort, and by id alone SQLite need not sort at all.
    names = [column.name for column in asked]
    if names[0] == "id":
        return f"r.id {'desc' if sort.strip().startswith('-') else 'asc'}", asked
    return ", ".join([*clauses, "r.id"]), asked

"""Vectors: an ``.npz`` with ``ids``, ``uids`` and ``vectors``, a row for each record."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile, ZipInfo

from deita_tui.export.items import Item, Needs, Options, Row
from deita_tui.export.problems import Fault
from deita_tui.export.target import Target

if TYPE_CHECKING:
    from numpy.typing import NDArray


def _row(item: Item, needs: Needs, options: Options) -> Row:
    return {"id": item.uid}


def _faults(item: Item, row: Row, options: Options) -> Iterator[Fault]:
    return iter(())


VECTORS = Target(
    "vectors",
    "the vectors of the records, as NumPy's .npz",
    _row,
    _faults,
    container="npz",
    splits=False,
)


def write(
    path: Path,
    ids: "NDArray[Any]",
    uids: "NDArray[Any]",
    parts: Iterable["NDArray[Any]"],
    shape: tuple[int, int],
) -> None:
    """Write the archive row block by row block; the same input gives the same bytes.

    Args:
        path: the file.
        ids: record ids, (n,) int64.
        uids: (n,) text.
        parts: blocks of vectors, float32, n rows between them.
        shape: (n, d).
    """
    import numpy as np
    from numpy.lib import format as npy

    with ZipFile(path, "w", allowZip64=True) as archive:
        for name, array in (("ids", ids), ("uids", uids)):
            with archive.open(ZipInfo(f"{name}.npy"), "w", force_zip64=True) as file:
                npy.write_array(file, array, allow_pickle=False)  # type: ignore[no-untyped-call]
        with archive.open(ZipInfo("vectors.npy"), "w", force_zip64=True) as file:
            header = {"descr": "<f4", "fortran_order": False, "shape": shape}
            npy.write_array_header_1_0(file, header)  # type: ignore[no-untyped-call]
            for part in parts:
                file.write(np.ascontiguousarray(part, "<f4").tobytes())

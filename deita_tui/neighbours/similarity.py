"""What similarity is: the cosine of two stored float16 rows, the same to the last bit everywhere.

A float32 matrix product of ``renormalised`` rows is quick, and right to about 1e-6: its last bits
change with the size of the blocks, the library and the machine. Where that could decide something,
``exact`` decides: pairs whose product lies within ``BAND`` of a threshold.

``exact`` does not even round when it adds. A product of two float16 numbers is a multiple of
2**-48, so sums that stay below 32 fit into a float64, in whatever order they are made; by
Cauchy and Schwarz they do so for rows that are no longer than 4, and stored rows have length 1.
Longer rows are added in a fixed order.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

BAND = 1e-5
"""How near to a threshold a float32 product does not decide. Its error is a tenth of that at most
at 4,096 dimensions (tests/neighbours/test_similarity.py)."""

_BLOCK = 1 << 16  # numbers that are widened at a time: as float64 they fit into a core's own cache
_LONGEST = 16.0  # squared length below which no order of adding matters


def widened(rows: NDArray[np.float16]) -> NDArray[np.float32]:
    """The same finite numbers as float32, ten times as fast as ``astype``.

    The bits are moved to where float32 has them; the exponents' different bias is a factor.
    """
    bits = np.ascontiguousarray(rows).view(np.int16).astype(np.int32)
    bits <<= 13
    bits &= np.int32(-0x70000001)  # sign, exponent and fraction, without what the shift dragged in
    found = bits.view(np.float32)
    found *= np.float32(2.0**112)
    return found


def renormalised(rows: NDArray[np.float16]) -> NDArray[np.float32]:
    """Rows of length 1, (n, d) float32; rounding to float16 had changed their length a little.

    A row's numbers depend on that row alone. A row of zeros stays one.
    """
    _require_stored(rows)
    found = np.empty(rows.shape, np.float32)
    for block in _blocks(rows.shape):
        wide = widened(rows[block])
        length = np.sqrt(_squares(wide)).astype(np.float32)
        length[length == 0] = 1
        np.divide(wide, length[:, None], out=found[block])
    return found


def exact(a: NDArray[np.float16], b: NDArray[np.float16]) -> NDArray[np.float64]:
    """The similarity of ``a[i]`` and ``b[i]``: (p, d) and (p, d) give (p,), within [-1, 1].

    Symmetric in its arguments, exactly 1 for equal rows, and the same for a pair whatever else is
    in the batch. A row of zeros is similar to nothing: 0.
    """
    _require_stored(a)
    _require_stored(b)
    if a.shape != b.shape:
        raise ValueError(f"Pairs need equal shapes, not {a.shape} and {b.shape}.")
    found = np.empty(len(a), np.float64)
    for block in _blocks(a.shape):
        found[block] = _cosine(widened(a[block]), widened(b[block]))
    return found


def exact_lists(
    queries: NDArray[np.float16], vectors: NDArray[np.float16], lists: NDArray[np.integer]
) -> NDArray[np.float64]:
    """The similarity of each of ``queries``, (q, d), to the rows of its list: (q, k) gives (q, k).

    To the last bit what ``exact`` says of the pairs, several times as fast.

    Args:
        queries: (q, d).
        vectors: (n, d); may be memory-mapped.
        lists: (q, k) row numbers of ``vectors``.
    """
    _require_stored(queries)
    _require_stored(vectors)
    (count, k), dimensions = lists.shape, vectors.shape[1]
    found = np.empty((count, k), np.float64)
    step = max(1, _BLOCK // max(1, k * dimensions))
    for start in range(0, count, step):
        part = slice(start, start + step)
        a = widened(queries[part]).astype(np.float64)
        b = widened(vectors[lists[part]].reshape(-1, dimensions)).astype(np.float64)
        b = b.reshape(len(a), k, dimensions)
        square_a, square_b = np.einsum("id,id->i", a, a), np.einsum("ikd,ikd->ik", b, b)
        if max(square_a.max(initial=0), square_b.max(initial=0)) > _LONGEST:
            each = np.repeat(queries[part], k, axis=0)
            found[part] = exact(each, vectors[lists[part].ravel()]).reshape(-1, k)
            continue
        length = np.sqrt(square_a[:, None] * square_b)
        length[length == 0] = 1
        found[part] = np.einsum("id,ikd->ik", a, b) / length
    return np.clip(found, -1.0, 1.0, out=found)


def _cosine(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float64]:
    add = _in_any_order
    wide_a, wide_b = a.astype(np.float64), b.astype(np.float64)
    square_a, square_b = add(wide_a, wide_a), add(wide_b, wide_b)
    if max(square_a.max(initial=0), square_b.max(initial=0)) > _LONGEST:
        add = _in_fixed_order
        square_a, square_b = add(wide_a, wide_a), add(wide_b, wide_b)
    # The root of the product, and not the product of the roots: of equal rows it is their square.
    length = np.sqrt(square_a * square_b)
    length[length == 0] = 1
    found: NDArray[np.float64] = np.clip(add(wide_a, wide_b) / length, -1.0, 1.0)
    return found


def _squares(rows: NDArray[np.float32]) -> NDArray[np.float64]:
    wide = rows.astype(np.float64)
    found = _in_any_order(wide, wide)
    return found if found.max(initial=0) <= _LONGEST else _in_fixed_order(wide, wide)


def _in_any_order(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.einsum("ij,ij->i", a, b)
    return found


def _in_fixed_order(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fold the second half of the terms onto the first, until one is left.

    Additions of whole columns leave no library a choice of order, as a sum or a dot product would.
    """
    terms = a * b
    width = terms.shape[1]
    while width > 1:
        half = (width + 1) // 2
        terms[:, : width - half] += terms[:, half:width]
        width = half
    return terms[:, 0].copy()


def _blocks(shape: tuple[int, ...]) -> Iterator[slice]:
    step = max(1, _BLOCK // max(1, shape[1]))
    for start in range(0, shape[0], step):
        yield slice(start, start + step)


def _require_stored(rows: NDArray[Any]) -> None:
    if rows.dtype != np.float16 or rows.ndim != 2:
        raise TypeError(f"Similarity is defined on stored rows, (n, d) float16, not {rows.dtype}.")

"""Who is near whom: cosines of rows of ones, shrunk where they rest on little."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from mtrec.recommend.ranking import CELLS

Ids = NDArray[np.int64]


def nearest(rows: Any, which: Ids, neighbours: int, shrinkage: float) -> Any:
    """The other rows that are most like some of them.

    The similarity of rows a and b is |a ∩ b| / (√(|a| |b|) + shrinkage): the cosine, smaller where
    a row has few ones. Ties go to the earlier row, and a row without anything in common is no
    neighbour.

    Args:
        rows: csr `(N, M)` of ones.
        which: positions of the rows whose neighbours are asked for `(B,)`.
        neighbours: how many each may have.

    Returns:
        csr `(B, N)`, the similarity of each neighbour.
    """
    count = rows.shape[0]
    roots = np.sqrt(np.diff(rows.indptr)).astype(np.float32)
    columns = rows.T.tocsr()
    found: list[tuple[Ids, NDArray[np.float32]]] = []
    block = max(1, CELLS // max(count, 1))  # so that what is held at once stays small
    for start in range(0, len(which), block):
        part = which[start : start + block]
        common = (rows[part] @ columns).tocsr()
        common.sort_indices()
        for place, row in enumerate(part):
            here = slice(common.indptr[place], common.indptr[place + 1])
            others, shared = common.indices[here], common.data[here]
            others, shared = others[others != row], shared[others != row]
            near = shared / (roots[row] * roots[others] + np.float32(shrinkage))
            best = _largest(near, neighbours)
            found.append((others[best], near[best]))
    starts = np.cumsum([0, *(len(each) for each, _ in found)])
    empty = (np.empty(0, np.int32), np.empty(0, np.float32))
    indices, values = (np.concatenate(each) for each in zip(empty, *found, strict=True))
    return csr_matrix((values, indices, starts), shape=(len(which), count))


def _largest(values: NDArray[np.float32], count: int) -> Ids:
    """Positions of the largest values, in rising order; of equals the earlier are taken."""
    if len(values) <= count:
        return np.arange(len(values), dtype=np.int64)
    last = np.partition(values, len(values) - count)[len(values) - count]
    above = values > last
    ties = np.flatnonzero(values == last)[: count - int(above.sum())]
    above[ties] = True
    return np.flatnonzero(above)

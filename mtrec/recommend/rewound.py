"""A stage made anew from vectors of parts: for other people, or for a history that ends earlier.

What was learned of sources, items and what is popular stays; who has which parts is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtrec.recommend.fused import FusedRecommender, FusedSource
from mtrec.recommend.profiles import Floats

Doubles = NDArray[np.float64]


def rewound(
    recommender: FusedRecommender, owners: Mapping[str, Any], parts: Mapping[str, Floats]
) -> FusedRecommender:
    """The same recommender, had people left only these parts.

    Args:
        owners: by source csr `(U, M)` of ones, whose parts they are.
        parts: by source the parts' vectors `(M, w)`.
    """
    sources = {}
    for name, source in recommender.sources.items():
        counts = np.diff(owners[name].indptr).astype(np.int64)
        totals = np.asarray(owners[name] @ parts[name], dtype=np.float64)
        if source.projection is not None:
            totals = totals @ source.projection
        if source.shift is not None:
            totals = totals - counts[:, None] * source.shift
        sources[name] = anew(source, totals, counts.astype(np.float64), counts)
    return FusedRecommender(
        recommender.stage or "", sources, recommender.items, recommender.bias, recommender.users
    )


def anew(
    source: FusedSource, totals: Doubles, squares: Doubles, counts: NDArray[np.int64]
) -> FusedSource:
    """A source for people whose parts, as it reads them, add up to `totals (U, D)`.

    The scale c_s is 1 / √Σw² where L_T learned what is read of parts, as the length of a sum of
    centred parts grows with that; otherwise what brings the sum to length 1.

    Args:
        squares: Σw² over a person's parts `(U,)`, with w how much each counts.
        counts: how many these are `(U,)`.
    """
    sizes = np.sqrt(squares) if source.shift is not None else np.linalg.norm(totals, axis=1)
    scales = np.divide(1, sizes, out=np.zeros(len(totals)), where=(counts > 0) & (sizes > 0))
    return replace(
        source,
        vectors=(totals * scales[:, None]).astype(np.float32),
        scales=scales.astype(np.float32),
        counts=counts,
    )

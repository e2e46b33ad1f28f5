"""Ranking metrics, one value per user, from lists and what turned out to be relevant.

A list is `hits (U, k)`: whether the item in each place is relevant. `relevant (U,)` says how many
relevant items a user has, at least one. Järvelin & Kekäläinen (2002), *Cumulated gain-based
evaluation of IR techniques*, with binary gains, for NDCG.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Hits = NDArray[np.bool_]
Counts = NDArray[np.int64]
Values = NDArray[np.float64]


def ndcg(hits: Hits, relevant: Counts, k: int) -> Values:
    """Σ_place hit / log2(place + 1), over its largest value, with min(k, relevant) hits on top."""
    gains = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.cumsum(gains)[np.minimum(relevant, k) - 1]
    found: Values = (hits[:, :k] * gains[: hits.shape[1]]).sum(axis=1) / ideal
    return found


def recall(hits: Hits, relevant: Counts, k: int) -> Values:
    """The share of a user's relevant items that stand in the first `k` places."""
    found: Values = hits[:, :k].sum(axis=1) / relevant
    return found


def mrr(hits: Hits, relevant: Counts, k: int) -> Values:
    """1 / place of the first hit in the first `k` places, 0 without one."""
    first = hits[:, :k]
    places = np.arange(1, first.shape[1] + 1)
    found: Values = (first / places).max(axis=1, initial=0.0)
    return found


def average_precision(hits: Hits, relevant: Counts, k: int) -> Values:
    """The mean, over the relevant items that fit, of the share of hits down to each of them."""
    first = hits[:, :k]
    precision = np.cumsum(first, axis=1) / np.arange(1, first.shape[1] + 1)
    found: Values = (first * precision).sum(axis=1) / np.minimum(relevant, k)
    return found


def novelty(items: NDArray[np.int64], likes: NDArray[np.float32], people: int, k: int) -> Values:
    """How little known the first `k` items of lists `(U, k)` are: the mean of −log2(likes/people).

    After Zhou et al. (2010), *Solving the apparent diversity-accuracy dilemma of recommender
    systems*. An item that nobody liked counts as liked by one person.

    Args:
        likes: how many people liked each item `(I,)` in the history.
        people: how many there are who liked anything.
    """
    share = np.maximum(likes, 1).astype(np.float64) / max(people, 1)
    first = items[:, :k]
    listed = first >= 0
    bits = np.where(listed, -np.log2(share)[first], 0) if len(share) else np.zeros(first.shape)
    found: Values = bits.sum(axis=1) / np.maximum(listed.sum(axis=1), 1)
    return found


def diversity(items: NDArray[np.int64], texts: NDArray[np.float32], k: int) -> Values:
    """How unlike the texts of the first `k` items are: the mean of 1 − cosine over pairs.

    After Ziegler, McNee, Konstan & Lausen (2005), *Improving recommendation lists through topic
    diversification*. A list of fewer than two has 0.

    Args:
        items: lists `(U, k)`, -1 where a list is shorter.
        texts: the items' text vectors of length 1 `(I, w)`.
    """
    found = np.zeros(len(items))
    for row, each in enumerate(items[:, :k]):
        listed = texts[each[each >= 0]].astype(np.float64)
        count = len(listed)
        if count > 1:
            alike = (listed.sum(axis=0) ** 2).sum() - (listed**2).sum()
            found[row] = 1 - alike / (count * (count - 1))
    return found


def coverage(items: NDArray[np.int64], catalogue: int, k: int) -> float:
    """The share of the catalogue that stands in anybody's first `k` places, lists `(U, k)`."""
    shown = items[:, :k]
    return len(np.unique(shown[shown >= 0])) / max(catalogue, 1)


def hits_of(items: NDArray[np.int64], relevant: Any) -> Hits:
    """Which places of the lists `(U, k)` hold a relevant item; `relevant` is csr `(U, I)`."""
    width = relevant.shape[1]
    rows = np.repeat(np.arange(relevant.shape[0], dtype=np.int64), np.diff(relevant.indptr))
    wanted = rows * width + relevant.indices
    cells = np.arange(len(items), dtype=np.int64)[:, None] * width + items
    found: Hits = np.isin(cells, wanted) & (items >= 0)
    return found

"""Best items first, in blocks of users: users times items is never held at once."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

CELLS = 16_000_000  # scores held at once


@dataclass(frozen=True)
class Ranking:
    """Lists `(U, k)`: item positions, best first, and their scores.

    A list shorter than `k` ends in item -1 with score -inf.
    """

    items: NDArray[np.int64]
    scores: NDArray[np.float32]


def top(scores: NDArray[Any], k: int) -> Ranking:
    """The `k` best columns of each row of `scores (U, I)`; ties go to the earlier column.

    Columns of score -inf are never taken. `k` is cut to the number of columns.
    """
    users, items = scores.shape
    k = min(k, items)
    if k == 0:
        return Ranking(np.empty((users, 0), np.int64), np.empty((users, 0), np.float32))
    places, elsewhere = _candidates(scores, k)
    values = scores.take(places + items * np.arange(users)[:, None])
    last = np.partition(values, -k, axis=1)[:, -k, None]  # the k-th best score
    chosen = values >= last
    is_tied = (np.count_nonzero(chosen, axis=1) > k) | (elsewhere >= last[:, 0])
    columns = np.empty((users, k), np.int64)
    columns[~is_tied] = places[~is_tied][chosen[~is_tied]].reshape(-1, k)
    early = _without_late_ties(scores[is_tied], last[is_tied], k)
    columns[is_tied] = np.nonzero(early)[1].reshape(-1, k)
    columns.sort(axis=1)
    values = np.take_along_axis(scores, columns, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    columns = np.take_along_axis(columns, order, axis=1)
    values = np.take_along_axis(values, order, axis=1)
    return Ranking(np.where(np.isneginf(values), -1, columns), values)


def _candidates(scores: NDArray[Any], k: int) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Columns among which the `k` best scores of each row are, and the best score elsewhere `(U,)`.

    A row is cut into groups. Whatever is in none of the `k` groups with the largest maxima has at
    least these `k` maxima before it or beside it, so that only what is in them has to be sorted.
    """
    users, items = scores.shape
    size = math.isqrt(items // k)  # of a group, by which maxima and candidates are equally many
    groups = items // size
    if groups <= k:
        every = np.broadcast_to(np.arange(items), (users, items))
        return every, np.full(users, -np.inf, scores.dtype)
    maxima = scores[:, : size * groups].reshape(users, size, groups).max(axis=1)
    order = np.argpartition(maxima, groups - k - 1, axis=1)
    best, next_best = order[:, groups - k :], order[:, groups - k - 1, None]
    within = best[:, None, :] + groups * np.arange(size)[:, None]
    left_over = np.broadcast_to(np.arange(size * groups, items), (users, items - size * groups))
    places = np.concatenate([within.reshape(users, size * k), left_over], axis=1)
    return places, np.take_along_axis(maxima, next_best, axis=1)[:, 0]


def _without_late_ties(scores: NDArray[Any], last: NDArray[Any], k: int) -> NDArray[np.bool_]:
    """The `k` best columns of each row, whose k-th best score `last (U, 1)` several share."""
    above = scores > last
    ties = scores == last
    room = k - above.sum(axis=1, keepdims=True)
    kept: NDArray[np.bool_] = above | (ties & (np.cumsum(ties, axis=1) <= room))
    return kept


def rank(
    scores: Callable[[NDArray[np.int64]], NDArray[np.float32]],
    users: NDArray[np.int64],
    k: int,
    seen: Any,
) -> Ranking:
    """The best `k` items of each of `users`, those in `seen` (csr `(all users, I)`) left out.

    Args:
        scores: of some users, a new array each time, which is written to.
    """
    width = min(k, seen.shape[1])
    items = np.full((len(users), width), -1, np.int64)
    values = np.full((len(users), width), -np.inf, np.float32)
    block = max(1, CELLS // max(1, seen.shape[1]))
    for start in range(0, len(users), block):
        part = users[start : start + block]
        scored = scores(part)
        rows, columns = seen[part].nonzero()
        scored[rows, columns] = -np.inf
        best = top(scored, width)
        items[start : start + len(part)] = best.items
        values[start : start + len(part)] = best.scores
    return Ranking(items, values)

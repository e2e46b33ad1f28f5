"""Which way each person's profile differs from everyone's, and the axes that show most of that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtrec.recommend.fused import FusedRecommender
from mtrec.recommend.profiles import Floats, Ids, unit

Doubles = NDArray[np.float64]


def directions(recommender: FusedRecommender) -> tuple[Ids, Floats]:
    """The people who have a profile, and which way theirs differs from everyone's.

    Every source is compared with its mean over those who have it, so that a source that somebody
    lacks counts as an average one: what sets people apart is what they said and liked, not how many
    sources they left something in. Lengths are 1, since more texts make a profile longer.

    Returns:
        positions `(n,)` and vectors `(n, ΣD)`, all spaces beside each other.
    """
    users = recommender.users
    known = np.zeros(users, dtype=bool)
    found = {
        space: np.zeros((users, items.shape[1]), np.float32)
        for space, items in recommender.items.items()
    }
    for source in recommender.sources.values():
        there = source.counts > 0
        if not there.any():
            continue
        theirs = source.vectors[there]
        found[source.space][there] += np.float32(source.weight) * (theirs - theirs.mean(axis=0))
        known |= there
    differences = np.concatenate([each[known] for each in found.values()], axis=1)
    return np.flatnonzero(known).astype(np.int64), unit(differences)


@dataclass(frozen=True, eq=False)
class Axes:
    """Principal components: the axes along which points spread most.

    Attributes:
        points: where each point lies on them `(n, d)`.
        shares: how much of the whole spread each axis shows `(d,)`, of 1.
    """

    points: Doubles
    shares: Doubles


def principal_axes(vectors: NDArray[Any], count: int) -> Axes:
    """The first `count` principal components of points `(n, D)`, exactly.

    The sign of an axis is such that the point furthest out on it lies on its positive side.
    """
    centred = vectors.astype(np.float64)
    centred -= centred.mean(axis=0)
    spread, axes = np.linalg.eigh(centred.T @ centred)
    count = min(count, len(spread))
    points = centred @ axes[:, ::-1][:, :count]
    furthest = points[np.abs(points).argmax(axis=0), np.arange(count)]
    points *= np.where(furthest < 0, -1.0, 1.0)
    largest = np.maximum(spread[::-1][:count], 0)
    return Axes(points, largest / max(float(spread.sum()), np.finfo(float).tiny))


def aligned(points: Doubles, rows: Ids, onto: Doubles) -> Doubles:
    """Points `(n, d)` turned and mirrored so that some of them lie as like others as can be.

    Distances between points stay what they are: Schönemann (1966), *A generalized solution of the
    orthogonal Procrustes problem*, Psychometrika 31.

    Args:
        rows: which of them are compared `(m,)`.
        onto: what with `(m, d)`.
    """
    here, there = points[rows], onto
    left, _, right = np.linalg.svd((here - here.mean(axis=0)).T @ (there - there.mean(axis=0)))
    turned: Doubles = points @ (left @ right)
    return turned

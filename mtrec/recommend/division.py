"""Whether points fall into groups at all, into how many, and how stable each group is.

Points are divided by k-means. Whether a division is more than a cut through one cloud is asked
after Hennig & Lin (2015), *Flexible parametric bootstrap for testing homogeneity against clustering
and assessing the number of clusters*, Statistics and Computing 25: its average silhouette width is
compared with that of divisions of points from one cloud of the same shape, and the number of groups
is the one that stands out most against these. The cloud is one of directions: normal points scaled
to length 1, whose shape is Tyler's (1987, *Statistical analysis for the angular central Gaussian
distribution on the sphere*, Biometrika 74).

Nothing of that says whether a group would be found again. This does, after Hennig (2007),
*Cluster-wise assessment of cluster stability*, Computational Statistics & Data Analysis 52: points
are drawn anew with replacement and divided again, and a group's stability is the mean Jaccard
similarity with the group that is most like it. Hennig calls groups from 0.75 on stable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtrec.recommend.directions import principal_axes
from mtrec.recommend.profiles import Floats, Ids
from mtrec.stats import SIGNIFICANT

Doubles = NDArray[np.float64]

MOST = 8  # groups
FEWEST = 10  # points for each group that is tried
STABLE = 0.75
AXES = 20  # that points are divided by
SAMPLE = 500  # points by which divisions are judged
CLOUDS = 24  # of the same shape without groups: the smallest p-value is 1 / 25
DRAWS = 20  # of points with replacement
DRAWN = 2000  # points at most in one of them
STARTS = 3  # of k-means
TYLER = 30  # steps, after which nothing moves


@dataclass(frozen=True, eq=False)
class Division:
    """Into which groups points fall.

    Attributes:
        labels: the group of each point `(n,)`, the largest group is 0; all 0 where there are none.
        stability: of each group; empty where there are none.
        p_value: how often one cloud without groups is divided as well; None where points are too
            few to be divided.
    """

    labels: Ids
    stability: tuple[float, ...] = ()
    p_value: float | None = None

    @property
    def is_found(self) -> bool:
        """Whether the points fall into groups."""
        return bool(self.stability)


def divide(vectors: Floats) -> Division:
    """The best division of directions `(n, D)` that is more than chance and stable in all groups.

    The order of points changes nothing but that of the labels.
    """
    count = len(vectors)
    together = np.zeros(count, np.int64)
    numbers = range(2, min(MOST, count // FEWEST) + 1)
    if not numbers:
        return Division(together)
    order = _by_content(vectors)
    points = _scaled(principal_axes(vectors[order], AXES).points)
    if len(np.unique(points, axis=0)) <= MOST:
        return Division(together)
    rng = np.random.default_rng(0)
    sample = points[np.sort(rng.permutation(count)[:SAMPLE])]
    widths = np.array([_width(sample, each) for each in numbers])
    clouds = _clouds(sample, rng)
    chance = np.array([[_width(cloud, each) for each in numbers] for cloud in clouds])
    scale = np.maximum(chance.std(axis=0, ddof=1), np.finfo(float).eps)
    beyond = (widths - chance.mean(axis=0)) / scale
    highest = ((chance - chance.mean(axis=0)) / scale).max(axis=1)
    for place in np.argsort(-beyond, kind="stable"):
        p_value = (1 + int((highest >= beyond[place]).sum())) / (1 + CLOUDS)
        if p_value >= SIGNIFICANT:
            break
        labels = _by_size(_fit(points, numbers[place], 0).labels_)
        stability = _stability(points, labels, rng)
        if min(stability) >= STABLE:
            found = np.empty(count, np.int64)
            found[order] = labels
            return Division(found, stability, p_value)
    first = (1 + int((highest >= beyond.max()).sum())) / (1 + CLOUDS)
    return Division(together, p_value=first)


def _by_content(vectors: Floats) -> Ids:
    """An order of points that only their numbers say."""
    rows = np.ascontiguousarray(vectors)
    whole = rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))).ravel()
    return whole.argsort(kind="stable").astype(np.int64)


def _scaled(points: Doubles) -> Doubles:
    length = np.linalg.norm(points, axis=1, keepdims=True)
    return points / np.where(length > 0, length, 1)


def _fit(points: Doubles, groups: int, seed: int) -> Any:
    from sklearn.cluster import KMeans

    return KMeans(groups, n_init=STARTS, random_state=seed).fit(points)


def _width(points: Doubles, groups: int) -> float:
    """The average silhouette width of points divided into so many groups."""
    from sklearn.metrics import silhouette_score

    labels = _fit(points, groups, 0).labels_
    if not 1 < len(np.unique(labels)) < len(points):
        return 0.0
    return float(silhouette_score(points, labels))


def _clouds(points: Doubles, rng: np.random.Generator) -> list[Doubles]:
    """Directions `(n, d)` without groups, spread as these are."""
    count, width = points.shape
    known = points[np.linalg.norm(points, axis=1) > 0]
    shape = np.eye(width) / width
    for _ in range(TYLER):
        # A little of a ball keeps axes that nothing lies along.
        inverse = np.linalg.inv(shape + 1e-6 * np.eye(width))
        weights = 1 / np.einsum("ij,jk,ik->i", known, inverse, known)
        shape = (known * weights[:, None]).T @ known
        shape /= np.trace(shape)
    spread, axes = np.linalg.eigh(shape)
    root = axes * np.sqrt(np.maximum(spread, 0))
    return [_scaled(rng.normal(size=(count, width)) @ root.T) for _ in range(CLOUDS)]


def _by_size(labels: NDArray[Any]) -> Ids:
    """The same groups numbered anew, the largest first."""
    order = np.argsort(-np.bincount(labels), kind="stable")
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    numbered: Ids = place[labels]
    return numbered


def _stability(points: Doubles, labels: Ids, rng: np.random.Generator) -> tuple[float, ...]:
    """The mean Jaccard similarity of each group with that most like it among points drawn anew."""
    groups = int(labels.max()) + 1
    found = np.full((DRAWS, groups), np.nan)
    for draw in range(DRAWS):
        drawn = rng.integers(len(points), size=min(len(points), DRAWN))
        again, first = _fit(points[drawn], groups, draw + 1).labels_, labels[drawn]
        _, once = np.unique(drawn, return_index=True)
        both = np.zeros((groups, groups))
        np.add.at(both, (first[once], again[once]), 1)
        either = both.sum(axis=1, keepdims=True) + both.sum(axis=0) - both
        there = both.sum(axis=1) > 0
        found[draw, there] = (both / np.maximum(either, 1))[there].max(axis=1)
    return tuple(float(each) for each in np.nan_to_num(np.nanmean(found, axis=0)))

"""Recommenders judged on held-out likes: every item ranked, seen ones left out, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtrec.recommend import metrics
from mtrec.recommend.base import Ids, Recommender
from mtrec.recommend.data import SEGMENTS, RecommendationData
from mtrec.schema import Estimate
from mtrec.stats import bootstrap_mean, paired_differences

K = 10
ALL = "all"
FEWEST = 10  # people, below which figures of their lists mean nothing
JUDGED = 2_000  # people that a setting is judged on at most, so that large data takes no hours
PER_USER = {
    "ndcg": metrics.ndcg,
    "recall": metrics.recall,
    "mrr": metrics.mrr,
    "map": metrics.average_precision,
}
MORE_IS_NO_BETTER = ("novelty", "diversity", "coverage")
Values = NDArray[np.float64]
Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Judged:
    """One recommender's lists, judged.

    Attributes:
        recommender, stage: whose lists.
        users: positions of the users with something to find `(J,)`.
        items: the lists `(J, k)`, -1 where a list is shorter.
        values: per metric, such as `ndcg@10`, a value per user `(J,)`.
    """

    recommender: str
    stage: str | None
    users: Ids
    items: Ids
    values: dict[str, Values]


def judge(
    recommender: Recommender, data: RecommendationData, k: int = K, texts: Floats | None = None
) -> Judged:
    """The lists of every user with at least one relevant item, and their metrics.

    Args:
        texts: the items' text vectors of length 1 `(I, w)`; without them nothing is said of how
            diverse lists are.
    """
    users = data.judged
    items = recommender.recommend(users, k, data.seen).items
    relevant = data.relevant[users]
    hits = metrics.hits_of(items, relevant)
    number = np.diff(relevant.indptr).astype(np.int64)
    values = {f"{name}@{k}": metric(hits, number, k) for name, metric in PER_USER.items()}
    likes = np.asarray(data.liked.sum(axis=0), np.float32).ravel()
    people = int((np.diff(data.liked.indptr) > 0).sum())
    values[f"novelty@{k}"] = metrics.novelty(items, likes, people, k)
    if texts is not None:
        values[f"diversity@{k}"] = metrics.diversity(items, texts, k)
    return Judged(recommender.name, recommender.stage, users, items, values)


def mean_ndcg(recommender: Recommender, data: RecommendationData, k: int = K) -> float:
    """NDCG@k over the judged users, without an interval."""
    return float(judge(recommender, data, k).values[f"ndcg@{k}"].mean())


def table(judged: Judged, data: RecommendationData, k: int = K) -> list[dict[str, Any]]:
    """The `evaluate` contract's rows of one recommender: all users, then each segment there is."""
    rows = []
    for segment in (ALL, *SEGMENTS):
        chosen = _segment(judged, data, segment)
        if not chosen.any():
            continue
        estimates = {name: bootstrap_mean(each[chosen]) for name, each in judged.values.items()}
        covered = metrics.coverage(judged.items[chosen], len(data.items), k)
        estimates[f"coverage@{k}"] = Estimate(covered)
        rows.append(
            {
                "recommender": judged.recommender,
                "stage": judged.stage,
                "segment": segment,
                "users": int(chosen.sum()),
                "metrics": {name: each.json() for name, each in estimates.items()},
            }
        )
    return rows


def paired(
    pairs: Sequence[tuple[Judged, Judged]], data: RecommendationData
) -> list[dict[str, Any]]:
    """Differences between lists of the same users, per segment and metric, with intervals.

    Returns:
        `[{a, b, segment, users, metrics: {name: {value, low, high, p_value}}}]` of a − b, each
        recommender as `{recommender, stage}`.
    """
    rows = []
    for a, b in pairs:
        for segment in (ALL, *SEGMENTS):
            chosen = _segment(a, data, segment)
            if not chosen.any():
                continue
            gaps = np.stack([a.values[name] - b.values[name] for name in a.values], axis=1)
            differences = dict(zip(a.values, paired_differences(gaps[chosen]), strict=True))
            rows.append(
                {
                    "a": {"recommender": a.recommender, "stage": a.stage},
                    "b": {"recommender": b.recommender, "stage": b.stage},
                    "segment": segment,
                    "users": int(chosen.sum()),
                    "metrics": {
                        name: {**each.estimate.json(), "p_value": each.p_value}
                        for name, each in differences.items()
                    },
                }
            )
    return rows


def _segment(judged: Judged, data: RecommendationData, segment: str) -> NDArray[np.bool_]:
    mine = data.segments[judged.users]
    return np.ones(len(mine), dtype=bool) if segment == ALL else mine == segment

"""How near a person's profile was to today's, as their parts came one after another."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mtrec.recommend.explain import Owned
from mtrec.recommend.fused import FusedRecommender
from mtrec.recommend.profiles import Floats, Ids, ages_among, faded, unit
from mtrec.recommend.rewound import anew


def likeness(
    recommender: FusedRecommender,
    owned: Mapping[str, Owned],
    steps: Mapping[str, Ids],
    count: int,
) -> Floats:
    """The cosine of each step's profile with the last one's, both as they differ from everyone's.

    A step's profile is that of somebody who left only the parts that had come by then, with what
    was learned of sources and items as it is today.

    Args:
        owned: the person's parts by source.
        steps: by source the step at which each part came `(n,)`, from 0 to `count` - 1.
        count: of the steps.

    Returns:
        `(count,)`; 0 while nothing is known, and 1 at the last step where anything is.
    """
    sources = {}
    for name, source in recommender.sources.items():
        if name not in owned:
            none = np.zeros((count, source.vectors.shape[1]))
            sources[name] = anew(source, none, np.zeros(count), np.zeros(count, np.int64))
            continue
        there = steps[name] <= np.arange(count)[:, None]
        weights = np.zeros(there.shape)
        for row, known in zip(weights, there, strict=True):
            row[known] = faded(ages_among(owned[name].ages[known]), source.fading)
        totals = weights @ source.read(owned[name].vectors.astype(np.float64))
        sources[name] = anew(source, totals, (weights**2).sum(axis=1), there.sum(axis=1))
    then = FusedRecommender(
        recommender.stage or "", sources, recommender.items, recommender.bias, users=count
    )
    then.everyone = recommender.everyone
    mean = np.concatenate(list(recommender.everyone.values()))
    differences = unit(then.vectors(np.arange(count)) - mean)
    near: Floats = differences @ differences[-1]
    return near

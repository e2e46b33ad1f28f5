"""The baseline that everything has to beat: what most people liked, the same list for everyone."""

from __future__ import annotations

import numpy as np

from mtrec.recommend.base import Baseline, Floats, Ids
from mtrec.recommend.data import RecommendationData


class Popular(Baseline):
    """Scores an item by the number of people who liked it in the history.

    Attributes:
        likes: that number per item `(I,)`.
    """

    name = "popular"

    def __init__(self, likes: Floats) -> None:
        self.likes = likes

    @classmethod
    def fit(cls, data: RecommendationData) -> Popular:
        return cls(np.asarray(data.liked.sum(axis=0), dtype=np.float32).ravel())

    def scores(self, users: Ids) -> Floats:
        return np.tile(self.likes, (len(users), 1))

"""The baseline that everything has to beat: what most people liked, the same list for everyone."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from mtrec.recommend.base import POPULAR, Baseline, Floats, Ids, Term
from mtrec.recommend.data import RecommendationData
from mtrec.recommend.profiles import Vectors


class Popular(Baseline):
    """Scores an item by the number of people who liked it in the history.

    Attributes:
        likes: that number per item `(I,)`.
    """

    name = POPULAR

    def __init__(self, likes: Floats) -> None:
        self.likes = likes

    @classmethod
    def fit(cls, data: RecommendationData, texts: Vectors, **setting: Any) -> Self:
        return cls(likes_of(data.liked))

    def scores(self, users: Ids) -> Floats:
        return np.tile(self.likes, (len(users), 1))

    def terms(self, user: int, items: Ids) -> list[list[Term]]:
        return [[Term(POPULAR, POPULAR, (), float(each))] for each in self.likes[items]]


def likes_of(liked: Any) -> Floats:
    """How many people liked each item `(I,)`, from csr `(U, I)` of ones."""
    return np.asarray(liked.sum(axis=0), dtype=np.float32).ravel()

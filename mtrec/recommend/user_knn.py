"""What people of similar tastes liked: neighbours by cosine, over what they liked.

Resnick, Iacovou, Suchak, Bergstrom & Riedl (1994), *GroupLens*, for likes alone.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from mtrec.recommend.base import SIMILAR, Floats, Ids, Term
from mtrec.recommend.collaborative import Collaborative
from mtrec.recommend.data import RecommendationData
from mtrec.recommend.neighbours import nearest
from mtrec.recommend.profiles import Vectors


class UserKNN(Collaborative):
    """Scores an item by the similarities of those of the person's neighbours who liked it.

    Attributes:
        neighbours: how many people a person's list is made of, at most.
        shrinkage: how much smaller similarities are that rest on few likes.
    """

    name = "user-knn"
    grid = tuple(
        {"neighbours": neighbours, "shrinkage": shrinkage}
        for neighbours in (20, 50, 100, 200, 500)
        for shrinkage in (0, 5, 20)
    )

    def __init__(self, liked: Any, neighbours: int, shrinkage: float) -> None:
        super().__init__(liked)
        self.neighbours = neighbours
        self.shrinkage = shrinkage

    @classmethod
    def fit(cls, data: RecommendationData, texts: Vectors, **setting: Any) -> Self:
        return cls(data.liked, **setting)

    def preferences(self, users: Ids) -> Floats:
        near = nearest(self.liked, users, self.neighbours, self.shrinkage)
        scores: Floats = (near @ self.liked).toarray()
        return scores

    def reasons(self, user: int, items: Ids) -> list[list[Term]]:
        near = nearest(self.liked, np.array([user]), self.neighbours, self.shrinkage)
        likes = self.liked[near.indices][:, items].toarray() > 0
        return [
            [Term(SIMILAR, SIMILAR, tuple(map(int, near.indices[chosen])), float(weight))]
            for chosen, weight in zip(likes.T, near.data @ likes, strict=True)
        ]

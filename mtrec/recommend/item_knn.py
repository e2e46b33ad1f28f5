"""Items like those a person liked: neighbours by cosine, over who liked them.

Sarwar, Karypis, Konstan & Riedl (2001), *Item-based collaborative filtering recommendation
algorithms*; tuned, it is hard to beat (Ferrari Dacrema, Cremonesi & Jannach, 2019, *Are we really
making much progress?*).
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from mtrec.recommend.base import Floats, Ids, Term
from mtrec.recommend.collaborative import Collaborative
from mtrec.recommend.data import RecommendationData
from mtrec.recommend.neighbours import nearest
from mtrec.recommend.profiles import LIKED, Vectors


class ItemKNN(Collaborative):
    """Scores an item by the similarities of those of its neighbours that the person liked.

    Attributes:
        similar: csr `(I, I)`, a row for each item with the similarities of its neighbours.
    """

    name = "item-knn"
    grid = tuple(
        {"neighbours": neighbours, "shrinkage": shrinkage}
        for neighbours in (20, 100, 500)
        for shrinkage in (0, 10, 50, 200)
    )

    def __init__(self, liked: Any, similar: Any) -> None:
        super().__init__(liked)
        self.similar = similar

    @classmethod
    def fit(cls, data: RecommendationData, texts: Vectors, **setting: Any) -> Self:
        items = np.arange(len(data.items), dtype=np.int64)
        return cls(data.liked, nearest(data.liked.T.tocsr(), items, **setting))

    def preferences(self, users: Ids) -> Floats:
        scores: Floats = (self.liked[users] @ self.similar.T).toarray()
        return scores

    def reasons(self, user: int, items: Ids) -> list[list[Term]]:
        mine = self.likes_of(user)
        weights = self.similar[items][:, mine].toarray()
        return [
            [
                Term(LIKED, LIKED, (int(item),), float(weight))
                for item, weight in zip(mine, row, strict=True)
            ]
            for row in weights
        ]

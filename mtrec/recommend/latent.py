"""People and items as a few numbers each, learned from likes; a score is their product.

Both baselines are learned by the library implicit, on one thread, so that a seed gives the same
numbers each time.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from mtrec.recommend.base import LATENT, Floats, Ids, Setting, Term
from mtrec.recommend.collaborative import Collaborative
from mtrec.recommend.data import RecommendationData
from mtrec.recommend.profiles import Vectors

SEED = 0
USERS, ITEMS = "users", "items"


class Latent(Collaborative):
    """Scores an item by ⟨the person's numbers, the item's numbers⟩.

    Attributes:
        users, items: these numbers `(U, f)` and `(I, f)`.
    """

    def __init__(self, liked: Any, users: Floats, items: Floats) -> None:
        super().__init__(liked)
        self.users = users
        self.items = items

    @staticmethod
    @abstractmethod
    def model(**setting: Any) -> Any:
        """The library's model, not yet fitted."""

    @classmethod
    def fit(cls, data: RecommendationData, texts: Vectors, **setting: Any) -> Self:
        users, items = data.liked.shape
        if not data.liked.nnz:
            return cls(
                data.liked, np.zeros((users, 1), np.float32), np.zeros((items, 1), np.float32)
            )
        with threadpool_limits(1, "blas"):
            model = cls.model(**setting)
            model.fit(data.liked, show_progress=False)
        return cls(data.liked, model.user_factors, model.item_factors)

    def preferences(self, users: Ids) -> Floats:
        scores: Floats = self.users[users] @ self.items.T
        return scores

    def reasons(self, user: int, items: Ids) -> list[list[Term]]:
        scores = self.items[items] @ self.users[user]
        return [[Term(LATENT, LATENT, (), float(each))] for each in scores]

    def kept(self) -> dict[str, NDArray[Any]]:
        return {USERS: self.users, ITEMS: self.items}

    @classmethod
    def again(
        cls,
        kept: Mapping[str, NDArray[Any]],
        data: RecommendationData,
        texts: Vectors,
        setting: Setting,
    ) -> Self:
        return cls(data.liked, kept[USERS], kept[ITEMS])

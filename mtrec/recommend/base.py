"""The contract of everything that ranks items for a user."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mtrec.recommend.data import RecommendationData
from mtrec.recommend.ranking import Ranking, rank

Ids = NDArray[np.int64]
Floats = NDArray[np.float32]


class Recommender(ABC):
    """Scores items for users; users and items are positions in the data's `users` and `items`.

    Attributes:
        name: the recommender's, as `evaluate` and `recommend` call it.
        stage: how far the model behind it has come; None for a baseline.
    """

    name: ClassVar[str]
    stage: str | None = None

    @abstractmethod
    def scores(self, users: Ids) -> Floats:
        """One finite score per item `(len(users), I)`; a higher one is recommended earlier."""

    def recommend(self, users: Ids, k: int, seen: Any) -> Ranking:
        """The best `k` items of each user without those in `seen`, a csr matrix `(U, I)`."""
        return rank(self.scores, users, k, seen)


class Baseline(Recommender):
    """A recommender that needs nothing but a history."""

    @classmethod
    @abstractmethod
    def fit(cls, data: RecommendationData) -> Baseline:
        """Learns from the history of `data`; it looks at nothing that is held out."""

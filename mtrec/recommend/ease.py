"""EASE: the linear model that says best from all of a person's likes but one what that one is.

Steck (2019), *Embarrassingly shallow autoencoders for sparse data*. With the likes X `(U, I)` and
P = (XᵀX + λ)⁻¹, scores are X B with B = I − P diag(P)⁻¹, whose diagonal is zero. Where users are
fewer than items the same comes from A = (X Xᵀ + λ)⁻¹, a table of users by users:
X P = A X and P = (I − Xᵀ A X) / λ.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import inv

from mtrec.recommend.base import Floats, Ids, Term
from mtrec.recommend.collaborative import Collaborative
from mtrec.recommend.data import RecommendationData
from mtrec.recommend.profiles import LIKED, Vectors
from mtrec.recommend.ranking import CELLS

LARGEST = 10_000  # rows of the table that is inverted; it takes 8 bytes a cell
Doubles = NDArray[np.float64]


class Linear(ABC):
    """B of the likes X, whatever it is held as."""

    @abstractmethod
    def scores(self, users: Ids) -> Doubles:
        """The rows X B of these users `(len(users), I)`."""

    @abstractmethod
    def weights(self, liked: Ids, items: Ids) -> Doubles:
        """B of these rows and columns: what each like adds to an item's score."""


class Primal(Linear):
    """By B itself, items by items."""

    def __init__(self, likes: Any, ridge: float) -> None:
        self.likes = likes
        inverse = _inverse(likes.T @ likes, ridge)
        self.table = -inverse / np.diag(inverse)
        np.fill_diagonal(self.table, 0)

    def scores(self, users: Ids) -> Doubles:
        scores: Doubles = self.likes[users] @ self.table
        return scores

    def weights(self, liked: Ids, items: Ids) -> Doubles:
        return self.table[np.ix_(liked, items)]


class Dual(Linear):
    """By A, users by users, and the diagonal of P."""

    def __init__(self, likes: Any, ridge: float) -> None:
        self.likes = likes
        self.ridge = ridge
        self.table = _inverse(likes @ likes.T, ridge)
        explained = np.zeros(likes.shape[1])
        block = max(1, CELLS // likes.shape[1])
        for start in range(0, likes.shape[0], block):
            part = np.arange(start, min(start + block, likes.shape[0]))
            explained += likes[part].multiply(self._through(part)).sum(axis=0).A1
        self.diagonal = (1 - explained) / ridge

    def scores(self, users: Ids) -> Doubles:
        scores: Doubles = self.likes[users] - self._through(users) / self.diagonal
        return np.asarray(scores)

    def weights(self, liked: Ids, items: Ids) -> Doubles:
        left, right = self.likes[:, liked], self.likes[:, items]
        inverse = -(left.T @ (self.table @ right)) / self.ridge
        weights = -np.asarray(inverse) / self.diagonal[items]
        return np.where(liked[:, None] == items, 0, weights)

    def _through(self, users: Ids) -> Doubles:
        """The rows A X of these users."""
        rows: Doubles = (self.likes.T @ self.table[users].T).T
        return rows


class Ease(Collaborative):
    """EASE over the people who liked something and the items that somebody liked.

    Where both are more than `LARGEST`, over so many items that most people liked; the others score
    0, as if no like spoke for or against them.

    Attributes:
        linear: B, of these people and items alone.
        rows: their position among these people, of all people `(U,)`.
        columns: those items `(C,)`.
    """

    name = "ease"
    grid = tuple({"ridge": ridge} for ridge in (3, 10, 30, 100, 300, 1000, 3000))

    def __init__(self, liked: Any, ridge: float) -> None:
        super().__init__(liked)
        known = np.diff(liked.indptr) > 0
        self.rows = np.cumsum(known) - 1
        likes = self.popular.likes
        self.columns = np.flatnonzero(likes)
        if min(known.sum(), len(self.columns)) > LARGEST:
            self.columns = np.sort(np.argsort(-likes, kind="stable")[:LARGEST])
        kept = liked[known][:, self.columns].astype(np.float64)
        form = Dual if kept.shape[0] < kept.shape[1] else Primal
        self.linear: Linear = form(kept, ridge)

    @classmethod
    def fit(cls, data: RecommendationData, texts: Vectors, **setting: Any) -> Self:
        return cls(data.liked, **setting)

    def preferences(self, users: Ids) -> Floats:
        scores = np.zeros((len(users), self.liked.shape[1]), np.float32)
        scores[:, self.columns] = self.linear.scores(self.rows[users])
        return scores

    def reasons(self, user: int, items: Ids) -> list[list[Term]]:
        mine = np.intersect1d(self.likes_of(user), self.columns)
        weights = np.zeros((len(mine), len(items)))
        inside = np.isin(items, self.columns)
        places = [np.searchsorted(self.columns, each) for each in (mine, items[inside])]
        weights[:, inside] = self.linear.weights(*places)
        return [
            [
                Term(LIKED, LIKED, (int(item),), float(weight))
                for item, weight in zip(mine, column, strict=True)
            ]
            for column in weights.T
        ]


def _inverse(gram: Any, ridge: float) -> Doubles:
    """(G + λ)⁻¹ of a sparse G `(N, N)`."""
    table = gram.toarray()
    np.fill_diagonal(table, np.diag(table) + ridge)
    found: Doubles = inv(table, overwrite_a=True, check_finite=False)
    return found

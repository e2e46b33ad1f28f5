"""What all baselines share that recommend from likes alone: whom and what likes say nothing of."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np

from mtrec.recommend.base import POPULAR, Baseline, Floats, Ids, Term
from mtrec.recommend.popular import Popular, likes_of


class Collaborative(Baseline):
    """People who liked nothing get what is popular; items that nobody liked come last.

    Attributes:
        liked: csr `(U, I)` of ones, the likes of the history.
        popular: the recommender of those who liked nothing.
    """

    def __init__(self, liked: Any) -> None:
        self.liked = liked
        self.popular = Popular(likes_of(liked))

    @abstractmethod
    def preferences(self, users: Ids) -> Floats:
        """The scores `(len(users), I)` of users who liked something."""

    @abstractmethod
    def reasons(self, user: int, items: Ids) -> list[list[Term]]:
        """The summands of such a user's scores of items that somebody liked."""

    def scores(self, users: Ids) -> Floats:
        scores = self.popular.scores(users)
        known = np.diff(self.liked.indptr)[users] > 0
        if known.any():
            preferences = self.preferences(users[known])
            liked = self.popular.likes > 0
            lowest = preferences.min(axis=1, where=liked, initial=np.inf)
            scores[known] = np.where(liked, preferences, lowest[:, None] - 1)
        return scores

    def terms(self, user: int, items: Ids) -> list[list[Term]]:
        if self.liked.indptr[user] == self.liked.indptr[user + 1]:
            return self.popular.terms(user, items)
        liked = self.popular.likes[items] > 0
        told = iter(self.reasons(user, items[liked]))
        last = 0.0 if liked.all() else float(self.scores(np.array([user]))[0, items[~liked][0]])
        found = []
        for each in liked:
            summands = [term for term in next(told) if term.weight] if each else []
            found.append(summands or [Term(POPULAR, POPULAR, (), 0.0 if each else last)])
        return found

    def likes_of(self, user: int) -> Ids:
        """The items a user liked, in rising order."""
        mine = self.liked.indices[self.liked.indptr[user] : self.liked.indptr[user + 1]]
        return np.sort(mine).astype(np.int64)

"""What texts alone say, read by an encoder that learned nothing here: near to what a person wrote
and liked.

Pazzani & Billsus (2007), *Content-based recommendation systems*.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from scipy.sparse import csr_matrix

from mtrec.recommend.base import Baseline, Floats, Ids, Term
from mtrec.recommend.data import RecommendationData
from mtrec.recommend.popular import Popular, likes_of
from mtrec.recommend.profiles import LIKED, TEXT, Vectors


class Content(Baseline):
    """Scores an item's text against the mean of a person's texts and that of what they liked.

    Each mean is brought to length 1, and the second counts `likes`, the first the rest of 1. Who
    neither wrote nor liked anything gets what is popular.

    Attributes:
        parts: for each kind, the parts' vectors `(M, w)` and csr `(U, M)`, what each weighs in
            whose profile.
        items: the items' text vectors `(I, w)`.
        popular: the recommender of those without anything.
    """

    name = "content"
    grid = tuple({"likes": likes} for likes in (0.1, 0.25, 0.5, 0.75, 0.9))
    reads_texts = True

    def __init__(self, parts: dict[str, tuple[Floats, Any]], items: Floats, likes: Floats) -> None:
        self.parts = parts
        self.items = items
        self.popular = Popular(likes)

    @classmethod
    def fit(cls, data: RecommendationData, texts: Vectors, **setting: Any) -> Self:
        wrote = csr_matrix(
            (
                np.ones(len(data.records), np.float32),
                (data.record_users, np.arange(len(data.records))),
            ),
            shape=(len(data.users), len(data.records)),
        )
        records = texts.records[data.records]
        parts = {
            TEXT: (records, _scaled(wrote, records, 1 - setting["likes"])),
            LIKED: (texts.items, _scaled(data.liked, texts.items, setting["likes"])),
        }
        return cls(parts, texts.items, likes_of(data.liked))

    def scores(self, users: Ids) -> Floats:
        profiles = sum(weights[users] @ vectors for vectors, weights in self.parts.values())
        scores = np.asarray(profiles @ self.items.T, dtype=np.float32)
        unknown = ~self._known(users)
        scores[unknown] = self.popular.scores(users[unknown])
        return scores

    def terms(self, user: int, items: Ids) -> list[list[Term]]:
        if not self._known(np.array([user]))[0]:
            return self.popular.terms(user, items)
        found: list[list[Term]] = [[] for _ in items]
        for kind, (vectors, owned) in self.parts.items():
            mine = owned[[user]]
            weights = (self.items[items] @ vectors[mine.indices].T) * mine.data
            for terms, row in zip(found, weights, strict=True):
                terms.extend(
                    Term(kind, kind, (int(part),), float(weight))
                    for part, weight in zip(mine.indices, row, strict=True)
                )
        return found

    def _known(self, users: Ids) -> Any:
        counts = [np.diff(owned.indptr)[users] for _, owned in self.parts.values()]
        return np.sum(counts, axis=0) > 0


def _scaled(owned: Any, vectors: Floats, weight: float) -> Any:
    """What each part weighs, so that the sum of a person's parts `(U, w)` is `weight` long."""
    lengths = np.linalg.norm(owned @ vectors, axis=1)
    scales = np.divide(weight, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    scaled = owned.multiply(scales[:, None]).tocsr()
    return scaled.astype(np.float32)

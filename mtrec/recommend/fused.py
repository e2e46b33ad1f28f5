"""The recommender at a stage: one fused profile per person, compared with every item.

    score(u, i) = κ(u) · Σ_s w_s(u) · ⟨x_s(u), q_i⟩ + b_i ,
    x_s(u) = c_s(u) · Σ_r n_r^−φ_s P_s (z_r − μ_s) ,
    κ(u) = Σ_s a_s ,    w_s(u) = a_s / κ(u)    over the sources s that user u has,

with z_r the parts r of source s that belong to user u, n_r their ages (1 for the newest) and φ_s
how much less older ones count, P_s what is read of them, c_s(u) their scale, q_i an item's vector
in the space of the source, and a_s what the source counts. The weights w add up to 1; κ grows with
what is known of a person. The score is a sum over parts: its terms are the reasons, and nothing is
left over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtrec.recommend.base import Floats, Ids, Recommender
from mtrec.recommend.profiles import Source, Vectors, unit

BLOCK = 4096  # users at once


@dataclass(frozen=True, eq=False)
class FusedSource:
    """A source as the profile holds it. A user without it has a row of zeros.

    Attributes:
        kind: `task`, `text`, `liked` or `mentioned`.
        space: the space of the items it is compared with, a key of `FusedRecommender.items`.
        weight: a_s, what it counts beside the other sources.
        vectors: x_s(u) `(U, D)`.
        scales: c_s(u) `(U,)`.
        counts: how many parts each user has `(U,)`.
        parts: the space that its parts' vectors z are from.
        projection: P_s `(w, D)`; None leaves z as it is.
        shift: P_s μ_s `(D,)`; None for zero.
        fading: φ_s; at 0 all parts count alike.
    """

    kind: str
    space: str
    weight: float
    vectors: Floats
    scales: Floats
    counts: Ids
    parts: str
    projection: Floats | None = None
    shift: Floats | None = None
    fading: float = 0.0

    def read(self, parts: NDArray[Any]) -> NDArray[Any]:
        """P_s (z − μ_s) of some of its parts, `(n, w)` to `(n, D)`."""
        read = parts if self.projection is None else parts @ self.projection
        return read if self.shift is None else read - self.shift


class FusedRecommender(Recommender):
    """Profiles and items at one stage.

    Attributes:
        sources: by name.
        items: q `(I, D)` by space.
        bias: b `(I,)`.
        everyone: the mean profile of those who have one, by space `(D,)`, which stands in for
            people of whom nothing is known.
    """

    name = "fused"

    def __init__(
        self,
        stage: str,
        sources: Mapping[str, FusedSource],
        items: Mapping[str, Floats],
        bias: Floats,
        users: int,
    ) -> None:
        self.stage = stage
        self.sources = dict(sources)
        self.items = dict(items)
        self.bias = bias
        self.users = users
        self.everyone: dict[str, Floats] = {}
        self.everyone = self._mean_profile()

    def weights(self, users: Ids) -> Floats:
        """w_s(u), one column per source `(B, S)`; rows add up to 1, or to 0 without any source."""
        if not self.sources:
            return np.zeros((len(users), 0), np.float32)
        present = np.stack([each.counts[users] > 0 for each in self.sources.values()], axis=1)
        weight = np.array([each.weight for each in self.sources.values()], np.float32)
        return normalised(present.astype(np.float32) * weight)

    def profiles(self, users: Ids) -> dict[str, Floats]:
        """The fused vectors κ(u) Σ_s w_s(u) x_s(u) by space `(B, D)`."""
        vectors = {
            space: np.zeros((len(users), items.shape[1]), np.float32)
            for space, items in self.items.items()
        }
        for source in self.sources.values():
            vectors[source.space] += np.float32(source.weight) * source.vectors[users]
        unknown = self.weights(users).sum(axis=1) == 0
        for space, mean in self.everyone.items():
            vectors[space][unknown] = mean
        return vectors

    def vectors(self, users: Ids) -> Floats:
        """The fused vectors, all spaces beside each other `(B, ΣD)`."""
        return np.concatenate(list(self.profiles(users).values()), axis=1)

    def scores(self, users: Ids) -> Floats:
        scores = np.zeros((len(users), len(self.bias)), np.float32)
        for place, (space, profile) in enumerate(self.profiles(users).items()):
            product = profile @ self.items[space].T
            scores = product if not place else np.add(scores, product, out=scores)
        return np.add(scores, self.bias, out=scores)

    def without(self, *names: str) -> FusedRecommender:
        """The same recommender, had these sources never been there."""
        kept = {name: each for name, each in self.sources.items() if name not in names}
        return FusedRecommender(self.stage or "", kept, self.items, self.bias, self.users)

    def neighbours(self, user: int, k: int) -> tuple[Ids, Floats]:
        """The `k` users whose profiles differ from everyone's in the most similar way.

        Only users who have a profile count. Returns positions and cosine similarities, best first.
        """
        mean = np.concatenate(list(self.everyone.values()))
        mine = unit(self.vectors(np.array([user])) - mean)[0]
        similarity = np.full(self.users, -np.inf, np.float32)
        for block in blocks(self.users):
            near = unit(self.vectors(block) - mean) @ mine
            known = self.weights(block).sum(axis=1) > 0
            similarity[block] = np.where(known, near, -np.inf)
        similarity[user] = -np.inf
        order = np.argsort(-similarity, kind="stable")[:k]
        order = order[np.isfinite(similarity[order])]
        return order.astype(np.int64), similarity[order]

    def _mean_profile(self) -> dict[str, Floats]:
        sums = {space: np.zeros(items.shape[1]) for space, items in self.items.items()}
        known = 0
        for block in blocks(self.users):
            known += int((self.weights(block).sum(axis=1) > 0).sum())
            for space, profile in self.profiles(block).items():
                sums[space] += profile.sum(axis=0, dtype=np.float64)
        return {space: (each / max(known, 1)).astype(np.float32) for space, each in sums.items()}


def blocks(users: int) -> Iterator[Ids]:
    """Positions 0 to `users` in pieces that fit in memory."""
    for start in range(0, users, BLOCK):
        yield np.arange(start, min(start + BLOCK, users))


def normalised(weights: Floats) -> Floats:
    """Rows made to add up to 1; a row of zeros stays."""
    total = weights.sum(axis=1, keepdims=True)
    shares: Floats = (weights / np.where(total > 0, total, 1)).astype(np.float32)
    return shares


def unadapted(
    stage: str, sources: Mapping[str, Source], spaces: Mapping[str, Vectors], users: int
) -> FusedRecommender:
    """A stage at which nothing was learned from what people like.

    Every source is its parts' mean at length 1, all count alike, and an item is its text.
    """
    items = next(iter(spaces.values())).items
    fused = {}
    for name, source in sources.items():
        sums = source.sums()
        if source.projection is not None:
            sums = sums @ source.projection
        length = np.linalg.norm(sums, axis=1)
        scales = np.divide(1, length, out=np.zeros_like(length), where=length > 0)
        fused[name] = FusedSource(
            kind=source.kind,
            space=source.space,
            weight=1.0,
            vectors=sums * scales[:, None],
            scales=scales,
            counts=source.counts,
            parts=source.space,
            projection=source.projection,
        )
    used = {space: vectors.items for space, vectors in spaces.items()}
    return FusedRecommender(stage, fused, used, np.zeros(len(items), np.float32), users)

"""The contract of everything that ranks items for a user, and of the baselines among it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from mtrec.recommend.data import RecommendationData
from mtrec.recommend.profiles import Vectors
from mtrec.recommend.ranking import Ranking, rank

Ids = NDArray[np.int64]
Floats = NDArray[np.float32]
Setting = Mapping[str, JsonValue]

POPULAR, AVERAGE, SIMILAR, LATENT = "popular", "average", "similar", "latent"


@dataclass(frozen=True)
class Term:
    """One summand of a score.

    Attributes:
        kind: `task`, `text`, `liked`, `mentioned`, `popular`, `average` (everyone's mean profile,
            for who has none), `similar` (people of similar tastes) or `latent` (nothing that could
            be named).
        source: the name of the source; the kind again for the last four.
        parts: the positions of the parts it stands for: records, items, for `similar` people; none
            for `popular` and `average`, which hold for everyone, and `latent`.
        weight: what it adds to the score.
    """

    kind: str
    source: str
    parts: tuple[int, ...]
    weight: float


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
        """One finite score per item `(len(users), I)`; a higher one is recommended earlier.

        The array is the caller's, who may write to it.
        """

    def recommend(self, users: Ids, k: int, seen: Any) -> Ranking:
        """The best `k` items of each user without those in `seen`, a csr matrix `(U, I)`."""
        return rank(self.scores, users, k, seen)


class Baseline(Recommender):
    """What the fused recommender has to beat: it knows of no task, and is tuned as hard.

    Attributes:
        grid: the settings that `tuning` chooses from on validation; where validation says nothing,
            the middle one.
        reads_texts: whether it looks at texts; otherwise a history is all it is made of.
    """

    grid: ClassVar[tuple[Setting, ...]] = ({},)
    reads_texts: ClassVar[bool] = False

    @classmethod
    @abstractmethod
    def fit(cls, data: RecommendationData, texts: Vectors, **setting: Any) -> Self:
        """Learns from the history of `data`; it looks at nothing that is held out.

        Args:
            texts: the vectors of the dataset's records and items in the encoder as it came.
            setting: one of `grid`.
        """

    @abstractmethod
    def terms(self, user: int, items: Ids) -> list[list[Term]]:
        """For each of `items`, all summands of its score; they add up to it."""

    def kept(self) -> dict[str, NDArray[Any]]:
        """What a run keeps of it, where it takes long to be learned again; else nothing."""
        return {}

    @classmethod
    def again(
        cls,
        kept: Mapping[str, NDArray[Any]],
        data: RecommendationData,
        texts: Vectors,
        setting: Setting,
    ) -> Self:
        """The same recommender anew, from what was kept of it and the history it was fitted to."""
        return cls.fit(data, texts, **setting)

"""What a recommender may see, and what it is judged on, for one split of a dataset."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from mtrec.data.dataset import Dataset
from mtrec.errors import InputError
from mtrec.schema import (
    ITEM,
    LIKED,
    RECORD,
    SOURCE,
    SPLIT,
    TEST,
    TIME,
    TITLE,
    TRAIN,
    USER,
    VAL,
)

HISTORY = {VAL: (TRAIN,), TEST: (TRAIN, VAL)}
COLD, FEW, WARM = "cold", "few", "warm"
SEGMENTS = (COLD, FEW, WARM)
WARM_FROM = 5  # training interactions

Ids = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class RecommendationData:
    """History and held-out likes of one split, in positions in `users` and `items`.

    Attributes:
        users: ids `(U,)`, sorted.
        items: ids `(I,)`, in catalogue order.
        titles: what an item is called `(I,)`.
        liked: csr `(U, I)` of ones, liked in the history.
        ages: csr `(U, I)`, of each of these likes 1 + how many the user liked later; those without
            a time are the oldest.
        mentioned: csr `(U, I)` of ones, what the history's records are about and no interaction of
            it is.
        seen: csr `(U, I)` of ones, every item of the history, liked or not, or mentioned: none of
            them is a discovery.
        relevant: csr `(U, I)` of ones, liked in the split that is judged.
        segments: `cold`, `few` or `warm` `(U,)`, by the number of training interactions.
        records: the dataset's rows of the history's records that have a user `(R,)`.
        record_users: their users `(R,)`.
        record_items: the items they are about `(R,)`, -1 where none is known.
        activities: the activity (record source) each comes from `(R,)`.
    """

    users: NDArray[np.object_]
    items: NDArray[np.object_]
    titles: NDArray[np.object_]
    liked: Any
    ages: Any
    mentioned: Any
    seen: Any
    relevant: Any
    segments: NDArray[np.str_]
    records: Ids
    record_users: Ids
    record_items: Ids
    activities: NDArray[np.object_]

    @classmethod
    def from_dataset(cls, dataset: Dataset, split: Literal["val", "test"]) -> RecommendationData:
        """History and judged likes: train before val, train and val before test.

        Records without a split are part of no history.
        """
        users = dataset.users[USER].to_numpy(dtype=object)
        items = dataset.items[ITEM].to_numpy(dtype=object)
        user_index, item_index = pd.Index(users), pd.Index(items)

        acts = dataset.interactions
        acts_users = user_index.get_indexer(acts[USER])
        acts_items = item_index.get_indexer(acts[ITEM])
        acts_split = acts[SPLIT].to_numpy(dtype=object)
        liked = acts[LIKED].to_numpy(dtype=bool)
        before = np.isin(acts_split, HISTORY[split])

        def matrix(chosen: NDArray[np.bool_]) -> Any:
            return ones(acts_users[chosen], acts_items[chosen], (len(users), len(items)))

        records = dataset.records
        allowed = records[SPLIT].isin(HISTORY[split]) & records[USER].notna()
        history = records[allowed.to_numpy(dtype=bool)]
        record_users = user_index.get_indexer(history[USER]).astype(np.int64)
        record_items = item_index.get_indexer(history[ITEM]).astype(np.int64)
        is_about = record_items >= 0
        acted = matrix(before)
        about = ones(record_users[is_about], record_items[is_about], acted.shape)
        mentioned = csr_matrix(about - about.multiply(acted))
        mentioned.eliminate_zeros()
        return cls(
            users=users,
            items=items,
            titles=dataset.items[TITLE].to_numpy(dtype=object),
            liked=matrix(before & liked),
            ages=_ages(
                acts_users[before & liked],
                acts_items[before & liked],
                acts.loc[before & liked, TIME],
                acted.shape,
            ),
            mentioned=mentioned,
            seen=acted + mentioned,
            relevant=matrix((acts_split == split) & liked),
            segments=segments(matrix(acts_split == TRAIN)),
            records=history[RECORD].to_numpy(dtype=np.int64),
            record_users=record_users,
            record_items=record_items,
            activities=history[SOURCE].to_numpy(dtype=object),
        )

    def user(self, user: str) -> int:
        """The position of a user id.

        Raises:
            InputError: nobody has this id.
        """
        return find_user(self.users, user)

    def of(self, users: Ids) -> RecommendationData:
        """The same of these users alone, whose positions rise, numbered anew."""
        theirs = np.isin(self.record_users, users)
        return replace(
            self,
            users=self.users[users],
            liked=self.liked[users],
            ages=self.ages[users],
            mentioned=self.mentioned[users],
            seen=self.seen[users],
            relevant=self.relevant[users],
            segments=self.segments[users],
            records=self.records[theirs],
            record_users=np.searchsorted(users, self.record_users[theirs]),
            record_items=self.record_items[theirs],
            activities=self.activities[theirs],
        )

    def judged_at_most(self, people: int) -> RecommendationData:
        """The same history, judged on so many people, drawn at random where there are more."""
        if len(self.judged) <= people:
            return self
        drawn = np.random.default_rng(0).choice(self.judged, people, replace=False)
        held = np.isin(np.arange(len(self.users)), drawn)
        relevant = csr_matrix(self.relevant.multiply(held[:, None]))
        relevant.eliminate_zeros()
        return replace(self, relevant=relevant)

    @property
    def judged(self) -> Ids:
        """The users with at least one relevant item."""
        return np.flatnonzero(np.diff(self.relevant.indptr)).astype(np.int64)


def find_user(users: NDArray[np.object_], user: str) -> int:
    """The position of `user` in the sorted ids `users`; raises InputError if it is not there."""
    if is_user(users, user):
        return int(np.searchsorted(users, user))
    some = ", ".join(str(each) for each in users[:3])
    raise InputError(
        f"Nobody in this dataset is called {user}",
        expected=f"one of its {len(users):,} users, such as {some}" if some else "a user id",
        found=user,
        fix="copy the id as it is written in the data" if some else "import data that names users",
    )


def is_user(users: NDArray[np.object_], user: str) -> bool:
    """Whether `user` is one of the sorted ids `users`."""
    position = int(np.searchsorted(users, user)) if len(users) else 0
    return position < len(users) and bool(users[position] == user)


def segments(train: Any) -> NDArray[np.str_]:
    """Each user's segment `(U,)` from the interactions in training, csr `(U, I)`."""
    counts = np.diff(train.indptr)
    return np.where(counts == 0, COLD, np.where(counts < WARM_FROM, FEW, WARM))


def _ages(users: Ids, items: Ids, times: pd.Series, shape: tuple[int, int]) -> Any:
    """The ages of likes, csr `shape`; what was liked more than once is as old as its last like."""
    acts = pd.DataFrame({USER: users, ITEM: items, TIME: times.to_numpy()})
    last = acts.groupby([USER, ITEM], as_index=False)[TIME].max()
    ages = last.groupby(USER)[TIME].rank(method="min", ascending=False, na_option="bottom")
    cells = (last[USER].to_numpy(), last[ITEM].to_numpy())
    return csr_matrix((ages.to_numpy(np.float32), cells), shape=shape)


def ones(rows: NDArray[Any], columns: NDArray[Any], shape: tuple[int, int]) -> Any:
    """A csr matrix with a one in each cell named, however often it is named."""
    matrix = csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=shape)
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix

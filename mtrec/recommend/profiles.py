"""What is known of a person, source by source: each task, their plain texts, the items they liked
and those they wrote about.

A source is a set of parts, one vector each, and whose they are: a person's records (as plain text,
or as one task's head sees them) or the texts of items. Everything about a source is
a sum over parts, so that a part can be taken out, or named as a reason, exactly. Older parts may
count less than newer ones: the n-th newest counts n^−φ, with n its age and φ the fading.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.stats import rankdata

from mtrec.recommend.data import RecommendationData
from mtrec.schema import TRUNK

Floats = NDArray[np.float32]
Ids = NDArray[np.int64]

TASK, TEXT, LIKED = "task", "text", "liked"
MENTIONED = "mentioned"  # items that somebody wrote about, without any act on them
ACTIVITY = "activity"  # all texts of one kind, which several sources may look at
OF_ITEMS = (LIKED, MENTIONED)  # the kinds whose parts are items
ENCODER = "encoder"  # the space of what the encoder gives; others hold what tasks read of it


@dataclass(frozen=True, eq=False)
class Source:
    """One source of everyone's profiles.

    Attributes:
        kind: `task`, `text`, `liked` or `mentioned`.
        space: the space of its parts' vectors.
        parts: vectors `(M, w)`.
        about: the item each part is about `(M,)`, -1 for none.
        owners: csr `(U, M)`, whose parts they are, and how much each counts: 1, unless it faded.
        projection: what is read of a part `(w, w)`; None reads all of it.
        ages: csr `(U, M)`, how old each of these is among its user's; None where all are alike.
    """

    kind: str
    space: str
    parts: Floats
    about: Ids
    owners: Any
    projection: Floats | None = None
    ages: Any | None = None

    @property
    def counts(self) -> Ids:
        """How many parts each user has `(U,)`."""
        counts: Ids = np.diff(self.owners.indptr).astype(np.int64)
        return counts

    def sums(self) -> Floats:
        """The sum of each user's parts, each by as much as it counts `(U, w)`."""
        return np.asarray(self.owners @ self.parts, dtype=np.float32)

    def faded(self, fading: float) -> Source:
        """The same, older parts counting less."""
        if self.ages is None or not fading:
            return self
        return replace(self, owners=faded_parts(self.ages, fading))

    def about_items(self, users: Ids) -> tuple[Ids, Ids, Floats, Floats, Floats]:
        """The parts of `users` that are about an item, by (user, item).

        Returns:
            position in `users` `(C,)`, item `(C,)`, Σw `(C,)`, Σw² `(C,)` and Σwz `(C, w)` over the
            parts z there, with w how much each counts.
        """
        owned = self.owners[users].tocoo()
        known = self.about[owned.col] >= 0
        rows, parts = owned.row[known].astype(np.int64), owned.col[known].astype(np.int64)
        weights = owned.data[known]
        items = int(self.about.max(initial=0)) + 1
        cells, cell = np.unique(rows * items + self.about[parts], return_inverse=True)
        chosen, compact = np.unique(parts, return_inverse=True)
        groups = csr_matrix((weights, (cell, compact)), shape=(len(cells), len(chosen)))
        sums = np.asarray(groups @ self.parts[chosen], dtype=np.float32)
        return cells // items, cells % items, *masses(groups), sums


def faded(ages: Floats, fading: float) -> Floats:
    """How much parts of these ages count `(n,)`."""
    weights: Floats = ages ** np.float32(-fading)
    return weights


def faded_parts(ages: Any, fading: float) -> Any:
    """The same of everybody's parts, csr `(U, M)`."""
    weights = ages.copy()
    weights.data = faded(ages.data, fading)
    return weights


def ages_among(ages: Floats) -> Floats:
    """How old these parts of somebody are where there are no others `(n,)`."""
    among: Floats = rankdata(ages, method="min").astype(np.float32)
    return among


def masses(weights: Any) -> tuple[Floats, Floats]:
    """Σw and Σw² of each row of a csr matrix `(U, M)`, `(U,)` each."""
    squares = weights.copy()
    squares.data = squares.data**2
    return weights.sum(axis=1).A1.astype(np.float32), squares.sum(axis=1).A1.astype(np.float32)


@dataclass(frozen=True, eq=False)
class TaskView:
    """How one task sees records.

    Attributes:
        activities: the record sources in which the task is labelled.
        projection: states as that task's head sees them `(width, width)`.
        space: the space of these states.
    """

    activities: frozenset[str]
    projection: Floats
    space: str = TRUNK

    def sees(self, activities: NDArray[np.object_]) -> NDArray[np.bool_]:
        """Which of the records from these activities the task looks at."""
        return np.isin(activities, list(self.activities))


@dataclass(frozen=True, eq=False)
class Vectors:
    """Every record `(N, w)` and every item `(I, w)` in one space, each of length 1."""

    records: Floats
    items: Floats

    @classmethod
    def of_length_one(cls, records: Floats, items: Floats) -> Vectors:
        return cls(at_length_one(records), at_length_one(items))


def build_sources(
    data: RecommendationData,
    spaces: Mapping[str, Vectors],
    tasks: Mapping[str, TaskView],
    taken: Collection[str] = (),
) -> dict[str, Source]:
    """All sources there are something in, tasks first. Only history records and likes count.

    Args:
        data: whose history it is.
        spaces: `encoder`, and those of the tasks' states; rows as in the dataset's tables.
        tasks: how each task sees records.
        taken: names of tasks that are left out, which no other source may have either.
    """
    history = {space: vectors.records[data.records] for space, vectors in spaces.items()}

    def of_records(kind: str, space: str, chosen: NDArray[np.bool_]) -> Source:
        ones = np.ones(int(chosen.sum()), np.float32)
        owners = csr_matrix(
            (ones, (data.record_users[chosen], np.flatnonzero(chosen))),
            shape=(len(data.users), len(data.records)),
        )
        return Source(kind, space, history[space], data.record_items, owners)

    found = {
        task: replace(
            of_records(TASK, view.space, view.sees(data.activities)), projection=view.projection
        )
        for task, view in tasks.items()
    }
    everything = np.ones(len(data.records), dtype=bool)
    found[free_name(TEXT, {*found, *taken})] = of_records(TEXT, ENCODER, everything)
    about = np.arange(len(data.items), dtype=np.int64)
    for kind, owners, ages in (
        (LIKED, data.liked, data.ages),
        (MENTIONED, data.mentioned, None),
    ):
        found[free_name(kind, {*found, *taken})] = Source(
            kind, ENCODER, spaces[ENCODER].items, about, owners, ages=ages
        )
    return {name: source for name, source in found.items() if source.owners.nnz}


def free_name(name: str, taken: Collection[str]) -> str:
    """`name`, told apart from a task that is called the same."""
    return name if name not in taken else free_name(f"{name}_", taken)


def traits(
    data: RecommendationData,
    labels: Mapping[str, pd.Series],
    shares: Mapping[str, Floats],
    names: Mapping[str, Sequence[str]],
    tasks: Mapping[str, TaskView],
) -> pd.DataFrame:
    """What each user's history says of them: a row per user, task and label.

    Args:
        labels: per task, one element for each label that a record carries, by record; a labelled
            record that carries none stands there with a missing one.
        shares: the probability that a record carries each label, `(N, L)` per task, NaN where
            nothing is said of it.
        names: the labels of each task, as the columns of `shares`.

    Returns:
        user (position), task, label, observed (share of the user's labelled records that carry it;
        missing where they have none), predicted (mean probability over the records of the task's
        activities of which anything is said), n (how many records those are).
    """
    tables = []
    for task, view in tasks.items():
        said = np.isfinite(shares[task][data.records]).all(axis=1)
        chosen = view.sees(data.activities) & said
        rows, users = data.records[chosen], data.record_users[chosen]
        known = pd.Series(np.arange(len(rows)), index=rows)
        carried = labels[task][labels[task].index.isin(rows)]
        places = known[carried.index].to_numpy()
        columns = pd.Index(names[task]).get_indexer(pd.Index(carried))
        truth = np.full((len(rows), len(names[task])), np.nan, dtype=np.float32)
        truth[places] = 0
        truth[places[columns >= 0], columns[columns >= 0]] = 1
        means, observed = (
            pd.DataFrame(each, columns=list(names[task]))
            .groupby(users)
            .mean()
            .rename_axis(index="user", columns="label")
            .stack()
            for each in (shares[task][rows], truth)
        )
        table = pd.DataFrame({"observed": observed, "predicted": means}).reset_index()
        counts = pd.Series(users).value_counts()
        tables.append(table.assign(task=task, n=table["user"].map(counts)))
    order = ["user", "task", "label", "observed", "predicted", "n"]
    return pd.concat(tables)[order] if tables else pd.DataFrame(columns=order)


def at_length_one(vectors: Floats) -> Floats:
    """Rows of length 1, at the precision of what is stored, so that what is loaded adds up too."""
    import torch

    rounded: Floats = torch.from_numpy(unit(vectors)).half().float().numpy()  # much the quickest
    return rounded


def unit(vectors: Floats) -> Floats:
    """Rows of length 1; a row of zeros stays."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Floats = (vectors / np.where(length > 0, length, 1)).astype(np.float32)
    return scaled

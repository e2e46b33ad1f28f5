"""Precision and recall of a label from whichever share on it is given, and what that changes.

Throughout, N records and L labels: `shares` is how likely each label is, `carried` whether the
record truly has it, and `given` whether the model says so. A text carries a label of spans if it
has such a span anywhere. Nothing is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from mtrec import stats
from mtrec.schema import Estimate
from mtrec.tasks.base import Floats, TaskType
from mtrec.tasks.ragged import Index, Ragged
from mtrec.tasks.tally import Counts, Sums, macro_f1, micro_f1, owners

LABEL, THRESHOLD, GIVEN = "label", "threshold", "given"
PRECISION, RECALL, F1, SUPPORT = "precision", "recall", "f1", "support"
OVERALL = ("macro_f1", "micro_f1")
POINTS = 200  # of a curve that is drawn
FEWEST_DRAWS = 200
CELLS = 6_000_000  # numbers that samples may take: 1,000 samples of 6,000 records

Flags = NDArray[np.bool_]


def carries(values: pd.Series, labels: Sequence[str], task_type: TaskType) -> Flags:
    """Which labels stand in each record, `(N, L)`.

    Args:
        values: the labels of each record, true or predicted, as a recipe writes them.
    """
    found = task_type.occurrences(values.reset_index(drop=True))
    places = pd.Index(labels).get_indexer(pd.Index(found))
    table = np.zeros((len(values), len(labels)), dtype=np.bool_)
    table[found.index.to_numpy()[places >= 0], places[places >= 0]] = True
    return table


def precision_recall(shares: Floats, carried: Flags) -> pd.DataFrame:
    """The precision-recall curve of one label: it is given from a threshold on.

    The points are those of scikit-learn's `precision_recall_curve` without the last it adds, where
    nothing is given.

    Args:
        shares, carried: `(N,)`.

    Returns:
        One row for each different share as `threshold`, the highest first: `recall`, which never
        falls, `precision`, and `given`, in how many records.

    Raises:
        ValueError: no record carries the label, so that its recall is not defined.
    """
    true = int(carried.sum())
    if not true:
        raise ValueError("the recall of a label that no record carries is not defined")
    order = np.argsort(-shares, kind="stable")
    falling = shares[order]
    ends = np.append(np.flatnonzero(falling[:-1] != falling[1:]), len(falling) - 1)
    hits = carried[order].cumsum()[ends]
    return pd.DataFrame(
        {
            THRESHOLD: falling[ends].astype(np.float64),
            RECALL: hits / true,
            PRECISION: hits / (ends + 1),
            GIVEN: ends + 1,
        }
    )


def thinned(curve: pd.DataFrame, most: int = POINTS) -> pd.DataFrame:
    """At most so many points of a curve, evenly spaced in recall, the first and last among them.

    Of points with equal recall the most precise is kept.

    Args:
        curve: as `precision_recall` gives it.
        most: at least 2.
    """
    if len(curve) <= most:
        return curve
    recall = curve[RECALL].to_numpy()
    wanted = np.linspace(recall[0], recall[-1], most - 1)
    kept = np.unique([*np.searchsorted(recall, wanted, side="left"), len(curve) - 1])
    return curve.iloc[kept].reset_index(drop=True)


@dataclass(frozen=True, eq=False)
class Samples:
    """B ways of drawing N records; all records of one person are drawn together.

    Attributes:
        owners: whom each record belongs to, `(N,)`.
        counts: how often each of the U people is drawn, `(B, U)`.
    """

    owners: Index
    counts: Floats

    @classmethod
    def once(cls, size: int) -> Samples:
        """One way: each record as it is."""
        return cls(np.arange(size, dtype=np.int64), np.ones((1, size), dtype=np.float32))

    def sums(self, table: Any) -> Counts:
        """The sums over the records drawn, `(B, K)`, of what stands in each, `(N, K)`."""
        return np.asarray(self.counts @ (self._owned @ table), dtype=np.float64)

    def owning(self, chosen: Flags) -> int:
        """To how many people the records chosen, `(N,)`, belong."""
        return len(np.unique(self.owners[chosen]))

    @cached_property
    def _owned(self) -> Any:
        """Which records each person has, csr `(U, N)`."""
        size = len(self.owners)
        ones, places = np.ones(size, dtype=np.float32), (self.owners, np.arange(size))
        return sparse.csr_array((ones, places), shape=(self.counts.shape[1], size))


def resampled(groups: Sequence[str | None]) -> Samples:
    """Bootstrap samples for every figure of the same records, so that figures can be paired.

    Of more than 6,000 people or records there are fewer samples, but 200 at least.

    Args:
        groups: who wrote each record, `(N,)`; a record of nobody known is drawn alone.

    Raises:
        ValueError: there are no records.
    """
    if not len(groups):
        raise ValueError("no records can be drawn from none")
    units = owners(groups, len(groups))
    size = int(units.max()) + 1
    draws = int(np.clip(CELLS // size, FEWEST_DRAWS, stats.DRAWS))
    counts = stats.bootstrap_statistic(lambda drawn: drawn.astype(np.float32), size, draws)
    return Samples(units, np.asarray(counts, dtype=np.float32))


def average_precision(shares: Floats, carried: Flags, samples: Samples) -> Estimate:
    """How well one label is told apart whatever the threshold, with its bootstrap interval.

    AP = Σ_n (R_n - R_{n-1}) P_n over the points of the curve, as scikit-learn's
    `average_precision_score`; giving the label by chance gets the share of records that carry it.
    The interval is widened as for as many units as carry the label, since it is their number that
    limits what can be known: of samples of 600 records, of which 10 carry it, 96 % of the intervals
    held the truth, rather than 91 to 93 %.

    Args:
        shares, carried: `(N,)`.

    Raises:
        ValueError: no record carries the label.
    """
    if not carried.any():
        raise ValueError("the average precision of a label that no record carries is not defined")
    _, level = np.unique(-shares, return_inverse=True)
    steps = np.unique(level[carried])  # where recall rises; precision matters nowhere else
    step = np.searchsorted(steps, level, side="left")
    among = [
        sparse.csr_array(
            (np.ones(rows.sum(), dtype=np.float32), (np.flatnonzero(rows), step[rows])),
            shape=(len(step), len(steps)),
        )
        for rows in (step < len(steps), carried)
    ]
    value, drawn = (
        _average(*map(each.sums, among)) for each in (Samples.once(len(shares)), samples)
    )
    units = samples.owning(carried)
    return stats.estimate(float(value[0]), drawn, units, units)


@dataclass(frozen=True, eq=False)
class Scores:
    """What the labels given are worth.

    Attributes:
        labels: one row per label: `label`, `precision`, `recall`, `f1` and `support`, how often it
            truly stands; undefined shares count as 0.
        macro_f1, micro_f1: the mean F1 over labels, and F1 of all of them taken together.
    """

    labels: pd.DataFrame
    macro_f1: float
    micro_f1: float


def scores(given: Flags, carried: Flags, labels: Sequence[str]) -> Scores:
    """Precision, recall and F1 by the rules of `mtrec.tasks.tally`.

    Args:
        given, carried: `(N, L)`.
    """
    sums = _sums(given, carried, Samples.once(len(given)))
    table = pd.DataFrame({name: each[0] for name, each in _of_labels(sums).items()})
    table.insert(0, LABEL, pd.Series(labels, dtype="str"))
    table[SUPPORT] = carried.sum(axis=0)
    return Scores(table, float(macro_f1(sums)[0]), float(micro_f1(sums)[0]))


def given_from(
    shares: Floats, labels: Sequence[str], thresholds: Sequence[float], task_type: TaskType
) -> Flags:
    """Which labels the task type gives, `(N, L)`, if they are given from these shares on.

    Args:
        shares: `(N, L)`.
        thresholds: `(L,)`, for a type that has them.
    """
    said = task_type.decode(Ragged.single(shares), labels, tuple(thresholds)).labels
    return carries(pd.Series(said, dtype="str"), labels, task_type)


def at_thresholds(
    shares: Floats,
    truth: pd.Series,
    labels: Sequence[str],
    thresholds: Sequence[float],
    task_type: TaskType,
) -> Scores:
    """What it is worth if each label is given from its threshold on.

    At the thresholds that predictions were made with, figures are those of `TaskType.scores`.

    Args:
        shares: `(N, L)`.
        truth: the labels of each record as a recipe writes them, `(N,)`.
        thresholds: `(L,)`, for a type that has them.
    """
    given = given_from(shares, labels, thresholds, task_type)
    return scores(given, carries(truth, labels, task_type), labels)


def gained(
    before: Flags, after: Flags, carried: Flags, label: int, samples: Samples
) -> dict[str, Estimate]:
    """By how much figures are greater if `after` is given rather than `before`, on the same texts.

    Both are drawn in the same samples. What is given alike tells nothing of the difference, so
    noise is widened as for as many units as differ, as in `mtrec.reports.compare`.

    Args:
        before, after, carried: `(N, L)`.
        label: the number of the label whose own figures are wanted.

    Returns:
        `precision`, `recall` and `f1` of the label, `macro_f1` and `micro_f1` of all; without an
        interval where fewer than two people or records differ.
    """
    value, drawn = (
        _figures(after, carried, label, each) - _figures(before, carried, label, each)
        for each in (Samples.once(len(carried)), samples)
    )
    differs = before != after
    own, all_of_them = samples.owning(differs[:, label]), samples.owning(differs.any(axis=1))
    units = dict.fromkeys((PRECISION, RECALL, F1), own) | dict.fromkeys(OVERALL, all_of_them)
    return {
        name: stats.estimate(float(value[0, place]), drawn[:, place], number)
        for place, (name, number) in enumerate(units.items())
    }


def _figures(given: Flags, carried: Flags, label: int, samples: Samples) -> Counts:
    """Precision, recall and F1 of one label, macro F1 and micro F1, `(B, 5)`."""
    sums = _sums(given, carried, samples)
    own = [each[:, label] for each in _of_labels(sums).values()]
    return np.stack([*own, macro_f1(sums), micro_f1(sums)], axis=1)


def _of_labels(sums: Sums) -> dict[str, Counts]:
    """Precision, recall and F1 of each label, `(B, L)`; undefined shares are 0."""
    return {
        PRECISION: _share(sums.hits, sums.guessed),
        RECALL: _share(sums.hits, sums.support),
        F1: _share(2 * sums.hits, sums.guessed + sums.support),
    }


def _sums(given: Flags, carried: Flags, samples: Samples) -> Sums:
    """What is counted of `given` against `carried`, both `(N, L)`, in B ways of drawing."""
    right = (given == carried).all(axis=1)
    tables = (np.ones((len(given), 1)), carried, given, given & carried, right[:, None])
    records, support, guessed, hits, exact = (
        samples.sums(each.astype(np.float32)) for each in tables
    )
    return Sums(records, support, guessed, hits, exact[:, 0])


def _average(reached: Counts, hits: Counts) -> Counts:
    """Average precision, `(B,)`, of what is newly reached at each step of recall, `(B, steps)`.

    NaN in samples without a record that carries the label.
    """
    true = hits.cumsum(axis=1)
    precision = _share(true, reached.cumsum(axis=1))
    whole = true[:, -1]
    undefined = np.full_like(whole, np.nan)
    areas = (hits * precision).sum(axis=1)
    return np.asarray(np.divide(areas, whole, out=undefined, where=whole > 0))


def _share(parts: Counts, wholes: Counts) -> Counts:
    return np.asarray(np.divide(parts, wholes, out=np.zeros_like(parts), where=wholes > 0))

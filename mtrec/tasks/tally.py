"""Predictions counted against the truth: figures over all labels and of each, with their noise.

Precision, recall and F1 as scikit-learn defines them; a label that stands neither in the truth nor
in the predictions is left out of means over labels, and an undefined share counts as 0. Where no
label stands at all, neither in the truth nor in the predictions, F1 over all of them is 1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from mtrec import stats
from mtrec.tasks.ragged import Index
from mtrec.tasks.report import LabelScores, TaskReport

BLOCK = 100  # draws that are counted at once

Counts = NDArray[np.float64]


@dataclass(frozen=True)
class Sums:
    """What was counted, in B ways of drawing the records.

    Attributes:
        counts: how often each pair of truth and prediction stands, `(B, C)`.
        support, guessed, hits: how often each label is true, is predicted, and is both, `(B, L)`.
        exact: how many records are right in everything, `(B,)`.
    """

    counts: Counts
    support: Counts
    guessed: Counts
    hits: Counts
    exact: Counts

    @property
    def records(self) -> Counts:
        """How many there are, `(B,)`."""
        return np.asarray(self.counts.sum(axis=1))

    @property
    def f1(self) -> Counts:
        """Of each label, `(B, L)`; NaN where it is neither true nor predicted."""
        total = self.support + self.guessed
        undefined = np.full_like(total, np.nan)
        return np.asarray(np.divide(2 * self.hits, total, out=undefined, where=total > 0))


Part = tuple[str, Hashable]
Metric = Callable[[Sums], Counts]


def macro_f1(sums: Sums) -> Counts:
    """The mean F1 over labels, `(B,)`."""
    known = np.isfinite(sums.f1).sum(axis=1)
    return _or_one(np.nansum(sums.f1, axis=1), known)


def micro_f1(sums: Sums) -> Counts:
    """F1 of all labels taken together, `(B,)`."""
    total = sums.support.sum(axis=1) + sums.guessed.sum(axis=1)
    return _or_one(2 * sums.hits.sum(axis=1), total)


def accuracy(sums: Sums) -> Counts:
    """The share of records that are right in everything, `(B,)`."""
    return sums.exact / sums.records


class Tally:
    """N predictions as the C different pairs of truth and prediction among them.

    Args:
        truth, predicted: as recipes write labels, `(N,)`.
        labels: all labels, `(L,)`; others in truth or predictions are not counted.
        parts: what one truth or prediction says, as labels and where each stands; a part is right
            if it is in both. Left out, it is one label.

    Attributes:
        pairs: of truth and prediction, `(C,)`.
        counts: how often each stands, `(C,)`.
    """

    def __init__(
        self,
        truth: Sequence[str],
        predicted: Sequence[str],
        labels: Sequence[str],
        parts: Callable[[str], Iterable[Part]] = lambda label: [(label, None)],
    ) -> None:
        if not len(truth):
            raise ValueError("the scores of no records are not defined")
        self.labels = labels
        (rows, true), (columns, said) = (
            pd.factorize(np.asarray(each, dtype=object), sort=True) for each in (truth, predicted)
        )
        cells, self._cells, counts = np.unique(
            rows * len(said) + columns, return_inverse=True, return_counts=True
        )
        self.counts: Counts = counts.astype(np.float64)  # (C,)
        self.pairs = [(str(true[cell // len(said)]), str(said[cell % len(said)])) for cell in cells]
        in_true = {label: Counter(parts(label)) for label in true}
        in_said = {label: Counter(parts(label)) for label in said}
        sides = [(in_true[a], in_said[b]) for a, b in self.pairs]
        self._exact = np.array([a == b for a, b in sides], dtype=np.float64)
        self._support = self._table([a for a, _ in sides])
        self._guessed = self._table([b for _, b in sides])
        self._hits = self._table([a & b for a, b in sides])

    def sums(self, counts: Counts) -> Sums:
        """What is counted where the pairs stand so often, `(B, C)`."""
        support, guessed, hits = (
            np.asarray(counts @ table) for table in (self._support, self._guessed, self._hits)
        )
        return Sums(counts, support, guessed, hits, counts @ self._exact)

    def report(
        self,
        type: str,
        metrics: Mapping[str, Metric],
        groups: Sequence[str | None] | None,
        draws: int,
    ) -> TaskReport:
        """The report with bootstrap intervals, over records or over who wrote them."""
        names = list(metrics)

        def figures(counts: Counts) -> Counts:
            sums = self.sums(counts)
            over_all = [metrics[name](sums) for name in names]
            return np.concatenate([np.stack(over_all, axis=1), sums.f1], axis=1)

        sums = self.sums(self.counts[None])
        values = figures(self.counts[None])[0]
        units = owners(groups, len(self._cells))
        blocks = samples(self._cells, len(self.pairs), units, draws)
        drawn = np.concatenate([figures(each) for each in blocks])
        number = int(units.max()) + 1
        about = [number] * len(names) + self._concerned(units)
        estimates = [
            stats.estimate(float(value), each, number, alike)
            for value, each, alike in zip(values, drawn.T, about, strict=True)
        ]
        support, guessed, hits = (each[0] for each in (sums.support, sums.guessed, sums.hits))
        return TaskReport(
            type=type,
            support=int(self.counts.sum()),
            metrics=dict(zip(names, estimates, strict=False)),
            labels={
                label: LabelScores(
                    precision=_share(hits[i], guessed[i]),
                    recall=_share(hits[i], support[i]),
                    f1=_share(2 * hits[i], guessed[i] + support[i]),
                    low=estimates[len(names) + i].low,
                    high=estimates[len(names) + i].high,
                    support=int(support[i]),
                )
                for i, label in enumerate(self.labels)
            },
        )

    def by_unit(self, units: Index) -> Any:
        """How often each pair stands among the records of each unit, csr `(units, C)`.

        Args:
            units: whom each record belongs to, `(N,)`.
        """
        shape = (int(units.max()) + 1, len(self.pairs))
        return sparse.csr_array((np.ones(len(units)), (units, self._cells)), shape=shape)

    def _concerned(self, units: Index) -> list[int]:
        """In how many units each label is true or predicted, `(L,)`."""
        concerned = self.by_unit(units) @ (self._support + self._guessed)
        return [int(each) for each in (concerned > 0).sum(axis=0)]

    def _table(self, rows: Sequence[Mapping[Part, int]]) -> Any:
        """How often each label stands in each row, csr `(C, L)`."""
        index = {label: place for place, label in enumerate(self.labels)}
        found = [
            (cell, index[label], count)
            for cell, row in enumerate(rows)
            for (label, _), count in row.items()
            if label in index
        ]
        cells, places, counts = np.array(found, dtype=np.int64).reshape(-1, 3).T
        shape = (len(rows), len(self.labels))
        return sparse.csr_array((counts.astype(np.float64), (cells, places)), shape=shape)


def owners(groups: Sequence[str | None] | None, size: int) -> Index:
    """Whom each of `size` records belongs to, as a number; a record of nobody known is alone."""
    if groups is None:
        return np.arange(size, dtype=np.int64)
    codes, people = pd.factorize(np.asarray(groups, dtype=object), sort=True)
    alone = codes < 0
    return np.where(alone, len(people) + np.cumsum(alone) - 1, codes).astype(np.int64)


def samples(cells: Index, size: int, units: Index, draws: int = stats.DRAWS) -> Iterator[Counts]:
    """How often each cell stands in bootstrap samples, blocks `(b, size)`.

    Args:
        cells: which of the `size` different cells each record is, `(N,)`.
        units: whom each record belongs to, `(N,)`; all records of one are drawn together.
    """
    number = int(units.max()) + 1
    if number == len(units):  # drawing records is drawing cells with their shares
        rng = np.random.default_rng(0)
        shares = np.bincount(cells, minlength=size) / number
        for start in range(0, draws, BLOCK):
            drawn = rng.multinomial(number, shares, size=min(BLOCK, draws - start))
            yield drawn.astype(np.float64)
        return
    table = sparse.csr_array((np.ones(len(units)), (units, cells)), shape=(number, size))
    for start in range(0, draws, BLOCK):
        drawn = stats.resample_counts(number, min(BLOCK, draws - start), start)
        yield np.asarray(drawn.astype(np.float64) @ table)


def _or_one(parts: Counts, wholes: Counts) -> Counts:
    """Where there was nothing to find and nothing was found, nothing is wrong."""
    return np.asarray(np.divide(parts, wholes, out=np.ones_like(parts), where=wholes > 0))


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else 0.0

"""What the types with one label per record share: targets, checks, scores.

Precision, recall, F1 and macro-F1 as scikit-learn defines them; a label that stands neither in the
truth nor in the predictions is left out of the macro mean, and an undefined share counts as 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from mtrec import stats
from mtrec.schema import Estimate
from mtrec.tasks.base import Floats, Mask, Targets, TaskType
from mtrec.tasks.report import LabelScores, TaskReport

MISSING = -1

Counts = NDArray[np.float64]


class SingleLabel(TaskType):
    """A type whose records carry exactly one of a fixed set of labels."""

    headline = "macro_f1"

    def encode(self, values: pd.Series, labels: Sequence[str]) -> Targets:
        return np.asarray(pd.Index(labels).get_indexer(pd.Index(values)), dtype=np.int64)

    def present(self, targets: Targets) -> Mask:
        return np.asarray(targets != MISSING)

    def decode(self, probabilities: Floats, labels: Sequence[str]) -> list[str]:
        return [labels[index] for index in probabilities.argmax(axis=1)]

    def scores(
        self,
        truth: Sequence[str],
        predicted: Sequence[str],
        labels: Sequence[str],
        groups: Sequence[str | None] | None = None,
        draws: int = stats.DRAWS,
    ) -> TaskReport:
        if not len(truth):
            raise ValueError("the scores of no records are not defined")
        index = pd.Index(labels)
        confusion = _Confusion(
            index.get_indexer(pd.Index(truth)), index.get_indexer(pd.Index(predicted)), len(labels)
        )
        support, guessed, hits = (sums[0] for sums in confusion.sums(confusion.counts[None]))
        values = confusion.metrics(confusion.counts[None])[0]
        drawn = confusion.draw(groups, draws)
        return TaskReport(
            type=self.type,
            support=len(truth),
            metrics={
                name: _estimate(float(values[i]), drawn[:, i])
                for i, name in enumerate(confusion.names)
            },
            labels={
                label: LabelScores(
                    precision=_share(hits[i], guessed[i]),
                    recall=_share(hits[i], support[i]),
                    f1=_share(2 * hits[i], guessed[i] + support[i]),
                    support=int(support[i]),
                )
                for i, label in enumerate(labels)
            },
        )


class _Confusion:
    """The confusion matrix as its C non-empty cells, so that many labels cost little.

    Args:
        truth, predicted: label numbers `(N,)`.
        size: how many labels there are.
    """

    names = ("macro_f1", "accuracy")

    def __init__(self, truth: NDArray[Any], predicted: NDArray[Any], size: int) -> None:
        cells, self.cell, counts = np.unique(
            truth * size + predicted, return_inverse=True, return_counts=True
        )
        self.counts: Counts = counts.astype(np.float64)  # (C,)
        rows, columns = cells // size, cells % size
        self._true = _one_hot(rows, size)
        self._guessed = _one_hot(columns, size)
        self._hits = sparse.diags_array((rows == columns).astype(np.float64)) @ self._true

    def sums(self, counts: Counts) -> tuple[Counts, Counts, Counts]:
        """Records per true label, per predicted label, and right ones: each `(B, C) -> (B, L)`."""
        return counts @ self._true, counts @ self._guessed, counts @ self._hits

    def metrics(self, counts: Counts) -> Counts:
        """Macro-F1 and accuracy of counts per cell: `(B, C) -> (B, 2)`."""
        support, guessed, hits = self.sums(counts)
        total = support + guessed
        f1 = np.divide(2 * hits, total, out=np.zeros_like(total), where=total > 0)
        macro = f1.sum(axis=1) / (total > 0).sum(axis=1)
        return np.stack([macro, hits.sum(axis=1) / support.sum(axis=1)], axis=1)

    def draw(self, groups: Sequence[str | None] | None, draws: int) -> Counts:
        """Bootstrap draws of the metrics, `(draws, 2)`, over records or over who wrote them."""
        if groups is None:  # resampling records is drawing cells with their shares
            rng = np.random.default_rng(0)
            size = int(self.counts.sum())
            return self.metrics(
                rng.multinomial(size, self.counts / size, size=draws).astype(np.float64)
            )
        codes, people = pd.factorize(np.asarray(groups, dtype=object))
        alone = codes < 0  # a record of nobody known is a group of its own
        codes[alone] = len(people) + np.arange(alone.sum())
        units = len(people) + int(alone.sum())
        table = sparse.csr_array(
            (np.ones(len(codes)), (codes, self.cell)), shape=(units, len(self.counts))
        )
        return stats.bootstrap_statistic(
            lambda drawn: self.metrics(drawn.astype(np.float64) @ table), units, draws
        )


def _one_hot(labels: NDArray[Any], size: int) -> Any:
    cells = np.arange(len(labels))
    return sparse.csr_array((np.ones(len(labels)), (cells, labels)), shape=(len(labels), size))


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else 0.0


def _estimate(value: float, draws: Counts) -> Estimate:
    """The value with its percentile interval, stretched to hold the value.

    Resampling leaves rare labels out at times, which can push every draw to one side of the value.
    """
    bounds = stats.interval(draws)
    if bounds is None:
        return Estimate(value)
    return Estimate(value, min(bounds[0], value), max(bounds[1], value))

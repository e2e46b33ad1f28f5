"""What the types with one label per record share: targets, predictions, scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
import pandas as pd

from mtrec.tasks.base import Floats, Prediction, Targets, TaskType
from mtrec.tasks.ragged import Index, Ragged
from mtrec.tasks.tally import Metric, Tally, accuracy, macro_f1


class SingleLabel(TaskType):
    """A type whose records carry exactly one of a fixed set of labels.

    The likeliest one is predicted. Targets are the labels' numbers, one row a record.
    """

    headline = "macro_f1"
    exclusive = True
    metrics: ClassVar[Mapping[str, Metric]] = {"macro_f1": macro_f1, "accuracy": accuracy}

    def encode(self, values: pd.Series, labels: Sequence[str]) -> Targets:
        numbers = pd.Index(labels).get_indexer(pd.Index(values))
        known = numbers >= 0
        return Ragged(numbers[known].astype(np.int64), known.astype(np.int64))

    def decode(
        self,
        probabilities: Ragged[Floats],
        labels: Sequence[str],
        thresholds: Sequence[float] = (),
    ) -> Prediction:
        shares = probabilities.rows
        chosen = self.choose(shares)
        confidence = np.take_along_axis(shares, chosen[:, None], axis=1)[:, 0]
        return Prediction(np.array(labels, dtype=object)[chosen], confidence, shares)

    def choose(self, shares: Floats) -> Index:
        """Which label is predicted, `(N,)`, of its probabilities `(N, L)`."""
        return np.asarray(shares.argmax(axis=1), dtype=np.int64)

    def tally(
        self, truth: Sequence[str], predicted: Sequence[str], labels: Sequence[str]
    ) -> tuple[Tally, Mapping[str, Metric]]:
        return Tally(truth, predicted, labels), self.metrics

    def compare(self, truth: str, predicted: str) -> list[tuple[str, str]]:
        return [(truth, predicted)]

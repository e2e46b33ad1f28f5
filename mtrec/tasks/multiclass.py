"""Three labels or more, one of them right: a logit per label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from mtrec.data.labels import UNSAID
from mtrec.data.recipe import TaskSpec
from mtrec.tasks.classification import SingleLabel
from mtrec.tasks.reading import at_least_two
from mtrec.tasks.softmax import Softmax

if TYPE_CHECKING:
    from torch import nn


class Multiclass(Softmax, SingleLabel):
    """One of several labels without an order among them.

    The head gives a logit per label; their softmax is the probabilities, and the loss is the
    negative log-probability of the true label.
    """

    type = "multiclass"
    description = "Each record carries one of several labels"

    def recognise(self, written: pd.Series, texts: pd.Series) -> str | None:
        distinct = written.nunique()
        if not 3 <= distinct <= len(written) / 2:
            return None
        return f"{distinct} different values in {len(written):,} rows"

    def labels(self, values: pd.Series, spec: TaskSpec = UNSAID) -> list[str]:
        return at_least_two(sorted(values.unique().tolist()))

    def head(self, width: int, labels: Sequence[str]) -> nn.Linear:
        from torch import nn

        return nn.Linear(width, len(labels))

"""Three labels or more, one of them right: a logit per label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mtrec.data.labels import UNSAID
from mtrec.data.recipe import TaskSpec
from mtrec.tasks.base import Floats
from mtrec.tasks.classification import SingleLabel
from mtrec.tasks.reading import at_least_two

if TYPE_CHECKING:
    from torch import Tensor, nn


class Multiclass(SingleLabel):
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

    def readout(self, head: nn.Linear) -> Tensor:
        """Softmax ignores what all logits share, so the mean over labels is taken out."""
        weight = head.weight.detach()
        return weight - weight.mean(dim=0)

    def loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        from torch.nn.functional import cross_entropy

        return cross_entropy(logits, targets, reduction="none")

    def probabilities(self, logits: Tensor) -> Floats:
        return np.asarray(logits.float().softmax(dim=1).cpu().numpy())

"""Two labels: one logit, the log-odds of the second."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mtrec.data.labels import UNSAID
from mtrec.data.recipe import TaskSpec
from mtrec.errors import InputError
from mtrec.tasks.base import Floats
from mtrec.tasks.classification import SingleLabel
from mtrec.tasks.sigmoid import divergences

if TYPE_CHECKING:
    from torch import Tensor, nn


class Binary(SingleLabel):
    """Exactly two labels, such as yes and no.

    The head gives one logit z; the second label has probability σ(z), and the loss is the
    cross-entropy -y log σ(z) - (1 - y) log(1 - σ(z)).
    """

    type = "binary"
    description = "Each record carries one of two labels, such as yes or no"

    def recognise(self, written: pd.Series, texts: pd.Series) -> str | None:
        if written.nunique() != 2:
            return None
        return f"2 different values in {len(written):,} rows"

    def labels(self, values: pd.Series, spec: TaskSpec = UNSAID) -> list[str]:
        found = sorted(values.unique().tolist())
        if len(found) != 2:
            raise InputError(
                "A binary task needs exactly two labels",
                expected="2 distinct labels",
                found=f"{len(found)}: {', '.join(found[:6])}{', …' if len(found) > 6 else ''}",
                fix="use type: multiclass, or leave the type out" if len(found) > 2 else "",
            )
        return found

    def head(self, width: int, labels: Sequence[str]) -> nn.Linear:
        from torch import nn

        return nn.Linear(width, 1)

    def loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        from torch.nn.functional import binary_cross_entropy_with_logits

        return binary_cross_entropy_with_logits(
            logits[:, 0], targets.to(logits.dtype), reduction="none"
        )

    def divergence(self, logits: Tensor, others: Tensor) -> Tensor:
        return divergences(logits, others)[:, 0]

    def probabilities(self, logits: Tensor) -> Floats:
        second = logits.float().sigmoid()[:, 0].cpu().numpy()
        return np.stack([1 - second, second], axis=1)

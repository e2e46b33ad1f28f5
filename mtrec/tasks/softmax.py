"""What types share whose head gives a logit for each of several classes, one of which is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mtrec.tasks.base import Floats, TaskType

if TYPE_CHECKING:
    from torch import Tensor, nn


class Softmax(TaskType):
    """The softmax of the logits is the probabilities, the loss the true class's negative log."""

    def readout(self, head: nn.Linear) -> Tensor:
        """Softmax ignores what all logits share, so the mean over classes is taken out."""
        weight = head.weight.detach()
        return weight - weight.mean(dim=0)

    def loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        from torch.nn.functional import cross_entropy

        return cross_entropy(logits, targets, reduction="none")

    def divergence(self, logits: Tensor, others: Tensor) -> Tensor:
        logs = logits.log_softmax(dim=1)
        return (logs.exp() * (logs - others.log_softmax(dim=1))).sum(dim=1)

    def probabilities(self, logits: Tensor) -> Floats:
        return np.asarray(logits.float().softmax(dim=1).cpu().numpy())

"""The fixed weighted sum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mtrec.strategies.losses import LossStrategy

if TYPE_CHECKING:
    from torch import Tensor


class Sum(LossStrategy):
    """Minimises Σ_k λ_k · L_k, with λ as set; over TorchJD's `Constant`.

    λ_k is task k's weight and L_k its mean loss in the step. A task without a label in the step
    contributes 0, and its λ is not handed to the others. This is linear scalarisation, the
    baseline that multi-task methods are held against (Xin et al., 2022, *Do Current Multi-Task
    Optimization Methods in Deep Learning Even Help?*, arXiv:2209.11379).

    Example:
        >>> import torch
        >>> from mtrec.strategies.sum import Sum
        >>> x = torch.tensor(3.0, requires_grad=True)
        >>> Sum({"mood": 2.0, "topic": 1.0}).backward({"mood": x**2, "topic": 5 * x})
        >>> x.grad
        tensor(17.)
    """

    name = "sum"
    reads_lambda = True
    linear = True
    reason = "Each task counts exactly as much as its λ says"
    what_for = "When you want to say yourself how much each task counts"

    def combine(self, tasks: Sequence[str], values: Tensor) -> Tensor:
        from torchjd.scalarization import Constant

        combined: Tensor = Constant(values.new_tensor(self.prior(tasks)))(values)
        return combined

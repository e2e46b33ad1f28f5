"""UPGrad: no step works against a task, and λ still says what counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mtrec.strategies.gradients import GramianStrategy

if TYPE_CHECKING:
    from torch import Tensor


class UpGrad(GramianStrategy):
    """Moves along Σ_k λ_k · π(g_k), with conflicts projected away; TorchJD's `UPGradWeighting`.

    g_k is task k's gradient, and π(g_k) the nearest vector to it whose inner product with every
    task's gradient is at least 0. Sums of such vectors with weights above 0 are such vectors, so
    no small step makes a task worse; without a conflict it is the sum weighted by λ. The paper
    takes the mean, which is λ_k = 1 / K; λ enters as set, as TorchJD's preference vector. Quinton
    & Rey (2024), *Jacobian Descent for Multi-Objective Optimization*, arXiv:2406.16232. The
    projections are found by quadprog, exact to about 1e-4 of the gradients' size.

    Example:
        >>> import torch
        >>> from mtrec.strategies.base import Learning
        >>> from mtrec.strategies.upgrad import UpGrad
        >>> x = torch.tensor([1.0, 1.0], requires_grad=True)
        >>> strategy = UpGrad({"mood": 1.0, "topic": 1.0})
        >>> strategy.attach(Learning(compared=[x]))
        >>> strategy.backward({"mood": x[0], "topic": x[1] - x[0]})  # (1, 0) and (-1, 1)
        >>> [round(float(part), 2) for part in x.grad]
        [0.5, 1.5]
    """

    name = "upgrad"
    reads_lambda = True
    reason = "λ says how much a task counts once what works against others is taken out"
    what_for = "When no step may work against a task, and λ should still say what counts"

    def solve(self, tasks: Sequence[str], gramian: Tensor) -> Tensor:
        from torchjd.aggregation import UPGradWeighting

        weights: Tensor = UPGradWeighting(gramian.new_tensor(self.prior(tasks)))(gramian)
        return weights

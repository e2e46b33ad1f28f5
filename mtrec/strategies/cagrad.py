"""CAGrad: near the average gradient, the direction that serves the worst-off task best."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from mtrec.strategies.base import Setting
from mtrec.strategies.gradients import GramianStrategy

if TYPE_CHECKING:
    from torch import Tensor


class CaGrad(GramianStrategy):
    """Moves along d = argmax_d min_k g_k · d, with ‖d − g_0‖ ≤ c · ‖g_0‖; TorchJD's weighting.

    g_k is task k's gradient, g_0 their mean, and c how far d may stray from it: 0 is plain
    training on the mean loss, and c < 1 still ends where the mean loss has a rest point. With
    v = argmin over shares v (v_k ≥ 0, Σ_k v_k = 1) of g_v · g_0 + c · ‖g_0‖ · ‖g_v‖, where
    g_v = Σ_k v_k · g_k, the solution is d = g_0 + c · (‖g_0‖ / ‖g_v‖) · g_v, so that task k's
    weight is 1 / K + c · v_k · ‖g_0‖ / ‖g_v‖; where g_v is 0, so is d. Liu et al. (2021),
    *Conflict-Averse Gradient Descent for Multi-task Learning*, arXiv:2110.14048, algorithm 1. v is
    found by cvxpy's CLARABEL.

    Args:
        c: from 0 on; the paper takes 0.2 to 0.5.

    Example:
        >>> import torch
        >>> from mtrec.strategies.base import Learning
        >>> from mtrec.strategies.cagrad import CaGrad
        >>> x = torch.tensor([1.0, 1.0], requires_grad=True)
        >>> strategy = CaGrad({"mood": 1.0, "topic": 1.0}, c=0.5)
        >>> strategy.attach(Learning(compared=[x]))
        >>> strategy.backward({"mood": x[0], "topic": 2 * x[1]})
        >>> x.grad
        tensor([1.0590, 1.0000])
    """

    name = "cagrad"
    reads_lambda = False
    reason = "Starts from the average of all tasks and helps the worst off; λ is not read"
    what_for = "When the average should improve, but not at the cost of one task"
    params: ClassVar[dict[str, Setting]] = {
        "c": Setting(
            0.4,
            "Help for the worst off (c)",
            "How far a step may stray from the average of all tasks to help the one worst off; 0 "
            "is the average alone",
            or_zero=True,
        )
    }
    c: float

    def solve(self, tasks: Sequence[str], gramian: Tensor) -> Tensor:
        from torchjd.aggregation import CAGradWeighting

        weights: Tensor = CAGradWeighting(self.c)(gramian)
        return weights

"""PCGrad: what works against another task is taken out of each gradient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mtrec.strategies.gradients import GramianStrategy

if TYPE_CHECKING:
    from torch import Tensor


class PcGrad(GramianStrategy):
    """Adds up the tasks' gradients after taking their conflicts out; TorchJD's `PCGradWeighting`.

    For each task i, its gradient g_i loses what works against each other task j, taken in random
    order: g_i ← g_i − (g_i · g_j / ‖g_j‖²) · g_j wherever g_i · g_j < 0, g_j being the original.
    The update is Σ_i of what is left; without a conflict it is the plain sum. Yu et al. (2020),
    *Gradient Surgery for Multi-Task Learning*, arXiv:2001.06782, algorithm 1.

    The random order is drawn anew in each step, from the step's number, so that a resumed training
    draws the same.

    Example:
        >>> import torch
        >>> from mtrec.strategies.base import Learning
        >>> from mtrec.strategies.pcgrad import PcGrad
        >>> x = torch.tensor([1.0, 1.0], requires_grad=True)
        >>> strategy = PcGrad({"mood": 1.0, "topic": 1.0})
        >>> strategy.attach(Learning(compared=[x]))
        >>> strategy.backward({"mood": x[0], "topic": x[1] - x[0]})  # (1, 0) and (-1, 1)
        >>> x.grad
        tensor([0.5000, 1.5000])
    """

    name = "pcgrad"
    reads_lambda = False
    reason = "All tasks count the same, less what works against another task; λ is not read"
    what_for = "When tasks get in each other's way and each should give in a little"

    def __init__(self, lambdas: Mapping[str, float]) -> None:
        super().__init__(lambdas)
        self._steps = 0

    def solve(self, tasks: Sequence[str], gramian: Tensor) -> Tensor:
        import torch
        from torchjd.aggregation import PCGradWeighting

        self._steps += 1
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(self._steps)
            weights: Tensor = PCGradWeighting()(gramian)
        return weights

    def state(self) -> dict[str, Any]:
        return super().state() | {"steps": self._steps}

    def load_state(self, state: Mapping[str, Any]) -> None:
        super().load_state(state)
        self._steps = state["steps"]

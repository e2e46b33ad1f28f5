"""MGDA: the shortest mix of the gradients, which no task objects to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mtrec.strategies.gradients import GramianStrategy

if TYPE_CHECKING:
    from torch import Tensor


class Mgda(GramianStrategy):
    """Moves along the shortest Σ_k v_k · g_k with v_k ≥ 0, Σ_k v_k = 1; TorchJD's `MGDAWeighting`.

    g_k is task k's gradient. That vector has an inner product of at least its squared length with
    every g_k, so a small step along it makes no task worse; where it is 0, no direction helps all
    tasks. It leans towards small gradients: a task that has learned all it can stops what the
    tasks share, while their heads go on. Désidéri (2012), *Multiple-gradient descent algorithm*,
    C. R. Math. 350; Sener & Koltun (2018), *Multi-Task Learning as Multi-Objective Optimization*,
    arXiv:1810.04650, algorithm 2 (Frank-Wolfe).

    Example:
        >>> import torch
        >>> from mtrec.strategies.base import Learning
        >>> from mtrec.strategies.mgda import Mgda
        >>> x = torch.tensor([1.0, 1.0], requires_grad=True)
        >>> strategy = Mgda({"mood": 1.0, "topic": 1.0})
        >>> strategy.attach(Learning(compared=[x]))
        >>> strategy.backward({"mood": x[0], "topic": 2 * x[1]})
        >>> x.grad
        tensor([0.8000, 0.4000])
    """

    name = "mgda"
    reads_lambda = False
    reason = "Tasks are mixed so that no step makes one of them worse; λ is not read"
    what_for = "When no task may get worse, even if all learn more slowly for it"

    def solve(self, tasks: Sequence[str], gramian: Tensor) -> Tensor:
        from torchjd.aggregation import MGDAWeighting

        weights: Tensor = MGDAWeighting()(gramian)
        return weights

"""Aligned-MTL: gradients are turned and scaled until none conflicts and none dominates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mtrec.strategies.gradients import GramianStrategy

if TYPE_CHECKING:
    from torch import Tensor


class AlignedMtl(GramianStrategy):
    """Moves along Σ_k λ_k · ĝ_k, with ĝ the aligned gradients; over TorchJD's weighting.

    The gradients g_k are replaced by the nearest ĝ_k that are all at right angles and equally
    long, as long as their weakest common direction: with G_ij = g_i · g_j, eigenvectors V and
    eigenvalues Σ² of G (those above rounding) and σ the smallest of Σ, the weights are
    w = σ · V · Σ⁻¹ · Vᵀ · λ. The paper weighs tasks beforehand, which is where λ enters as set.
    Weights may be negative. Senushkin et al. (2023), *Independent Component Alignment for
    Multi-Task Learning*, arXiv:2305.19000, algorithm 1.

    Example:
        >>> import torch
        >>> from mtrec.strategies.base import Learning
        >>> from mtrec.strategies.alignedmtl import AlignedMtl
        >>> x = torch.tensor([1.0, 1.0], requires_grad=True)
        >>> strategy = AlignedMtl({"mood": 1.0, "topic": 1.0})
        >>> strategy.attach(Learning(compared=[x]))
        >>> strategy.backward({"mood": x[0], "topic": 2 * x[1]})
        >>> x.grad
        tensor([1., 1.])
    """

    name = "alignedmtl"
    reads_lambda = True
    reason = "λ says how much a task counts once conflicts and differences in size are taken out"
    what_for = "When training is unsteady, since tasks pull against each other and unequally hard"

    def solve(self, tasks: Sequence[str], gramian: Tensor) -> Tensor:
        from torchjd.aggregation import AlignedMTLWeighting

        weights: Tensor = AlignedMTLWeighting(gramian.new_tensor(self.prior(tasks)))(gramian)
        return weights

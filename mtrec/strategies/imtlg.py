"""IMTL-G: every task is served equally by each step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mtrec.strategies.gradients import GramianStrategy

if TYPE_CHECKING:
    from torch import Tensor


class ImtlG(GramianStrategy):
    """Moves along the d that lies equally far along every gradient; TorchJD's `IMTLGWeighting`.

    With g_k task k's gradient, d = Σ_k w_k · g_k has the same d · g_k / ‖g_k‖ for all k, and
    Σ_k w_k = 1. Solved as w ∝ G⁺ · n, with G_ij = g_i · g_j, G⁺ its pseudo-inverse and
    n_k = ‖g_k‖, which also holds where gradients depend on each other. Weights may be negative.
    Liu et al. (2021), *Towards Impartial Multi-task Learning*, ICLR (openreview IMPnRXEWpvr);
    generalised in Quinton & Rey (2024), arXiv:2406.16232.

    Example:
        >>> import torch
        >>> from mtrec.strategies.base import Learning
        >>> from mtrec.strategies.imtlg import ImtlG
        >>> x = torch.tensor([1.0, 1.0], requires_grad=True)
        >>> strategy = ImtlG({"mood": 1.0, "topic": 1.0})
        >>> strategy.attach(Learning(compared=[x]))
        >>> strategy.backward({"mood": x[0], "topic": 2 * x[1]})
        >>> x.grad
        tensor([0.6667, 0.6667])
    """

    name = "imtlg"
    reads_lambda = False
    reason = "Each step serves every task equally, however hard it pulls; λ is not read"
    what_for = "When each step should serve every task equally, however hard it pulls"

    def solve(self, tasks: Sequence[str], gramian: Tensor) -> Tensor:
        from torchjd.aggregation import IMTLGWeighting

        weights: Tensor = IMTLGWeighting()(gramian)
        return weights

"""Nash-MTL: the tasks bargain over the step, and none gains by its size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mtrec.strategies.gradients import GramianStrategy

if TYPE_CHECKING:
    from torch import Tensor


class NashMtl(GramianStrategy):
    """Moves along Σ_k w_k · g_k with G · w = 1 / w, the Nash bargain; over TorchJD's `NashMTL`.

    g_k is task k's gradient and G_ij = g_i · g_j. The solution w > 0 maximises the product of what
    the tasks gain, Σ_k log(g_k · d), over directions d of a given length: scaling one task's loss
    does not change d. Where the gradients are at right angles it is the sum of g_k / ‖g_k‖. Navon
    et al. (2022), *Multi-Task Learning as a Bargaining Game*, arXiv:2202.01017, algorithm 1.

    w is found by cvxpy's ECOS in some 30 ms, as exactly as TorchJD's rule for stopping says (1e-3).
    The search begins at 1 / ‖g_k‖ in each step, not where the last one ended, so that nothing hangs
    on what came before; w stays there where a task has no gradient or gradients are opposite. The
    update is scaled down where it is longer than the root mean square of the gradients.

    Example:
        >>> import torch
        >>> from mtrec.strategies.base import Learning
        >>> from mtrec.strategies.nashmtl import NashMtl
        >>> x = torch.tensor([1.0, 1.0], requires_grad=True)
        >>> strategy = NashMtl({"mood": 1.0, "topic": 1.0})
        >>> strategy.attach(Learning(compared=[x]))
        >>> strategy.backward({"mood": x[0], "topic": 2 * x[1]})
        >>> round(float(x.grad[1] / x.grad[0]), 1)
        1.0
    """

    name = "nashmtl"
    reads_lambda = False
    reason = "The tasks bargain over each step as equals; λ is not read"
    what_for = "When tasks of very different size should gain alike from every step"

    def solve(self, tasks: Sequence[str], gramian: Tensor) -> Tensor:
        import warnings

        import torch
        from torchjd.aggregation import NashMTL

        bargain = NashMTL(len(tasks)).weighting
        bargain.prvs_alpha = _first_guess(gramian).numpy()
        values, vectors = torch.linalg.eigh(gramian)
        rows = vectors * values.clamp(min=0).sqrt()  # (K, K), with the same inner products
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of its speed, and where a task has no gradient
            weights: Tensor = bargain(rows)
        return weights


def _first_guess(gramian: Tensor) -> Tensor:
    """1 / ‖g_k‖, at the scale at which TorchJD solves: the Gramian's norm brought to 1."""
    import torch

    squares = gramian.diagonal().double()
    return torch.where(squares > 0, (gramian.double().norm() / squares).sqrt(), 1.0)

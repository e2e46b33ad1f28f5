"""The fixed weighted sum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mtrec.strategies.base import Strategy

if TYPE_CHECKING:
    from torch import Tensor


class Sum(Strategy):
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
    reason = "Each task counts exactly as much as its λ says"

    def weights(self) -> dict[str, float]:
        return dict(self.lambdas)

    def backward(self, losses: Mapping[str, Tensor]) -> None:
        import torch
        from torchjd.scalarization import Constant

        values = torch.stack(list(losses.values()))
        weights = torch.tensor(
            [self.lambdas[task] for task in losses], dtype=values.dtype, device=values.device
        )
        Constant(weights)(values).backward()  # type: ignore[no-untyped-call]

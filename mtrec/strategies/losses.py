"""The family that reads the losses alone: they become one number."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mtrec.strategies.base import Strategy

if TYPE_CHECKING:
    from torch import Tensor


class LossStrategy(Strategy):
    """Minimises one number made of the K losses, at the price of one backward pass.

    The weight of a task is the slope of that number along its loss, w_k = ∂ combine / ∂ L_k, and
    every parameter gets Σ_k w_k · ∇L_k: what the tasks share as well as their heads, to which only
    their own loss has a slope. Those few numbers are worked out on the CPU in double precision.
    """

    @abstractmethod
    def combine(self, tasks: Sequence[str], values: Tensor) -> Tensor:
        """The number to minimise.

        Args:
            tasks: the K tasks of this step, by name.
            values: their losses, `(K,)`, float64.
        """

    def backward(self, losses: Mapping[str, Tensor]) -> None:
        import torch

        tasks = sorted(losses)
        stacked = torch.stack([losses[task] for task in tasks])
        values = stacked.detach().to("cpu", torch.float64).requires_grad_()
        self.combine(tasks, values).backward()  # type: ignore[no-untyped-call]
        slopes = torch.zeros_like(values) if values.grad is None else values.grad
        self._weights |= dict(zip(tasks, slopes.tolist(), strict=True))
        if stacked.requires_grad:
            stacked.backward(slopes.to(stacked))  # type: ignore[no-untyped-call]

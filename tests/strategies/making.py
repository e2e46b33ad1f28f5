"""Two tasks with known gradients in the plane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from mtrec.strategies.base import Learning, Strategy


def step(
    strategy: Strategy, gradients: Mapping[str, Sequence[float]], losses: Mapping[str, float]
) -> list[float]:
    """The update that a strategy makes of given gradients and losses, `(d,)`."""
    size = len(next(iter(gradients.values())))
    x = torch.zeros(size, dtype=torch.float64, requires_grad=True)
    strategy.attach(Learning(compared=[x]))
    strategy.backward(
        {
            task: x @ x.new_tensor(gradient) + losses.get(task, 1.0)
            for task, gradient in gradients.items()
        }
    )
    assert x.grad is not None
    return x.grad.tolist()
